#include <random>

#include "format/blob_format.h"
#include "format/tensor_layout.h"
#include "tests/support/runner.h"
#include "tests/support/tiny_model.h"

namespace tidbit::test {
namespace {

using format::Dtype;
using format::Header;

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
  tidbit_verify(&model, nullptr);
  tidbit_is_end(&model, 2);
  tidbit_options options{};
  options.context = std::min(20u, info.max_context);
  tidbit_plan_result plan;
  EXPECT_EQ(tidbit_plan(&model, &options, &plan), TIDBIT_OK);
  Memory memory(plan);
  tidbit_session *session = nullptr;
  EXPECT_EQ(tidbit_init(&model, &options, &memory.view, &session, nullptr), TIDBIT_OK);
  std::vector<int32_t> tokens = some_tokens(info.vocab_size, options.context);
  EXPECT_EQ(tidbit_prefill(session, tokens.data(), options.context, 0, nullptr), TIDBIT_OK);
  float *logits = nullptr;
  EXPECT_EQ(tidbit_logits(session, &logits), TIDBIT_OK);
  const tidbit_sampling sampling{0.8f, 5, 0.9f, 0.01f, 1.1f};
  tidbit_rng rng{1};
  int32_t token = -1;
  EXPECT_EQ(tidbit_sample(logits, info.vocab_size, &sampling, &rng, tokens.data(), 10, &token), TIDBIT_OK);
  EXPECT_LT(static_cast<std::uint32_t>(token), info.vocab_size);
  return TIDBIT_OK;
}

TinyModel in_runs_of_16(TinyModel model) {
  model.layout = format::Layout::tile16x16;
  return model;
}

constexpr int kModels = 5;

const std::vector<TinyModel> &models() {
  static const std::vector<TinyModel> all = {tiny_llama(Dtype::q8, Dtype::q8), tiny_llama(Dtype::q4, Dtype::f16),
                                             tiny_gpt2(Dtype::f16, Dtype::f16), tiny_first_gpt(),
                                             in_runs_of_16(tiny_llama(Dtype::q8, Dtype::f16))};
  return all;
}

class Blob : public ::testing::TestWithParam<int> {
 protected:
  AlignedBytes blob_ = build_blob(models()[static_cast<std::size_t>(GetParam())]);
};

TEST_P(Blob, WholeBlobOpensAndVerifies) {
  tidbit_model model;
  ASSERT_EQ(tidbit_open(blob_.data(), blob_.size(), &model, nullptr), TIDBIT_OK);
  EXPECT_EQ(tidbit_verify(&model, nullptr), TIDBIT_OK);
  EXPECT_EQ(open_and_run(blob_), TIDBIT_OK);
}

TEST_P(Blob, TruncatedBlobIsRejected) {
  const std::uint32_t header_bytes = reinterpret_cast<const Header *>(blob_.data())->header_bytes;
  std::vector<std::size_t> sizes;
  for (std::size_t size = 0; size <= header_bytes; ++size) sizes.push_back(size);
  std::mt19937_64 random(7);
  for (int i = 0; i < 1000; ++i) sizes.push_back(header_bytes + random() % (blob_.size() - header_bytes));
  for (const std::size_t size : sizes) {
    const AlignedBytes cut(blob_.span().first(size));
    const tidbit_status status = open_status(cut);
    EXPECT_EQ(status, size < sizeof format::kMagic ? TIDBIT_ERR_NOT_A_BLOB : TIDBIT_ERR_TRUNCATED) << size;
  }
}

TEST_P(Blob, FlippedBitsAreRefusedOrRunDefined) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 2000; ++i) {
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
  for (int i = 0; i < 4000; ++i) {
    AlignedBytes forged(blob_.span());
    for (std::uint64_t flips = random() % 3 + 1; flips > 0; --flips) {
      forged.data()[random() % header_bytes] ^= static_cast<std::byte>(1u << random() % 8);
    }
    refresh_checksum(forged);
    refused += open_and_run(forged) != TIDBIT_OK;
  }
  EXPECT_GT(refused, 3000);
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
  AlignedBytes damaged(blob_.span());
  damaged.data()[damaged.size() - 100] ^= std::byte{1};
  tidbit_model model;
  ASSERT_EQ(tidbit_open(damaged.data(), damaged.size(), &model, nullptr), TIDBIT_OK);
  std::uint64_t fault = 0;
  EXPECT_EQ(tidbit_verify(&model, &fault), TIDBIT_ERR_CHECKSUM);
  EXPECT_GT(fault, 0u);
}

INSTANTIATE_TEST_SUITE_P(Models, Blob, ::testing::Range(0, kModels));

TEST(BlobHeader, RefusalNamesTheByte) {
  AlignedBytes blob = build_blob(tiny_llama());
  auto *header = reinterpret_cast<Header *>(blob.data());
  header->config.kv_heads = 3;  // does not divide 4 heads
  refresh_checksum(blob);
  std::uint64_t fault = 0;
  EXPECT_EQ(open_status(blob, &fault), TIDBIT_ERR_CONFIG);
  EXPECT_EQ(fault, offsetof(Header, config) + offsetof(format::Config, kv_heads));
}

TEST(BlobHeader, NewerFormatIsRefused) {
  AlignedBytes blob = build_blob(tiny_llama());
  reinterpret_cast<Header *>(blob.data())->version_major = 2;
  refresh_checksum(blob);
  EXPECT_EQ(open_status(blob), TIDBIT_ERR_VERSION);
}

TEST(BlobHeader, NullAndUnalignedAreRefused) {
  const AlignedBytes blob = build_blob(tiny_llama());
  tidbit_model model;
  EXPECT_EQ(tidbit_open(nullptr, 10, &model, nullptr), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_open(blob.data() + 1, blob.size() - 1, &model, nullptr), TIDBIT_ERR_ALIGNMENT);
}

TEST(BlobHeader, LayoutsAreRefusedForOtherTensorsThanTheirs) {
  const std::size_t first = sizeof(Header) + sizeof(format::Section);
  for (const Dtype dtype : {Dtype::f32, Dtype::f16, Dtype::q8, Dtype::q4}) {
    const AlignedBytes blob = build_blob(tiny_llama(dtype, Dtype::f16));
    const auto *tensors = reinterpret_cast<const format::Tensor *>(blob.data() + first);
    for (std::uint32_t i = 0; i < reinterpret_cast<const Header *>(blob.data())->tensor_count; ++i) {
      for (const int layout : {0, 1, 2, 3, 255}) {
        if (layout == static_cast<int>(tensors[i].layout)) continue;
        AlignedBytes forged(blob.span());
        auto &tensor = reinterpret_cast<format::Tensor *>(forged.data() + first)[i];
        tensor.layout = static_cast<format::Layout>(layout);
        refresh_checksum(forged);
        const bool same_size =
            tensor.dtype == Dtype::q8 && layout == 2 &&
            tensor.bytes == format::tensor_bytes(Dtype::q8, tensor.layout, tensor.rows, tensor.cols, tensor.group);
        EXPECT_EQ(open_status(forged), same_size ? TIDBIT_OK : TIDBIT_ERR_TENSOR) << i << ", layout " << layout;
      }
    }
  }
}

TEST(BlobHeader, EveryMissingOrDoubledTensorIsRefused) {
  const AlignedBytes blob = build_blob(tiny_gpt2());
  const auto *header = reinterpret_cast<const Header *>(blob.data());
  const std::size_t first = sizeof(Header) + sizeof(format::Section);
  for (std::uint32_t i = 0; i + 1 < header->tensor_count; ++i) {
    AlignedBytes forged(blob.span());
    auto *tensors = reinterpret_cast<format::Tensor *>(forged.data() + first);
    tensors[i] = tensors[i + 1];
    refresh_checksum(forged);
    EXPECT_EQ(open_status(forged), TIDBIT_ERR_TENSOR) << i;
  }
}

}  // namespace
}  // namespace tidbit::test
