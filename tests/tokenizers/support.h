// A model that has only a tokenizer, with the text functions as methods that use std types.
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
#include "tests/support/aligned.h"
#include "tidbit/tidbit.h"

namespace tidbit::test {

using Ids = std::vector<std::int32_t>;

class TextModel {
 public:
  TextModel(const convert::ImportedTokenizer &tokenizer, std::uint32_t vocab_size);
  TextModel(TextModel &&) = default;

  Ids encode(std::string_view text, std::uint32_t flags = 0) const;
  // Decodes with a stream, up to its end.
  std::string decode(const Ids &ids) const;
  tidbit_status check(std::uint64_t *fault) const;

  const tidbit_model *get() const { return &model_; }
  std::byte *section() { return section_.data(); }
  const std::byte *section() const { return section_.data(); }
  std::size_t section_bytes() const { return section_.size(); }

 private:
  AlignedBytes section_;
  std::unique_ptr<format::Header> header_;
  tidbit_model model_{};
};

TextModel import(const std::filesystem::path &file, std::uint32_t vocab_size);
TextModel golden(const std::string &name);  // its vocabulary size is the number of its tokens

// From the text of a tokenizer.json.
TextModel from_json(const std::string &text, std::uint32_t vocab_size = 64);

// Calls every text function, with a text of all kinds of characters. For sanitizers, whatever the tables hold.
void use_everything(const TextModel &model);

// Calls them with 500 damages of the section: single bytes, if they pass its check, and all bytes behind the header.
void use_damaged(TextModel &model);

std::string read_file(const std::filesystem::path &file);
std::filesystem::path data_file(const std::string &name);

// Reads the tokenizer of a GGUF file.
convert::GgufTokenizer read_gguf_tokenizer(const std::filesystem::path &file);

}  // namespace tidbit::test

// Skips the test if this test data, which is not part of the project, does not exist.
#define NEEDS_DATA(name) \
  if (!std::filesystem::exists(::tidbit::test::data_file(name))) GTEST_SKIP() << "no test data " << name
