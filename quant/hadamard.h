// The two sides of a Hadamard transform of a matrix's inputs (format/hadamard.h), as the converter needs them.
#pragma once

#include <cstdint>

namespace tidbit::quant {

// A row of weights becomes W H, scaled. Computed in double and rounded once.
void transform_weights(float *row, std::uint32_t cols);

// A vector of inputs becomes H x, scaled: as the library does before it quantizes. For a row of transformed weights it
// is the way back.
void transform_inputs(float *x, std::uint32_t n);

}  // namespace tidbit::quant
