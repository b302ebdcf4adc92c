#include "cli/generation.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "posix/clock.h"
#include "posix/interrupt.h"

namespace tidbit::cli {
namespace {

constexpr uint32_t kRecent = 64;

// The last tokens, for the repetition penalty, in any order.
class Recent {
 public:
  void add(int32_t token) { tokens_[added_++ % kRecent] = token; }
  const int32_t *data() const { return tokens_; }
  uint32_t count() const { return added_ < kRecent ? added_ : kRecent; }

 private:
  int32_t tokens_[kRecent] = {};
  uint32_t added_ = 0;
};

class Generation {
 public:
  Generation(const LoadedModel &model, LoadedSession &session, const GenerationRequest &request, Emitter &emitter,
             GenerationResult *result)
      : model_(model), session_(session), request_(request), rng_(request.rng), emitter_(emitter), result_(*result) {}

  int prefill(const Tokens &prompt);
  int decode(double start);
  int finish();

 private:
  // Ids need no text, except to find stop strings in it.
  bool makes_text() const { return !emitter_.prints_ids() || request_.stops.count > 0; }
  int next(int32_t *token);
  int emit(int32_t token);
  bool is_stop(int32_t token) const;
  const char *ending(uint32_t generated) const;

  const LoadedModel &model_;
  LoadedSession &session_;
  const GenerationRequest &request_;
  tidbit_rng rng_;
  Emitter &emitter_;
  GenerationResult &result_;
  Recent recent_;
  tidbit_stream stream_ = {};
};

int Generation::prefill(const Tokens &prompt) {
  if (makes_text()) {
    const tidbit_status status = tidbit_stream_init(&stream_, model_.get(), request_.continues_text ? 0 : 1,
                                                    request_.stops.items, request_.stops.count);
    if (status != TIDBIT_OK) return status_error("--stop", status);
  }
  const double start = posix::seconds_now();
  result_.prompt_tokens = prompt.count();
  for (uint32_t i = 0; i < prompt.count(); ++i) recent_.add(prompt.data()[i]);
  const int code = session_.feed(prompt.data(), prompt.count());
  result_.prefill_seconds = posix::seconds_now() - start;
  return code;
}

// Samples the token that follows the tokens fed so far.
int Generation::next(int32_t *token) {
  float *logits = nullptr;
  tidbit_status status = tidbit_logits(session_.get(), &logits, nullptr);
  if (status != TIDBIT_OK) return status_error("computing logits", status);
  status = tidbit_sample(logits, model_.info().vocab_size, &request_.sampling, &rng_, recent_.data(), recent_.count(),
                         token);
  if (status == TIDBIT_OK) return kOk;
  char what[64];
  snprintf(what, sizeof what, "choosing the token at position %u", tidbit_position(session_.get()));
  return status_error(what, status);
}

int Generation::emit(int32_t token) {
  if (emitter_.prints_ids()) emitter_.id(token);
  if (!makes_text()) return kOk;
  const char *text = nullptr;
  uint32_t bytes = 0;
  const tidbit_status status = tidbit_stream_push(&stream_, token, &text, &bytes);
  if (status != TIDBIT_OK) return status_error("writing text", status);
  if (!emitter_.prints_ids()) emitter_.text(text, bytes);
  return kOk;
}

// Whether the token, written out, is a stop string. Special tokens have no text in which the stream could find it.
bool Generation::is_stop(int32_t token) const {
  for (uint32_t i = 0; i < request_.stops.count; ++i) {
    const char *stop = request_.stops.items[i];
    if (tidbit_find_token(model_.get(), stop, strlen(stop)) == token) return true;
  }
  return false;
}

// Why generation ends here, or null if it goes on.
const char *Generation::ending(uint32_t generated) const {
  if (posix::interrupted()) return "interrupted";
  if (!emitter_.is_open()) return "output closed";
  if (stream_.stopped != 0) return "stop string";
  if (generated >= request_.most) return "number of tokens";
  if (tidbit_position(session_.get()) >= session_.plan().context) return "context full";
  return nullptr;
}

int Generation::decode(double start) {
  double decode_start = posix::seconds_now();
  for (uint32_t generated = 0; request_.most > 0; ++generated) {
    int32_t token = 0;
    if (const int code = next(&token); code != kOk) return code;
    if (generated == 0) {
      decode_start = posix::seconds_now();
      result_.first_token_seconds = decode_start - start;
    }
    if (tidbit_is_end(model_.get(), token) != 0) {
      result_.ending = "end of text";
      return kOk;
    }
    if (const int code = emit(token); code != kOk) return code;
    result_.ending = is_stop(token) ? "stop string" : ending(generated + 1);
    if (result_.ending != nullptr) return kOk;
    recent_.add(token);
    if (const int code = session_.feed(&token, 1); code != kOk) return code;
    ++result_.decoded_tokens;
    result_.decode_seconds = posix::seconds_now() - decode_start;
  }
  result_.ending = "number of tokens";
  return kOk;
}

// Emits the text that is still held back. An unfinished character becomes U+FFFD.
int Generation::finish() {
  if (emitter_.prints_ids() || stream_.model == nullptr) return kOk;
  const char *text = nullptr;
  uint32_t bytes = 0;
  const tidbit_status status = tidbit_stream_end(&stream_, &text, &bytes);
  if (status != TIDBIT_OK) return status_error("writing text", status);
  emitter_.text(text, bytes);
  return kOk;
}

}  // namespace

Emitter::Emitter(Output &out, bool ids, const Tokens *prompt) : out_(out), ids_(ids) {
  for (uint32_t i = 0; prompt != nullptr && i < prompt->count(); ++i) id(prompt->data()[i]);
  out_.flush();
}

void Emitter::text(const char *text, uint32_t bytes) {
  out_.write(text, bytes);
  out_.flush();
}

void Emitter::id(int32_t token) {
  out_.print("%s%" PRId32, first_ ? "" : " ", token);
  first_ = false;
  out_.flush();
}

void Emitter::end() { out_.print("\n"); }

int generate(const LoadedModel &model, LoadedSession &session, const Tokens &prompt, const GenerationRequest &request,
             double start, Emitter &emitter, GenerationResult *result) {
  Generation generation(model, session, request, emitter, result);
  int code = generation.prefill(prompt);
  if (code == kOk) code = generation.decode(start);
  const int finished = generation.finish();
  if (posix::interrupted()) {
    result->ending = "interrupted";
    return kInterrupted;
  }
  return code != kOk ? code : finished;
}

double rate(uint64_t count, double seconds) { return seconds > 0 ? static_cast<double>(count) / seconds : 0; }

}  // namespace tidbit::cli
