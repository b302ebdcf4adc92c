// A text and how probable it and its values were, as one line of JSON.
#pragma once

#include <stdint.h>

#include "cli/console.h"
#include "cli/json.h"
#include "cli/loaded_model.h"
#include "posix/growing.h"
#include "posix/memory_region.h"

namespace tidbit::cli {

class Answer {
 public:
  // `continues` says that the text goes on behind a prompt. Returns an exit code.
  int start(const LoadedModel &model, bool continues);
  // Keeps the logits of the tokens that are allowed, which sampling overwrites.
  void keep(const float *logits);
  // Takes the token that was drawn, or the only one that was allowed. Returns an exit code.
  int add(int32_t token, bool is_only);
  // `ending` says why there are no more tokens. `has_values`: the text has the form of a grammar.
  // Returns an exit code.
  int print(const char *ending, bool has_values, Output &out);

 private:
  void print_value(const tidbit_value &value, Json &json) const;

  const LoadedModel *model_ = nullptr;
  int first_ = 0;
  posix::MemoryRegion logits_;
  posix::Growing<char> text_;
  tidbit_confidence confidence_ = {};
};

}  // namespace tidbit::cli
