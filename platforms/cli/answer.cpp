#include "cli/answer.h"

#include <math.h>
#include <string.h>

namespace tidbit::cli {

int Answer::start(const LoadedModel &model, bool continues) {
  model_ = &model;
  first_ = continues ? 0 : 1;
  if (logits_.allocate(uint64_t{model.info().vocab_size} * sizeof(float))) return kOk;
  return data_error("not enough memory for a copy of the logits");
}

void Answer::keep(const float *logits) { memcpy(logits_.data(), logits, logits_.bytes()); }

int Answer::add(int32_t token, bool is_only) {
  float logprob = 0;
  tidbit_status status = TIDBIT_OK;
  if (!is_only) {
    status = tidbit_logprob(static_cast<const float *>(logits_.data()), model_->info().vocab_size, token, &logprob);
  }
  char small[8];
  const char *text = nullptr;
  uint32_t bytes = 0;
  if (status == TIDBIT_OK) status = tidbit_token_text(model_->get(), token, &first_, 0, small, &text, &bytes);
  if (status == TIDBIT_OK && !text_.append(text, bytes)) return data_error("not enough memory for the text");
  if (status == TIDBIT_OK) status = tidbit_confidence_add(&confidence_, text, bytes, logprob);
  return status == TIDBIT_OK ? kOk : status_error("--json", status);
}

int Answer::print(const char *ending, bool has_values, Output &out) {
  const size_t bytes = text_.count();
  if (!text_.append("", 1)) return data_error("not enough memory for the text");  // what Json wants behind it
  Json json(out);
  json.begin();
  json.text("text", text_.data(), bytes);
  json.text("ended", ending);
  json.real("probability", exp(static_cast<double>(confidence_.logprob)));
  if (has_values) {
    const uint32_t count = confidence_.count < TIDBIT_VALUES ? confidence_.count : TIDBIT_VALUES;
    json.begin_list("values");
    for (uint32_t i = 0; i < count; ++i) print_value(confidence_.values[i], json);
    json.end_list();
  }
  json.end();
  return kOk;
}

void Answer::print_value(const tidbit_value &value, Json &json) const {
  const char *text = text_.data() + value.text;
  const bool quoted = value.text_bytes >= 2 && text[0] == '"' && text[value.text_bytes - 1] == '"';
  json.begin();
  if (value.name_bytes > 0) json.text("name", text_.data() + value.name, value.name_bytes);
  json.text("value", text + (quoted ? 1 : 0), value.text_bytes - (quoted ? 2 : 0));
  json.real("probability", exp(static_cast<double>(value.logprob)));
  json.end();
}

}  // namespace tidbit::cli
