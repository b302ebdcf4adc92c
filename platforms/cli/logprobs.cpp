#include "cli/logprobs.h"

#include <string.h>

namespace tidbit::cli {

int Logprobs::start(const LoadedModel &model, uint32_t top) {
  model_ = &model;
  top_ = top < model.info().vocab_size ? top : model.info().vocab_size;
  if (memory_.allocate(uint64_t{model.info().vocab_size} * sizeof(float))) return kOk;
  return data_error("not enough memory for a copy of the logits");
}

void Logprobs::keep(const float *logits) { memcpy(this->logits(), logits, memory_.bytes()); }

int Logprobs::write(int32_t token) {
  int32_t tokens[kMost] = {};
  const uint32_t count = find_top(tokens);
  Json json(out_);
  json.begin();
  int code = write_token(json, token);
  json.begin_list("top");
  for (uint32_t i = 0; i < count && code == kOk; ++i) {
    json.begin();
    code = write_token(json, tokens[i]);
    json.end();
  }
  json.end_list();
  json.end();
  out_.flush();
  return code;
}

// The largest logits, the lowest ids among equals, in descending order.
uint32_t Logprobs::find_top(int32_t *tokens) const {
  uint32_t count = 0;
  for (uint32_t i = 0; i < model_->info().vocab_size; ++i) {
    if (count == top_ && !(logits()[i] > logits()[tokens[count - 1]])) continue;
    uint32_t at = count < top_ ? count++ : count - 1;
    for (; at > 0 && logits()[i] > logits()[tokens[at - 1]]; --at) tokens[at] = tokens[at - 1];
    tokens[at] = static_cast<int32_t>(i);
  }
  return count;
}

int Logprobs::write_token(Json &json, int32_t token) const {
  json.integer("token", token);
  if (model_->info().has_tokenizer != 0) {
    char small[8], text[TIDBIT_STREAM_BYTES + 1] = {};
    const char *found = nullptr;
    uint32_t bytes = 0;
    tidbit_status status = tidbit_token_text(model_->get(), token, nullptr, 1, small, &found, &bytes);
    if (status == TIDBIT_OK) memcpy(text, found, bytes < TIDBIT_STREAM_BYTES ? bytes : TIDBIT_STREAM_BYTES);
    json.text("text", text);
  }
  float value = 0;
  const tidbit_status status = tidbit_logprob(logits(), model_->info().vocab_size, token, &value);
  json.real("logprob", static_cast<double>(value));
  return status == TIDBIT_OK ? kOk : status_error("--logprobs", status);
}

}  // namespace tidbit::cli
