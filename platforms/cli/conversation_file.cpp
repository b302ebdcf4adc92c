// Conversations in files:
//
//   tidbit chat 1 CHECKSUM      of the model, 16 hexadecimal digits
//   system BYTES                then the text and a line feed; only with a system message
//   user BYTES                  likewise, for each turn
//   answer COUNT ID...          the tokens of the answer, on one line
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/conversation.h"
#include "cli/numbers.h"
#include "cli/output_file.h"

namespace tidbit::cli {
namespace {

// Reads a file from front to back.
class Reader {
 public:
  Reader(const char *data, size_t bytes) : at_(data), end_(data + bytes) {}

  bool is_at_end() const { return at_ == end_; }
  bool accept(const char *text) {
    const size_t bytes = strlen(text);
    if (bytes > left() || memcmp(at_, text, bytes) != 0) return false;
    at_ += bytes;
    return true;
  }
  bool number(uint64_t most, uint64_t *value) {
    char digits[24] = "";
    size_t count = 0;
    while (count < left() && count + 1 < sizeof digits && at_[count] >= '0' && at_[count] <= '9') {
      digits[count] = at_[count];
      ++count;
    }
    at_ += count;
    return parse_unsigned(digits, most, value);
  }
  // A number, a line feed, as many bytes, and a line feed.
  bool text(const char **text, size_t *bytes) {
    uint64_t size = 0;
    if (!number(left(), &size) || !accept("\n") || size > left()) return false;
    *text = at_;
    *bytes = static_cast<size_t>(size);
    at_ += size;
    return accept("\n");
  }

 private:
  size_t left() const { return static_cast<size_t>(end_ - at_); }

  const char *at_, *end_;
};

bool append(posix::Growing<char> &out, const char *text) { return out.append(text, strlen(text)); }

bool append_text(posix::Growing<char> &out, const char *role, const char *text, size_t bytes) {
  char head[40];
  snprintf(head, sizeof head, "%s %zu\n", role, bytes);
  return append(out, head) && out.append(text, bytes) && append(out, "\n");
}

bool append_answer(posix::Growing<char> &out, const int32_t *tokens, size_t count) {
  char word[32];
  snprintf(word, sizeof word, "answer %zu", count);
  bool done = append(out, word);
  for (size_t i = 0; i < count; ++i) {
    snprintf(word, sizeof word, " %" PRId32, tokens[i]);
    done = done && append(out, word);
  }
  return done && append(out, "\n");
}

}  // namespace

int Conversation::save(const char *path) const {
  posix::Growing<char> out;
  char head[48];
  snprintf(head, sizeof head, "tidbit chat 1 %016" PRIx64 "\n", model_.info().checksum);
  bool done = append(out, head);
  if (has_system_) done = done && append_text(out, "system", system_.data(), system_.count());
  size_t text = 0, token = 0;
  for (size_t i = 0; i < turns_.count(); ++i) {
    const Turn &turn = turns_[i];
    token += turn.prompt_tokens;
    done = done && append_text(out, "user", texts_.data() + text, turn.text_bytes) &&
           append_answer(out, tokens_.data() + token, turn.answer_tokens);
    text += turn.text_bytes;
    token += turn.answer_tokens;
  }
  return done ? write_file(path, out.data(), out.count()) : fail_memory();
}

int Conversation::read(const char *path, const char *data, size_t bytes) {
  Reader reader(data, bytes);
  char head[48];
  snprintf(head, sizeof head, "%016" PRIx64 "\n", model_.info().checksum);
  if (!reader.accept("tidbit chat 1 ")) return data_error("%s: is not a conversation that /save wrote", path);
  if (!reader.accept(head)) return data_error("%s: is a conversation with another model", path);
  const char *text = nullptr;
  size_t size = 0;
  bool sound = true;
  if (reader.accept("system ")) {
    sound = reader.text(&text, &size);
    if (sound) {
      if (const int code = set_system(text, size); code != kOk) return code;
    }
  }
  while (sound && !reader.is_at_end()) {
    uint64_t count = 0, token = 0;
    sound =
        reader.accept("user ") && reader.text(&text, &size) && reader.accept("answer ") && reader.number(bytes, &count);
    if (!sound) break;
    const size_t before = tokens_.count();
    if (const int code = encode(text, size, turns_.count() == 0, tokens_); code != kOk) return code;
    const Turn turn = {size, tokens_.count() - before, 0};
    if (!texts_.append(text, size) || !turns_.append(&turn, 1)) return fail_memory();
    for (uint64_t i = 0; i < count && sound; ++i) {
      sound = reader.accept(" ") && reader.number(model_.info().vocab_size - 1, &token);
      if (!sound) break;
      if (const int code = add_token(static_cast<int32_t>(token)); code != kOk) return code;
    }
    sound = sound && reader.accept("\n");
  }
  return sound ? kOk : data_error("%s: is damaged behind turn %zu", path, turns_.count());
}

}  // namespace tidbit::cli
