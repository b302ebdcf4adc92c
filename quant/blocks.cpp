// The formats with blocks. On normally distributed weights, the error of q4 is 7.3% of their spread. Alternatives of
// about the same size: symmetric codes with signed 4-bit block scales (4.25 bits) have an error of 8.4%, one f16 scale
// per 32 symmetric codes (4.5 bits) 8.6%, 6-bit scales and shifts (4.5 bits) 7.2%. A codebook of 16 values would be as
// slow as q8 on AVX2.
#include "quant/blocks.h"

#include "format/few_bits.h"
#include "quant/packing.h"

namespace tidbit::quant {
namespace {

template <class Width>
constexpr Packing kBlockPacking = {Width::format, BlockQuantizer<Width>::kLargest, pack_block_row<Width>};

}  // namespace

const Packing kQ2Packing = kBlockPacking<format::Q2>;
const Packing kQ3Packing = kBlockPacking<format::Q3>;
const Packing kQ4Packing = kBlockPacking<format::Q4>;
const Packing kQ5Packing = kBlockPacking<format::Q5>;
const Packing kQ6Packing = kBlockPacking<format::Q6>;

}  // namespace tidbit::quant
