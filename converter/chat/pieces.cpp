#include "converter/chat/pieces.h"

#include <algorithm>
#include <optional>

#include "converter/chat/unicode_text.h"

namespace tidbit::convert::chat {
namespace {

constexpr std::size_t kMostGlue = 16384;  // bytes of one piece

using Messages = std::vector<Message>;

// Texts by which contents are found in what a template writes. A template has no reason to change them.
std::string marker(std::size_t i) { return "qZx" + std::to_string(i) + "xZq"; }

Messages marked(const std::vector<ChatRole> &roles) {
  Messages messages;
  for (const ChatRole role : roles) messages.push_back({role, marker(messages.size())});
  return messages;
}

constexpr const char *kNames[kChatRoles] = {"", "system", "user", "assistant", "tool"};

std::string_view trimmed(const Pieces &pieces, const Message &message) {
  const std::uint8_t trim = pieces.trim[static_cast<std::size_t>(message.role)];
  return stripped(message.text, (trim & format::chat_trim::kStart) != 0, (trim & format::chat_trim::kEnd) != 0);
}

class Finder {
 public:
  Finder(const Template &chat_template, const nlohmann::ordered_json &variables, std::time_t now)
      : template_(chat_template), variables_(variables), now_(now) {}

  Pieces run() {
    if (!take({ChatRole::user}) || !take({ChatRole::user, ChatRole::assistant, ChatRole::user})) fail();
    if (!find_trim(ChatRole::user, {ChatRole::user, ChatRole::assistant})) fail();
    find_trim(ChatRole::assistant, {ChatRole::user});  // of others only their answers' inner spaces matter
    if (!verify({{ChatRole::user}, {ChatRole::assistant, ChatRole::user}})) fail();
    add(ChatRole::system, {}, {ChatRole::user});
    add(ChatRole::tool, {ChatRole::user, ChatRole::assistant}, {});
    return std::move(pieces_);
  }

 private:
  using Roles = std::vector<ChatRole>;

  [[noreturn]] void fail() const { throw TemplateError(reason_); }

  // What the template writes, or nothing and a reason.
  std::optional<std::string> write(const Messages &messages) {
    try {
      Template::Result result = render(template_, variables_, messages, now_);
      pieces_.has_date |= result.has_date;
      return std::move(result.text);
    } catch (const TemplateError &error) {
      reason_ = error.what();
      return std::nullopt;
    }
  }

  // Takes the pieces between the messages of a conversation. False if they differ from those that were taken before.
  bool take(const Roles &roles) {
    const Messages messages = marked(roles);
    const std::optional<std::string> text = write(messages);
    if (!text) return false;
    std::size_t end = 0;
    ChatRole before = ChatRole::none;
    for (const Message &message : messages) {
      const std::size_t at = text->find(message.text, end);
      if (at == std::string::npos || text->find(message.text, at + 1) != std::string::npos) {
        reason_ = "does not write each message once and in their order";
        return false;
      }
      if (!set(before, message.role, text->substr(end, at - end))) return false;
      before = message.role;
      end = at + message.text.size();
    }
    return set(before, ChatRole::none, text->substr(end));
  }

  bool set(ChatRole from, ChatRole to, std::string text) {
    if (text.size() > kMostGlue) {
      reason_ = "writes more than " + std::to_string(kMostGlue) + " bytes between two messages";
      return false;
    }
    Glue &glue = pieces_.glue[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
    if (glue.there && glue.text != text) {
      reason_ = "writes different texts between the same roles at different places";
      return false;
    }
    glue = {true, std::move(text)};
    return true;
  }

  // Finds out whether the template removes white space around the texts of a role, which follows these roles.
  bool find_trim(ChatRole role, Roles before) {
    before.push_back(role);
    if (role == ChatRole::assistant || role == ChatRole::system) before.push_back(ChatRole::user);
    Messages messages = marked(before);
    for (Message &message : messages) {
      if (message.role == role) message.text = " \n\t" + message.text + " \n\t\n";
    }
    const std::optional<std::string> text = write(messages);
    if (!text) return false;
    for (std::uint8_t trim = 0; trim < 4; ++trim) {
      pieces_.trim[static_cast<std::size_t>(role)] = trim;
      if (assemble(pieces_, messages) == *text) return true;
    }
    pieces_.trim[static_cast<std::size_t>(role)] = 0;
    reason_ = std::string("changes the texts of the role ") + kNames[static_cast<std::size_t>(role)];
    return false;
  }

  // Compares longer conversations, with texts of all kinds. Each has the first roles and then the second ones again and
  // again.
  bool verify(const std::vector<Roles> &parts) {
    static const char *const kTexts[] = {"One line.",
                                         "  two \n\n lines\n",
                                         "\"quoted\" \\n <b>{{ x }}</b> {% if %}",
                                         "\xC3\xA4\xE6\x9D\xB1\xF0\x9F\x99\x82 [INST] 1 + 1 = 2?",
                                         "a",
                                         "{\"k\": [1, null]}",
                                         "ends with a blank "};
    Messages messages;
    for (const ChatRole role : parts[0]) messages.push_back({role, kTexts[messages.size() % std::size(kTexts)]});
    for (int repeats = 0; repeats < 7; ++repeats) {
      for (std::size_t part = 1; part < parts.size(); ++part) {
        for (const ChatRole role : parts[part]) {
          std::string text = kTexts[messages.size() % std::size(kTexts)];
          if (role == ChatRole::assistant) text = stripped(text, true, true);
          messages.push_back({role, std::move(text)});
        }
      }
      const std::optional<std::string> text = write(messages);
      if (!text) return false;
      if (*text == assemble(pieces_, messages)) continue;
      reason_ = "writes something else in longer conversations, or for unusual texts";
      return false;
    }
    return true;
  }

  // Adds a role that the pieces may lack.
  void add(ChatRole role, const Roles &before, const Roles &after) {
    const Pieces kept = pieces_;
    Roles roles = before;
    roles.push_back(role);
    roles.insert(roles.end(), after.begin(), after.end());
    bool found = take(roles) && find_trim(role, before);
    if (found && role == ChatRole::system) {
      found = verify({roles, {ChatRole::assistant, ChatRole::user}});
    } else if (found) {
      found = take({ChatRole::user, ChatRole::assistant, role, ChatRole::assistant, ChatRole::user}) &&
              verify({{ChatRole::user}, {ChatRole::assistant, role, ChatRole::assistant, ChatRole::user}});
    }
    if (!found) {
      pieces_ = kept;
      pieces_.notes.push_back(std::string("no messages of the role ") + kNames[static_cast<std::size_t>(role)] +
                              ": the chat template " + reason_);
    } else if (role == ChatRole::tool) {
      add_several_tools();
    }
  }

  // Several results at once, where the template allows it.
  void add_several_tools() {
    const Pieces kept = pieces_;
    const Roles start = {ChatRole::user}, rest = {ChatRole::assistant, ChatRole::tool, ChatRole::tool};
    Roles roles = start;
    roles.insert(roles.end(), rest.begin(), rest.end());
    if (!take(roles) || !verify({start, rest})) pieces_ = kept;
  }

  const Template &template_;
  const nlohmann::ordered_json &variables_;
  const std::time_t now_;
  Pieces pieces_;
  std::string reason_;
};

}  // namespace

Template::Result render(const Template &chat_template, const nlohmann::ordered_json &variables,
                        const Messages &messages, std::time_t now) {
  nlohmann::ordered_json all = variables;
  all["messages"] = nlohmann::ordered_json::array();
  for (const Message &message : messages) {
    all["messages"].push_back({{"role", kNames[static_cast<std::size_t>(message.role)]}, {"content", message.text}});
  }
  all["add_generation_prompt"] = true;
  all["documents"] = nullptr;
  if (!all.contains("tools")) all["tools"] = nullptr;
  return chat_template.render(all, now);
}

std::string assemble(const Pieces &pieces, const Messages &messages) {
  std::string text;
  ChatRole before = ChatRole::none;
  for (const Message &message : messages) {
    text += pieces.between(before, message.role).text;
    text += trimmed(pieces, message);
    before = message.role;
  }
  return text + pieces.between(before, ChatRole::none).text;
}

Pieces find_pieces(const Template &chat_template, const nlohmann::ordered_json &variables, std::time_t now) {
  return Finder(chat_template, variables, now).run();
}

}  // namespace tidbit::convert::chat
