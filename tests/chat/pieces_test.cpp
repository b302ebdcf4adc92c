// Templates in pieces.
#include "tests/chat/support.h"

namespace tidbit::test {
namespace {

using namespace convert::chat;

Pieces pieces_of(const std::string &name) { return find_pieces(template_of(name), special_tokens(), kNow); }

// The reason why a template cannot be put into pieces.
std::string refusal(const std::string &source) {
  try {
    find_pieces(Template(source), special_tokens(), kNow);
  } catch (const TemplateError &error) {
    return error.what();
  }
  return "";
}

std::string between(const Pieces &pieces, ChatRole from, ChatRole to) { return pieces.between(from, to).text; }

TEST(Pieces, OfEachTemplateGiveWhatItRenders) {
  using enum ChatRole;
  for (const char *name : {"alpaca", "chatml", "commandr", "deepseek", "gemma", "glm", "granite", "llama2", "llama3",
                           "mistral", "phi3", "qwen3", "smol", "zephyr"}) {
    const Template chat_template = template_of(name);
    const Pieces pieces = pieces_of(name);
    std::vector<Message> messages = {{user, "one \"quoted\"\nline"}, {assistant, "two"}, {user, "three"}};
    EXPECT_EQ(assemble(pieces, messages), render(chat_template, special_tokens(), messages, kNow).text) << name;
    if (!pieces.has(system)) continue;
    messages.insert(messages.begin(), {system, " zero \n"});
    EXPECT_EQ(assemble(pieces, messages), render(chat_template, special_tokens(), messages, kNow).text) << name;
  }
}

TEST(Pieces, StandBetweenTwoRoles) {
  using enum ChatRole;
  const Pieces chatml = pieces_of("chatml");
  EXPECT_EQ(between(chatml, none, system), "<|im_start|>system\n");
  EXPECT_EQ(between(chatml, none, user), "<|im_start|>system\nYou answer briefly.<|im_end|>\n<|im_start|>user\n");
  EXPECT_EQ(between(chatml, user, none), "<|im_end|>\n<|im_start|>assistant\n");
  EXPECT_EQ(between(chatml, assistant, user), "<|im_end|>\n<|im_start|>user\n");
  const Pieces llama2 = pieces_of("llama2");
  EXPECT_EQ(between(llama2, none, system), "<s>[INST] <<SYS>>\n");
  EXPECT_EQ(between(llama2, system, user), "\n<</SYS>>\n\n");
  EXPECT_EQ(between(llama2, assistant, user), " </s><s>[INST] ");
  const Pieces qwen3 = pieces_of("qwen3");
  EXPECT_EQ(between(qwen3, tool, tool), "\n</tool_response>\n<tool_response>\n");
}

TEST(Pieces, SayWhereTextsAreTrimmed) {
  const auto trim = [](const char *name, ChatRole role) {
    return pieces_of(name).trim[static_cast<std::size_t>(role)];
  };
  EXPECT_EQ(trim("chatml", ChatRole::user), 0);
  EXPECT_EQ(trim("llama3", ChatRole::user), 3);
  EXPECT_EQ(trim("llama3", ChatRole::system), 3);
  EXPECT_EQ(trim("llama2", ChatRole::system), 0);
  EXPECT_EQ(trim("smol", ChatRole::system), format::chat_trim::kEnd);
}

TEST(Pieces, LeaveOutRolesThatDoNotFitAndSayWhy) {
  const Pieces mistral = pieces_of("mistral");  // puts the system message in front of the last user's
  EXPECT_FALSE(mistral.has(ChatRole::system));
  ASSERT_EQ(mistral.notes.size(), 2u);
  EXPECT_NE(mistral.notes[0].find("no messages of the role system: the chat template writes something else in longer"),
            std::string::npos)
      << mistral.notes[0];
  const Pieces llama3 = pieces_of("llama3");  // writes the results of tools as JSON
  EXPECT_TRUE(llama3.has(ChatRole::system));
  EXPECT_FALSE(llama3.has(ChatRole::tool));
  EXPECT_TRUE(pieces_of("qwen3").notes.empty());
}

TEST(Pieces, ATemplateThatDoesMoreIsRefusedWithTheReason) {
  const std::string each = "{% for m in messages %}{{ m.role ~ ':' ~ m.content }}{% endfor %}";
  EXPECT_EQ(refusal(each), "");
  EXPECT_NE(refusal("{{ messages[-1].content }}").find("does not write each message"), std::string::npos);
  EXPECT_NE(refusal(each + each).find("does not write each message"), std::string::npos);
  EXPECT_NE(refusal("{% for m in messages %}{{ loop.index ~ m.role ~ m.content }}{% endfor %}").find("longer"),
            std::string::npos);
  EXPECT_NE(refusal("{% for m in messages %}{{ m.role ~ m.content | tojson }}{% endfor %}").find("changes the texts"),
            std::string::npos);
  EXPECT_NE(refusal("{% for m in messages %}{{ m.role ~ m.content | replace('\"', '') }}{% endfor %}").find("unusual"),
            std::string::npos);
  EXPECT_NE(refusal("{% for m in messages if m.role == 'x' %}{% endfor %}").find("does not write"), std::string::npos);
}

TEST(Pieces, NoteTheDate) {
  EXPECT_TRUE(pieces_of("granite").has_date);
  EXPECT_FALSE(pieces_of("chatml").has_date);
}

}  // namespace
}  // namespace tidbit::test
