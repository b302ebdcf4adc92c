// Classification: which of several texts a model would write with the highest probability.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "cli/console.h"
#include "cli/loaded_model.h"
#include "cli/tokens.h"
#include "posix/memory_region.h"

namespace tidbit::cli {

class Choices {
 public:
  static constexpr uint32_t kMost = 64;

  // Reads texts separated by commas. Returns an exit code, like the next.
  int read(const char *list);
  // Computes the probability of each text behind the prompt, with an empty session. `flags` are those of
  // tidbit_tokenize for the texts.
  int score(const LoadedModel &model, LoadedSession &session, const Tokens &prompt, uint32_t flags);
  // Prints the best; or, if `lines` is not 0, that many as lines of JSON, the best first.
  void print(uint32_t lines, Output &out);

 private:
  struct Choice {
    const char *text;
    double logprob;
  };
  int score_one(const LoadedModel &model, LoadedSession &session, const Tokens &prompt, uint32_t flags, Choice *choice);
  void sort();

  posix::MemoryRegion memory_;  // the texts, each with a zero behind it
  Choice choices_[kMost] = {};
  uint32_t count_ = 0;
};

}  // namespace tidbit::cli
