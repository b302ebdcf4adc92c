// The inner loop of Helium's q8 products, in assembly: 8 rows of a tile with one token.
//
//   16 columns of row 0  | w0 w1 .. w15 |   vmladava: s0 += w0 x0 + w1 x1 + .. + w15 x15
//   16 columns of row 1  | w0 w1 .. w15 |   s1 += ..
//   ..                                      the 8 sums in general registers
//   of a token           | x0 x1 .. x15 |
//
// The instruction adds to registers with even numbers, of which 8 are free. So 8 rows are computed together, and no
// register is left for the counter of a hardware loop.
#pragma once

#include <arm_mve.h>

#include "format/q8.h"

namespace tidbit {
namespace {

// The activations that 8 rows are multiplied by.
struct HeliumActivations {
  const std::int8_t *codes;
  const float *scales;
  std::uint32_t steps;  // of 16 columns each
  std::uint32_t group;  // steps in a whole group
  std::uint32_t lines;  // of 4 columns each, after the steps
};

// 16 columns of 8 rows, which are `stride` bytes apart. The codes of the next row are loaded before those of the
// previous row are multiplied. The address is that of the previous step. The first `dot` of a sum sets the sum
// instead of adding to it.
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

// The integer sums of a group. `left` is 64 times the remaining steps, plus 32 if lines follow, plus the steps in a whole
// group. In a last group that is not whole, it becomes 32 or 0. `lines` is the code for the lines.
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

// Sums of 8 rows in q5 and q6. Two instructions are written as numbers: vcvtb.f32.f16 q2, q2 and the same for q3. They
// widen the lower half of each lane, and binutils 2.40 encodes them wrongly.
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

// Uses every register. Writes all 8 rows.
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

// One instruction loads 16 codes of a row.
struct HeliumRunsOf16 {
  using Format = format::Q8x16;
  static constexpr std::uint32_t half_bytes = 8 * Format::run;

  [[gnu::noinline]] static void dot(const HeliumActivations &x, const std::int8_t *codes, const std::uint16_t *scales,
                                    float *y) {
    const std::int8_t *w = codes - 256;
    TIDBIT_RUN(TIDBIT_EIGHT_ROWS(TIDBIT_GROUP("%[w]", "16", "")), [w] "+&r"(w));
  }
};

// Gathers 16 codes of a row from the words of 4 lines. If fewer lines are left at the end, it reads the last one in
// place of the missing ones, whose activations are 0.
struct HeliumRunsOf4 {
  using Format = format::Q8;
  static constexpr std::uint32_t half_bytes = 8 * Format::run;

#define TIDBIT_LINES \
  "cmp %[left], #32\n\t"                   \
  "bne 7f\n\t"                                       \
  "vmin.u32 %q[w], %q[w], %q[last]\n\t"              \
  TIDBIT_STEP("vmladava", "%q[w]", "4")         \
  "movs %[left], #0\n"                               \
  "7:\n\t"
  [[gnu::noinline]] static void dot(const HeliumActivations &x, const std::int8_t *codes, const std::uint16_t *scales,
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

}  // namespace
}  // namespace tidbit
