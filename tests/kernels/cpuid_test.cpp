// Which of the x86 tables CPUs get, from what they report of themselves.
#ifdef __x86_64__

#include <gtest/gtest.h>

#include "kernels/cpu.h"
#include "tidbit/tidbit.h"

// The rows of all x86 sets, whatever this build has.
#define TIDBIT_KERNELS_AVX512VNNI
#define TIDBIT_KERNELS_AVXVNNI
#define TIDBIT_KERNELS_AVX2
#include "kernels/isa/list.inc"

namespace tidbit::test {
namespace {

using enum CpuNeeds::Register;

struct Cpu {
  std::uint32_t features;        // leaf 1, ecx
  std::uint32_t last, ebx, ecx;  // leaf 7, eax to ecx
  std::uint32_t more;            // leaf 7, subleaf 1, eax
  std::uint32_t xcr0;
};

// As recorded on these CPUs. XCR0 is what their operating systems enable: 7 without AVX-512, 0xE7 with it.
constexpr Cpu kAlderLakeS = {0x7FFAFBFF, 1, 0x239CA7EB, 0x98C027AC, 0x00400810, 0x207};  // i9-12900K
constexpr Cpu kAlderLakeP = {0x7FFAFBBF, 1, 0x239CA7EB, 0x984007AC, 0x00400810, 0x207};
constexpr Cpu kZen3 = {0x7EDA320B, 0, 0x219C95A9, 0x0040069C, 0, 0x207};          // EPYC 7003
constexpr Cpu kZen5 = {0xFFFA3203, 1, 0xF1BF07AB, 0x00405FC6, 0x00000030, 0xE7};  // EPYC 9005, in a virtual machine

tidbit_isa best_of(const Cpu &cpu) {
  struct Row {
    tidbit_isa isa;
    CpuNeeds needs;
  };
#define TIDBIT_NEEDS(name, isa, table, ...) {TIDBIT_ISA_##isa, {__VA_ARGS__}},
#define TIDBIT_NO_NEEDS(name, isa)
  constexpr Row kRows[] = {TIDBIT_ISAS(TIDBIT_NEEDS, TIDBIT_NO_NEEDS)};
  const auto cpuid = [&](std::uint32_t leaf, std::uint32_t subleaf, CpuNeeds::Register in) -> std::uint32_t {
    if (leaf == 1) return in == ecx ? cpu.features : 0;
    if (leaf != 7) return 0;
    if (subleaf == 1) return in == eax ? cpu.more : 0;
    return in == eax ? cpu.last : in == ebx ? cpu.ebx : in == ecx ? cpu.ecx : 0;
  };
  for (const Row &row : kRows) {
    if (cpuid_meets(row.needs, cpu.xcr0, cpuid)) return row.isa;
  }
  return TIDBIT_ISA_AUTO;
}

TEST(Cpuid, ACpuWithAvxVnniAloneGetsItsTable) {
  EXPECT_EQ(best_of(kAlderLakeS), TIDBIT_ISA_AVXVNNI);
  EXPECT_EQ(best_of(kAlderLakeP), TIDBIT_ISA_AVXVNNI);
}

TEST(Cpuid, ACpuWithoutVnniGetsAvx2) { EXPECT_EQ(best_of(kZen3), TIDBIT_ISA_AVX2); }

TEST(Cpuid, Avx512VnniComesFirst) { EXPECT_EQ(best_of(kZen5), TIDBIT_ISA_AVX512VNNI); }

TEST(Cpuid, RegistersThatTheSystemDoesNotSaveAreNotUsed) {
  Cpu cpu = kZen5;
  cpu.xcr0 = 7;
  EXPECT_EQ(best_of(cpu), TIDBIT_ISA_AVXVNNI);
  cpu.xcr0 = 3;
  EXPECT_EQ(best_of(cpu), TIDBIT_ISA_SCALAR);
}

// Some answer to a subleaf that they do not have with the bits of another.
TEST(Cpuid, ASubleafBehindTheLastDoesNotCount) {
  Cpu cpu = kZen3;
  cpu.more = ~0u;
  EXPECT_EQ(best_of(cpu), TIDBIT_ISA_AVX2);
}

TEST(Cpuid, EachBitCounts) {
  for (const std::uint32_t bit : {12u, 29u}) {
    Cpu cpu = kZen5;
    cpu.features &= ~(1u << bit);
    EXPECT_EQ(best_of(cpu), TIDBIT_ISA_SCALAR) << bit;
  }
  for (const std::uint32_t bit : {16u, 17u, 30u, 31u}) {
    Cpu cpu = kZen5;
    cpu.ebx &= ~(1u << bit);
    EXPECT_EQ(best_of(cpu), TIDBIT_ISA_AVXVNNI) << bit;
  }
  Cpu cpu = kAlderLakeP;
  cpu.more &= ~(1u << 4);
  EXPECT_EQ(best_of(cpu), TIDBIT_ISA_AVX2);
}

}  // namespace
}  // namespace tidbit::test

#endif  // __x86_64__
