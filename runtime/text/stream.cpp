// Turns tokens into text one by one. Returns only whole characters, and no part of a stop string.
#include "base/assert.h"
#include "format/blob_format.h"
#include "format/model.h"
#include "text/utf8.h"

namespace {

constexpr std::uint32_t kMaxStop = 128;
constexpr std::uint32_t kReplacementBytes = 3;  // U+FFFD

// The buffer holds at most a stop string less one byte, an unfinished character, and the next token. Each byte of the
// last two may become U+FFFD.
static_assert(kMaxStop - 1 + 3 * kReplacementBytes + tidbit::format::kMaxPieceBytes * kReplacementBytes <=
              TIDBIT_STREAM_BYTES);

// Writes bytes as valid UTF-8. The longest prefix of an unfinished character becomes one U+FFFD.
class Repair {
 public:
  Repair(char *out, std::uint32_t size) : out_(out), size_(size) {}

  void feed(char byte) {
    if (pending_size_ != 0 && !continues(byte)) flush();
    const std::uint32_t length = tidbit::utf8_length(pending_size_ == 0 ? byte : pending_[0]);
    if (length == 0) return replace();
    pending_[pending_size_++] = byte;
    if (pending_size_ < length) return;
    TIDBIT_ASSERT(size_ + length <= TIDBIT_STREAM_BYTES);
    for (std::uint32_t i = 0; i < length; ++i) out_[size_++] = pending_[i];
    pending_size_ = 0;
  }
  void flush() {
    if (pending_size_ != 0) replace();
    pending_size_ = 0;
  }
  std::uint32_t size() const { return size_; }
  // Stores the unfinished character after the text and returns its size in bytes.
  std::uint32_t store_pending() {
    for (std::uint32_t i = 0; i < pending_size_; ++i) out_[size_ + i] = pending_[i];
    return pending_size_;
  }

 private:
  bool continues(char byte) const {
    return pending_size_ == 1 ? tidbit::utf8_second_fits(pending_[0], byte) : tidbit::is_continuation(byte);
  }
  void replace() {
    TIDBIT_ASSERT(size_ + kReplacementBytes <= TIDBIT_STREAM_BYTES);
    out_[size_++] = '\xEF';
    out_[size_++] = '\xBF';
    out_[size_++] = '\xBD';
  }

  char *out_;
  std::uint32_t size_;
  char pending_[4] = {};
  std::uint32_t pending_size_ = 0;
};

// Number of bytes at the end of `text` that belong to an unfinished character. The text before them is valid.
std::uint32_t unfinished(const char *text, std::uint32_t size) {
  for (std::uint32_t back = 1; back <= 3 && back <= size; ++back) {
    const char lead = text[size - back];
    if (!tidbit::is_continuation(lead)) return tidbit::utf8_length(lead) > back ? back : 0;
  }
  return 0;
}

std::uint32_t length_of(const char *stop) {  // reads at most kMaxStop + 1 bytes
  std::uint32_t size = 0;
  while (size <= kMaxStop && stop[size] != 0) ++size;
  return size;
}

// The first position in the text where a stop string matches, whole or up to the end of the text.
struct Match {
  std::uint32_t at;
  bool whole;
};
Match find_stop(const tidbit_stream &stream, std::uint32_t size) {
  Match match{size, false};
  for (std::uint32_t at = 0; at < size && !match.whole; ++at) {
    for (std::uint32_t i = 0; i < stream.stop_count; ++i) {
      const std::uint32_t length = length_of(stream.stops[i]);
      const std::uint32_t seen = length < size - at ? length : size - at;
      if (__builtin_memcmp(stream.text + at, stream.stops[i], seen) != 0) continue;
      if (seen == length) return {at, true};
      if (at < match.at) match.at = at;
    }
  }
  return match;
}

// Drops the text that the last call returned and continues with the text that was held back.
Repair resume(tidbit_stream *stream) {
  __builtin_memmove(stream->text, stream->text + stream->given, stream->held);
  const std::uint32_t tail = unfinished(stream->text, stream->held);
  const std::uint32_t clean = stream->held - tail;
  char bytes[4];
  __builtin_memcpy(bytes, stream->text + clean, tail);
  Repair repair(stream->text, clean);
  for (std::uint32_t i = 0; i < tail; ++i) repair.feed(bytes[i]);
  stream->given = 0;
  stream->held = 0;
  return repair;
}

// Returns as much of the first `clean` bytes as is certain; `pending` bytes of an unfinished character follow them.
void give(tidbit_stream *stream, std::uint32_t clean, std::uint32_t pending, const char **text, std::uint32_t *bytes) {
  const Match match = find_stop(*stream, clean);
  stream->given = match.at;
  stream->held = match.whole ? 0 : clean - match.at + pending;
  if (match.whole) stream->stopped = 1;
  *text = stream->text;
  *bytes = stream->given;
}

bool damaged(const tidbit_stream *stream) {
  const std::uint32_t most = kMaxStop - 1 + 3;
  return stream->model == nullptr || stream->held > most || stream->given > TIDBIT_STREAM_BYTES - stream->held;
}

}  // namespace

extern "C" tidbit_status tidbit_stream_init(tidbit_stream *stream, const tidbit_model *model, int first,
                                            const char *const *stops, uint32_t stop_count) {
  if (stream == nullptr || !tidbit::is_open(model) || (stops == nullptr && stop_count != 0)) return TIDBIT_ERR_ARGUMENT;
  if (tidbit::model_of(model).tokenizer == nullptr) return TIDBIT_ERR_NO_TOKENIZER;
  for (std::uint32_t i = 0; i < stop_count; ++i) {
    if (stops[i] == nullptr) return TIDBIT_ERR_ARGUMENT;
    const std::uint32_t length = length_of(stops[i]);
    if (length == 0 || length > kMaxStop) return TIDBIT_ERR_ARGUMENT;
  }
  stream->model = model;
  stream->stops = stops;
  stream->stop_count = stop_count;
  stream->given = stream->held = stream->stopped = 0;
  stream->started = first == 0 ? 1 : 0;
  stream->text[0] = 0;
  return TIDBIT_OK;
}

extern "C" tidbit_status tidbit_stream_push(tidbit_stream *stream, int32_t token, const char **text, uint32_t *bytes) {
  if (stream == nullptr || text == nullptr || bytes == nullptr || damaged(stream)) return TIDBIT_ERR_ARGUMENT;
  *text = stream->text;
  *bytes = 0;
  char small[8];
  const char *piece = nullptr;
  std::uint32_t size = 0;
  int first = stream->started == 0 ? 1 : 0;
  const tidbit_status status = tidbit_token_text(stream->model, token, &first, 0, small, &piece, &size);
  if (status != TIDBIT_OK) return status;
  stream->started = first == 0 ? 1 : 0;
  Repair repair = resume(stream);
  if (stream->stopped != 0) return TIDBIT_OK;
  for (std::uint32_t i = 0; i < size; ++i) repair.feed(piece[i]);
  const std::uint32_t pending = repair.store_pending();
  give(stream, repair.size(), pending, text, bytes);
  return TIDBIT_OK;
}

extern "C" tidbit_status tidbit_stream_end(tidbit_stream *stream, const char **text, uint32_t *bytes) {
  if (stream == nullptr || text == nullptr || bytes == nullptr || damaged(stream)) return TIDBIT_ERR_ARGUMENT;
  Repair repair = resume(stream);
  if (stream->stopped == 0) repair.flush();
  give(stream, repair.size(), 0, text, bytes);
  if (stream->stopped == 0) {  // the beginning of a stop string that never completed is ordinary text
    *bytes = stream->given = stream->given + stream->held;
    stream->held = 0;
  }
  return TIDBIT_OK;
}
