#include "tests/chat/support.h"

#include <cstring>
#include <fstream>
#include <iterator>

#include "format/model.h"

namespace tidbit::test {

using namespace convert::chat;

std::string read_file(const std::string &name) {
  std::ifstream file(std::string(TIDBIT_CHAT_TESTS) + "/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

Template template_of(const std::string &name) { return Template(read_file("templates/" + name + ".jinja")); }

Json special_tokens() { return {{"bos_token", "<s>"}, {"eos_token", "</s>"}}; }

std::string render(const std::string &source, const Json &variables) {
  try {
    return Template(source).render(variables, kNow).text;
  } catch (const TemplateError &error) {
    return std::string("error: ") + error.what();
  }
}

ChatModel::ChatModel(const std::string &style) {
  constexpr std::uint32_t kVocab = 640;
  const std::filesystem::path folder = std::filesystem::path(TIDBIT_CHAT_TESTS) / "goldens" / style;
  tokenizer_ = convert::import_tokenizer(folder / "tokenizer.json", kVocab);
  header_.config.vocab_size = kVocab;
  header_.config.bos_token = tokenizer_.bos_token;
  chat_ = import_chat(find_template(folder), tokenizer_.section, header_.config);
  EXPECT_FALSE(chat_.section.empty()) << chat_.description;
  tokenizer_section_ = AlignedBytes(tokenizer_.section);
  section_ = AlignedBytes(chat_.section);
  sections_[0] = {format::SectionKind::chat_template, 0, 0, chat_.section.size(), 0};
  header_.section_count = 1;
  Model view{};
  view.header = &header_;
  view.sections = sections_;
  view.blob = section_.data();
  view.tokenizer = tokenizer_section_.data();
  view.tokenizer_bytes = tokenizer_.section.size();
  std::memcpy(model_.opaque, &view, sizeof view);
}

Ids ChatModel::turn(const std::vector<tidbit_message> &messages, tidbit_role before) const {
  const auto count = static_cast<std::uint32_t>(messages.size());
  const std::uint64_t bytes = tidbit_chat_bytes(get(), before, messages.data(), count);
  std::vector<std::uint64_t> workspace(bytes / 8 + 1);
  Ids ids(tidbit_chat_most(get(), before, messages.data(), count));
  std::uint32_t made = 0;
  EXPECT_EQ(tidbit_chat_turn(get(), before, messages.data(), count, nullptr, workspace.data(), bytes, ids.data(),
                             static_cast<std::uint32_t>(ids.size()), &made),
            TIDBIT_OK);
  ids.resize(made);
  return ids;
}

Ids ChatModel::encode(std::string_view text, std::uint32_t flags) const {
  std::vector<std::uint64_t> workspace(tidbit_tokenize_bytes(get(), text.size()) / 8);
  Ids ids(tidbit_tokenize_most(get(), text.size()) + 1);
  std::uint32_t made = 0;
  const tidbit_tokenize_options options{flags, 0, nullptr, nullptr};
  EXPECT_EQ(tidbit_tokenize(get(), text.data(), text.size(), &options, workspace.data(), workspace.size() * 8,
                            ids.data(), static_cast<std::uint32_t>(ids.size()), &made),
            TIDBIT_OK);
  ids.resize(made);
  return ids;
}

tidbit_message message(tidbit_role role, std::string_view text) { return {text.data(), text.size(), role}; }

tidbit_role role_named(const std::string &name) {
  constexpr const char *kNames[] = {"", "system", "user", "assistant", "tool"};
  for (tidbit_role role = 1; role < TIDBIT_ROLE_COUNT; ++role) {
    if (name == kNames[role]) return role;
  }
  return TIDBIT_ROLE_NONE;
}

}  // namespace tidbit::test
