// Follows a JSON text, as far as it takes to know which bytes are those of a value. The grammar sees to it that the
// text is JSON; any other gives values that mean nothing.
#include <string.h>

#include "base/types.h"
#include "tidbit/tidbit.h"

namespace tidbit {
namespace {

// What the next byte belongs to. 0 is the start.
enum Place : std::uint32_t { kStart, kWhole, kBetween, kBehindString, kMarkup, kString, kEscape, kNumber, kWord };

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
bool continues_number(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

class Reader {
 public:
  Reader(tidbit_confidence &to, float logprob) : to_(to), logprob_(logprob) {}

  void run(const char *text, std::uint32_t bytes) {
    if (is_open()) to_.value.logprob += logprob_;
    for (std::uint32_t i = 0; i < bytes; ++i, ++to_.bytes) read(text[i]);
    if (is_open()) store();
  }

 private:
  bool is_open() const { return to_.place == kWhole || to_.place >= kString; }

  void read(char c) {
    switch (to_.place) {
      case kStart:
        if (is_space(c)) return;
        if (c != '{' && c != '[' && c != '<') return open(kWhole);
        to_.place = c == '<' ? kMarkup : kBetween;
        return;
      case kMarkup:
        if (c == '>') to_.place = kBetween;
        return;
      case kString:
        if (c == '\\') to_.place = kEscape;
        if (c == '"') close(kBehindString, 1);
        return;
      case kEscape:
        to_.place = kString;
        return;
      case kNumber:
        if (continues_number(c)) return;
        close(kBetween, 0);
        break;
      case kWord:
        if (--to_.left == 0) close(kBetween, 1);
        return;
      default:
        break;
    }
    if (to_.place != kWhole) between(c);
  }

  void between(char c) {
    if (is_space(c)) return;
    if (c == ':' && to_.place == kBehindString) return name();
    to_.place = c == '<' ? kMarkup : kBetween;
    if (c == '"') return open(kString);
    if (c == '-' || (c >= '0' && c <= '9')) return open(kNumber);
    if (c < 'a' || c > 'z') return;
    to_.left = c == 'f' ? 4 : 3;  // letters of "false", "true" and "null" behind the first
    open(kWord);
  }

  void open(Place place) {
    to_.place = place;
    to_.value = {to_.name, to_.name_bytes, to_.bytes, 0, logprob_};
    ++to_.count;
  }

  void close(Place place, std::uint32_t with) {
    to_.bytes += with;
    store();
    to_.bytes -= with;
    to_.place = place;
  }

  void store() {
    to_.value.text_bytes = to_.bytes - to_.value.text;
    const std::uint32_t at = to_.count - 1;
    if (at < TIDBIT_VALUES) to_.values[at] = to_.value;
  }

  // The string was no value, but the name of one.
  void name() {
    to_.name = to_.value.text + 1;
    to_.name_bytes = to_.value.text_bytes - 2;
    --to_.count;
    to_.place = kBetween;
  }

  tidbit_confidence &to_;
  float logprob_;
};

}  // namespace
}  // namespace tidbit

using namespace tidbit;

extern "C" tidbit_status tidbit_confidence_add(tidbit_confidence *confidence, const char *text, uint32_t bytes,
                                               float logprob) {
  if (confidence == nullptr || (text == nullptr && bytes > 0) || !(logprob <= 0)) return TIDBIT_ERR_ARGUMENT;
  if (std::uint64_t{confidence->bytes} + bytes >= UINT32_MAX || confidence->place > kWord) return TIDBIT_ERR_ARGUMENT;
  confidence->logprob += logprob;
  Reader(*confidence, logprob).run(text, bytes);
  return TIDBIT_OK;
}
