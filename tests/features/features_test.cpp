// A library built for q8 weights, an f16 KV cache, RMSNorm, SiLU and character tokenizers: it gives the bits of the
// whole library and refuses every model that needs more, with the offset of the field that says so.
#include <cinttypes>
#include <cstddef>
#include <string>

#include "format/blob_format.h"
#include "tests/support/blob_file.h"
#include "tests/support/runner.h"

namespace tidbit::test {
namespace {

using format::Config;
using format::Header;

std::uint64_t row_of_table(const std::string &name) {
  std::ifstream file(TIDBIT_HASHES);
  std::string row, hash;
  while (file >> row >> hash) {
    if (row == name) return std::stoull(hash, nullptr, 16);
  }
  return 0;
}

class SmallLibrary : public ::testing::Test {
 protected:
  void open(const std::string &name) { blob_ = read_blob(name).value(); }

  // Expects the blob to be refused for the byte at `offset`.
  void expect_unsupported(std::uint64_t offset) {
    std::uint64_t fault = 0;
    EXPECT_EQ(tidbit_open(blob_.data(), blob_.size(), &model_, &fault), TIDBIT_ERR_UNSUPPORTED);
    EXPECT_EQ(fault, offset);
  }

  Header &header() { return *reinterpret_cast<Header *>(blob_.data()); }

  void refresh_checksum() {
    header().header_checksum = 0;
    header().header_checksum = tidbit_hash(blob_.data(), header().header_bytes);
  }

  AlignedBytes blob_;
  tidbit_model model_{};
};

TEST_F(SmallLibrary, GivesTheTablesHashForAModelThatItHolds) {
  open("tiny-q8");
  ASSERT_EQ(tidbit_open(blob_.data(), blob_.size(), &model_, nullptr), TIDBIT_OK);
  for (int isa = TIDBIT_ISA_AUTO; isa <= TIDBIT_ISA_SCALAR; ++isa) {
    tidbit_options options{};
    options.context = kShortStream;
    options.isa = static_cast<tidbit_isa>(isa);
    if (tidbit_isa_check(options.isa, options.cpu) != TIDBIT_OK) continue;
    Runner runner(model_, options);
    std::uint64_t hash = 0;
    ASSERT_EQ(hash_short_stream(runner.session(), header().config.vocab_size, 3, &hash), TIDBIT_OK);
    EXPECT_EQ(hash, row_of_table("tiny-q8-short"));
  }
}

TEST_F(SmallLibrary, RefusesWeightsInOtherFormats) {
  for (const char *name : {"tiny-f32", "tiny-f16", "tiny-q4"}) {
    open(name);
    header().config.kv = format::Dtype::f16;
    refresh_checksum();
    expect_unsupported(sizeof(Header) + header().section_count * sizeof(format::Section));  // the first tensor
  }
}

TEST_F(SmallLibrary, RefusesAnotherLayout) {
  open("tiny-q8-16x16");
  expect_unsupported(sizeof(Header) + header().section_count * sizeof(format::Section));
}

TEST_F(SmallLibrary, RefusesAnotherKvFormat) {
  open("tiny-q8-kvq8");
  expect_unsupported(offsetof(Header, config) + offsetof(Config, kv));
}

TEST_F(SmallLibrary, RefusesAnotherNorm) {
  open("tiny-q8");
  header().config.norm = format::Norm::layer_norm;
  refresh_checksum();
  expect_unsupported(offsetof(Header, config) + offsetof(Config, norm));
}

TEST_F(SmallLibrary, RefusesAnotherActivation) {
  open("tiny-q8");
  header().config.activation = format::Activation::gelu_erf;
  refresh_checksum();
  expect_unsupported(offsetof(Header, config) + offsetof(Config, activation));
}

TEST_F(SmallLibrary, RefusesAnotherTokenizer) {
  open("home-q8");
  std::uint64_t fault = 0;
  EXPECT_EQ(tidbit_open(blob_.data(), blob_.size(), &model_, &fault), TIDBIT_ERR_UNSUPPORTED);
  EXPECT_GT(fault, header().header_bytes);
}

TEST_F(SmallLibrary, HasScalarKernelsWhereTheyAreNotLeftOut) {
  const tidbit_status expected = TIDBIT_FEATURE_SCALAR_KERNELS != 0 ? TIDBIT_OK : TIDBIT_ERR_ISA;
  EXPECT_EQ(tidbit_isa_check(TIDBIT_ISA_SCALAR, 0), expected);
}

TEST_F(SmallLibrary, HasEmptyStatusStrings) {
  EXPECT_STREQ(tidbit_status_string(TIDBIT_ERR_UNSUPPORTED), "");
  EXPECT_STREQ(tidbit_status_string(TIDBIT_OK), "");
}

}  // namespace
}  // namespace tidbit::test
