// Puts a chat template into pieces: the texts that stand between the messages of a conversation, which depend only on
// the roles before and after. Such pieces can be used without the template.
#pragma once

#include <array>
#include <ctime>
#include <string>
#include <vector>

#include "converter/chat/interpreter.h"
#include "format/blob_format.h"

namespace tidbit::convert::chat {

using format::ChatRole;
using format::kChatRoles;

struct Glue {
  bool there = false;
  std::string text = {};
};

struct Pieces {
  // glue[from][to]: what stands between a message of one role and the next of another. ChatRole::none is the start of
  // the conversation as `from`, and the answer to be generated as `to`.
  std::array<std::array<Glue, kChatRoles>, kChatRoles> glue = {};
  std::array<std::uint8_t, kChatRoles> trim = {};  // by role: bits of format::chat_trim
  bool has_date = false;                           // they contain the date of the conversion
  std::vector<std::string> notes = {};             // what the template can, but the pieces cannot

  const Glue &between(ChatRole from, ChatRole to) const {
    return glue[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
  }
  bool has(ChatRole role) const { return between(role, ChatRole::none).there || between(role, ChatRole::user).there; }
};

struct Message {
  ChatRole role;
  std::string text;
};

// What the template writes for a conversation, and what starts an answer. `variables` are bos_token and the like, and
// perhaps tools.
Template::Result render(const Template &chat_template, const nlohmann::ordered_json &variables,
                        const std::vector<Message> &messages, std::time_t now);

// The same from pieces. All pairs of roles must be there.
std::string assemble(const Pieces &pieces, const std::vector<Message> &messages);

// Throws TemplateError with the reason if users and answers cannot be put into pieces.
Pieces find_pieces(const Template &chat_template, const nlohmann::ordered_json &variables, std::time_t now);

}  // namespace tidbit::convert::chat
