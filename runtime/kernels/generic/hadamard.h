// The Hadamard transform of the inputs of a matrix. A block goes through stages of butterflies, the widest first:
//
//   stage h   (x[i], x[i + h])  ->  (x[i] + x[i + h], x[i] - x[i + h])   for each i without bit h; h = b/2, b/4, .. 1
//
// Two stages at a time, so that values stay in registers; the stages inside of a register are the lanes type's.
#pragma once

#include "format/hadamard.h"
#include "kernels/lanes.h"

namespace tidbit {

template <ArithmeticLanes L>
struct Hadamard {
  using Floats = typename L::Floats;

  // y[n] = the transform of x[n], block after block.
  static void transform(const float *x, std::uint32_t n, float *y) {
    std::uint32_t i = 0;
    if constexpr (kWide) {
      for (; n - i >= format::kHadamardBlock; i += format::kHadamardBlock) transform_whole_block(x + i, y + i);
    }
    __builtin_memcpy(y + i, x + i, (n - i) * sizeof *x);
    for (std::uint32_t block; i < n; i += block) {
      block = format::hadamard_block(n - i);
      transform_block(y + i, block);
    }
  }

 private:
  static constexpr bool kInside = requires(Floats x) { L::template butterflies<1>(x); };
  static constexpr bool kWide = kInside && L::width >= 8;

  // The two widest stages from x to y, then the others for 32 values at a time, which stay in registers.
  static void transform_whole_block(const float *x, float *y) {
    constexpr std::uint32_t n = format::kHadamardBlock, kTogether = n / 4, kRegisters = kTogether / L::width;
    two_stages(x, y, n, n / 2);
    for (std::uint32_t i = 0; i < n; i += kTogether, y += kTogether) {
      Floats all[kRegisters];
#pragma GCC unroll 4
      for (std::uint32_t r = 0; r < kRegisters; ++r) all[r] = L::load(y + r * L::width);
      stages_between<kRegisters / 2>(all);
#pragma GCC unroll 4
      for (std::uint32_t r = 0; r < kRegisters; ++r) {
        L::store(y + r * L::width, inside(all[r], format::hadamard_input_scale(n)));
      }
    }
  }

  // Stages of registers that are `apart` or fewer apart.
  template <std::uint32_t apart, std::size_t kRegisters>
  [[gnu::always_inline]] static void stages_between(Floats (&all)[kRegisters]) {
    if constexpr (apart > 0) {
#pragma GCC unroll 4
      for (std::uint32_t i = 0; i < kRegisters; ++i) {
        if ((i & apart) != 0) continue;
        const Floats a = all[i], b = all[i + apart];
        all[i] = L::add(a, b);
        all[i + apart] = L::sub(a, b);
      }
      stages_between<apart / 2>(all);
    }
  }

  static void transform_block(float *x, std::uint32_t n) {
    const float scale = format::hadamard_input_scale(n);
    std::uint32_t h = n / 2;
    for (; h >= 2 * L::width; h /= 4) two_stages(x, x, n, h);
    if (h >= L::width) {
      stage(x, n, h);
      h /= 2;
    }
    if (kInside && n >= L::width) return stages_inside(x, n, scale);
    for (; h >= 1; h /= 2) narrow_stage(x, n, h);
    for (std::uint32_t i = 0; i < n; ++i) x[i] *= scale;
  }

  // From x to y, which may be x.
  static void two_stages(const float *x, float *y, std::uint32_t n, std::uint32_t h) {
    const std::uint32_t quarter = h / 2;
    for (std::uint32_t begin = 0; begin < n; begin += 2 * h) {
      for (std::uint32_t i = begin; i < begin + quarter; i += L::width) {
        const Floats a = L::load(x + i), b = L::load(x + i + quarter);
        const Floats c = L::load(x + i + h), d = L::load(x + i + h + quarter);
        const Floats sum_a = L::add(a, c), sum_b = L::add(b, d), rest_a = L::sub(a, c), rest_b = L::sub(b, d);
        L::store(y + i, L::add(sum_a, sum_b));
        L::store(y + i + quarter, L::sub(sum_a, sum_b));
        L::store(y + i + h, L::add(rest_a, rest_b));
        L::store(y + i + h + quarter, L::sub(rest_a, rest_b));
      }
    }
  }

  static void stage(float *x, std::uint32_t n, std::uint32_t h) {
    for (std::uint32_t begin = 0; begin < n; begin += 2 * h) {
      for (std::uint32_t i = begin; i < begin + h; i += L::width) {
        const Floats a = L::load(x + i), b = L::load(x + i + h);
        L::store(x + i, L::add(a, b));
        L::store(x + i + h, L::sub(a, b));
      }
    }
  }

  // For blocks that are narrower than a register, and lanes that have no butterflies.
  static void narrow_stage(float *x, std::uint32_t n, std::uint32_t h) {
    for (std::uint32_t begin = 0; begin < n; begin += 2 * h) {
      for (std::uint32_t i = begin; i < begin + h; ++i) {
        const float a = x[i], b = x[i + h];
        x[i] = a + b;
        x[i + h] = a - b;
      }
    }
  }

  static void stages_inside(float *x, std::uint32_t n, float scale) {
    if constexpr (kInside) {
      for (std::uint32_t i = 0; i < n; i += L::width) L::store(x + i, inside(L::load(x + i), scale));
    }
  }
  [[gnu::always_inline]] static Floats inside(Floats lanes, float scale) {
    if constexpr (L::width > 8) lanes = L::template butterflies<8>(lanes);
    if constexpr (L::width > 4) lanes = L::template butterflies<4>(lanes);
    return L::mul(L::template butterflies<1>(L::template butterflies<2>(lanes)), L::set(scale));
  }
};

}  // namespace tidbit
