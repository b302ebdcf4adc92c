// Damaged and forged blobs: refused, or run with defined results. The checks field by field are in fields_test.cpp.
#include <random>

#include "format/roles.h"
#include "tests/support/forged_blob.h"
#include "tests/support/runner.h"
#include "tests/support/tiny_model.h"
#include "tests/support/tries.h"

namespace tidbit::test {
namespace {

using format::Format;
using format::Header;
using format::LayerRole;

tidbit_status open_status(const AlignedBytes &blob, std::uint64_t *fault = nullptr) {
  tidbit_model model;
  return tidbit_open(blob.data(), blob.size(), &model, fault);
}

// Opens and, where that succeeds, uses everything that a program would. Sanitizers watch.
tidbit_status open_and_run(const AlignedBytes &blob) {
  tidbit_model model;
  if (const tidbit_status status = tidbit_open(blob.data(), blob.size(), &model, nullptr); status != TIDBIT_OK) {
    return status;
  }
  tidbit_model_info info;
  EXPECT_EQ(tidbit_info(&model, &info), TIDBIT_OK);
  tidbit_field field;
  for (std::uint32_t i = 0; tidbit_describe(&model, i, &field) == TIDBIT_OK; ++i) EXPECT_NE(field.name, nullptr);
  tidbit_verify(&model, nullptr, nullptr, nullptr);
  tidbit_is_end(&model, 2);
  tidbit_options options{};
  options.context = std::min(60u, info.max_context);  // more than the rings of windows
  options.chunk = 4;
  tidbit_plan_result plan;
  EXPECT_EQ(tidbit_plan(&model, &options, &plan), TIDBIT_OK);
  Memory memory(plan);
  tidbit_session *session = nullptr;
  EXPECT_EQ(tidbit_init(&model, &options, &memory.view, &session, nullptr), TIDBIT_OK);
  tidbit_selftest(session);
  std::vector<int32_t> tokens = some_tokens(info.vocab_size, options.context);
  EXPECT_EQ(tidbit_prefill(session, tokens.data(), options.context, 0, nullptr), TIDBIT_OK);
  float *logits = nullptr;
  EXPECT_EQ(tidbit_logits(session, &logits, nullptr), TIDBIT_OK);
  const tidbit_sampling sampling{0.8f, 5, 0.9f, 0.01f, 1.1f};
  tidbit_rng rng{1};
  int32_t token = -1;
  const tidbit_status status = tidbit_sample(logits, info.vocab_size, &sampling, &rng, tokens.data(), 10, &token);
  if (status == TIDBIT_ERR_NOT_FINITE) return TIDBIT_OK;
  EXPECT_EQ(status, TIDBIT_OK);
  EXPECT_LT(static_cast<std::uint32_t>(token), info.vocab_size);
  return TIDBIT_OK;
}

TinyModel with_self_test(TinyModel model) {
  model.self_test = format::SelfTest{.token_count = 2, .reserved = 0, .hash = 1, .tokens = {3, 4}};
  return model;
}

constexpr int kModels = 10;

const std::vector<TinyModel> &models() {
  static const std::vector<TinyModel> all = {tiny_llama(Format::q8, Format::q8),
                                             tiny_llama(Format::q4, Format::f16),
                                             tiny_gpt2(Format::f16, Format::f16),
                                             with_self_test(tiny_first_gpt()),
                                             tiny_llama(Format::q8x16, Format::f16),
                                             tiny_mixed(),
                                             tiny_window(Format::q8),
                                             tiny_convolution(Format::f16),
                                             tiny_experts(),
                                             tiny_shared()};
  return all;
}

class Blob : public ::testing::TestWithParam<int> {
 protected:
  AlignedBytes blob_ = build_blob(models()[static_cast<std::size_t>(GetParam())]);
};

TEST_P(Blob, WholeBlobOpensAndVerifies) {
  tidbit_model model;
  ASSERT_EQ(tidbit_open(blob_.data(), blob_.size(), &model, nullptr), TIDBIT_OK);
  EXPECT_EQ(tidbit_verify(&model, nullptr, nullptr, nullptr), TIDBIT_OK);
  EXPECT_EQ(open_and_run(blob_), TIDBIT_OK);
}

TEST_P(Blob, TruncatedBlobIsRejected) {
  const std::uint32_t header_bytes = reinterpret_cast<const Header *>(blob_.data())->header_bytes;
  std::vector<std::size_t> sizes;
  for (std::size_t size = 0; size <= header_bytes; ++size) sizes.push_back(size);
  std::mt19937_64 random(7);
  for (int i = 0; i < tries(1000); ++i) sizes.push_back(header_bytes + random() % (blob_.size() - header_bytes));
  for (const std::size_t size : sizes) {
    const AlignedBytes cut(blob_.span().first(size));
    const tidbit_status status = open_status(cut);
    EXPECT_EQ(status, size < sizeof format::kMagic ? TIDBIT_ERR_NOT_A_BLOB : TIDBIT_ERR_TRUNCATED) << size;
  }
}

TEST_P(Blob, FlippedBitsAreRefusedOrRunDefined) {
  std::mt19937_64 random(11);
  for (int i = 0; i < tries(2000); ++i) {
    AlignedBytes damaged(blob_.span());
    damaged.data()[random() % damaged.size()] ^= static_cast<std::byte>(1u << random() % 8);
    open_and_run(damaged);
  }
}

// Someone who forges a blob writes a right checksum: the checks behind it must hold alone.
TEST_P(Blob, ForgedHeaderIsRefusedOrRunsDefined) {
  const std::uint32_t header_bytes = reinterpret_cast<const Header *>(blob_.data())->header_bytes;
  std::mt19937_64 random(13);
  int refused = 0;
  for (int i = 0; i < tries(4000); ++i) {
    AlignedBytes forged(blob_.span());
    for (std::uint64_t flips = random() % 3 + 1; flips > 0; --flips) {
      forged.data()[random() % header_bytes] ^= static_cast<std::byte>(1u << random() % 8);
    }
    refresh_checksum(forged);
    refused += open_and_run(forged) != TIDBIT_OK;
  }
  EXPECT_GT(refused, tries(3000));
}

// Every number of every layer kind, with the values at which the code might turn.
TEST_P(Blob, ForgedKindIsRefusedOrRunsDefined) {
  ForgedBlob forged(blob_);
  unsigned round = 0;
  for (std::size_t at = 0; at < forged.stack().kinds * sizeof(format::LayerKind); ++at) {
    const std::size_t field = at % sizeof(format::LayerKind);
    const bool whole = field < offsetof(format::LayerKind, mixer) || field == offsetof(format::LayerKind, qkv_clip);
    if (whole && field % 4 != 0) continue;
    for (const std::uint32_t value :
         {0u, 1u, 2u, 3u, 4u, 7u, 16u, 17u, 255u, 256u, 1024u, 1u << 20, 0x3F800000u, 0x7F7FFFFFu, 0x7FC00000u, ~0u}) {
      if (++round % kEvery != 0) continue;
      ForgedBlob copy(blob_);
      std::memcpy(copy.data() + copy.offset_of(copy.kinds()) + at, &value, whole ? sizeof value : 1);
      copy.refresh_checksum();
      open_and_run(copy.bytes());
    }
  }
}

TEST_P(Blob, DamagedHeaderIsFoundByItsChecksum) {
  const std::uint32_t header_bytes = reinterpret_cast<const Header *>(blob_.data())->header_bytes;
  for (std::uint32_t at = 0; at < header_bytes; ++at) {
    AlignedBytes damaged(blob_.span());
    damaged.data()[at] ^= std::byte{0x20};
    EXPECT_NE(open_status(damaged), TIDBIT_OK) << "byte " << at;
  }
}

TEST_P(Blob, DamagedWeightsAreFoundByVerify) {
  ForgedBlob damaged(blob_);
  damaged.data()[damaged.sections()[0].offset + damaged.sections()[0].bytes - 100] ^= std::byte{1};
  tidbit_model model;
  ASSERT_EQ(tidbit_open(damaged.data(), blob_.size(), &model, nullptr), TIDBIT_OK);
  std::uint64_t fault = 0;
  EXPECT_EQ(tidbit_verify(&model, nullptr, nullptr, &fault), TIDBIT_ERR_CHECKSUM);
  EXPECT_EQ(fault, damaged.sections()[0].offset);
}

// Every entry of the tensor table: the one of another role, and each number of its own changed.
TEST_P(Blob, ForgedTensorEntryIsRefused) {
  ForgedBlob whole(blob_);
  const std::uint32_t count = whole.header().tensor_count;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto expect_refused = [&](auto change) {
      ForgedBlob forged(blob_);
      format::Tensor &entry = forged.tensors()[i];
      const format::Tensor before = entry;
      change(entry);
      if (std::memcmp(&entry, &before, sizeof entry) == 0) return;  // an entry that is not used has no offset
      std::uint64_t fault = 0;
      EXPECT_EQ(forged.open(&fault), TIDBIT_ERR_TENSOR) << i;
      // Entries that the layer's kind does not use are refused together, at the first of them.
      const bool used = whole.tensors()[i].rows != 0;
      EXPECT_LE(fault, forged.offset_of(forged.tensors() + i));
      if (used) {
        EXPECT_EQ(fault, forged.offset_of(forged.tensors() + i));
      }
    };
    expect_refused([](format::Tensor &t) { t.rows += 1; });
    expect_refused([](format::Tensor &t) { t.cols += 1; });
    expect_refused([](format::Tensor &t) { t.bytes += 64; });
    expect_refused([](format::Tensor &t) { t.offset += 4; });
    expect_refused([](format::Tensor &t) { t.offset = 0; });
    expect_refused([](format::Tensor &t) { t.offset = ~std::uint64_t{63}; });
    expect_refused([](format::Tensor &t) { t.group = 63; });
    expect_refused([](format::Tensor &t) { t.format = static_cast<Format>(format::kFormats); });
    expect_refused([](format::Tensor &t) { t.transform = static_cast<format::InputTransform>(2); });
    expect_refused([](format::Tensor &t) { t.reserved1 = 1; });
  }
}

TEST_P(Blob, ForgedSlotIsRefused) {
  ForgedBlob whole(blob_);
  const auto expect_refused = [&](auto slots_of, std::uint32_t known, std::uint32_t all) {
    for (std::uint32_t role = 0; role < all; ++role) {
      for (const int slot : {0, 1, 254, 255}) {
        ForgedBlob forged(blob_);
        format::Slot &at = slots_of(forged)[role];
        if (at == slot || (role < known && slots_of(whole)[role] == format::kAbsent && slot == 255)) continue;
        at = static_cast<format::Slot>(slot);
        const tidbit_status status = forged.open();
        EXPECT_TRUE(status == TIDBIT_ERR_TENSOR || (role >= known && status == TIDBIT_ERR_UNSUPPORTED))
            << "role " << role << ", slot " << slot << ": " << tidbit_status_string(status);
      }
    }
  };
  expect_refused([](ForgedBlob &b) { return b.header().global_slots; },
                 static_cast<std::uint32_t>(format::GlobalRole::count), format::kGlobalSlots);
  expect_refused([](ForgedBlob &b) { return b.kinds()[0].slots; }, static_cast<std::uint32_t>(LayerRole::count),
                 format::kLayerSlots);
}

INSTANTIATE_TEST_SUITE_P(Models, Blob, ::testing::Range(0, kModels));

TEST(BlobHeader, NewerFormatSaysToUpdate) {
  ForgedBlob blob(build_blob(tiny_llama()));
  blob.header().version = format::kVersion + 1;
  std::uint64_t fault = 0;
  EXPECT_EQ(blob.open(&fault), TIDBIT_ERR_VERSION);
  EXPECT_EQ(fault, offsetof(Header, version));
}

// Format 1 had its version as two 16-bit numbers in the same place.
TEST(BlobHeader, OlderFormatSaysToConvertAgain) {
  ForgedBlob blob(build_blob(tiny_llama()));
  blob.header().version = 1;
  EXPECT_EQ(blob.open(), TIDBIT_ERR_OLD_BLOB);
  EXPECT_NE(std::string(tidbit_status_string(TIDBIT_ERR_OLD_BLOB)).find("convert"), std::string::npos);
}

TEST(BlobHeader, EveryUnknownRequiredFeatureIsRefused) {
  for (int bit = 0; bit < 64; ++bit) {
    ForgedBlob blob(build_blob(tiny_llama()));
    blob.header().required_features = std::uint64_t{1} << bit;
    std::uint64_t fault = 0;
    EXPECT_EQ(blob.open(&fault), TIDBIT_ERR_UNSUPPORTED);
    EXPECT_EQ(fault, offsetof(Header, required_features));
  }
}

TEST(BlobHeader, SecondStackIsUnsupported) {
  ForgedBlob blob(build_blob(tiny_llama()));
  blob.header().stack_count = 2;
  std::uint64_t fault = 0;
  EXPECT_EQ(blob.open(&fault), TIDBIT_ERR_UNSUPPORTED);
  EXPECT_EQ(fault, offsetof(Header, stack_count));
}

TEST(BlobHeader, NullAndUnalignedAreRefused) {
  const AlignedBytes blob = build_blob(tiny_llama());
  tidbit_model model;
  EXPECT_EQ(tidbit_open(nullptr, 10, &model, nullptr), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_open(blob.data() + 1, blob.size() - 1, &model, nullptr), TIDBIT_ERR_ALIGNMENT);
}

TEST(BlobHeader, LayerOfAKindThatIsNotThereIsRefused) {
  ForgedBlob blob(build_blob(tiny_mixed()));
  blob.layer_kinds()[1] = 2;
  std::uint64_t fault = 0;
  EXPECT_EQ(blob.open(&fault), TIDBIT_ERR_CONFIG);
  EXPECT_EQ(fault, blob.offset_of(blob.layer_kinds() + 1));
}

}  // namespace
}  // namespace tidbit::test
