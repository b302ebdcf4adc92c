// Perplexity of a text.
//
// The text is tokenized as a whole, without special tokens, and cut into consecutive windows of `context` tokens; the
// last may be shorter. Each window starts with an empty session and the begin-of-text token, if the model has one. Each
// of its tokens is then scored given the tokens before it in the window, so every token of the text is scored once.
// Without begin-of-text, the first token of each window is fed but not scored.
#include <inttypes.h>
#include <math.h>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/loaded_model.h"
#include "cli/tokens.h"
#include "posix/mapped_file.h"

namespace tidbit::cli {
namespace {

constexpr size_t kMostText = size_t{128} << 20;  // bytes; tokenizing takes up to 32 times as much memory

struct Score {
  double sum = 0;
  uint64_t tokens = 0;
};

// -log softmax(logits)[target]. Subtracts the largest logit first so that exp() cannot overflow.
double negative_log_likelihood(const float *logits, uint32_t count, int32_t target) {
  double highest = static_cast<double>(logits[0]);
  for (uint32_t i = 1; i < count; ++i) {
    if (static_cast<double>(logits[i]) > highest) highest = static_cast<double>(logits[i]);
  }
  double sum = 0;
  for (uint32_t i = 0; i < count; ++i) sum += exp(static_cast<double>(logits[i]) - highest);
  return highest + log(sum) - static_cast<double>(logits[target]);
}

class Evaluation {
 public:
  Evaluation(const LoadedModel &model, LoadedSession &session) : model_(model), session_(session) {}

  // Feeds inputs[0 .. count) and scores inputs[1 .. count].
  int window(const int32_t *inputs, uint32_t count);
  const Score &score() const { return score_; }

 private:
  int chunk(const int32_t *inputs, uint32_t count);

  const LoadedModel &model_;
  LoadedSession &session_;
  Score score_;
};

int Evaluation::chunk(const int32_t *inputs, uint32_t count) {
  if (const int code = session_.feed(inputs, count); code != kOk) return code;
  for (uint32_t i = 0; i < count; ++i) {
    float *logits = nullptr;
    const tidbit_status status = tidbit_logits_at(session_.get(), i, &logits, nullptr);
    if (status != TIDBIT_OK) return status_error("computing logits", status);
    const uint32_t position = tidbit_position(session_.get()) - count + i;
    if (const int code = check_logits(model_, logits, position); code != kOk) return code;
    score_.sum += negative_log_likelihood(logits, model_.info().vocab_size, inputs[i + 1]);
    ++score_.tokens;
  }
  return kOk;
}

int Evaluation::window(const int32_t *inputs, uint32_t count) {
  tidbit_reset(session_.get());
  const uint32_t most = session_.plan().chunk;
  for (uint32_t at = 0; at < count; at += most) {
    const uint32_t size = count - at < most ? count - at : most;
    if (const int code = chunk(inputs + at, size); code != kOk) return code;
  }
  return kOk;
}

int score_windows(const LoadedModel &model, const Tokens &text, uint32_t context, Evaluation &evaluation) {
  Progress progress("eval");
  Tokens window;
  if (const int code = window.reserve(uint64_t{context} + 1); code != kOk) return code;
  const bool begins = model.info().bos_token >= 0;
  if (begins) window.append(model.info().bos_token);
  const uint32_t offset = window.count();
  for (uint32_t at = 0; at < text.count(); at += context) {
    progress.show(at, text.count());
    const uint32_t size = text.count() - at < context ? text.count() - at : context;
    for (uint32_t i = 0; i < size; ++i) window.data()[offset + i] = text.data()[at + i];
    if (const int code = evaluation.window(window.data(), offset + size - 1); code != kOk) return code;
  }
  return kOk;
}

void print(const Score &score, uint32_t context, bool as_json, Output &out) {
  const double mean = score.sum / static_cast<double>(score.tokens);
  if (!as_json) {
    out.print("tokens %" PRIu64 ", context %u\nmean negative log-likelihood %.6f\nperplexity %.4f\n", score.tokens,
              context, mean, exp(mean));
    return;
  }
  Json json(out);
  json.begin();
  json.number("tokens", score.tokens);
  json.number("context", context);
  json.real("nll", mean);
  json.real("perplexity", exp(mean));
  json.end();
}

int evaluate(const LoadedModel &model, const SessionRequest &request, const char *path, bool as_json, Output &out) {
  posix::MappedFile file;
  if (const char *reason = file.map(path)) return data_error("%s: %s", path, reason);
  if (file.bytes() > kMostText) return data_error("%s: longer than %zu bytes; use a shorter text", path, kMostText);
  LoadedSession session;
  if (const int code = session.start(model, request); code != kOk) return code;
  Tokens text;
  const int code = text.from_text(model, static_cast<const char *>(file.data()), file.bytes(), 0);
  if (code != kOk) return code;
  Evaluation evaluation(model, session);
  const uint32_t context = session.plan().context;
  if (const int scored = score_windows(model, text, context, evaluation); scored != kOk) return scored;
  if (evaluation.score().tokens == 0) return data_error("%s: too short, no token to score; use a longer text", path);
  print(evaluation.score(), context, as_json, out);
  return kOk;
}

constexpr char kNotes[] =
    "The text is tokenized as a whole, without special tokens, and cut into consecutive windows of N tokens\n"
    "(--context); the last may be shorter. Each window starts with an empty session and the begin-of-text token, if\n"
    "the model has one. Each token is then scored given the tokens before it in its window, so every token of the\n"
    "text is scored once. Without begin-of-text, the first token of each window is fed but not scored.";

}  // namespace

int eval_command(Arguments arguments, Output &out) {
  SessionRequest request;
  const char *path = nullptr;
  bool as_json = false;
  const Option options[] = {
      text_option("--text", nullptr, "FILE", &path, "text to score; required"),
      number_option("--context", nullptr, &request.context, 1, UINT32_MAX, "tokens per window; default: the model's"),
      number_option("--threads", nullptr, &request.threads, 1, 64,
                    "threads; default: 1 for small models, else one per CPU"),
      isa_option(&request.isa),
      flag_option("--json", &as_json, "one line of JSON"),
  };
  const Usage usage = {"eval",
                       "MODEL --text FILE",
                       "Prints the mean negative log-likelihood (in nats) and the perplexity of a text.",
                       options,
                       5,
                       1,
                       1,
                       kNotes};
  if (const int code = parse_arguments(usage, &arguments, out); code != kGoOn) return code;
  if (path == nullptr) return usage_error("eval: --text FILE is missing");
  LoadedModel model;
  if (const int code = model.open_with_tokenizer(arguments.items[0]); code != kOk) return code;
  return evaluate(model, request, path, as_json, out);
}

}  // namespace tidbit::cli
