// Rounding with error feedback (GPTQ, LDLQ: Frantar et al. 2023, Chee et al. 2023). What matters is not how far each
// weight moves but how far W x does, for inputs x with the second moments H = sum of x xᵀ. With H = R Rᵀ and R upper
// triangular, the loss of a row's errors e is the sum over columns k of
//   importance[k] * (e[k] + sum over j < k of e[j] * factor[j][k])²,  importance[k] = R[k][k]², factor = R[j][k] /
//   R[k][k]
// so each column is rounded to what makes up for the errors of those before it. Then codes and scales are changed one
// at a time, as long as the loss e H eᵀ falls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "format/format.h"

namespace tidbit::quant {

struct Feedback {
  std::vector<float> importance;  // [cols]
  std::vector<float> factors;     // [cols][cols], row j has the factors of column j's error on columns k > j
  std::vector<float> moments;     // [cols][cols], H
};

// Whether a format's weights can be rounded with feedback: those with codes.
bool takes_feedback(format::Format format);

// Like pack_tile (tile.h), with feedback.
void pack_tile_with_feedback(format::Format format, const float *rows, std::uint32_t count, std::uint32_t cols,
                             std::uint32_t group, const Feedback &feedback, std::byte *tile);

}  // namespace tidbit::quant
