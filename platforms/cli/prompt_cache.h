// A file that keeps the session of a prompt, so that the next run computes only what its prompt does not share with it.
//
//   magic           8 bytes, "TIDBPC01"
//   model           8 bytes, the checksum of its header
//   hash            8 bytes, FNV-1a of the header, with 0 here, and of the ids
//   count           8 bytes, the number of ids
//   ids             4 bytes each, the prompt
//   session         as tidbit_save writes it, with a hash of its own
//
// The ids are kept here because a session does not know its tokens: firmware would pay for them in memory. So the
// library has no function that compares a prompt with a session either.
#pragma once

#include <stdint.h>

#include "cli/loaded_model.h"
#include "cli/tokens.h"

namespace tidbit::cli {

class PromptCache {
 public:
  PromptCache(const char *path, const LoadedModel &model, LoadedSession &session, const Tokens &prompt)
      : path_(path), model_(model), session_(session), prompt_(prompt) {}

  // Puts the start of the prompt that the file has into the empty session; *fed is the number of its tokens. That is
  // none if there is no file, if it belongs to another model, or if the session cannot be rewound to the shared tokens.
  int take_up(uint32_t *fed);
  // Writes the session, which has the prompt and nothing else, unless that is what the file has.
  int save() const;

 private:
  int read(const char *data, size_t bytes, uint32_t *fed);
  int restore(const char *image, size_t bytes, uint32_t cached, uint32_t shared, uint32_t *fed);
  int damaged() const;

  const char *path_;
  const LoadedModel &model_;
  LoadedSession &session_;
  const Tokens &prompt_;
  bool is_complete_ = false;  // the file has exactly this prompt
};

}  // namespace tidbit::cli
