#include "converter/calibrate/samples.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "converter/checkpoint/file.h"
#include "converter/error.h"

namespace tidbit::convert {
namespace {

using Tokens = std::vector<std::int32_t>;

constexpr std::uint64_t kMostBytes = std::uint64_t{4} << 20;  // some 50,000 are enough

bool is_separator(char c) { return c == ',' || c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

bool is_token_list(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return is_separator(c) || (c >= '0' && c <= '9'); });
}

Tokens parse_tokens(std::string_view text, const std::string &name, std::uint32_t vocab) {
  Tokens tokens;
  for (std::size_t at = 0; at < text.size();) {
    if (is_separator(text[at])) {
      ++at;
      continue;
    }
    std::uint32_t token = 0;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), token);
    if (error != std::errc() || token >= vocab) {
      throw ConvertError(name + ": the token at byte " + std::to_string(at) + " is not below the vocabulary's size, " +
                         std::to_string(vocab));
    }
    tokens.push_back(static_cast<std::int32_t>(token));
    at = static_cast<std::size_t>(end - text.data());
  }
  return tokens;
}

Tokens tokenize(std::string_view text, const std::string &name, const BlobView &model) {
  const tidbit_model *m = &model.model();
  if (model.info().has_tokenizer == 0) {
    throw ConvertError(name + ": without a tokenizer, a calibration needs a file of token ids");
  }
  Tokens tokens(tidbit_tokenize_most(m, text.size()));
  std::vector<std::uint64_t> workspace(tidbit_tokenize_bytes(m, text.size()) / sizeof(std::uint64_t));
  std::uint32_t count = 0;
  check_status(
      tidbit_tokenize(m, text.data(), text.size(), nullptr, workspace.data(), workspace.size() * sizeof(std::uint64_t),
                      tokens.data(), static_cast<std::uint32_t>(tokens.size()), &count),
      "tidbit_tokenize");
  tokens.resize(count);
  return tokens;
}

// Windows from all over the tokens; all of them if they are few.
Sequences cut(const Tokens &tokens, std::uint32_t length, std::int32_t begin) {
  const std::size_t offset = begin >= 0 ? 1 : 0, own = length - offset;
  const std::size_t windows = std::max<std::size_t>(tokens.size() / own, 1);
  const std::size_t used = std::min<std::size_t>(windows, std::max<std::uint32_t>(kMostSampleTokens / length, 1));
  Sequences sequences;
  for (std::size_t i = 0; i < used; ++i) {
    const std::size_t first = i * windows / used * own;
    Tokens sequence(offset, begin);
    sequence.insert(sequence.end(), tokens.begin() + static_cast<std::ptrdiff_t>(first),
                    tokens.begin() + static_cast<std::ptrdiff_t>(std::min(first + own, tokens.size())));
    sequences.push_back(std::move(sequence));
  }
  return sequences;
}

}  // namespace

std::string read_sample_file(const std::filesystem::path &path) { return read_whole_file(path, kMostBytes); }

Sequences read_samples(std::string_view text, const std::string &name, const BlobView &model) {
  const tidbit_model_info info = model.info();
  const Tokens tokens = is_token_list(text) ? parse_tokens(text, name, info.vocab_size) : tokenize(text, name, model);
  if (tokens.size() < kLeastSampleTokens) {
    throw ConvertError(name + ": has " + std::to_string(tokens.size()) + " tokens; a calibration needs at least " +
                       std::to_string(kLeastSampleTokens) + ", better " + std::to_string(kMostSampleTokens));
  }
  return cut(tokens, std::min(kSequenceTokens, info.max_context), info.bos_token);
}

}  // namespace tidbit::convert
