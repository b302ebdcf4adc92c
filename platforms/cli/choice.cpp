#include "cli/choice.h"

#include <math.h>
#include <string.h>

#include "cli/json.h"

namespace tidbit::cli {
namespace {

// Adds the log-probability of `token` behind token `index` of the last chunk.
int add_logprob(LoadedSession &session, uint32_t index, int32_t token, double *sum) {
  float *logits = nullptr, value = 0;
  uint32_t count = 0;
  tidbit_status status = tidbit_logits_at(session.get(), index, &logits, &count);
  if (status == TIDBIT_OK) status = tidbit_logprob(logits, count, token, &value);
  *sum += static_cast<double>(value);
  return status == TIDBIT_OK ? kOk : status_error("--choice", status);
}

// Leaves only the prompt in the session, and computes what follows it.
int feed_prompt(LoadedSession &session, const Tokens &prompt) {
  const uint32_t all_but_one = prompt.count() - 1;
  const tidbit_status status = tidbit_rewind(session.get(), all_but_one);
  if (status == TIDBIT_OK) return session.feed(prompt.data() + all_but_one, 1);
  tidbit_reset(session.get());
  return session.feed(prompt.data(), prompt.count());
}

}  // namespace

int Choices::read(const char *list) {
  const size_t bytes = strlen(list) + 1;
  if (!memory_.allocate(bytes)) return data_error("out of memory: --choice has %zu bytes; use a shorter list", bytes);
  auto *text = static_cast<char *>(memory_.data());
  memcpy(text, list, bytes);
  for (;;) {
    char *end = text + strcspn(text, ",");
    const bool last = *end == 0;
    *end = 0;
    if (end == text) return usage_error("--choice: a text is empty; example: --choice yes,no");
    if (count_ == kMost) return usage_error("--choice: there are more than %u texts", kMost);
    choices_[count_++] = {text, 0};
    if (last) return kOk;
    text = end + 1;
  }
}

int Choices::score_one(const LoadedModel &model, LoadedSession &session, const Tokens &prompt, uint32_t flags,
                       Choice *choice) {
  Tokens tokens;
  if (const int code = tokens.from_text(model, choice->text, strlen(choice->text), flags); code != kOk) return code;
  if (tokens.count() == 0) return data_error("--choice: '%.40s' has no tokens", choice->text);
  const uint32_t context = session.plan().context, chunk = session.plan().chunk, fed = tokens.count() - 1;
  if (uint64_t{prompt.count()} + fed > context) {
    return data_error("the prompt has %u tokens and '%.40s' %u, but the context holds %u; use a larger --context",
                      prompt.count(), choice->text, tokens.count(), context);
  }
  if (const int code = feed_prompt(session, prompt); code != kOk) return code;
  const uint32_t behind = tidbit_chunk_size(session.get()) - 1;
  if (const int code = add_logprob(session, behind, tokens.data()[0], &choice->logprob); code != kOk) return code;
  for (uint32_t at = 0; at < fed; at += chunk) {
    const uint32_t size = fed - at < chunk ? fed - at : chunk;
    if (const int code = session.feed(tokens.data() + at, size); code != kOk) return code;
    for (uint32_t i = 0; i < size; ++i) {
      const int code = add_logprob(session, i, tokens.data()[at + i + 1], &choice->logprob);
      if (code != kOk) return code;
    }
  }
  return kOk;
}

int Choices::score(const LoadedModel &model, LoadedSession &session, const Tokens &prompt, uint32_t flags) {
  if (prompt.count() == 0) return data_error("--choice: the prompt has no tokens; give another with -p");
  for (uint32_t i = 0; i < count_; ++i) {
    if (const int code = score_one(model, session, prompt, flags, &choices_[i]); code != kOk) return code;
  }
  sort();
  return kOk;
}

// By insertion; equals stay in the order of the command line.
void Choices::sort() {
  for (uint32_t i = 1; i < count_; ++i) {
    const Choice choice = choices_[i];
    uint32_t at = i;
    for (; at > 0 && choice.logprob > choices_[at - 1].logprob; --at) choices_[at] = choices_[at - 1];
    choices_[at] = choice;
  }
}

void Choices::print(uint32_t lines, Output &out) {
  if (lines == 0) {
    out.write(choices_[0].text, strlen(choices_[0].text));
    out.write("\n", 1);
  }
  double total = 0;
  for (uint32_t i = 0; i < count_; ++i) total += exp(choices_[i].logprob - choices_[0].logprob);
  for (uint32_t i = 0; i < lines && i < count_; ++i) {
    Json json(out);
    json.begin();
    json.text("choice", choices_[i].text);
    json.real("logprob", choices_[i].logprob);
    json.real("share", exp(choices_[i].logprob - choices_[0].logprob) / total);
    json.end();
  }
}

}  // namespace tidbit::cli
