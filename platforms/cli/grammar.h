// An answer of a fixed form: a grammar from a file of tidbit-grammar or from the blob, and where the answer is in it.
#pragma once

#include <stdint.h>

#include "cli/loaded_model.h"
#include "posix/mapped_file.h"
#include "posix/memory_region.h"
#include "tidbit/tidbit.h"

namespace tidbit::cli {

class Grammar {
 public:
  // Whether the blob has a grammar.
  static bool is_in(const LoadedModel &model);
  // Checks it, if there is one. Returns an exit code.
  static int check(const LoadedModel &model);

  // Reads the file, or takes the blob's grammar if `path` is null. `continues` says that the answer goes on behind a
  // prompt. Returns an exit code.
  int start(const LoadedModel &model, const char *path, bool continues);
  // Goes back to the start, for another answer.
  void restart() { tidbit_grammar_start(&grammar_, continues_ ? 0 : 1, &state_); }

  // The token, if only one is possible, otherwise -1.
  int32_t forced() const { return tidbit_grammar_forced(&grammar_, &vocabulary_, &state_); }
  // TIDBIT_ERR_NO_TOKEN if no token is possible.
  tidbit_status mask(float *logits) const;
  tidbit_status accept(int32_t token) { return tidbit_grammar_accept(&grammar_, model_->get(), token, &state_); }
  bool may_end() const { return tidbit_grammar_may_end(&grammar_, &state_) != 0; }

 private:
  int open_file(const char *path);
  int open_in_model();

  const LoadedModel *model_ = nullptr;
  bool continues_ = false;
  posix::MappedFile file_;
  posix::MemoryRegion memory_;
  tidbit_grammar grammar_ = {};
  tidbit_vocabulary vocabulary_ = {};
  tidbit_grammar_state state_ = {};
};

}  // namespace tidbit::cli
