// Rounds the matrices of a model's layers with error feedback, for the inputs that they get from a sample text. The
// model runs over the text layer after layer; the inputs of each matrix are computed by those before it as they were
// rounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "converter/blob/blob_writer.h"

namespace tidbit::convert {

struct Calibration {
  RoundedTensors tensors;
  std::string description;  // one line for the summary
};

// In place of a file: the model writes the sample text itself.
inline constexpr const char *kOwnText = "self";

// Writes a temporary model of f32 beside `output`, as large as the model in f32. Throws ConvertError.
Calibration calibrate(const ModelPlan &plan, const BlobParts &parts, const std::filesystem::path &samples,
                      const std::filesystem::path &output, const Progress &progress);

}  // namespace tidbit::convert
