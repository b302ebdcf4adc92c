// A chat template: any text may be one. It is rendered, put into pieces and, where that works, used by the library.
// Only TemplateError may come out, and pieces give what the template renders.
#include "converter/chat/section.h"
#include "tests/fuzz/files.h"
#include "tests/tokenizers/support.h"

namespace tidbit::fuzz {
namespace {

using namespace convert::chat;

constexpr std::time_t kNow = 1764180000;
constexpr std::uint32_t kVocab = 4096;

const nlohmann::ordered_json &variables() {
  static const nlohmann::ordered_json values = {
      {"bos_token", "<s>"},
      {"eos_token", "</s>"},
      {"messages", {{{"role", "user"}, {"content", " a\n"}}, {{"role", "assistant"}, {"content", "b"}, {"n", 1.5}}}},
      {"tools", {{{"name", "f"}, {"list", {1, 2, nullptr}}}}},
      {"add_generation_prompt", true}};
  return values;
}

// The pieces as the library uses them, with a tokenizer of the tests.
void use_pieces(const Pieces &pieces) {
  static const convert::ImportedTokenizer tokenizer =
      convert::import_tokenizer(std::filesystem::path(TIDBIT_TOKENIZERS) / "byte_level" / "tokenizer.json", kVocab);
  std::vector<std::byte> section = tokenizer.section;
  const ChatSection chat = make_section(pieces, section, kVocab);
  EXPECT_LE(chat.end_tokens.size(), 2u);
  EXPECT_GE(chat.bytes.size(), sizeof(format::Records));
}

void use(const std::string &source) {
  try {
    const Template chat_template(source);
    try {
      chat_template.render(variables(), kNow);
    } catch (const TemplateError &) {
    }
    const Pieces pieces = find_pieces(chat_template, {{"bos_token", "<s>"}}, kNow);
    const std::vector<Message> messages = {{ChatRole::user, "x"}, {ChatRole::assistant, "y"}, {ChatRole::user, "z "}};
    EXPECT_EQ(assemble(pieces, messages), render(chat_template, {{"bos_token", "<s>"}}, messages, kNow).text);
    use_pieces(pieces);
  } catch (const TemplateError &) {
  }
}

}  // namespace
}  // namespace tidbit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  tidbit::fuzz::use({reinterpret_cast<const char *>(data), size});
  return 0;
}
