#include "base/hash.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tidbit/tidbit.h"

extern "C" int tidbit_opens_nothing_in_c99(void);

namespace {

// Values of the reference implementation (xxhsum -H64).
TEST(Hash, Xxh64KnownValues) {
  EXPECT_EQ(tidbit_hash("", 0), 0xEF46DB3751D8E999u);
  EXPECT_EQ(tidbit_hash("a", 1), 0xD24EC4F1A98C6E5Bu);
  EXPECT_EQ(tidbit_hash("abc", 3), 0x44BC2CF5AD770999u);
  const std::string text = "Nobody inspects the spammish repetition";
  EXPECT_EQ(tidbit_hash(text.data(), text.size()), 0xFBCEA83C8A378BF1u);
}

TEST(Hash, AnyCutGivesTheSameDigest) {
  std::vector<unsigned char> data(200);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<unsigned char>(i * 37);
  const std::uint64_t whole = tidbit_hash(data.data(), data.size());
  for (std::size_t cut = 0; cut <= data.size(); ++cut) {
    tidbit::Hash64 hash;
    hash.update(data.data(), cut);
    hash.update(data.data() + cut, data.size() - cut);
    EXPECT_EQ(hash.digest(), whole) << "cut at " << cut;
  }
}

TEST(Header, CompilesAsC99) { EXPECT_EQ(tidbit_opens_nothing_in_c99(), 1); }

}  // namespace
