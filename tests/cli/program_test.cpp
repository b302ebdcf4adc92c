// The program file is small, and statically linked if linked with musl.
#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>

#include "tests/cli/process.h"

namespace tidbit::test {
namespace {

constexpr size_t kMostBytes = 1300000;

TEST(Program, IsSmallAndStatic) {
  if (!TIDBIT_CLI_WITH_MUSL) GTEST_SKIP() << "the program is not linked with musl in this build";
  const std::string file = read_file(TIDBIT_PROGRAM);
  EXPECT_LT(file.size(), kMostBytes);
  Elf64_Ehdr header;
  ASSERT_GE(file.size(), sizeof header);
  std::memcpy(&header, file.data(), sizeof header);
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    std::memcpy(&segment, file.data() + header.e_phoff + i * sizeof segment, sizeof segment);
    EXPECT_NE(segment.p_type, static_cast<Elf64_Word>(PT_INTERP)) << "it needs a dynamic linker";
  }
}

}  // namespace
}  // namespace tidbit::test
