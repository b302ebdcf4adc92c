// Tools in chat templates: what a template tells the model about them, and how it writes calls.
#include "converter/chat/calls.h"

#include <filesystem>
#include <fstream>

#include "tests/chat/support.h"

namespace tidbit::test {
namespace {

using namespace convert::chat;
using convert::CallSyntax;

const Json kTools = Json::parse(R"([{"type": "function", "function": {"name": "light", "parameters": {}}}])");

Json with_tools() {
  Json variables = special_tokens();
  variables["tools"] = kTools;
  return variables;
}

std::optional<CallSyntax> calls_of(const Template &chat_template) {
  return find_calls(chat_template, with_tools(), find_pieces(chat_template, with_tools(), kNow), kNow);
}

TEST(Calls, PiecesTellTheModelAboutTheTools) {
  using enum ChatRole;
  for (const char *name : {"qwen3", "granite"}) {
    const Template chat_template = template_of(name);
    const Pieces pieces = find_pieces(chat_template, with_tools(), kNow);
    EXPECT_NE(pieces.between(none, user).text.find("\"light\""), std::string::npos) << name;
    for (const std::vector<Message> &messages :
         {std::vector<Message>{{user, "a"}}, {{system, "b"}, {user, "a"}, {assistant, "c"}, {user, "d"}}}) {
      EXPECT_EQ(assemble(pieces, messages), render(chat_template, with_tools(), messages, kNow).text) << name;
    }
    EXPECT_TRUE(writes_tools(chat_template, with_tools(), kNow)) << name;
  }
  EXPECT_FALSE(writes_tools(template_of("gemma"), with_tools(), kNow));
}

TEST(Calls, AreFoundAsTheTemplateWritesThem) {
  const std::optional<CallSyntax> calls = calls_of(template_of("qwen3"));
  ASSERT_TRUE(calls);
  EXPECT_EQ(calls->before, "<tool_call>\n");
  EXPECT_EQ(calls->between, "\n</tool_call>\n<tool_call>\n");
  EXPECT_EQ(calls->after, "\n</tool_call>");
  EXPECT_EQ(calls->name, "name");
  EXPECT_EQ(calls->arguments, "arguments");
  EXPECT_TRUE(calls->several);
}

// Messages of a user, of an assistant with one call at most, and of a tool.
std::string simple(const std::string &call) {
  return "{% for m in messages %}{% if m.tool_calls %}{% if m.tool_calls | length > 1 %}{{ raise_exception('one') }}"
         "{% endif %}[A]{% set f = m.tool_calls[0].function %}" +
         call +
         "[/A]{% else %}[{{ m.role[0] | upper }}]{{ m.content }}[/{{ m.role[0] | upper }}]{% endif %}{% endfor %}"
         "{% if add_generation_prompt %}[A]{% endif %}";
}

TEST(Calls, MayBeOneAtATimeAndHaveOtherKeys) {
  const auto calls =
      calls_of(Template(simple(R"(CALL {"fn": "{{ f.name }}", "parameters": {{ f.arguments | tojson }}};)")));
  ASSERT_TRUE(calls);
  EXPECT_EQ(calls->before, "CALL ");
  EXPECT_EQ(calls->after, ";");
  EXPECT_EQ(calls->name, "fn");
  EXPECT_EQ(calls->arguments, "parameters");
  EXPECT_FALSE(calls->several);
}

// As in Llama 3: results are quoted, so that there are no pieces for them.
TEST(Calls, AreFoundWhereResultsAreChanged) {
  const auto calls = calls_of(Template(
      "{% set marks = {'user': '[U]', 'assistant': '[A]'} %}{% for m in messages %}{% if m.tool_calls %}[A]"
      "{\"name\": \"{{ m.tool_calls[0].function.name }}\", \"parameters\": "
      "{{ m.tool_calls[0].function.arguments | tojson }}}[/A]"
      "{% elif m.role == 'tool' %}[T]{{ m.content | tojson }}[/T]{% else %}{{ marks[m.role] }}{{ m.content }}[/A]"
      "{% endif %}{% endfor %}{% if add_generation_prompt %}[A]{% endif %}"));
  ASSERT_TRUE(calls);
  EXPECT_EQ(calls->before, "");
  EXPECT_EQ(calls->arguments, "parameters");
  EXPECT_EQ(calls->after, "");
}

TEST(Calls, OfAnotherKindAreNotFound) {
  for (const char *call : {R"({{ f.name }}({{ f.arguments | tojson }}))", R"({"name": "{{ f.name }}"})",
                           R"({"arguments": {{ f.arguments | tojson }}, "name": "{{ f.name }}"})",
                           R"({"id": 1, "name": "{{ f.name }}", "arguments": {{ f.arguments | tojson }}})",
                           R"({"name": "{{ f.name }}", "arguments": {{ f.arguments | tojson }})", ""}) {
    EXPECT_FALSE(calls_of(Template(simple(call)))) << call;
  }
}

// A token of the tokenizer may stand around calls, but not a special one, which has no text.
TEST(Calls, WithSpecialTokensAreNotFound) {
  const std::filesystem::path from = std::filesystem::path(TIDBIT_CHAT_TESTS) / "goldens" / "qwen3";
  Json json = Json::parse(read_file("goldens/qwen3/tokenizer.json"));
  Json token = json["added_tokens"].back();
  token["id"] = 362;
  token["content"] = "<tool_call>";
  json["added_tokens"].push_back(token);
  for (const bool special : {false, true}) {
    json["added_tokens"].back()["special"] = special;
    const std::string file = testing::TempDir() + "calls_tokenizer.json";
    std::ofstream(file) << json.dump();
    format::Config config = {};
    config.vocab_size = 640;
    std::vector<std::byte> section = convert::import_tokenizer(file, 640).section;
    const ImportedChat chat = import_chat(find_template(from), section, config, kTools);
    EXPECT_EQ(chat.calls.has_value(), !special);
    EXPECT_EQ(chat.notes.size(), special ? 1u : 0u);
  }
}

TEST(Calls, AreNotLookedForWithoutTools) {
  const ChatModel model("qwen3");
  EXPECT_FALSE(model.chat().calls);
}

}  // namespace
}  // namespace tidbit::test
