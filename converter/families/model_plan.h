// What a family makes of a checkpoint: the model as numbers, and for each tensor of the blob where its rows come from.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "converter/checkpoint/checkpoint.h"
#include "format/blob_format.h"

namespace tidbit::convert {

// Consecutive rows of a blob tensor. They come from a stored tensor or, where `stored` is null, from `compute`.
struct RowSource {
  std::uint32_t rows = 0;
  const StoredTensor *stored = nullptr;
  bool transposed = false;     // stored [in][out]: row r of the blob is column first + r of the checkpoint
  std::uint32_t first = 0;     // first row (or column) of `stored` that is used
  std::uint32_t pairs_of = 0;  // not 0: head_dim of heads whose rows 2i, 2i + 1 are to become i, i + head_dim / 2
  float scale = 1;             // multiplies the values
  std::function<void(std::uint32_t row, float *out)> compute = {};
};

struct TensorPlan {
  format::Role role;
  std::uint16_t layer;     // format::kGlobal for global tensors
  bool is_vector = false;  // rows elements of 1 column here, one row of them in the blob
  std::uint32_t rows = 0;
  std::uint32_t cols = 0;
  std::vector<RowSource> sources = {};
};

struct ModelPlan {
  format::Config config = {};
  std::vector<TensorPlan> tensors;  // in the blob's order
  std::vector<std::string> notes;   // for the summary: what was left out, what is not known
};

}  // namespace tidbit::convert
