// The sample text of a calibration, as sequences of tokens.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "converter/blob/blob_view.h"

namespace tidbit::convert {

using Sequences = std::vector<std::vector<std::int32_t>>;

// More text does not make a better blob. With less than the least, errors would be fitted to chance.
inline constexpr std::uint32_t kMostSampleTokens = 12288, kLeastSampleTokens = 1024, kSequenceTokens = 512;

// Reads a text, which is tokenized by the model's tokenizer, or a file of token ids: nothing but numbers, separated by
// commas or white space. Of a long file, windows from all over it. Throws ConvertError.
Sequences read_samples(const std::filesystem::path &path, const BlobView &model);

}  // namespace tidbit::convert
