#include "cli/generation.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
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

  int prefill(const History &history);
  int decode(double start);
  int finish();
  const tidbit_rng &rng() const { return rng_; }

 private:
  // Ids need no text, except to find stop strings in it.
  bool makes_text() const { return !emitter_.prints_ids() || request_.stops.count > 0; }
  int next(int32_t *token);
  int report(int32_t token);
  int emit(int32_t token);
  bool is_stop(int32_t token) const;
  const char *ending(int32_t token, uint32_t generated) const;
  int feed(int32_t token);
  int feed_held();

  const LoadedModel &model_;
  LoadedSession &session_;
  const GenerationRequest &request_;
  tidbit_rng rng_;
  Emitter &emitter_;
  GenerationResult &result_;
  Recent recent_;
  static constexpr uint32_t kHeld = 64;
  int32_t held_[kHeld] = {};  // tokens that are fed when the next logits are needed
  uint32_t held_count_ = 0;
  tidbit_stream stream_ = {};
};

int Generation::prefill(const History &history) {
  if (makes_text()) {
    const tidbit_status status = tidbit_stream_init(&stream_, model_.get(), request_.continues_text ? 0 : 1,
                                                    request_.stops.items, request_.stops.count);
    if (status != TIDBIT_OK) return status_error("--stop", status);
  }
  const double start = posix::seconds_now();
  result_.prompt_tokens = history.count - history.fed;
  for (uint32_t i = 0; i < history.count; ++i) recent_.add(history.tokens[i]);
  const int code = session_.feed(history.tokens + history.fed, history.count - history.fed);
  result_.prefill_seconds = posix::seconds_now() - start;
  if (code != kOk || request_.fed == nullptr) return code;
  return request_.fed(request_.user);
}

// Samples the token that follows. -1 if the grammar has come to its end, for which the model has no token.
int Generation::next(int32_t *token) {
  Grammar *grammar = request_.grammar;
  if (grammar != nullptr && request_.logprobs == nullptr) {
    *token = grammar->forced();
    if (*token >= 0) return request_.answer != nullptr ? request_.answer->add(*token, true) : kOk;
  }
  if (const int code = feed_held(); code != kOk) return code;
  float *logits = nullptr;
  tidbit_status status = tidbit_logits(session_.get(), &logits, nullptr);
  if (status != TIDBIT_OK) return status_error("computing logits", status);
  if (request_.logprobs != nullptr) request_.logprobs->keep(logits);
  *token = -1;
  if (grammar != nullptr) status = grammar->mask(logits);
  if (status == TIDBIT_ERR_NO_TOKEN && grammar->may_end()) return kOk;
  if (status != TIDBIT_OK) return status_error("--grammar", status);
  if (request_.answer != nullptr) request_.answer->keep(logits);
  status = tidbit_sample(logits, model_.info().vocab_size, &request_.sampling, &rng_, recent_.data(), recent_.count(),
                         token);
  if (status == TIDBIT_OK) return report(*token);
  char what[64];
  snprintf(what, sizeof what, "choosing the token at position %u", tidbit_position(session_.get()));
  return status_error(what, status);
}

// Says how probable a token was that was drawn, if anyone asked.
int Generation::report(int32_t token) {
  if (request_.answer != nullptr) return request_.answer->add(token, false);
  return request_.logprobs != nullptr ? request_.logprobs->write(token) : kOk;
}

int Generation::emit(int32_t token) {
  const bool prints = request_.logprobs == nullptr && request_.answer == nullptr;
  if (prints && emitter_.prints_ids()) emitter_.id(token);
  if (!makes_text()) return kOk;
  const char *text = nullptr;
  uint32_t bytes = 0;
  const tidbit_status status = tidbit_stream_push(&stream_, token, &text, &bytes);
  if (status != TIDBIT_OK) return status_error("writing text", status);
  if (prints && !emitter_.prints_ids()) emitter_.text(text, bytes);
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

// Why generation ends behind this token, or null if it goes on while the context has room.
const char *Generation::ending(int32_t token, uint32_t generated) const {
  if (is_stop(token)) return "stop string";
  if (posix::interrupted()) return "interrupted";
  if (!emitter_.is_open()) return "output closed";
  if (stream_.stopped != 0) return "stop string";
  if (generated >= request_.most) return "number of tokens";
  return nullptr;
}

// Feeds a token that was emitted. kGoOn if the context is full.
int Generation::feed(int32_t token) {
  if (tidbit_position(session_.get()) + held_count_ == session_.plan().context) {
    if (request_.make_room == nullptr) return kGoOn;
    held_count_ = 0;  // they were taken, so they are fed with the others
    return request_.make_room(request_.user);
  }
  held_[held_count_++] = token;
  return request_.grammar == nullptr || held_count_ == kHeld ? feed_held() : kOk;
}

int Generation::feed_held() {
  const uint32_t count = held_count_;
  held_count_ = 0;
  return count > 0 ? session_.feed(held_, count) : kOk;
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
    if (token < 0 || tidbit_is_end(model_.get(), token) != 0) {
      result_.ending = token < 0 ? "end of the grammar" : "end of text";
      return kOk;
    }
    if (request_.grammar != nullptr) {
      const tidbit_status status = request_.grammar->accept(token);
      if (status != TIDBIT_OK) return status_error("--grammar", status);
    }
    if (const int code = emit(token); code != kOk) return code;
    if (request_.take != nullptr) {
      if (const int code = request_.take(request_.user, token); code != kOk) return code;
    }
    result_.ending = ending(token, generated + 1);
    if (result_.ending != nullptr) return kOk;
    recent_.add(token);
    if (const int code = feed(token); code != kOk) {
      result_.ending = "context full";
      return code == kGoOn ? kOk : code;
    }
    ++result_.decoded_tokens;
    result_.decode_seconds = posix::seconds_now() - decode_start;
  }
  result_.ending = "number of tokens";
  return kOk;
}

// Emits the text that is still held back. An unfinished character becomes U+FFFD.
int Generation::finish() {
  if (emitter_.prints_ids() || request_.logprobs != nullptr || request_.answer != nullptr) return kOk;
  if (stream_.model == nullptr) return kOk;
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

size_t add_generation_options(Option *options, GenerationRequest *request, Seed *seed) {
  tidbit_sampling &sampling = request->sampling;
  const Option all[kGenerationOptions] = {
      number_option("--count", "-n", &request->most, 0, UINT32_MAX, "most tokens to generate; default: 256"),
      real_option("--temp", "T", &sampling.temperature, 0, 100, "temperature; 0 is greedy; default: 0.8"),
      number_option("--top-k", nullptr, &sampling.top_k, 0, UINT32_MAX, "keep the N most probable; default: 0, all"),
      real_option("--top-p", "P", &sampling.top_p, 0, 1,
                  "keep the most probable that sum to P; 0 and 1: all; default: 0.95"),
      real_option("--min-p", "P", &sampling.min_p, 0, 1, "drop those below P times the best; default: 0, off"),
      real_option("--repeat-penalty", "R", &sampling.repeat_penalty, 0, 100,
                  "make recent tokens less likely; default: 1, off"),
      seed_option(seed, "random seed; default: random, --stats prints it"),
      texts_option("--stop", "STR", &request->stops, "stop before this text; may be repeated"),
  };
  memcpy(options, all, sizeof all);
  return kGenerationOptions;
}

int check_stops(const TextList &stops) {
  for (uint32_t i = 0; i < stops.count; ++i) {
    const size_t bytes = strlen(stops.items[i]);
    if (bytes < 1 || bytes > 128) return usage_error("--stop: the text must have 1 to 128 bytes, not %zu", bytes);
  }
  return kOk;
}

uint64_t random_seed() {
  uint64_t seed = 0;
  if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) == static_cast<ssize_t>(sizeof seed)) return seed;
  return static_cast<uint64_t>(posix::seconds_now() * 1e9);
}

int generate(const LoadedModel &model, LoadedSession &session, const History &history, const GenerationRequest &request,
             double start, Emitter &emitter, GenerationResult *result) {
  Generation generation(model, session, request, emitter, result);
  int code = generation.prefill(history);
  if (code == kOk) code = generation.decode(start);
  const int finished = generation.finish();
  result->rng = generation.rng();
  if (posix::interrupted()) {
    result->ending = "interrupted";
    return kInterrupted;
  }
  return code != kOk ? code : finished;
}

void print_stats(const GenerationResult &result, const LoadedSession &session, uint64_t seed) {
  const tidbit_plan_result &plan = session.plan();
  fprintf(stderr, "prefill: %u tokens, %.1f tok/s\n", result.prompt_tokens,
          rate(result.prompt_tokens, result.prefill_seconds));
  fprintf(stderr, "decode: %u tokens, %.1f tok/s\n", result.decoded_tokens,
          rate(result.decoded_tokens, result.decode_seconds));
  fprintf(stderr, "first token: %.2f ms after the model was loaded\n", 1e3 * result.first_token_seconds);
  fprintf(stderr, "memory: %" PRIu64 " bytes (", plan.total);
  for (int i = 0; i < TIDBIT_PART_COUNT; ++i) {
    fprintf(stderr, "%s%s %" PRIu64, i > 0 ? ", " : "", tidbit_part_name(static_cast<tidbit_part>(i)), plan.bytes[i]);
  }
  fprintf(stderr, ")\ncontext: %u of %u positions used, chunk %u\n", tidbit_position(session.get()), plan.context,
          plan.chunk);
  fprintf(stderr, "isa: %s, threads: %u\n", tidbit_isa_name(tidbit_session_isa(session.get())), session.threads());
  fprintf(stderr, "seed: %" PRIu64 "\nended: %s\n", seed, result.ending);
}

double rate(uint64_t count, double seconds) { return seconds > 0 ? static_cast<double>(count) / seconds : 0; }

}  // namespace tidbit::cli
