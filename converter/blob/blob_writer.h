// Writes a planned model as a blob, tensor after tensor, in slices of rows.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "converter/blob/output_file.h"
#include "converter/families/model_plan.h"

namespace tidbit::convert {

struct BlobParts {
  std::vector<std::byte> tokenizer;  // empty: no section
  std::string source;                // provenance
  std::string converter;
  format::Dtype embeddings = format::Dtype::q8;  // of the token embedding and the head
  format::Layout q8_layout = format::Layout::tile16;
};

struct TensorReport {
  std::string name;       // "layer 3 ffn_up"
  double relative_error;  // RMS of stored - original over that of the original
};

using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

// Throws ConvertError. `progress` may be empty.
std::vector<TensorReport> write_blob(const ModelPlan &plan, const BlobParts &parts, OutputFile &out,
                                     const Progress &progress);

}  // namespace tidbit::convert
