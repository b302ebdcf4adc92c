// Perplexity of a text.
//
// The text is tokenized as a whole, without special tokens, and cut into consecutive windows of `context` tokens; the
// last may be shorter. Each window starts with an empty session and the begin-of-text token, if the model has one. Each
// of its tokens is then scored given the tokens before it in the window, so every token of the text is scored once.
// Without begin-of-text, the first token of each window is fed but not scored. Token ids from a file are cut into
// windows in the same way, without begin-of-text.
#include <inttypes.h>
#include <math.h>

#include "cli/commands.h"
#include "cli/divergence.h"
#include "cli/json.h"
#include "cli/loaded_model.h"
#include "cli/tokens.h"
#include "posix/mapped_file.h"

namespace tidbit::cli {
namespace {

constexpr size_t kMostText = size_t{128} << 20;  // bytes; tokenizing takes up to 32 times as much memory

// What the command line asks for.
struct Request {
  SessionRequest session;
  const char *text = nullptr, *ids = nullptr, *against = nullptr;
  uint32_t skip = 0;
  bool as_json = false;
};

struct Score {
  double sum = 0;
  uint64_t tokens = 0;

  double mean() const { return sum / static_cast<double>(tokens); }
};

// A model, its session, and the score of its predictions.
class Candidate {
 public:
  int start(const LoadedModel &model, const SessionRequest &request) {
    model_ = &model;
    return session_.start(model, request);
  }
  int feed(const int32_t *tokens, uint32_t count) { return session_.feed(tokens, count); }
  void reset() { tidbit_reset(session_.get()); }

  // Scores `target` as the successor of token `index` of the last chunk.
  int score(uint32_t index, int32_t target, float **logits) {
    const tidbit_status status = tidbit_logits_at(session_.get(), index, logits, nullptr);
    if (status != TIDBIT_OK) return status_error("computing logits", status);
    const uint32_t position = tidbit_position(session_.get()) - tidbit_chunk_size(session_.get()) + index;
    if (const int code = check_logits(*model_, *logits, position); code != kOk) return code;
    const LogSum sum(*logits, model_->info().vocab_size);
    score_.sum -= sum.log_probability(static_cast<uint32_t>(target));
    ++score_.tokens;
    return kOk;
  }

  const tidbit_plan_result &plan() const { return session_.plan(); }
  const Score &result() const { return score_; }

 private:
  const LoadedModel *model_ = nullptr;
  LoadedSession session_;
  Score score_;
};

class Evaluation {
 public:
  // `other` and `divergence` may be null.
  Evaluation(Candidate &model, Candidate *other, Divergence *divergence, uint32_t skip)
      : model_(model), other_(other), divergence_(divergence), skip_(skip) {}

  // Feeds inputs[0 .. count) and scores inputs[1 .. count], but for the first ones.
  int window(const int32_t *inputs, uint32_t count);

 private:
  int chunk(const int32_t *inputs, uint32_t count, uint32_t at);

  Candidate &model_;
  Candidate *other_;
  Divergence *divergence_;
  uint32_t skip_;
};

int Evaluation::chunk(const int32_t *inputs, uint32_t count, uint32_t at) {
  if (const int code = model_.feed(inputs, count); code != kOk) return code;
  if (other_ != nullptr) {
    if (const int code = other_->feed(inputs, count); code != kOk) return code;
  }
  for (uint32_t i = 0; i < count; ++i) {
    if (at + i + 1 < skip_) continue;
    float *logits = nullptr, *expected = nullptr;
    if (const int code = model_.score(i, inputs[i + 1], &logits); code != kOk) return code;
    if (other_ == nullptr) continue;
    if (const int code = other_->score(i, inputs[i + 1], &expected); code != kOk) return code;
    divergence_->add(expected, logits);
  }
  return kOk;
}

int Evaluation::window(const int32_t *inputs, uint32_t count) {
  model_.reset();
  if (other_ != nullptr) other_->reset();
  const uint32_t most = model_.plan().chunk;
  for (uint32_t at = 0; at < count; at += most) {
    const uint32_t size = count - at < most ? count - at : most;
    if (const int code = chunk(inputs + at, size, at); code != kOk) return code;
  }
  return kOk;
}

// `begin` is the token in front of each window, -1 for none.
int score_windows(const Tokens &text, uint32_t context, int32_t begin, Evaluation &evaluation) {
  Progress progress("eval");
  Tokens window;
  if (const int code = window.reserve(uint64_t{context} + 1); code != kOk) return code;
  if (begin >= 0) window.append(begin);
  const uint32_t offset = window.count();
  for (uint32_t at = 0; at < text.count(); at += context) {
    progress.show(at, text.count());
    const uint32_t size = text.count() - at < context ? text.count() - at : context;
    for (uint32_t i = 0; i < size; ++i) window.data()[offset + i] = text.data()[at + i];
    if (const int code = evaluation.window(window.data(), offset + size - 1); code != kOk) return code;
  }
  return kOk;
}

void print_text(const Score &score, uint32_t context, const Score *other, Divergence &divergence, Output &out) {
  out.print("tokens %" PRIu64 ", context %u\nmean negative log-likelihood %.6f\nperplexity %.4f\n", score.tokens,
            context, score.mean(), exp(score.mean()));
  if (other == nullptr) return;
  out.print("perplexity of the other %.4f\nKL divergence %.6f, 99th percentile %.6f\nsame most likely token %.2f%%\n",
            exp(other->mean()), divergence.mean(), divergence.percentile(0.99), divergence.same_top() * 100);
}

void print_json(const Score &score, uint32_t context, const Score *other, Divergence &divergence, Output &out) {
  Json json(out);
  json.begin();
  json.number("tokens", score.tokens);
  json.number("context", context);
  json.real("nll", score.mean());
  json.real("perplexity", exp(score.mean()));
  if (other != nullptr) {
    json.begin("against");
    json.real("perplexity", exp(other->mean()));
    json.real("kl_mean", divergence.mean());
    json.real("kl_p99", divergence.percentile(0.99));
    json.real("same_top", divergence.same_top());
    json.end();
  }
  json.end();
}

// The text or the ids, as tokens.
int read_tokens(const LoadedModel &model, const Request &request, Tokens &tokens) {
  const char *path = request.text != nullptr ? request.text : request.ids;
  posix::MappedFile file;
  if (const char *reason = file.map(path)) return data_error("%s: %s", path, reason);
  if (file.bytes() > kMostText) return data_error("%s: longer than %zu bytes; use a shorter text", path, kMostText);
  const auto *data = static_cast<const char *>(file.data());
  return request.text != nullptr ? tokens.from_text(model, data, file.bytes(), 0)
                                 : tokens.from_ids(model, path, data, file.bytes());
}

int open_other(const LoadedModel &model, const char *path, LoadedModel &other) {
  if (const int code = other.open(path); code != kOk) return code;
  if (other.info().vocab_size == model.info().vocab_size) return kOk;
  return data_error("%s: has %u tokens, but %s has %u; compare models with the same vocabulary", path,
                    other.info().vocab_size, model.path(), model.info().vocab_size);
}

int evaluate(const LoadedModel &model, const Request &request, Output &out) {
  Tokens tokens;
  if (const int code = read_tokens(model, request, tokens); code != kOk) return code;
  const char *path = request.text != nullptr ? request.text : request.ids;
  Candidate candidate, other;
  if (const int code = candidate.start(model, request.session); code != kOk) return code;
  const uint32_t context = candidate.plan().context;
  SessionRequest same = request.session;
  same.context = context;
  LoadedModel other_model;
  Divergence divergence;
  const bool compares = request.against != nullptr;
  if (compares) {
    if (const int code = open_other(model, request.against, other_model); code != kOk) return code;
    if (const int code = other.start(other_model, same); code != kOk) return code;
    if (!divergence.start(model.info().vocab_size, tokens.count())) return data_error("out of memory");
  }
  Evaluation evaluation(candidate, compares ? &other : nullptr, &divergence, request.skip);
  const int32_t begin = request.text != nullptr ? model.info().bos_token : -1;
  if (const int code = score_windows(tokens, context, begin, evaluation); code != kOk) return code;
  if (candidate.result().tokens == 0) return data_error("%s: too short, no token to score; use a longer text", path);
  const auto print = request.as_json ? print_json : print_text;
  print(candidate.result(), context, compares ? &other.result() : nullptr, divergence, out);
  return kOk;
}

constexpr char kNotes[] =
    "The text is tokenized as a whole, without special tokens, and cut into consecutive windows of N tokens\n"
    "(--context); the last may be shorter. Each window starts with an empty session and the begin-of-text token, if\n"
    "the model has one. Each token is then scored given the tokens before it in its window, so every token of the\n"
    "text is scored once. Without begin-of-text, the first token of each window is fed but not scored. Token ids are "
    "cut\n"
    "in the same way, and nothing is put in front of them.\n"
    "With --against, the KL divergence is that of MODEL from OTHER, in nats, over the tokens that are scored.";

}  // namespace

int eval_command(Arguments arguments, Output &out) {
  Request request;
  const Option options[] = {
      text_option("--text", nullptr, "FILE", &request.text, "text to score"),
      text_option("--ids", nullptr, "FILE", &request.ids,
                  "token ids to score instead, separated by commas or white space"),
      text_option("--against", nullptr, "OTHER", &request.against,
                  "compare with the predictions of this model, for example the same with f32 weights"),
      number_option("--skip", nullptr, &request.skip, 0, UINT32_MAX,
                    "tokens of each window that are not scored; default: none"),
      number_option("--context", nullptr, &request.session.context, 1, UINT32_MAX,
                    "tokens per window; default: the model's"),
      number_option("--threads", nullptr, &request.session.threads, 1, 64,
                    "threads; default: 1 for small models, else one per CPU"),
      isa_option(&request.session.isa),
      flag_option("--json", &request.as_json, "one line of JSON"),
  };
  const Usage usage = {"eval",
                       "MODEL --text FILE",
                       "Prints the mean negative log-likelihood (in nats) and the perplexity of a text.",
                       options,
                       8,
                       1,
                       1,
                       kNotes};
  if (const int code = parse_arguments(usage, &arguments, out); code != kGoOn) return code;
  if (request.text == nullptr && request.ids == nullptr) return usage_error("eval: --text FILE is missing");
  if (request.text != nullptr && request.ids != nullptr) return usage_error("eval: give --text or --ids, not both");
  LoadedModel model;
  const char *path = arguments.items[0];
  if (const int code = request.text != nullptr ? model.open_with_tokenizer(path) : model.open(path); code != kOk) {
    return code;
  }
  return evaluate(model, request, out);
}

}  // namespace tidbit::cli
