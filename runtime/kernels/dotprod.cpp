// AArch64 with the dot product of Armv8.2.
#include "kernels/lanes_neon.h"

namespace tidbit {
namespace {

struct DotprodLanes : NeonLanes {
  using I = int32x4_t;

  static I start(std::int32_t) { return vdupq_n_s32(0); }
  template <std::uint32_t i>
  static I dot4(I acc, C w, X x) {
    return vdotq_laneq_s32(acc, w, x, i);
  }
  using B = int32x4_t;
  struct Zeros {
    int32x4_t of[2];
  };
  static B block_start(std::int32_t) { return vdupq_n_s32(0); }
  template <std::uint32_t i>
  static B block_dot(B acc, int8x16_t n, X x) {
    return dot4<i>(acc, n, x);
  }
  static int32x4_t load_scale(const std::byte *p) { return scale_of(load_fine(p)); }
  static I add_block(I acc, B block, int32x4_t scale) { return vmlaq_s32(acc, block, scale); }
  static Zeros load_zeros(const std::byte *p, const std::byte *q) {
    return {{zero_of(load_fine(p)), zero_of(load_fine(q))}};
  }
  static I add_zeros(I acc, Zeros zeros, const std::int16_t *sums) {
    return vmlaq_n_s32(vmlaq_n_s32(acc, zeros.of[0], sums[0]), zeros.of[1], sums[1]);
  }

  static F to_float(I x) { return vcvtq_f32_s32(x); }
};

}  // namespace

constinit const Kernels kDotprodKernels = make_kernels<DotprodLanes>(TIDBIT_ISA_DOTPROD);

}  // namespace tidbit
