// Multiplies a matrix with the vectors of a slice: quantize, multiply, add the bias.
#pragma once

#include "model/schedule.h"

namespace tidbit {

// y[t] = W x[t] + bias for the slice's tokens. `bias` may be null.
void apply(const TokenSlice &slice, const format::Tensor &w, const float *bias, const Rows &x, const Rows &y);

// The two steps of apply, for callers that multiply a few tiles at a time. quantize_for turns x into the codes that `w`
// needs, and does nothing if `w` is multiplied with floats. multiply computes the rows of `tiles`; the first of them
// goes to y[t][0].
void quantize_for(const TokenSlice &slice, const format::Tensor &w, const Rows &x);
void multiply(const TokenSlice &slice, const format::Tensor &w, const float *bias, Range tiles, const Rows &x,
              const Rows &y);

inline Range all_tiles(const format::Tensor &w) { return {0, format::tile_count(w.rows)}; }

}  // namespace tidbit
