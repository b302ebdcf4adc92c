#include "converter/chat/import.h"

#include <cstdlib>
#include <ctime>

#include "converter/chat/calls.h"
#include "converter/chat/section.h"
#include "text/tables.h"

namespace tidbit::convert::chat {
namespace {

// The time of the conversion, or that of a reproducible build.
std::time_t now() {
  const char *fixed = std::getenv("SOURCE_DATE_EPOCH");
  char *end = nullptr;
  const long long seconds = fixed != nullptr ? std::strtoll(fixed, &end, 10) : 0;
  return fixed != nullptr && end != fixed && *end == 0 ? static_cast<std::time_t>(seconds) : std::time(nullptr);
}

void add_token(const char *name, std::int32_t id, const std::vector<std::byte> &tokenizer,
               nlohmann::ordered_json &variables) {
  const Tables tables(tokenizer.data());
  if (variables.contains(name) || id < 0 || static_cast<std::uint32_t>(id) >= tables.header().token_count) return;
  const Bytes text = tables.text(static_cast<std::uint32_t>(id));
  variables[name] = std::string(text.data, text.size);
}

// "system, user and assistant"
std::string roles_of(const Pieces &pieces) {
  std::string text = "user and assistant";
  if (pieces.has(ChatRole::tool)) text = "user, assistant and tool";
  return (pieces.has(ChatRole::system) ? "system, " : "") + text;
}

// Special tokens have no text, so that no grammar allows them.
bool has_special_token(const std::string &text, const std::vector<std::byte> &tokenizer) {
  const Tables tables(tokenizer.data());
  const format::Table &table = tables.header().added;
  const auto *added = reinterpret_cast<const format::AddedToken *>(tokenizer.data() + table.offset);
  for (std::uint32_t i = 0; i < table.count; ++i) {
    const std::uint32_t id = added[i].bits & format::added::kIdMask;
    const Bytes token = tables.text(id);
    const bool special = (tables.attributes(id) & format::attribute::kSpecial) != 0;
    if (special && token.size > 0 && text.find({token.data, token.size}) != std::string::npos) return true;
  }
  return false;
}

void find_tools(const Template &chat_template, const nlohmann::ordered_json &variables, const Pieces &pieces,
                const std::vector<std::byte> &tokenizer, ImportedChat &chat) {
  if (!writes_tools(chat_template, variables, now())) {
    chat.notes.emplace_back("the chat template does not tell the model about the tools; say so in the prompt");
    return;
  }
  chat.calls = find_calls(chat_template, variables, pieces, now());
  if (chat.calls && has_special_token(chat.calls->before + chat.calls->between + chat.calls->after, tokenizer)) {
    chat.calls.reset();
  }
  if (!chat.calls) {
    chat.notes.emplace_back("the chat template writes calls in a way of its own; here they are a JSON list");
  }
}

}  // namespace

ImportedChat import_chat(FoundTemplate found, std::vector<std::byte> &tokenizer, const format::Config &config,
                         const Tools &tools) {
  ImportedChat chat;
  if (found.text.empty()) return chat;
  add_token("bos_token", config.bos_token, tokenizer, found.variables);
  if (config.end_token_count > 0) add_token("eos_token", config.end_tokens[0], tokenizer, found.variables);
  try {
    const Template chat_template(found.text);
    if (!tools.is_null()) found.variables["tools"] = tools;
    const Pieces pieces = find_pieces(chat_template, found.variables, now());
    if (!tools.is_null()) find_tools(chat_template, found.variables, pieces, tokenizer, chat);
    ChatSection section = make_section(pieces, tokenizer, config.vocab_size);
    chat.section = std::move(section.bytes);
    chat.end_tokens = std::move(section.end_tokens);
    for (const std::string &note : pieces.notes) {
      // Most templates know nothing of tools, which is not worth a note.
      const bool expected = note.find("role tool") != std::string::npos && found.text.find("tool") == std::string::npos;
      if (!expected) chat.notes.push_back(note);
    }
    chat.description = "messages of " + roles_of(pieces) + ", from " + found.source;
    if (pieces.has_date) chat.notes.emplace_back("the chat template contains today's date, which stays in the blob");
  } catch (const TemplateError &error) {
    chat.description = "none: " + found.source + " cannot be used, because the template " + error.what();
  }
  return chat;
}

}  // namespace tidbit::convert::chat
