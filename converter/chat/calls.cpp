#include "converter/chat/calls.h"

namespace tidbit::convert::chat {
namespace {

using OrderedJson = nlohmann::ordered_json;

// Texts that no template contains or changes.
constexpr const char *kUser = "qZuxZq", *kName = "qZnxZq", *kKey = "qZkxZq", *kNext = "qZrxZq";

std::optional<std::string> write(const Template &chat_template, OrderedJson variables, const OrderedJson &messages,
                                 std::time_t now) {
  variables["messages"] = messages;
  variables["add_generation_prompt"] = true;
  variables["documents"] = nullptr;
  try {
    return chat_template.render(variables, now).text;
  } catch (const TemplateError &) {
    return std::nullopt;
  }
}

OrderedJson call(int number) {
  return {{"id", "call0000" + std::to_string(number)},
          {"type", "function"},
          {"function", {{"name", kName}, {"arguments", {{kKey, kKey}}}}}};
}

// Behind the start of the text, and in front of the end that is found first.
std::optional<std::string> between(const std::string &text, const std::string &start, const std::string &end) {
  const std::size_t at = text.find(end, start.size());
  if (!text.starts_with(start) || at == std::string::npos) return std::nullopt;
  return text.substr(start.size(), at - start.size());
}

// The end of the object that begins there: behind its brace.
std::size_t end_of_object(const std::string &text, std::size_t at) {
  int depth = 0;
  bool in_string = false;
  for (; at < text.size(); ++at) {
    if (in_string && text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      in_string = !in_string;
    } else if (!in_string && (text[at] == '{' || text[at] == '}')) {
      depth += text[at] == '{' ? 1 : -1;
      if (depth == 0) return at + 1;
    }
  }
  return std::string::npos;
}

class CallFinder {
 public:
  CallFinder(const Template &chat_template, const OrderedJson &variables, const Pieces &pieces, std::time_t now)
      : template_(chat_template), variables_(variables), pieces_(pieces), now_(now) {}

  // Behind calls some templates want results, and some change those.
  std::optional<CallSyntax> run() {
    for (const ChatRole next : {ChatRole::tool, ChatRole::user}) {
      const std::optional<std::string> one = answer(1, next), two = answer(2, next);
      if (!one || !find_object(*one)) continue;
      syntax_.several = two && *two != *one;
      if (!syntax_.several) return syntax_;
      const std::optional<std::string> inner = between(*two, syntax_.before + object_, object_ + syntax_.after);
      if (!inner || *two != syntax_.before + object_ + *inner + object_ + syntax_.after) continue;
      syntax_.between = *inner;
      return syntax_;
    }
    return std::nullopt;
  }

 private:
  // What the template writes as an answer of some calls, in front of messages of the next role.
  std::optional<std::string> answer(int calls, ChatRole next) const {
    if (!pieces_.between(ChatRole::assistant, next).there) return std::nullopt;
    OrderedJson messages = {{{"role", "user"}, {"content", kUser}}};
    OrderedJson list = OrderedJson::array();
    for (int i = 0; i < calls; ++i) list.push_back(call(i));
    messages.push_back({{"role", "assistant"}, {"content", ""}, {"tool_calls", list}});
    if (next == ChatRole::user) messages.push_back({{"role", "user"}, {"content", kNext}});
    for (int i = 0; i < calls && next == ChatRole::tool; ++i) {
      messages.push_back(
          {{"role", "tool"}, {"content", kNext}, {"name", kName}, {"tool_call_id", "call0000" + std::to_string(i)}});
    }
    const std::optional<std::string> text = write(template_, variables_, messages, now_);
    if (!text) return std::nullopt;
    const std::string end = pieces_.between(ChatRole::assistant, next).text + kNext;
    return between(*text, assemble(pieces_, {{ChatRole::user, kUser}}), end);
  }

  bool find_object(const std::string &text) {
    for (std::size_t at = text.find('{'); at != std::string::npos; at = text.find('{', at + 1)) {
      const std::size_t end = end_of_object(text, at);
      if (end == std::string::npos) return false;
      object_ = text.substr(at, end - at);
      const OrderedJson value = OrderedJson::parse(object_, nullptr, false);
      if (!value.is_object() || value.size() != 2) continue;
      const auto name = value.begin(), arguments = std::next(name);
      if (name.value() != kName || arguments.value() != OrderedJson{{kKey, kKey}}) continue;
      syntax_ = {text.substr(0, at), "", text.substr(end), name.key(), arguments.key(), true};
      return true;
    }
    return false;
  }

  const Template &template_;
  const OrderedJson &variables_;
  const Pieces &pieces_;
  const std::time_t now_;
  CallSyntax syntax_;
  std::string object_;
};

}  // namespace

bool writes_tools(const Template &chat_template, const nlohmann::ordered_json &variables, std::time_t now) {
  const OrderedJson messages = {{{"role", "user"}, {"content", kUser}}};
  OrderedJson without = variables;
  without["tools"] = nullptr;
  return write(chat_template, variables, messages, now) != write(chat_template, without, messages, now);
}

std::optional<CallSyntax> find_calls(const Template &chat_template, const nlohmann::ordered_json &variables,
                                     const Pieces &pieces, std::time_t now) {
  return CallFinder(chat_template, variables, pieces, now).run();
}

}  // namespace tidbit::convert::chat
