// BitNet's ternary weights, as transformers stores them ("quant_method": "bitnet").
#pragma once

#include "converter/checkpoint/checkpoint.h"

namespace tidbit::convert {

// If the configuration says that the linear layers are ternary, replaces their tensors by ones that are read as floats,
// drops the stored scales, and takes the key off the configuration. What these layers do to activations, a rounding to
// 8 bits, is left to the formats of the blob. Throws ConvertError.
//
//   offline  codes 0, 1, 2 for -1, 0, 1; the four rows r, r + n, r + 2n, r + 3n of 4n are the bit pairs of byte row r,
//            from the lowest on; times weight_scale, or divided by it if linear_class is "bitlinear"
//   online   plain weights, each rounded to -1, 0 or 1 times the mean of the tensor's absolute values
void read_ternary(Checkpoint &checkpoint);

}  // namespace tidbit::convert
