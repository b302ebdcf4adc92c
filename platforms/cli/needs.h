// What a library must have been built with to run a model.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "tidbit/tidbit.h"

namespace tidbit::cli {

// Bit sets as in runtime/features.cmake: bit i stands for word i of the option.
struct Needs {
  uint32_t weights, kv_formats, norms, activations, layer_parts, tokenizers;
  bool split_program;
  bool normalizer;
  bool hadamard;
};

Needs needs_of(const tidbit_model *model);

}  // namespace tidbit::cli
