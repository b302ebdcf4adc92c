// stories260K compared with llama2.c: logits, text, loss.
#include <cmath>
#include <sstream>

#include "tests/support/blob_file.h"
#include "tests/support/runner.h"
#include "tests/support/text.h"

namespace tidbit::test {
namespace {

const std::string kStories = std::string(TIDBIT_DATA_DIR) + "/stories260K/golden/stories260K.";
constexpr std::uint32_t kVocab = 512;

std::vector<int32_t> numbers(const std::string &text) {
  std::istringstream in(text);
  return {std::istream_iterator<int32_t>(in), {}};
}

std::vector<float> floats(const std::string &bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

class Stories : public ::testing::Test {
 protected:
  void open(const std::string &name) {
    blob_ = read_blob(name);
    if (!blob_) GTEST_SKIP() << "no " << name << ".tidbit, because " << TIDBIT_DATA_DIR << " does not exist";
    ASSERT_EQ(tidbit_open(blob_->data(), blob_->size(), &model_, nullptr), TIDBIT_OK);
  }

  // Mean loss of a text in windows of 256 positions. Each window starts with an empty session and begin-of-text, so
  // every token of the text is predicted once.
  double loss(const std::string &text) {
    const std::vector<int32_t> tokens = tokenize(model_, text, 0);
    tidbit_options options{};
    options.chunk = 256;
    options.context = 256;
    Runner runner(model_, options);
    double sum = 0;
    for (std::size_t start = 0; start < tokens.size(); start += 256) {
      const std::size_t count = std::min<std::size_t>(256, tokens.size() - start);
      std::vector<int32_t> window = {1};
      window.insert(window.end(), tokens.begin() + static_cast<std::ptrdiff_t>(start),
                    tokens.begin() + static_cast<std::ptrdiff_t>(start + count - 1));
      tidbit_reset(runner.session());
      const std::vector<float> rows = runner.logits_of(window, 256, kVocab);
      for (std::size_t i = 0; i < count; ++i) sum += row_loss(rows.data() + i * kVocab, tokens[start + i]);
    }
    return sum / static_cast<double>(tokens.size());
  }

  static double row_loss(const float *row, int32_t token) {
    double total = 0;
    for (std::uint32_t i = 0; i < kVocab; ++i) total += std::exp(static_cast<double>(row[i]));
    return std::log(total) - static_cast<double>(row[token]);
  }

  std::optional<AlignedBytes> blob_;
  tidbit_model model_{};
};

class EachCheckpoint : public Stories, public ::testing::WithParamInterface<const char *> {
 protected:
  void SetUp() override { open(GetParam()); }
};

TEST_P(EachCheckpoint, LogitsAreTheReferences) {
  for (const char *name : {"prompt", "greedy64"}) {
    const std::vector<int32_t> tokens = numbers(*read_file(kStories + name + ".tokens.txt"));
    const std::vector<float> expected = floats(*read_file(kStories + name + ".logits.f32"));
    Runner runner(model_, {});
    const std::vector<float> rows = runner.logits_of(tokens, 16, kVocab);
    ASSERT_EQ(rows.size(), expected.size());
    double worst = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      worst = std::max(worst, std::abs(static_cast<double>(rows[i]) - static_cast<double>(expected[i])));
    }
    EXPECT_LT(worst, 1e-4) << name;
  }
}

TEST_P(EachCheckpoint, GreedyTextIsTheReferences) {
  Runner runner(model_, {});
  // The reference program adds a newline at the end.
  EXPECT_EQ(greedy_text(model_, runner.session(), {1}, 256) + "\n", *read_file(kStories + "greedy256.text.txt"));
}

INSTANTIATE_TEST_SUITE_P(F32, EachCheckpoint, ::testing::Values("stories-f32", "stories-hf", "stories-sharded"));

TEST_F(Stories, LossIsThatOfTransformersAndQuantizationKeepsIt) {
  open("stories-f32");
  if (IsSkipped()) return;
  const auto text = read_file(std::string(TIDBIT_DATA_DIR) + "/text/tinystories_sample.txt");
  const auto loss_of = [&](const char *name) {
    open(name);
    const double value = loss(*text);
    std::printf("| %s | %.5f | %.4f |\n", name, value, std::exp(value));
    return value;
  };
  const double f32 = loss_of("stories-f32");
  EXPECT_NEAR(f32, 1.916956, 1e-5);  // Hugging Face transformers on the same windows
  const auto perplexity_change = [&](double nll) { return std::abs(std::exp(nll - f32) - 1); };
  EXPECT_LT(perplexity_change(loss_of("stories-f16")), 0.001);
  EXPECT_LT(perplexity_change(loss_of("stories-q8")), 0.01);
  EXPECT_LT(perplexity_change(loss_of("stories-q8-kvq8")), 0.01);
  EXPECT_LT(perplexity_change(loss_of("stories-q4")), 0.12);  // rows of 64 weights are short for 4 bits
}

}  // namespace
}  // namespace tidbit::test
