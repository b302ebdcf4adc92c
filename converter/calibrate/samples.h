// The sample text of a calibration, as sequences of tokens.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "converter/blob/blob_view.h"

namespace tidbit::convert {

using Sequences = std::vector<std::vector<std::int32_t>>;

// More text does not make a better blob. With less than the least, errors would be fitted to chance.
inline constexpr std::uint32_t kMostSampleTokens = 8192, kLeastSampleTokens = 1024, kSequenceTokens = 512;

// A whole file. Throws ConvertError.
std::string read_sample_file(const std::filesystem::path &path);

// Cuts up a text, which is tokenized by the model's tokenizer, or a list of token ids: nothing but numbers, separated
// by commas or white space. Of a long text, windows from all over it. `name` is for errors. Throws ConvertError.
Sequences read_samples(std::string_view text, const std::string &name, const BlobView &model);

}  // namespace tidbit::convert
