#include "converter/chat/section.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "converter/blob/records.h"
#include "converter/chat/unicode_text.h"
#include "format/model.h"
#include "text/tables.h"

namespace tidbit::convert::chat {
namespace {

// A glue in three parts; without special tokens it is all head.
struct Cut {
  std::string_view head, middle, tail;
  std::uint32_t first_token = kNoToken;
  bool strips_left = false;   // the first token takes the white space in front of it
  bool strips_right = false;  // ... the last token what is behind it
};

template <class T>
void append(std::vector<std::byte> &bytes, const T *data, std::size_t count) {
  const std::size_t at = bytes.size();
  bytes.resize(at + count * sizeof(T));
  if (count > 0) std::memcpy(bytes.data() + at, data, count * sizeof(T));
}

class SectionWriter {
 public:
  SectionWriter(const Pieces &pieces, std::vector<std::byte> &tokenizer, std::uint32_t vocab_size)
      : pieces_(pieces), tokenizer_(tokenizer), tables_(tokenizer.data()) {
    header_.config.vocab_size = vocab_size;
    Model view{};
    view.header = &header_;
    view.tokenizer = tokenizer.data();
    view.tokenizer_bytes = tokenizer.size();
    std::memcpy(model_.opaque, &view, sizeof view);
  }

  ChatSection run() {
    for_each_glue([&](ChatRole from, ChatRole to, const std::string &text) { trim_beside(from, to, cut(text, true)); });
    add_texts();
    for_each_glue([&](ChatRole from, ChatRole to, const std::string &text) { add_piece(from, to, text); });
    ChatSection section;
    section.bytes = records_.section();
    section.end_tokens = end_tokens();
    return section;
  }

 private:
  template <class Take>
  void for_each_glue(Take take) const {
    for (std::uint32_t from = 0; from < kChatRoles; ++from) {
      for (std::uint32_t to = 0; to < kChatRoles; ++to) {
        const Glue &glue = pieces_.glue[from][to];
        if (glue.there) take(static_cast<ChatRole>(from), static_cast<ChatRole>(to), glue.text);
      }
    }
  }

  // The longest added token at a place that can stand for a marker: not one that is made of blanks.
  Tables::Match marker_at(std::string_view text) const {
    const auto size = static_cast<std::uint32_t>(text.size());
    if (tables_.header().added.count == 0 || !tables_.begins_added(&text.front(), size)) return {kNoToken, 0};
    const Tables::Match match = tables_.added_at(&text.front(), size, format::added::kLate, 0);
    return stripped(text.substr(0, match.bytes), true, true).empty() ? Tables::Match{kNoToken, 0} : match;
  }

  Cut cut(std::string_view text, bool make_special) {
    std::size_t first = text.size(), last = text.size();
    Cut result;
    for (std::size_t at = 0; at < text.size();) {
      const Tables::Match match = marker_at(text.substr(at));
      if (match.bytes == 0) {
        ++at;
        continue;
      }
      if (result.first_token == kNoToken) {
        result.first_token = match.token;
        first = at;
      }
      if (make_special) set_special(match.token, text.substr(at, match.bytes));
      if (first == at) result.strips_left = (match.options & format::added_text::kStripLeft) != 0;
      at += match.bytes;
      result.strips_right = (match.options & format::added_text::kStripRight) != 0;
      if (result.strips_right) at = text.size() - stripped(text.substr(at), true, false).size();
      last = at;
    }
    result.head = result.strips_left ? stripped(text.substr(0, first), false, true) : text.substr(0, first);
    result.middle = text.substr(first, last - first);
    result.tail = text.substr(last);
    return result;
  }

  // Tokens also take the white space of the messages beside them. The end of the text of `from`, the start of that of
  // `to`.
  void trim_beside(ChatRole from, ChatRole to, const Cut &parts) {
    if (parts.strips_left && parts.head.empty()) trim_[static_cast<std::size_t>(from)] |= format::chat_trim::kEnd;
    if (parts.strips_right && parts.tail.empty()) trim_[static_cast<std::size_t>(to)] |= format::chat_trim::kStart;
  }

  // A token that is a word may be a part of what users type.
  void set_special(std::uint32_t token, std::string_view text) {
    const bool word = std::all_of(text.begin(), text.end(), [](char c) {
      return static_cast<unsigned char>(c) >= 0x80 || std::isalnum(static_cast<unsigned char>(c)) != 0;
    });
    if (word) return;
    const format::Table &table = tables_.header().added;
    auto *added = reinterpret_cast<format::AddedToken *>(tokenizer_.data() + table.offset);
    for (std::uint32_t i = 0; i < table.count; ++i) {
      if ((added[i].bits & format::added::kIdMask) == token) added[i].bits |= format::added::kSpecial;
    }
  }

  std::vector<std::int32_t> tokens_of(std::string_view text) const {
    std::vector<std::uint64_t> workspace(tidbit_tokenize_bytes(&model_, text.size()) / 8);
    std::vector<std::int32_t> tokens(tidbit_tokenize_most(&model_, text.size()));
    const tidbit_tokenize_options options{TIDBIT_TEXT_PARSE, 0, nullptr, nullptr};
    std::uint32_t count = 0;
    const tidbit_status status =
        tidbit_tokenize(&model_, text.data(), text.size(), &options, workspace.data(), workspace.size() * 8,
                        tokens.data(), static_cast<std::uint32_t>(tokens.size()), &count);
    if (status != TIDBIT_OK) throw TemplateError("cannot be tokenized: " + std::string(tidbit_status_string(status)));
    tokens.resize(count);
    return tokens;
  }

  void add_texts() {
    format::ChatTexts texts = {};
    std::copy(trim_.begin(), trim_.end(), texts.trim);
    std::vector<std::byte> content;
    append(content, &texts, 1);
    records_.add(format::kChatTexts, content);
  }

  void add_piece(ChatRole from, ChatRole to, const std::string &text) {
    const Cut parts = cut(text, false);
    const std::vector<std::int32_t> tokens = tokens_of(parts.middle);
    const format::ChatPiece head = {static_cast<std::uint32_t>(tokens.size()),
                                    static_cast<std::uint16_t>(parts.head.size()),
                                    static_cast<std::uint16_t>(parts.tail.size())};
    std::vector<std::byte> content;
    append(content, &head, 1);
    append(content, tokens.data(), tokens.size());
    append(content, parts.head.data(), parts.head.size());
    append(content, parts.tail.data(), parts.tail.size());
    records_.add(format::chat_piece(from, to), content);
  }

  // The first token behind an answer, if nothing but blanks is in front of it.
  std::vector<std::int32_t> end_tokens() {
    std::vector<std::int32_t> ends;
    for (const ChatRole next : {ChatRole::user, ChatRole::tool}) {
      const Glue &glue = pieces_.between(ChatRole::assistant, next);
      const Cut parts = cut(glue.text, false);
      if (!glue.there || parts.first_token == kNoToken || !stripped(parts.head, true, true).empty()) continue;
      const auto token = static_cast<std::int32_t>(parts.first_token);
      if (std::find(ends.begin(), ends.end(), token) == ends.end()) ends.push_back(token);
    }
    return ends;
  }

  const Pieces &pieces_;
  std::array<std::uint8_t, kChatRoles> trim_ = pieces_.trim;
  std::vector<std::byte> &tokenizer_;
  const Tables tables_;
  format::Header header_ = {};
  tidbit_model model_ = {};
  RecordsWriter records_;
};

}  // namespace

ChatSection make_section(const Pieces &pieces, std::vector<std::byte> &tokenizer, std::uint32_t vocab_size) {
  return SectionWriter(pieces, tokenizer, vocab_size).run();
}

}  // namespace tidbit::convert::chat
