// safetensors: 8 bytes of header length, a JSON header, then the data.
#pragma once

#include <filesystem>

#include "converter/checkpoint/checkpoint.h"

namespace tidbit::convert {

inline constexpr std::size_t kMostTensors = 1u << 18;  // of a checkpoint; a blob holds fewer

// Adds the tensors of one file to `tensors`. Everything in the header is checked against the file's size: types,
// shapes, ranges, gaps and overlaps. Throws ConvertError.
void read_safetensors(const std::filesystem::path &path, TensorMap &tensors);

}  // namespace tidbit::convert
