// A compiled grammar with the functions of the library as methods.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "converter/grammar/compile.h"
#include "tests/support/failure.h"
#include "tests/tokenizers/support.h"
#include "tidbit/tidbit.h"

namespace tidbit::test {

class Form {
 public:
  explicit Form(std::vector<std::byte> bytes);
  static Form regex(const std::string &pattern) { return Form(convert::compile_regex(pattern, "form")); }
  static Form schema(const std::string &json) { return Form(convert::compile_schema(json, "form")); }
  static Form gbnf(const std::string &text) { return Form(convert::compile_gbnf(text, "form")); }

  // Whether the text is one of the grammar's, and whether one begins with it.
  bool matches(std::string_view text) const;
  bool begins(std::string_view text) const;

  const tidbit_grammar *get() const { return &grammar_; }
  std::vector<std::byte> &bytes() { return bytes_; }
  std::size_t states() const;

 private:
  std::vector<std::byte> bytes_;
  tidbit_grammar grammar_{};
};

class SortedVocabulary {
 public:
  explicit SortedVocabulary(const tidbit_model *model);
  const tidbit_vocabulary *get() const { return &vocabulary_; }

 private:
  std::vector<std::uint32_t> memory_;
  tidbit_vocabulary vocabulary_{};
};

std::uint32_t vocab_size(const TextModel &model);

}  // namespace tidbit::test
