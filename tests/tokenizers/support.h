// A model that is nothing but its tokenizer, and the text functions on it with std types.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "converter/tokenizer/gguf.h"
#include "converter/tokenizer/import.h"
#include "format/blob_format.h"
#include "tidbit/tidbit.h"

namespace tidbit::test {

using Ids = std::vector<std::int32_t>;

class TextModel {
 public:
  TextModel(const convert::ImportedTokenizer &tokenizer, std::uint32_t vocab_size);
  TextModel(TextModel &&) = default;

  Ids encode(std::string_view text, std::uint32_t flags = 0) const;
  // Through a stream, to its end.
  std::string decode(const Ids &ids) const;
  tidbit_status check(std::uint64_t *fault) const;

  const tidbit_model *get() const { return &model_; }
  std::byte *section() { return section_; }
  std::size_t section_bytes() const { return bytes_; }

 private:
  std::unique_ptr<std::byte[]> memory_;
  std::byte *section_;
  std::size_t bytes_;
  std::unique_ptr<format::Header> header_;
  tidbit_model model_{};
};

TextModel import(const std::filesystem::path &file, std::uint32_t vocab_size);
TextModel golden(const std::string &name);  // with as many ids as it has tokens

std::string read_file(const std::filesystem::path &file);
std::filesystem::path data_file(const std::string &name);

// The vocabulary of a GGUF file.
convert::GgufTokenizer read_gguf_tokenizer(const std::filesystem::path &file);

}  // namespace tidbit::test

// Test data that is not part of the project.
#define NEEDS_DATA(name) \
  if (!std::filesystem::exists(::tidbit::test::data_file(name))) GTEST_SKIP() << "no test data " << name
