// The real Gemma 3 270M, which is not in the repository (Gemma's terms of use). TIDBIT_GEMMA in the environment names a
// folder with gemma3/ (a Hugging Face folder in f32) and ids8x512.txt: the first 8 x 512 tokens of wiki.test.raw, with
// commas between them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "converter/blob/blob_view.h"
#include "converter/convert.h"
#include "tests/support/cpu.h"
#include "tests/support/runner.h"

namespace tidbit::test {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kWindow = 512, kWindows = 8, kChunk = 128;
constexpr std::int32_t kBeginOfText = 2;

std::vector<std::int32_t> read_ids(const fs::path &path) {
  std::ifstream file(path);
  std::vector<std::int32_t> ids;
  char comma;
  for (std::int32_t id; file >> id; file >> comma) ids.push_back(id);
  return ids;
}

void on_two_threads(void *, tidbit_task task, void *context, uint32_t count) {
  std::vector<std::thread> threads;
  for (uint32_t i = 1; i < count; ++i) threads.emplace_back(task, context, i);
  task(context, 0);
  for (std::thread &t : threads) t.join();
}

double loss_of(const float *logits, std::uint32_t vocab, std::int32_t token) {
  const float most = *std::max_element(logits, logits + vocab);
  double sum = 0;
  for (std::uint32_t i = 0; i < vocab; ++i) sum += std::exp(static_cast<double>(logits[i] - most));
  return std::log(sum) + most - logits[token];
}

// Of the second half of each window; begin-of-text takes the place of its first token.
double perplexity(const fs::path &folder, format::Format weights, std::uint32_t group) {
  convert::ConvertOptions convert_options{.source = folder / "gemma3",
                                          .output = fs::path(testing::TempDir()) / "gemma.tidbit"};
  convert_options.tokenizer = convert::TokenizerChoice::none;
  convert_options.weights = weights;
  convert_options.kv = convert::default_kv(weights);
  convert_options.group = group;
  convert::convert(convert_options);
  const convert::BlobView blob(convert_options.output);
  fs::remove(convert_options.output);

  tidbit_options options{};
  options.cpu = cpu_features();
  options.context = kWindow;
  options.chunk = kChunk;
  options.workers = 2;
  options.parallel_for = on_two_threads;
  Runner runner(blob.model(), options);
  const std::vector<std::int32_t> ids = read_ids(folder / "ids8x512.txt");
  double loss = 0;
  for (std::uint32_t window = 0; window < kWindows; ++window) {
    std::vector<std::int32_t> tokens(ids.begin() + window * kWindow, ids.begin() + (window + 1) * kWindow);
    tokens[0] = kBeginOfText;
    EXPECT_EQ(tidbit_reset(runner.session()), TIDBIT_OK);
    for (std::uint32_t at = 0; at < kWindow; at += kChunk) {
      EXPECT_EQ(tidbit_prefill(runner.session(), tokens.data() + at, kChunk, 0, nullptr), TIDBIT_OK);
      for (std::uint32_t i = 0; i < kChunk; ++i) {
        if (at + i + 1 < kWindow / 2 || at + i + 1 == kWindow) continue;
        float *logits = nullptr;
        std::uint32_t vocab = 0;
        EXPECT_EQ(tidbit_logits_at(runner.session(), i, &logits, &vocab), TIDBIT_OK);
        loss += loss_of(logits, vocab, tokens[at + i + 1]);
      }
    }
  }
  return std::exp(loss / (kWindows * kWindow / 2));
}

TEST(Gemma, HasThePerplexityOfTransformers) {
  const char *folder = std::getenv("TIDBIT_GEMMA");
  if (folder == nullptr) GTEST_SKIP() << "TIDBIT_GEMMA does not name a folder with the model";
  const double f32 = perplexity(folder, format::Format::f32, format::kDefaultGroup);
  EXPECT_NEAR(f32, 17.986, 0.002);
  const double q8 = perplexity(folder, format::Format::q8, 64), coarse = perplexity(folder, format::Format::q8, 128);
  std::printf("perplexity: f32 %.3f, q8 in groups of 64 %.3f, of 128 %.3f\n", f32, q8, coarse);
  EXPECT_LT(q8, f32 * 1.003);
  EXPECT_LT(coarse, f32 * 1.012);
}

}  // namespace
}  // namespace tidbit::test
