#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <string>

#include "tests/kernels/tables.h"

namespace tidbit::test {
namespace {

TEST(Select, ScalarIsAlwaysThere) {
  ASSERT_NE(find_kernels(TIDBIT_ISA_SCALAR, 0), nullptr);
  EXPECT_EQ(find_kernels(TIDBIT_ISA_SCALAR, 0)->isa, TIDBIT_ISA_SCALAR);
}

TEST(Select, AutoIsTheBestThatCanBeForced) {
  const tidbit_isa best = tidbit_isa_best(cpu_flags());
  EXPECT_EQ(tidbit_isa_check(best, cpu_flags()), TIDBIT_OK);
  EXPECT_EQ(find_kernels(TIDBIT_ISA_AUTO, cpu_flags()), find_kernels(best, cpu_flags()));
}

TEST(Select, AForcedSetIsThatSetOrNone) {
  for (int isa = TIDBIT_ISA_SCALAR; isa < TIDBIT_ISA_COUNT; ++isa) {
    const Kernels *found = find_kernels(static_cast<tidbit_isa>(isa), cpu_flags());
    EXPECT_TRUE(found == nullptr || found->isa == isa);
  }
}

TEST(Select, ASetOfAnotherArchitectureIsRefused) {
#ifdef __aarch64__
  constexpr tidbit_isa kForeign = TIDBIT_ISA_AVX2;
#else
  constexpr tidbit_isa kForeign = TIDBIT_ISA_NEON;
#endif
  EXPECT_EQ(tidbit_isa_check(kForeign, TIDBIT_CPU_DOTPROD), TIDBIT_ERR_ISA);
}

TEST(Select, ValuesOutsideOfTheEnumerationAreRefused) {
  EXPECT_EQ(tidbit_isa_check(TIDBIT_ISA_COUNT, ~0u), TIDBIT_ERR_ISA);
  EXPECT_EQ(tidbit_isa_name(TIDBIT_ISA_COUNT), nullptr);
}

TEST(Select, AnEmulatedCpuGetsItsTable) {
  const char *cpu = std::getenv("QEMU_CPU");
  if (cpu == nullptr) GTEST_SKIP() << "QEMU_CPU does not say which CPU this is";
  const std::map<std::string, tidbit_isa> tables = {
      {"cortex-a53", TIDBIT_ISA_NEON},     {"cortex-a72", TIDBIT_ISA_NEON},  {"cortex-a76", TIDBIT_ISA_DOTPROD},
      {"neoverse-n1", TIDBIT_ISA_DOTPROD}, {"max", TIDBIT_ISA_I8MM},         {"max,sve=off", TIDBIT_ISA_I8MM},
      {"cortex-a9", TIDBIT_ISA_SCALAR},    {"cortex-a7", TIDBIT_ISA_NEON32},
  };
  ASSERT_TRUE(tables.contains(cpu)) << cpu;
  EXPECT_EQ(tidbit_isa_best(cpu_flags()), tables.at(cpu));
}

#ifdef __aarch64__
TEST(Select, DotprodWantsTheCallersWord) { EXPECT_EQ(find_kernels(TIDBIT_ISA_DOTPROD, 0), nullptr); }

TEST(Select, I8mmWantsTheDotProductToo) {
  EXPECT_EQ(find_kernels(TIDBIT_ISA_I8MM, TIDBIT_CPU_I8MM), nullptr);
  EXPECT_EQ(find_kernels(TIDBIT_ISA_AUTO, TIDBIT_CPU_I8MM | TIDBIT_CPU_DOTPROD)->isa, TIDBIT_ISA_I8MM);
}
#endif

#ifdef __arm__
TEST(Select, Neon32WantsTheCallersWord) {
  EXPECT_EQ(tidbit_isa_best(0), TIDBIT_ISA_SCALAR);
  EXPECT_EQ(tidbit_isa_best(TIDBIT_CPU_NEON_VFPV4), TIDBIT_ISA_NEON32);
}
#endif

}  // namespace
}  // namespace tidbit::test
