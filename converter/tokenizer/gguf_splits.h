// How tokenizers are split that a GGUF file names in tokenizer.ggml.pre.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidbit::convert {

struct GgufSplit {
  std::vector<std::string> expressions;  // applied one after another, each to the pieces of the one before
  bool ignore_merges = false;
  bool adds_bos = false;
};

// The names that llama.cpp knows; throws for any other. `source` names the file in error messages.
GgufSplit gguf_split(std::string_view name, const std::string &source);

}  // namespace tidbit::convert
