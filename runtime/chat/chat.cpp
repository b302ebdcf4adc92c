// Writes the messages of a conversation as tokens, with the pieces of the chat template between them.
//
// The tokens of the pieces were made by the converter. What is still text, between the last token of one piece and the
// first of the next, is tokenized together with the message that it surrounds, so that the result is the same as if the
// whole conversation had been tokenized at once; but no text can become a special token.
#include "format/model.h"

namespace tidbit {
namespace {

using format::ChatPiece;
using format::ChatRole;

struct Text {
  const char *data;
  std::size_t bytes;
};

struct Piece {
  const std::int32_t *tokens;
  std::uint32_t token_count;
  Text head, tail;
};

// The records of the section. Their places were checked when the blob was opened, and their contents are checked here.
class Template {
 public:
  explicit Template(const tidbit_model *model) : model_(model_of(model)) {}

  // False if there is no such piece.
  bool find(ChatRole from, ChatRole to, Piece &piece) const {
    std::uint32_t record_bytes = 0;
    const std::byte *content = record(format::chat_piece(from, to), record_bytes);
    if (content == nullptr || record_bytes < sizeof(ChatPiece)) return false;
    const auto &head = *reinterpret_cast<const ChatPiece *>(content);
    const std::uint64_t bytes = sizeof head + head.token_count * std::uint64_t{4} + head.head_bytes + head.tail_bytes;
    if (bytes != record_bytes) return false;
    piece.tokens = reinterpret_cast<const std::int32_t *>(&head + 1);
    piece.token_count = head.token_count;
    const char *text = reinterpret_cast<const char *>(piece.tokens + piece.token_count);
    piece.head = {text, head.head_bytes};
    piece.tail = {text + head.head_bytes, head.tail_bytes};
    for (std::uint32_t i = 0; i < piece.token_count; ++i) {
      if (static_cast<std::uint32_t>(piece.tokens[i]) >= model_.config().vocab_size) return false;
    }
    return true;
  }

  std::uint8_t trim(ChatRole role) const {
    std::uint32_t bytes = 0;
    const std::byte *content = record(format::kChatTexts, bytes);
    if (content == nullptr || bytes != sizeof(format::ChatTexts)) return 0;
    return reinterpret_cast<const format::ChatTexts *>(content)->trim[static_cast<std::uint32_t>(role)];
  }

 private:
  const std::byte *record(std::uint32_t kind, std::uint32_t &bytes) const {
    return model_.record(format::SectionKind::chat_template, kind, bytes);
  }

  const Model &model_;
};

// The bytes of the white space (as Python's str.strip has it) at the start of a text that is not empty, or 0.
std::size_t blank_at_start(Text text) {
  const auto byte = [&](std::size_t i) { return i < text.bytes ? static_cast<unsigned char>(text.data[i]) : 0u; };
  const unsigned a = byte(0), b = byte(1), c = byte(2);
  if (a == ' ' || (a >= 9 && a <= 13) || (a >= 0x1C && a <= 0x1F)) return 1;
  if (a == 0xC2) return b == 0x85 || b == 0xA0 ? 2 : 0;
  const bool general = a == 0xE2 && b == 0x80 && ((c >= 0x80 && c <= 0x8A) || c == 0xA8 || c == 0xA9 || c == 0xAF);
  const bool other = (a == 0xE2 && b == 0x81 && c == 0x9F) || (a == 0xE3 && b == 0x80 && c == 0x80) ||
                     (a == 0xE1 && b == 0x9A && c == 0x80);
  return general || other ? 3 : 0;
}

std::size_t blank_at_end(Text text) {
  for (std::size_t bytes = 1; bytes <= 3 && bytes <= text.bytes; ++bytes) {
    if (blank_at_start({text.data + text.bytes - bytes, bytes}) == bytes) return bytes;
  }
  return 0;
}

Text trimmed(Text text, std::uint8_t trim) {
  std::size_t blank = 0;
  while ((trim & format::chat_trim::kStart) != 0 && text.bytes > 0 && (blank = blank_at_start(text)) != 0) {
    text = {text.data + blank, text.bytes - blank};
  }
  while ((trim & format::chat_trim::kEnd) != 0 && text.bytes > 0 && (blank = blank_at_end(text)) != 0) {
    text.bytes -= blank;
  }
  return text;
}

// Calls piece() and message() for everything in front of an answer. False if a piece is missing.
template <class Visitor>
bool visit(const Template &chat, ChatRole from, const tidbit_message *messages, std::uint32_t count, Visitor &visitor) {
  Piece piece;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto role = static_cast<ChatRole>(messages[i].role);
    if (!chat.find(from, role, piece)) return false;
    visitor.piece(piece);
    visitor.message(trimmed({messages[i].text, messages[i].bytes}, chat.trim(role)));
    from = role;
  }
  if (!chat.find(from, ChatRole::none, piece)) return false;
  visitor.piece(piece);
  return true;
}

// Adds up the text between tokens, and the tokens.
struct Sizes {
  void piece(const Piece &piece) {
    text += piece.head.bytes + piece.tail.bytes;
    tokens += piece.token_count;
    ++runs;
  }
  void message(Text message) { text += message.bytes; }

  std::uint64_t text = 0, tokens = 0, runs = 0;
};

constexpr std::uint64_t round_to_8(std::uint64_t bytes) { return (bytes + 7) / 8 * 8; }

class Writer {
 public:
  Writer(const tidbit_model *model, const tidbit_tokenize_options &options, void *workspace, std::size_t bytes,
         std::uint64_t text_bytes, std::int32_t *tokens, std::uint32_t capacity)
      : model_(model), options_(options), tokens_(tokens), capacity_(capacity) {
    run_ = static_cast<char *>(workspace);
    workspace_ = run_ + round_to_8(text_bytes);
    workspace_bytes_ = bytes - static_cast<std::size_t>(round_to_8(text_bytes));
  }

  // There are tokens before what follows.
  void go_on() { options_.flags = TIDBIT_TEXT_CONTINUE; }

  void piece(const Piece &piece) {
    append(piece.head);
    if (piece.token_count == 0) return;
    end_run();
    for (std::uint32_t i = 0; i < piece.token_count; ++i, ++count_) {
      if (count_ < capacity_) tokens_[count_] = piece.tokens[i];
    }
    go_on();
    append(piece.tail);
  }
  void message(Text message) { append(message); }

  // Tokenizes the text since the last token of a piece.
  void end_run() {
    if (run_bytes_ == 0 || status_ != TIDBIT_OK) return;
    const std::uint32_t room = count_ < capacity_ ? capacity_ - count_ : 0;
    std::uint32_t made = 0;
    const tidbit_status status = tidbit_tokenize(model_, run_, run_bytes_, &options_, workspace_, workspace_bytes_,
                                                 room != 0 ? tokens_ + count_ : nullptr, room, &made);
    if (status != TIDBIT_ERR_MEMORY) status_ = status;  // the number of tokens is known all the same
    count_ += made;
    run_bytes_ = 0;
    go_on();
  }

  tidbit_status status() const {
    if (status_ == TIDBIT_OK && count_ > capacity_) return TIDBIT_ERR_MEMORY;
    return status_;
  }
  std::uint32_t count() const { return status_ == TIDBIT_OK ? count_ : 0; }

 private:
  void append(Text text) {
    if (text.bytes != 0) __builtin_memcpy(run_ + run_bytes_, text.data, text.bytes);
    run_bytes_ += text.bytes;
  }

  const tidbit_model *model_;
  tidbit_tokenize_options options_;
  char *run_, *workspace_;
  std::size_t run_bytes_ = 0, workspace_bytes_;
  std::int32_t *tokens_;
  std::uint32_t capacity_, count_ = 0;
  tidbit_status status_ = TIDBIT_OK;
};

constexpr std::uint64_t kMostText = 1u << 30;

tidbit_status check(const tidbit_model *model, tidbit_role before, const tidbit_message *messages,
                    std::uint32_t count) {
  const auto is_role = [](tidbit_role role, tidbit_role first) { return role >= first && role < TIDBIT_ROLE_COUNT; };
  if (!is_open(model) || messages == nullptr || count == 0 || !is_role(before, 0)) return TIDBIT_ERR_ARGUMENT;
  std::uint64_t bytes = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (!is_role(messages[i].role, 1) || (messages[i].text == nullptr && messages[i].bytes != 0)) {
      return TIDBIT_ERR_ARGUMENT;
    }
    if (messages[i].bytes > kMostText - bytes) return TIDBIT_ERR_ARGUMENT;
    bytes += messages[i].bytes;
  }
  return model_of(model).tokenizer == nullptr ? TIDBIT_ERR_NO_TOKENIZER : TIDBIT_OK;
}

// Without a chat template, or one that has no piece for these roles.
bool measure(const tidbit_model *model, tidbit_role before, const tidbit_message *messages, std::uint32_t count,
             Sizes &sizes) {
  return visit(Template(model), static_cast<ChatRole>(before), messages, count, sizes) && sizes.text <= kMostText;
}

}  // namespace
}  // namespace tidbit

using namespace tidbit;

extern "C" uint32_t tidbit_chat_roles(const tidbit_model *model) {
  if (!is_open(model)) return 0;
  const Template chat(model);
  Piece piece;
  std::uint32_t roles = 0;
  for (std::uint32_t role = TIDBIT_ROLE_SYSTEM; role < TIDBIT_ROLE_COUNT; ++role) {
    for (std::uint32_t to = 0; to < TIDBIT_ROLE_COUNT; ++to) {
      if (chat.find(static_cast<ChatRole>(role), static_cast<ChatRole>(to), piece)) roles |= 1u << role;
    }
  }
  return roles;
}

extern "C" uint64_t tidbit_chat_bytes(const tidbit_model *model, tidbit_role before, const tidbit_message *messages,
                                      uint32_t count) {
  Sizes sizes;
  if (check(model, before, messages, count) != TIDBIT_OK || !measure(model, before, messages, count, sizes)) return 0;
  return round_to_8(sizes.text) + tidbit_tokenize_bytes(model, static_cast<std::size_t>(sizes.text));
}

extern "C" uint64_t tidbit_chat_most(const tidbit_model *model, tidbit_role before, const tidbit_message *messages,
                                     uint32_t count) {
  Sizes sizes;
  if (check(model, before, messages, count) != TIDBIT_OK || !measure(model, before, messages, count, sizes)) return 0;
  return sizes.tokens + tidbit_tokenize_most(model, static_cast<std::size_t>(sizes.text)) + sizes.runs;
}

extern "C" tidbit_status tidbit_chat_turn(const tidbit_model *model, tidbit_role before, const tidbit_message *messages,
                                          uint32_t message_count, const tidbit_tokenize_options *options,
                                          void *workspace, size_t workspace_bytes, int32_t *tokens, uint32_t capacity,
                                          uint32_t *count) {
  static constexpr tidbit_tokenize_options kDefaults{};
  if (options == nullptr) options = &kDefaults;
  if (count == nullptr) return TIDBIT_ERR_ARGUMENT;
  *count = 0;
  if (workspace == nullptr || (tokens == nullptr && capacity != 0) || options->flags != 0) return TIDBIT_ERR_ARGUMENT;
  const tidbit_status status = check(model, before, messages, message_count);
  if (status != TIDBIT_OK) return status;
  Sizes sizes;
  if (!measure(model, before, messages, message_count, sizes)) return TIDBIT_ERR_NO_CHAT;
  if (reinterpret_cast<std::uintptr_t>(workspace) % 8 != 0) return TIDBIT_ERR_ALIGNMENT;
  if (workspace_bytes < round_to_8(sizes.text) + TIDBIT_TOKENIZE_BYTES(sizes.text)) return TIDBIT_ERR_MEMORY;

  Writer writer(model, *options, workspace, workspace_bytes, sizes.text, tokens, capacity);
  if (before != TIDBIT_ROLE_NONE) writer.go_on();
  visit(Template(model), static_cast<ChatRole>(before), messages, message_count, writer);
  writer.end_run();
  *count = writer.count();
  return writer.status();
}

extern "C" tidbit_status tidbit_chat_stop(const tidbit_model *model, const char **text, uint32_t *bytes) {
  if (!is_open(model) || text == nullptr || bytes == nullptr) return TIDBIT_ERR_ARGUMENT;
  *text = "";
  *bytes = 0;
  Piece piece;
  if (!Template(model).find(ChatRole::assistant, ChatRole::user, piece)) return TIDBIT_ERR_NO_CHAT;
  if (piece.token_count != 0) return TIDBIT_OK;
  const Text stop = trimmed(piece.head, format::chat_trim::kStart | format::chat_trim::kEnd);
  *text = stop.data;
  *bytes = static_cast<std::uint32_t>(stop.bytes);
  return TIDBIT_OK;
}
