// Shared by the tests of chat templates.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "converter/chat/import.h"
#include "converter/chat/pieces.h"
#include "converter/tokenizer/import.h"
#include "tests/support/aligned.h"
#include "tidbit/tidbit.h"

namespace tidbit::test {

using Json = nlohmann::ordered_json;
using Ids = std::vector<std::int32_t>;

inline constexpr std::time_t kNow = 1764180000;  // as in make_goldens.py

std::string read_file(const std::string &name);  // in this folder
convert::chat::Template template_of(const std::string &name);
Json special_tokens();

// What a template writes, or "error: ...".
std::string render(const std::string &source, const Json &variables = Json::object());

// A model that has only a tokenizer and a chat template, of a folder in goldens/, or of one with an absolute path.
class ChatModel {
 public:
  explicit ChatModel(const std::string &style);
  ChatModel(const ChatModel &) = delete;
  ChatModel &operator=(const ChatModel &) = delete;

  const tidbit_model *get() const { return &model_; }
  const convert::chat::ImportedChat &chat() const { return chat_; }
  std::byte *section() { return section_.data(); }
  void cut_section(std::size_t bytes) { sections_[0].bytes = bytes; }

  // The tokens of messages behind one of the role `before`.
  Ids turn(const std::vector<tidbit_message> &messages, tidbit_role before = TIDBIT_ROLE_NONE) const;
  Ids encode(std::string_view text, std::uint32_t flags) const;

 private:
  convert::ImportedTokenizer tokenizer_;
  convert::chat::ImportedChat chat_;
  AlignedBytes tokenizer_section_, section_;
  format::Header header_ = {};
  format::Section sections_[1] = {};
  tidbit_model model_ = {};
};

tidbit_message message(tidbit_role role, std::string_view text);
tidbit_role role_named(const std::string &name);

}  // namespace tidbit::test
