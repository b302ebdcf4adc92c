// Writes a planned model as a blob. Tensors are converted in slices, so that none has to fit into memory.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "converter/blob/output_file.h"
#include "converter/blob/signing_key.h"
#include "converter/families/model_plan.h"
#include "quant/error_measure.h"

namespace tidbit::convert {

// Tensors that are packed already, with tiles of all rows one after another.
using RoundedTensors = std::map<const TensorPlan *, std::vector<std::byte>>;

struct BlobParts {
  std::vector<std::byte> tokenizer;  // empty: no section
  std::vector<std::byte> chat;       // likewise
  std::vector<std::byte> grammars;   // likewise
  std::string source;                // provenance
  std::string converter;
  std::uint32_t revision = 0;
  const SigningKey *key = nullptr;                 // null: the blob is not signed
  format::Format embeddings = format::Format::q8;  // the format of the token embedding and the head
  std::uint32_t group = format::kDefaultGroup;     // weights that share a scale, in formats with groups
  format::InputTransform transform = format::InputTransform::none;  // of the inputs of such matrices
  const RoundedTensors *rounded = nullptr;                          // null: every tensor is rounded while it is written
  bool self_test = true;                                            // false: for a model that is not kept
};

struct TensorReport {
  std::string name;       // "layer 3 ffn_up"
  double relative_error;  // RMS of stored - original over that of the original
  const TensorPlan *plan = nullptr;
  format::Tensor entry = {};
  std::vector<quant::ErrorMeasure> rows = {};  // of a matrix: the error of each row
};

// `stage` is "weights", then "self-test".
using Progress = std::function<void(const char *stage, std::uint64_t done, std::uint64_t total)>;

// All tensors, in the order of the blob.
using TensorReports = std::vector<TensorReport>;

// Writes everything, runs the self-test on the temporary file, and stores the result. Throws ConvertError, also if
// scales in f16 are too coarse for the weights. `progress` may be empty.
TensorReports write_blob(const ModelPlan &plan, const BlobParts &parts, OutputFile &out, const Progress &progress);

}  // namespace tidbit::convert
