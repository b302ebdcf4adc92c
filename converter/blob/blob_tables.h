// The header and the tables of a blob. They fix the place of everything before the first byte is written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "converter/families/model_plan.h"
#include "format/blob_format.h"

namespace tidbit::convert {

struct PlacedTensor {
  const TensorPlan *plan;  // null for an unused entry of a layer
  format::Tensor entry;
};

// How matrices are stored. Those that have no format of their own have config.weights, the token embedding and the head
// `embeddings`.
struct MatrixStorage {
  format::Format embeddings;
  std::uint32_t group;               // in formats with groups
  format::InputTransform transform;  // likewise; the token embedding has none
};

// Whether the format of a matrix can be chosen. That of a router cannot: its errors decide which experts run.
bool has_choice(const TensorPlan &tensor);

// The format of any tensor.
format::Format format_of(const TensorPlan &tensor, format::Format weights, format::Format embeddings);

// The transform of a matrix's inputs.
format::InputTransform transform_of(const TensorPlan &tensor, format::Format format, format::InputTransform transform);

class BlobTables {
 public:
  // `sections` lists the sections after the weights and their sizes, in the order of the file.
  BlobTables(const ModelPlan &plan, const MatrixStorage &storage,
             const std::vector<std::pair<format::SectionKind, std::uint64_t>> &sections);

  const std::vector<PlacedTensor> &tensors() const { return tensors_; }
  format::Section &section(format::SectionKind kind);
  void set_revision(std::uint32_t revision) { header_.revision = revision; }
  std::uint64_t blob_bytes() const { return header_.blob_bytes; }

  // The header and the tables as stored, with the header's checksum.
  std::vector<std::byte> bytes() const;

 private:
  void add_tensors(const TensorPlan *tensors, std::size_t count);
  void add_layers(const StackPlan &stack, format::Stack &entry);
  void add_section(format::SectionKind kind, std::uint64_t offset, std::uint64_t bytes);

  const ModelPlan &plan_;
  const MatrixStorage storage_;
  format::Header header_ = {};
  std::vector<format::Section> sections_;
  std::vector<PlacedTensor> tensors_;
};

}  // namespace tidbit::convert
