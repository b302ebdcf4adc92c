// The table of hashes.txt: one hash of a whole logit stream per blob. Each instruction set, worker count and chunk
// size, and a session that was saved and restored on the way, must give it; so must every target that runs this test.
// Rows whose name ends in "-short" are of the stream's start, for firmware images; "arithmetic" is of single
// operations.
#include <cinttypes>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <thread>

#include "tests/support/blob_file.h"
#include "tests/support/cpu.h"
#include "tests/support/runner.h"
#include "tests/support/vector_stream.h"

namespace tidbit::test {
namespace {

constexpr std::uint32_t kTokens = 96;  // or what the model's context holds

std::map<std::string, std::uint64_t> read_table() {
  std::ifstream file(TIDBIT_HASHES);
  std::map<std::string, std::uint64_t> table;
  std::string name, hash;
  while (file >> name >> hash) table[name] = std::stoull(hash, nullptr, 16);
  return table;
}

// Expects the table's hash; a computed line is what make_hashes.sh looks for.
void expect_row(const std::string &name, std::uint64_t hash) {
  EXPECT_EQ(hash, read_table()[name]) << name;
  if (hash != read_table()[name]) std::printf("computed %s %016" PRIx64 "\n", name.c_str(), hash);
}

TEST(Exactness, ScalarReferenceOfTheArithmeticGivesTheTablesHash) { expect_row("arithmetic", hash_arithmetic()); }

// Real threads, one a task.
void on_threads(void *, tidbit_task task, void *context, uint32_t count) {
  std::vector<std::thread> threads;
  for (uint32_t i = 1; i < count; ++i) threads.emplace_back(task, context, i);
  task(context, 0);
  for (std::thread &t : threads) t.join();
}

class Blob : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    blob_ = read_blob(GetParam());
    if (!blob_)
      GTEST_SKIP() << "no " << GetParam() << ".tidbit in " << TIDBIT_BLOB_DIR << " (its checkpoint is absent)";
    ASSERT_EQ(tidbit_open(blob_->data(), blob_->size(), &model_, nullptr), TIDBIT_OK);
    tidbit_model_info info;
    ASSERT_EQ(tidbit_info(&model_, &info), TIDBIT_OK);
    vocab_ = info.vocab_size;
    tokens_ = some_tokens(vocab_, std::min(kTokens, info.max_context));
    expected_ = read_table()[GetParam()];
  }

  std::vector<float> logits(tidbit_isa isa, std::uint32_t chunk, std::uint32_t workers) {
    Runner runner(model_, options(isa, chunk, workers));
    return runner.logits_of(tokens_, chunk, vocab_);
  }

  static tidbit_options options(tidbit_isa isa, std::uint32_t chunk, std::uint32_t workers) {
    tidbit_options o{};
    o.isa = isa;
    o.cpu = cpu_features();
    o.chunk = chunk;
    o.workers = workers;
    o.parallel_for = workers > 1 ? on_threads : nullptr;
    return o;
  }

  std::optional<AlignedBytes> blob_;
  tidbit_model model_{};
  std::uint32_t vocab_ = 0;
  std::vector<int32_t> tokens_;
  std::uint64_t expected_ = 0;
};

TEST_P(Blob, ScalarReferenceGivesTheTablesHash) {
  std::vector<float> rows = logits(TIDBIT_ISA_SCALAR, 7, 1);
  expect_row(GetParam(), hash_of(rows));
  rows.resize(kShortStream * vocab_);
  expect_row(GetParam() + "-short", hash_of(rows));
}

TEST_P(Blob, TheStreamOfFirmwareImagesGivesTheTablesHash) {
  Runner runner(model_, options(TIDBIT_ISA_AUTO, 16, 1));
  std::uint64_t hash = 0;
  ASSERT_EQ(hash_short_stream(runner.session(), vocab_, 16, &hash), TIDBIT_OK);
  EXPECT_EQ(hash, read_table()[GetParam() + "-short"]);
}

TEST_P(Blob, EveryInstructionSetChunkAndWorkerCountGivesTheTablesHash) {
  for (int i = TIDBIT_ISA_SCALAR + 1; i < TIDBIT_ISA_COUNT; ++i) {
    const auto isa = static_cast<tidbit_isa>(i);
    if (tidbit_isa_check(isa, cpu_features()) != TIDBIT_OK) continue;
    for (const std::uint32_t chunk : {1u, 7u, 64u, kTokens}) {
      for (const std::uint32_t workers : {1u, 2u}) {
        EXPECT_EQ(hash_of(logits(isa, chunk, workers)), expected_)
            << tidbit_isa_name(isa) << ", chunk " << chunk << ", " << workers << " workers";
      }
    }
  }
}

TEST_P(Blob, SaveAndRestoreInTheMiddleGivesTheTablesHash) {
  const auto middle = tokens_.begin() + static_cast<std::ptrdiff_t>(tokens_.size()) / 2 + 3;
  Runner first(model_, options(TIDBIT_ISA_AUTO, 7, 1));
  std::vector<float> rows = first.logits_of({tokens_.begin(), middle}, 7, vocab_);
  AlignedBytes image(tidbit_save_bytes(first.session()));
  ASSERT_EQ(tidbit_save(first.session(), image.data(), image.size(), nullptr), TIDBIT_OK);
  Runner second(model_, options(TIDBIT_ISA_AUTO, 64, 2));
  ASSERT_EQ(tidbit_restore(second.session(), image.data(), image.size()), TIDBIT_OK);
  const std::vector<float> rest = second.logits_of({middle, tokens_.end()}, 16, vocab_);
  rows.insert(rows.end(), rest.begin(), rest.end());
  EXPECT_EQ(hash_of(rows), expected_);
}

// "gemma2:q8:q8 ..." gives part-gemma2 and so on.
std::vector<std::string> part_models(const char *list = TIDBIT_PART_MODELS) {
  std::istringstream models(list);
  std::vector<std::string> names;
  for (std::string model; models >> model;) names.push_back("part-" + model.substr(0, model.find(':')));
  return names;
}

// The row that images with all of these models print: the hash of their hashes.
TEST(Exactness, ScalarReferenceOfAllPartsGivesTheTablesHash) {
  std::vector<std::uint64_t> hashes;
  for (const std::string &name : part_models(TIDBIT_PART_MODELS " " TIDBIT_ENCODER_MODELS)) {
    const auto blob = read_blob(name);
    ASSERT_TRUE(blob) << name;
    const tidbit_model model = opened(*blob);
    tidbit_model_info info;
    ASSERT_EQ(tidbit_info(&model, &info), TIDBIT_OK);
    tidbit_options options{};
    options.isa = TIDBIT_ISA_SCALAR;
    Runner runner(model, options);
    std::uint64_t &hash = hashes.emplace_back();
    ASSERT_EQ(info.is_encoder != 0 ? hash_short_vectors(runner.session(), info.vocab_size, &hash)
                                   : hash_short_stream(runner.session(), info.vocab_size, 3, &hash),
              TIDBIT_OK);
  }
  expect_row("parts-short", tidbit_hash(hashes.data(), hashes.size() * sizeof hashes[0]));
}

// Encoders have one row, of texts that need several chunks and those that do not.
class EncoderBlob : public Blob {
 protected:
  std::uint64_t hash(tidbit_isa isa, std::uint32_t chunk, std::uint32_t workers) {
    Runner runner(model_, options(isa, chunk, workers));
    std::uint64_t hash = 0;
    EXPECT_EQ(hash_vectors(runner.session(), tokens_.data(), static_cast<std::uint32_t>(tokens_.size()), &hash),
              TIDBIT_OK);
    return hash;
  }
};

TEST_P(EncoderBlob, ScalarReferenceGivesTheTablesHash) { expect_row(GetParam(), hash(TIDBIT_ISA_SCALAR, 7, 1)); }

TEST_P(EncoderBlob, EveryInstructionSetChunkAndWorkerCountGivesTheTablesHash) {
  for (int i = TIDBIT_ISA_SCALAR + 1; i < TIDBIT_ISA_COUNT; ++i) {
    const auto isa = static_cast<tidbit_isa>(i);
    if (tidbit_isa_check(isa, cpu_features()) != TIDBIT_OK) continue;
    for (const std::uint32_t chunk : {1u, 7u, 16u, 48u}) {
      for (const std::uint32_t workers : {1u, 2u}) {
        EXPECT_EQ(hash(isa, chunk, workers), expected_)
            << tidbit_isa_name(isa) << ", chunk " << chunk << ", " << workers << " workers";
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Parts, EncoderBlob, ::testing::ValuesIn(part_models(TIDBIT_ENCODER_MODELS)));
INSTANTIATE_TEST_SUITE_P(Parts, Blob, ::testing::ValuesIn(part_models()));
INSTANTIATE_TEST_SUITE_P(Blobs, Blob,
                         ::testing::Values("tiny-f32", "tiny-f16", "tiny-q8", "tiny-q8-kvq8", "tiny-q8-16x16",
                                           "tiny-q4", "tiny-q4-hadamard", "tiny-q2", "tiny-q3", "tiny-q5", "tiny-q6",
                                           "tiny-ternary", "tiny-binary", "home-f32", "home-f16", "home-q8",
                                           "home-q8-kvq8", "home-q8-16x16", "home-q4", "home-q4-hadamard",
                                           "stories-f32", "stories-f16", "stories-q8", "stories-q8-kvq8",
                                           "stories-q8-16x16", "stories-q4", "stories-q4-hadamard"));

}  // namespace
}  // namespace tidbit::test
