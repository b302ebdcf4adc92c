// One line of JSON for each token: how probable it was, and what the most probable ones were.
#pragma once

#include <stdint.h>

#include "cli/console.h"
#include "cli/json.h"
#include "cli/loaded_model.h"
#include "posix/memory_region.h"

namespace tidbit::cli {

class Logprobs {
 public:
  static constexpr uint32_t kMost = 20;

  explicit Logprobs(Output &out) : out_(out) {}

  // `top` of the most probable tokens are listed. Returns an exit code.
  int start(const LoadedModel &model, uint32_t top);
  // Keeps the logits, which sampling overwrites.
  void keep(const float *logits);
  // Writes the line of the token that was chosen.
  int write(int32_t token);

 private:
  uint32_t find_top(int32_t *tokens) const;
  int write_token(Json &json, int32_t token) const;
  float *logits() const { return static_cast<float *>(memory_.data()); }

  Output &out_;
  const LoadedModel *model_ = nullptr;
  uint32_t top_ = 0;
  posix::MemoryRegion memory_;
};

}  // namespace tidbit::cli
