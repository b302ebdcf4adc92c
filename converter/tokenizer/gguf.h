// The tokenizer of a GGUF file, from its metadata (tokenizer.ggml.*).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "converter/tokenizer/import.h"

namespace tidbit::convert {

struct GgufTokenizer {
  std::string model;  // "llama", "gpt2", "t5" or "bert"
  std::string pre;    // may be empty
  std::vector<std::string> tokens;
  std::vector<float> scores;        // "llama" and "t5"
  std::vector<std::int32_t> types;  // 1 normal, 2 unknown, 3 control, 4 user defined, 5 unused, 6 byte
  std::vector<std::string> merges;  // "gpt2"
  std::int32_t bos = -1;
  std::int32_t eos = -1;
  std::int32_t unknown = -1;    // "t5" and "bert"
  std::int32_t separator = -1;  // "bert"
  int add_bos = -1;             // -1: not specified
  int add_eos = -1;
  int add_space_prefix = -1;
  int remove_extra_whitespaces = -1;  // "t5"
  std::string charsmap;               // "t5"; may be empty
  int lowercase = -1;                 // "bert"
  int strip_accents = -1;
};

// Reads the metadata of a GGUF file. Throws ConvertError if it has no tokenizer.
GgufTokenizer read_gguf_tokenizer(const std::filesystem::path &file);

ImportedTokenizer import_gguf_tokenizer(const GgufTokenizer &gguf, std::uint32_t vocab_size, const std::string &source);

}  // namespace tidbit::convert
