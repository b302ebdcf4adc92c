// Two slots: of an update that is cut anywhere, the other slot's blob is left.
#include <gtest/gtest.h>

#include <cstring>

#include "tests/support/signed_blob.h"

namespace tidbit::test {
namespace {

tidbit_status newest(ForgedBlob &a, ForgedBlob &b, const tidbit_trust *trust, std::uint32_t &chosen) {
  const tidbit_slot slots[2] = {{a.data(), a.bytes().size()}, {b.data(), b.bytes().size()}};
  tidbit_model model;
  const tidbit_status status = tidbit_open_newest(slots, trust, &model, &chosen);
  if (status == TIDBIT_OK) {
    ForgedBlob &blob = chosen == 0 ? a : b;
    EXPECT_EQ(tidbit_revision(&model), blob.header().revision);
    EXPECT_EQ(tidbit_verify(&model, nullptr, nullptr, nullptr), TIDBIT_OK);
  }
  return status;
}

TEST(Slots, TheHigherRevisionIsOpenedAndTheFirstOfEqualOnes) {
  const Key key(1);
  std::uint32_t chosen = 9;
  for (const auto &[a, b, expected] : {std::tuple{1u, 2u, 1u}, {2u, 1u, 0u}, {3u, 3u, 0u}, {0u, ~0u, 1u}}) {
    ForgedBlob first = signed_blob(key, a), second = signed_blob(key, b);
    EXPECT_EQ(newest(first, second, nullptr, chosen), TIDBIT_OK);
    EXPECT_EQ(chosen, expected);
  }
}

// What is behind the cut: an older blob, or erased flash.
TEST(Slots, AnUpdateCutAnywhereLeavesTheOldBlob) {
  const Key key(1);
  const tidbit_trust trust = key.trust();
  ForgedBlob current = signed_blob(key, 2, 2), update = signed_blob(key, 3, 3), older = signed_blob(key, 1, 1);
  const std::size_t bytes = update.bytes().size();
  std::size_t last = bytes;  // zeros at the end are the same in the older blob
  while (update.data()[last - 1] == std::byte{0}) --last;
  for (const bool is_erased : {false, true}) {
    for (std::size_t cut = 0; cut <= bytes; cut += 64) {
      ForgedBlob slot(older.bytes());
      if (is_erased) std::memset(slot.data(), 0xFF, bytes);
      std::memcpy(slot.data(), update.data(), cut);
      for (const tidbit_trust *checks : {static_cast<const tidbit_trust *>(nullptr), &trust}) {
        std::uint32_t chosen = 9;
        EXPECT_EQ(newest(current, slot, checks, chosen), TIDBIT_OK);
        const bool is_whole = cut == bytes || (!is_erased && cut >= last);
        // Without a key, a missing signature does no harm: nothing but the signature is missing.
        if (checks == nullptr && cut >= update.sections()[1].offset) continue;
        EXPECT_EQ(chosen, is_whole ? 1u : 0u) << cut << (is_erased ? " erased" : " older");
      }
    }
  }
}

TEST(Slots, ARottenBitInTheNewestLeavesTheOldBlob) {
  const Key key(1);
  const tidbit_trust trust = key.trust();
  ForgedBlob current = signed_blob(key, 2, 2), update = signed_blob(key, 3, 3);
  for (std::size_t byte = 0; byte < update.bytes().size(); byte += 61) {
    update.data()[byte] ^= std::byte{16};
    std::uint32_t chosen = 9;
    EXPECT_EQ(newest(update, current, &trust, chosen), TIDBIT_OK);
    EXPECT_EQ(chosen, 1u) << byte;
    update.data()[byte] ^= std::byte{16};
  }
}

TEST(Slots, ANewerBlobByAnotherKeyIsNotOpened) {
  const Key key(1), other(2);
  const tidbit_trust trust = key.trust();
  ForgedBlob current = signed_blob(key, 2), forged = signed_blob(other, 3);
  std::uint32_t chosen = 9;
  EXPECT_EQ(newest(current, forged, &trust, chosen), TIDBIT_OK);
  EXPECT_EQ(chosen, 0u);
  EXPECT_EQ(newest(forged, forged, &trust, chosen), TIDBIT_ERR_SIGNATURE);
}

TEST(Slots, WithoutAWholeBlobThereIsAnError) {
  AlignedBytes erased(4096);
  std::memset(erased.data(), 0xFF, erased.size());
  ForgedBlob empty(erased);
  std::uint32_t chosen = 9;
  EXPECT_EQ(newest(empty, empty, nullptr, chosen), TIDBIT_ERR_NOT_A_BLOB);
  const tidbit_slot none[2] = {};
  tidbit_model model;
  EXPECT_EQ(tidbit_open_newest(none, nullptr, &model, nullptr), TIDBIT_ERR_ARGUMENT);
}

TEST(Slots, PollCanStop) {
  const Key key(1);
  ForgedBlob blob = signed_blob(key);
  const tidbit_trust trust{nullptr, nullptr, nullptr, [](void *) { return 1; }, nullptr};
  std::uint32_t chosen = 9;
  EXPECT_EQ(newest(blob, blob, &trust, chosen), TIDBIT_CANCELED);
}

}  // namespace
}  // namespace tidbit::test
