// The C header that `tidbit plan --header` writes.
#pragma once

#include <stdint.h>

#include "cli/loaded_model.h"

namespace tidbit::cli {

struct HeaderRequest {
  const char *path = nullptr;  // null: none is wanted
  const char *prefix = "TIDBIT_PLAN";
  uint32_t prompt_bytes = 0;  // 0: no macros for the tokenizer
};

// A C identifier of at most 64 characters?
bool is_prefix(const char *text);

// Returns an exit code.
int write_header(const HeaderRequest &request, const LoadedModel &model, const tidbit_plan_result &plan);

}  // namespace tidbit::cli
