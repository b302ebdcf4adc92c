#include "tests/bench/bounds.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "cli/bandwidth.h"
#include "posix/clock.h"
#include "posix/thread_pool.h"

namespace tidbit::bench {
namespace {

struct Loop {
  tidbit_isa isa;
  Unit unit;
  const char *instructions;
  double operations;  // per turn
  void (*run)(std::uint64_t turns);
};

#ifdef __x86_64__

// Twelve independent sums hide the latency. The operands are zeros, which are as fast as any normal number; a leftover
// register value could be a subnormal, which is slower.
constexpr double kSums = 12;
#define TIDBIT_RUN(turns, body)                                                                                 \
  asm volatile(                                                                                                 \
      "vzeroall\n"                                                                                              \
      "1:\n\t"                                                                                                  \
      ".irp sum, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n\t" body                                             \
      "\n\t"                                                                                                    \
      ".endr\n\t"                                                                                               \
      "dec %0\n\t"                                                                                              \
      "jnz 1b\n\t"                                                                                              \
      "vzeroupper"                                                                                              \
      : "+r"(turns)                                                                                             \
      :                                                                                                         \
      : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", \
        "xmm12", "xmm13", "xmm14", "xmm15")

void avx2_fma(std::uint64_t turns) { TIDBIT_RUN(turns, "vfmadd231ps %%ymm0, %%ymm1, %%ymm\\sum"); }

void avx2_int8(std::uint64_t turns) {
  TIDBIT_RUN(turns,
             "vpmaddubsw %%ymm0, %%ymm1, %%ymm2\n\t"
             "vpmaddwd %%ymm0, %%ymm2, %%ymm3\n\t"
             "vpaddd %%ymm3, %%ymm\\sum, %%ymm\\sum");
}

void avx2_few_bits(std::uint64_t turns) {
  TIDBIT_RUN(turns,
             "vpmaddubsw %%ymm0, %%ymm1, %%ymm2\n\t"
             "vpaddw %%ymm2, %%ymm\\sum, %%ymm\\sum");
}

void avxvnni_int8(std::uint64_t turns) { TIDBIT_RUN(turns, "%{vex%} vpdpbusd %%ymm0, %%ymm1, %%ymm\\sum"); }
void avx512_fma(std::uint64_t turns) { TIDBIT_RUN(turns, "vfmadd231ps %%zmm0, %%zmm1, %%zmm\\sum"); }
void avx512_int8(std::uint64_t turns) { TIDBIT_RUN(turns, "vpdpbusd %%zmm0, %%zmm1, %%zmm\\sum"); }

constexpr Loop kLoops[] = {
    {TIDBIT_ISA_AVX2, Unit::fma, "vfmadd231ps ymm", kSums * 2 * 8, avx2_fma},
    {TIDBIT_ISA_AVX2, Unit::int8, "vpmaddubsw + vpmaddwd + vpaddd ymm", kSums * 2 * 32, avx2_int8},
    {TIDBIT_ISA_AVX2, Unit::few_bits, "vpmaddubsw + vpaddw ymm", kSums * 2 * 32, avx2_few_bits},
    {TIDBIT_ISA_AVXVNNI, Unit::fma, "vfmadd231ps ymm", kSums * 2 * 8, avx2_fma},
    {TIDBIT_ISA_AVXVNNI, Unit::int8, "vpdpbusd ymm", kSums * 2 * 32, avxvnni_int8},
    {TIDBIT_ISA_AVX512VNNI, Unit::fma, "vfmadd231ps zmm", kSums * 2 * 16, avx512_fma},
    {TIDBIT_ISA_AVX512VNNI, Unit::int8, "vpdpbusd zmm", kSums * 2 * 64, avx512_int8},
};

#else
constexpr std::array<Loop, 0> kLoops = {};
#endif

bool is_known(tidbit_isa isa, Unit unit) {
  return std::any_of(std::begin(kLoops), std::end(kLoops),
                     [&](const Loop &loop) { return loop.isa == isa && loop.unit == unit; });
}

// Takes the best of several short runs, because a bound must not be too low.
MultiplyBound measure(const Loop &loop) {
  constexpr std::uint64_t kTurns = 500'000;
  constexpr int kRuns = 20;
  double best = 0;
  for (int run = 0; run < kRuns; ++run) {
    const double start = posix::seconds_now();
    loop.run(kTurns);
    best = std::max(best, loop.operations * kTurns / (posix::seconds_now() - start));
  }
  return {loop.instructions, best};
}

}  // namespace

MemoryBound measure_memory() {
  posix::ThreadPool pool;
  cli::Bandwidth bandwidth = {};
  if (pool.start(1) != 0 || !cli::measure_bandwidth(pool, 1, &bandwidth)) return {0, 0};
  return {bandwidth.bytes_per_second, bandwidth.buffer_bytes};
}

const MultiplyBound &multiply_bound(tidbit_isa isa, Unit unit) {
  constexpr std::size_t kUnits = 3;
  static MultiplyBound known[TIDBIT_ISA_COUNT][kUnits] = {};
  if (unit == Unit::few_bits && !is_known(isa, unit)) unit = Unit::int8;
  MultiplyBound &bound = known[isa][static_cast<std::size_t>(unit)];
  if (bound.instructions != nullptr) return bound;
  for (const Loop &loop : kLoops) {
    if (loop.isa == isa && loop.unit == unit) bound = measure(loop);
  }
  return bound;
}

}  // namespace tidbit::bench
