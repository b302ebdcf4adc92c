#include "cli/grammar.h"

#include <inttypes.h>

namespace tidbit::cli {

bool Grammar::is_in(const LoadedModel &model) {
  size_t bytes = 0;
  return tidbit_model_grammar(model.get(), &bytes) != nullptr;
}

int Grammar::check(const LoadedModel &model) {
  Grammar grammar;
  grammar.model_ = &model;
  return is_in(model) ? grammar.open_in_model() : kOk;
}

int Grammar::open_file(const char *path) {
  if (const char *reason = file_.map(path)) return data_error("%s: %s", path, reason);
  uint64_t fault = 0;
  const tidbit_status status = tidbit_grammar_open(file_.data(), file_.bytes(), &grammar_, &fault);
  if (status == TIDBIT_ERR_GRAMMAR && fault == 0) {
    return data_error("%s: is no compiled grammar; make one with tidbit-grammar", path);
  }
  if (status == TIDBIT_OK) return kOk;
  return data_error("%s: %s, at byte %" PRIu64 "; compile it again with tidbit-grammar", path,
                    tidbit_status_string(status), fault);
}

int Grammar::open_in_model() {
  size_t bytes = 0;
  uint64_t fault = 0;
  const void *grammar = tidbit_model_grammar(model_->get(), &bytes);
  const tidbit_status status = tidbit_grammar_open(grammar, bytes, &grammar_, &fault);
  if (status == TIDBIT_OK) return kOk;
  return data_error("%s: the grammar in it: %s, at its byte %" PRIu64 "; convert the model again, or use --no-grammar",
                    model_->path(), tidbit_status_string(status), fault);
}

int Grammar::start(const LoadedModel &model, const char *path, bool continues) {
  model_ = &model;
  continues_ = continues;
  if (model.info().has_tokenizer == 0) {
    return data_error("--grammar: %s has no tokenizer, so there is no text that could have a form", model.path());
  }
  if (const int code = path != nullptr ? open_file(path) : open_in_model(); code != kOk) return code;
  const uint64_t bytes = tidbit_vocabulary_bytes(model.get());
  if (!memory_.allocate(bytes)) return data_error("--grammar: not enough memory for %" PRIu64 " bytes", bytes);
  const tidbit_status status = tidbit_vocabulary_init(model.get(), memory_.data(), bytes, &vocabulary_);
  if (status != TIDBIT_OK) return status_error("--grammar", status);
  restart();
  return kOk;
}

tidbit_status Grammar::mask(float *logits) const {
  return tidbit_grammar_mask(&grammar_, &vocabulary_, &state_, logits, model_->info().vocab_size, nullptr);
}

}  // namespace tidbit::cli
