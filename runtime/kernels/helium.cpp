// Cortex-M with Helium (M55): 16 products of int8 an instruction, added to a general register, and 4 floats at a time
// where it does not matter that Helium flushes subnormals. Everything else is the DSP table's work.
//
// Helium's sums want registers with even numbers, of which there are 8: so many rows are worked on together, and
// nothing else is left for the counter of a hardware loop.
#include <arm_mve.h>

#include "kernels/scalar_lanes.h"

namespace tidbit {
namespace {

using format::Layout;

// ---- q8 matrices ----

// What 8 rows are multiplied with.
struct Activations {
  const std::int8_t *codes;
  const float *scales;
  std::uint32_t steps;  // of 16 columns, all of them there
  std::uint32_t group;  // steps of a whole group
  std::uint32_t lines;  // of 4 columns, that are left after them
};

// 16 columns of 8 rows, `stride` bytes apart: codes of the next row are loaded before those of the last one are
// multiplied. The address is that of the step before. The first `dot` of a sum does not add to it.
// clang-format off
#define TIDBIT_LOAD(codes, address, row, stride) "vldrw.u32 " codes ", [" address ", #(" row " * " stride ")]\n\t"
#define TIDBIT_DOT(dot, row, codes) dot ".s8 %[s" row "], q0, " codes "\n\t"
#define TIDBIT_STEP(dot, address, stride) \
  "vldrb.s8 q0, [%[x]], #16\n\t"           \
  "vldrw.u32 q1, [" address ", #256]!\n\t" \
  TIDBIT_LOAD("q2", address, "1", stride)  \
  TIDBIT_DOT(dot, "0", "q1")               \
  TIDBIT_LOAD("q1", address, "2", stride)  \
  TIDBIT_DOT(dot, "1", "q2")               \
  TIDBIT_LOAD("q2", address, "3", stride)  \
  TIDBIT_DOT(dot, "2", "q1")               \
  TIDBIT_LOAD("q1", address, "4", stride)  \
  TIDBIT_DOT(dot, "3", "q2")               \
  TIDBIT_LOAD("q2", address, "5", stride)  \
  TIDBIT_DOT(dot, "4", "q1")               \
  TIDBIT_LOAD("q1", address, "6", stride)  \
  TIDBIT_DOT(dot, "5", "q2")               \
  TIDBIT_LOAD("q2", address, "7", stride)  \
  TIDBIT_DOT(dot, "6", "q1")               \
  TIDBIT_DOT(dot, "7", "q2")
#define TIDBIT_FOUR_STEPS(first, address, stride)                                 \
  TIDBIT_STEP(first, address, stride) TIDBIT_STEP("vmladava", address, stride)    \
  TIDBIT_STEP("vmladava", address, stride) TIDBIT_STEP("vmladava", address, stride)

// The integer sums of a group. `left` holds 64 times the steps to come, 32 where lines follow them, and the steps of a
// whole group; in a last group that is not whole the lines alone. `lines` works on the lines.
#define TIDBIT_GROUP(address, stride, lines)      \
  "and %[steps], %[left], #31\n\t"                         \
  "cmp %[steps], %[left], lsr #6\n\t"                      \
  "itte hi\n\t"                                        \
  "lsrhi %[steps], %[left], #6\n\t"                    \
  "andhi %[left], %[left], #32\n\t"                    \
  "subls %[left], %[left], %[steps], lsl #6\n\t"       \
  "subs %[steps], #4\n\t"                                  \
  "bmi 5f\n\t"                                             \
  TIDBIT_FOUR_STEPS("vmladav", address, stride)            \
  "subs %[steps], #4\n\t"                                  \
  "bmi 3f\n"                                               \
  "2:\n\t"                                                 \
  TIDBIT_FOUR_STEPS("vmladava", address, stride)           \
  "subs %[steps], #4\n\t"                                  \
  "bpl 2b\n"                                               \
  "3:\n\t"                                                 \
  "adds %[steps], #4\n\t"                                  \
  "beq 6f\n"                                               \
  "4:\n\t"                                                 \
  TIDBIT_STEP("vmladava", address, stride)            \
  "subs %[steps], #1\n\t"                                  \
  "bne 4b\n\t"                                             \
  "b 6f\n"                                                 \
  "5:\n\t"                                                 \
  "movs %[s0], #0\n\t" "movs %[s1], #0\n\t"                \
  "movs %[s2], #0\n\t" "movs %[s3], #0\n\t"                \
  "mov %[s4], #0\n\t" "mov %[s5], #0\n\t"                  \
  "mov %[s6], #0\n\t" "mov %[s7], #0\n\t"                  \
  "b 3b\n"                                                 \
  "6:\n\t"                                                 \
  lines

// Sums of 8 rows in q5 and q6. Two instructions are given as numbers: vcvtb.f32.f16 q2, q2 and the same of q3. They widen
// the lower half of each lane, and binutils 2.40 makes something else of them.
#define TIDBIT_EIGHT_ROWS(group)                           \
  "vmov.i32 q5, #0\n\t"                                    \
  "vmov.i32 q6, #0\n"                                      \
  "1:\n\t"                                                 \
  group                                                    \
  "ldr %[steps], [%[x_scales]], #4\n\t"                    \
  "vldrh.u32 q3, [%[scales], #8]\n\t"                      \
  "vmov q0[2], q0[0], %[s0], %[s2]\n\t"                    \
  "vldrh.u32 q2, [%[scales]], #32\n\t"                     \
  "vmov q0[3], q0[1], %[s1], %[s3]\n\t"                    \
  ".inst.w 0xFE3F4E05\n\t"                                 \
  "vmov q1[2], q1[0], %[s4], %[s6]\n\t"                    \
  ".inst.w 0xFE3F6E07\n\t"                                 \
  "vmov q1[3], q1[1], %[s5], %[s7]\n\t"                    \
  "vmul.f32 q2, q2, %[steps]\n\t"                          \
  "vcvt.f32.s32 q0, q0\n\t"                                \
  "vmul.f32 q3, q3, %[steps]\n\t"                          \
  "vcvt.f32.s32 q1, q1\n\t"                                \
  "vfma.f32 q5, q0, q2\n\t"                                \
  "cmp %[left], #32\n\t"                                   \
  "vfma.f32 q6, q1, q3\n\t"                                \
  "bhs 1b"
// clang-format on

// Every register there is. Writes all of 8 rows.
#define TIDBIT_RUN(text, w_operand, ...)                                                                              \
  std::uint32_t left = x.steps * 64 + (x.lines != 0 ? 32 : 0) + x.group, steps;                                       \
  const std::int8_t *x_codes = x.codes;                                                                               \
  const float *x_scales = x.scales;                                                                                   \
  std::int32_t sums[8];                                                                                               \
  register float32x4_t lo __asm__("q5");                                                                              \
  register float32x4_t hi __asm__("q6");                                                                              \
  __asm__(                                                                                                            \
      text                                                                                                            \
      : [s0] "=&Te"(sums[0]), [s1] "=&Te"(sums[1]), [s2] "=&Te"(sums[2]), [s3] "=&Te"(sums[3]), [s4] "=&Te"(sums[4]), \
        [s5] "=&Te"(sums[5]), [s6] "=&Te"(sums[6]), [s7] "=&Te"(sums[7]), [x] "+&r"(x_codes), [scales] "+&r"(scales), \
        [x_scales] "+&r"(x_scales), [left] "+&r"(left), [steps] "=&r"(steps), w_operand, "=&w"(lo), "=&w"(hi)         \
      : __VA_ARGS__                                                                                                   \
      : "memory", "cc", "q0", "q1", "q2", "q3");                                                                      \
  vstrwq_f32(y, lo);                                                                                                  \
  vstrwq_f32(y + 4, hi)

// 16 codes of a row are one load.
struct RunsOf16 {
  static constexpr Layout layout = Layout::tile16x16;
  static constexpr std::uint32_t half_bytes = 8 * 16;

  [[gnu::noinline]] static void dot(const Activations &x, const std::int8_t *codes, const std::uint16_t *scales,
                                    float *y) {
    const std::int8_t *w = codes - 256;
    TIDBIT_RUN(TIDBIT_EIGHT_ROWS(TIDBIT_GROUP("%[w]", "16", "")), [w] "+&r"(w));
  }
};

// They are gathered from the words of 4 lines. Where there are fewer at the end, the last one is read in place of
// others: their activations are 0.
struct RunsOf4 {
  static constexpr Layout layout = Layout::tile16;
  static constexpr std::uint32_t half_bytes = 8 * 4;

#define TIDBIT_LINES \
  "cmp %[left], #32\n\t"                   \
  "bne 7f\n\t"                                       \
  "vmin.u32 %q[w], %q[w], %q[last]\n\t"              \
  TIDBIT_STEP("vmladava", "%q[w]", "4")         \
  "movs %[left], #0\n"                               \
  "7:\n\t"
  [[gnu::noinline]] static void dot(const Activations &x, const std::int8_t *codes, const std::uint16_t *scales,
                                    float *y) {
    const auto start = reinterpret_cast<std::uint32_t>(codes) - 256;
    uint32x4_t w = vaddq_n_u32(vmulq_n_u32(vidupq_n_u32(0, 1), 64), start);
    const uint32x4_t last = vdupq_n_u32(start + (x.steps * 4 + x.lines - 1) * 64);
    TIDBIT_RUN(TIDBIT_EIGHT_ROWS(TIDBIT_GROUP("%q[w]", "4", TIDBIT_LINES)), [w] "+&w"(w), [last] "w"(last));
  }
#undef TIDBIT_LINES
};
#undef TIDBIT_RUN
#undef TIDBIT_EIGHT_ROWS
#undef TIDBIT_GROUP
#undef TIDBIT_FOUR_STEPS
#undef TIDBIT_STEP
#undef TIDBIT_DOT
#undef TIDBIT_LOAD

// Scales of weights are 0 or at least 2^-24. With scales of activations that are 0 or at least 2^-60, every product and
// sum is a multiple of 2^-107: none is subnormal.
bool scales_are_safe(const Matmul &m) {
  const std::uint32_t groups = (m.cols + m.group - 1) / m.group;
  for (std::uint32_t t = 0; t < m.tokens; ++t) {
    for (std::uint32_t g = 0; g < groups; ++g) {
      const float scale = m.q.scales[t * m.q.group_stride + g];
      if (scale > 0 && scale < 0x1p-60f) return false;
    }
  }
  return true;
}

// 16 rows with one token.
template <class Runs>
[[gnu::always_inline]] inline void tile_times(const std::byte *tile, std::size_t scale_bytes, const Activations &x,
                                              float *y) {
  const auto *scales = reinterpret_cast<const std::uint16_t *>(tile);
  const auto *codes = reinterpret_cast<const std::int8_t *>(tile + scale_bytes);
  Runs::dot(x, codes, scales, y);
  Runs::dot(x, codes + Runs::half_bytes, scales + 8, y + 8);
}

template <class Runs>
void matmul_q8(const Matmul &m, std::uint32_t begin, std::uint32_t end) {
  constexpr bool kPadded = Runs::layout == Layout::tile16x16;
  if (!scales_are_safe(m)) return kPadded ? matmul_q8_16x16_plain(m, begin, end) : kDspKernels.matmul_q8(m, begin, end);
  const auto stride = static_cast<std::size_t>(format::q8_tile_bytes(Runs::layout, m.cols, m.group));
  const auto scale_bytes = static_cast<std::size_t>(format::q8_scale_bytes(m.cols, m.group));
  Activations x{.codes = nullptr,
                .scales = nullptr,
                .steps = kPadded ? (m.cols + 15) / 16 : m.cols / 16,
                .group = m.group / 16,
                .lines = kPadded ? 0 : (m.cols % 16 + 3) / 4};
  for (std::uint32_t i = begin; i < end; ++i) {
    const std::byte *tile = m.weights + i * stride;
    const std::uint32_t rows = m.rows - i * 16;
    for (std::uint32_t t = 0; t < m.tokens; ++t) {
      x.codes = m.q.codes + t * m.q.code_stride;
      x.scales = m.q.scales + t * m.q.group_stride;
      float *y = m.y + t * m.y_stride + i * 16;
      if (rows >= 16) {
        tile_times<Runs>(tile, scale_bytes, x, y);
      } else {
        float all[16];
        tile_times<Runs>(tile, scale_bytes, x, all);
        for (std::uint32_t row = 0; row < rows; ++row) y[row] = all[row];
      }
    }
  }
}

// ---- vectors ----

// Arithmetic by Helium, which flushes: for bodies whose results it does not change (ARITHMETIC.md says why).
struct HeliumLanes {
  static constexpr std::uint32_t width = 4;
  using F = float32x4_t;
  using I = int32x4_t;

  static F load(const float *p) { return vldrwq_f32(p); }
  static F load_part(const float *p, std::uint32_t n) { return vldrwq_z_f32(p, vctp32q(n)); }
  static void store(float *p, F x) { vstrwq_f32(p, x); }
  static void store_part(float *p, F x, std::uint32_t n) { vstrwq_p_f32(p, x, vctp32q(n)); }
  static F set(float x) { return vdupq_n_f32(x); }
  static F add(F a, F b) { return vaddq_f32(a, b); }
  static F sub(F a, F b) { return vsubq_f32(a, b); }
  static F mul(F a, F b) { return vmulq_f32(a, b); }
  static F fma(F a, F b, F c) { return vfmaq_f32(c, a, b); }
  // With a number for b; a NaN of an operation is quiet.
  static F min(F a, F b) { return vminnmq_f32(a, b); }
  static F max(F a, F b) { return vpselq_f32(a, b, vcmpgtq_f32(a, b)); }
  // Helium's "less than" is true of NaN, its "greater than" is not.
  static F less(F a, F b, F yes, F no) { return vpselq_f32(yes, no, vcmpgtq_f32(b, a)); }
  static F scale2(F x, F t) {
    return vreinterpretq_f32_u32(vaddq_u32(vreinterpretq_u32_f32(x), vshlq_n_u32(vreinterpretq_u32_f32(t), 23)));
  }
  static F larger(F a, F b) {
    return vreinterpretq_f32_u32(vmaxq_u32(vreinterpretq_u32_f32(a), vreinterpretq_u32_f32(vabsq_f32(b))));
  }

  // By the FPU, lane after lane: it divides and does not flush.
#define TIDBIT_EACH_LANE(operation)                                                                                 \
  register F x __asm__("q0") = a;                                                                                   \
  register F y __asm__("q1") = b;                                                                                   \
  __asm__(operation ".f32 s0, s0, s4\n\t" operation ".f32 s1, s1, s5\n\t" operation ".f32 s2, s2, s6\n\t" operation \
                    ".f32 s3, s3, s7"                                                                               \
          : "+w"(x)                                                                                                 \
          : "w"(y));                                                                                                \
  return x
  static F div(F a, F b) { TIDBIT_EACH_LANE("vdiv"); }
  static F mul_kept(F a, F b) { TIDBIT_EACH_LANE("vmul"); }
#undef TIDBIT_EACH_LANE

  // An x or a product that is flushed would be rounded to the code 0 all the same.
  static std::int32_t codes(const float *x, std::uint32_t n, float inverse, std::int8_t *out) {
    std::int32_t sum = 0;
    for (std::uint32_t i = 0; i < n; i += 4) {
      const mve_pred16_t there = vctp32q(n - i);
      const int32x4_t codes = vcvtnq_s32_f32(vmulq_n_f32(vldrwq_z_f32(x + i, there), inverse));
      vstrbq_p_s32(out + i, codes, there);
      sum = vaddvaq_s32(sum, codes);
    }
    return sum;
  }
};

using Bodies = QuantBodies<HeliumLanes>;

template <class Act>
void activate_with(float *x, const float *up, std::uint32_t n, Act act) {
  for (std::uint32_t i = 0; i < n; i += 4) {
    const std::uint32_t rest = n - i;
    float32x4_t v = act(HeliumLanes::load_part(x + i, rest));
    if (up != nullptr) v = HeliumLanes::mul_kept(v, HeliumLanes::load_part(up + i, rest));
    HeliumLanes::store_part(x + i, v, rest);
  }
}

void activate(format::Activation activation, float *x, const float *up, std::uint32_t n) {
  using format::Activation;
  if (features::has(Activation::silu) && activation == Activation::silu) {
    return activate_with(x, up, n, [](float32x4_t v) { return Bodies::silu(v); });
  }
  if (features::has(Activation::gelu_tanh) && activation == Activation::gelu_tanh) {
    return activate_with(x, up, n, [](float32x4_t v) { return Bodies::gelu_tanh(v); });
  }
  kDspKernels.activate(activation, x, up, n);
}

// An entry of the DSP table.
template <auto kEntry>
struct Dsp;
template <class Result, class... Args, Result (*Kernels::*kEntry)(Args...)>
struct Dsp<kEntry> {
  static Result run(Args... args) { return (kDspKernels.*kEntry)(args...); }
};

}  // namespace

constinit const Kernels kHeliumKernels = {
    .isa = TIDBIT_ISA_HELIUM,
    .matmul_f32 = &Dsp<&Kernels::matmul_f32>::run,
    .matmul_f16 = &Dsp<&Kernels::matmul_f16>::run,
    .matmul_q8 = features::has_weights(format::Dtype::q8) ? &matmul_q8<RunsOf4> : nullptr,
    .matmul_q4 = &Dsp<&Kernels::matmul_q4>::run,
    .matmul_q8_16x16 = features::kTile16x16 ? &matmul_q8<RunsOf16> : nullptr,
    .quantize = features::kQuantize ? &Bodies::quantize : nullptr,
    .quantize_rows = nullptr,
    .scores_f32 = &Dsp<&Kernels::scores_f32>::run,
    .scores_f16 = &Dsp<&Kernels::scores_f16>::run,
    .scores_q8 = &Dsp<&Kernels::scores_q8>::run,
    .mix_f32 = &Dsp<&Kernels::mix_f32>::run,
    .mix_f16 = &Dsp<&Kernels::mix_f16>::run,
    .mix_q8 = &Dsp<&Kernels::mix_q8>::run,
    .softmax = &Bodies::softmax,
    .rms_norm = &Dsp<&Kernels::rms_norm>::run,
    .layer_norm = &Dsp<&Kernels::layer_norm>::run,
    .activate = &activate,
    .add = &Dsp<&Kernels::add>::run,
    .rotate_halves = &Dsp<&Kernels::rotate_halves>::run,
    .to_f16 = &Dsp<&Kernels::to_f16>::run,
};

}  // namespace tidbit
