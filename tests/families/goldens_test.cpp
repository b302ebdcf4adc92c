// Converted checkpoints compute what Hugging Face transformers computes. The goldens are made by make_goldens.py;
// TIDBIT_GOLDENS in the environment names another directory of them (make_goldens.py --all).
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "converter/blob/blob_view.h"
#include "converter/convert.h"
#include "tests/support/cpu.h"
#include "tests/support/runner.h"

namespace tidbit::test {
namespace {

namespace fs = std::filesystem;
using convert::BlobView;
using convert::ConvertOptions;
using convert::TokenizerChoice;

// Largest error of a logit, in standard deviations of the logits.
constexpr double kTolerance = 2e-4;

fs::path goldens() {
  const char *other = std::getenv("TIDBIT_GOLDENS");
  return other != nullptr ? other : TIDBIT_GOLDENS_DIR;
}

std::vector<std::string> names_of_goldens() {
  std::vector<std::string> names;
  for (const auto &entry : fs::directory_iterator(goldens())) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::int32_t> read_numbers(const fs::path &path) {
  std::ifstream file(path);
  return {std::istream_iterator<std::int32_t>(file), {}};
}

std::vector<float> read_floats(const fs::path &path) {
  std::vector<float> values(fs::file_size(path) / sizeof(float));
  std::ifstream(path, std::ios::binary)
      .read(reinterpret_cast<char *>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(float)));
  return values;
}

// Of one converted checkpoint; removed with the object.
class TemporaryBlob {
 public:
  TemporaryBlob(const fs::path &checkpoint, format::Format weights, format::Format kv)
      : path_(fs::path(testing::TempDir()) / ("families_" + std::to_string(::getpid()) + ".tidbit")) {
    ConvertOptions options{.source = checkpoint, .output = path_};
    options.tokenizer = TokenizerChoice::none;
    options.weights = weights;
    options.kv = kv;
    convert::convert(options);
  }
  ~TemporaryBlob() { fs::remove(path_); }
  TemporaryBlob(const TemporaryBlob &) = delete;
  TemporaryBlob &operator=(const TemporaryBlob &) = delete;

  const fs::path &path() const { return path_; }

 private:
  fs::path path_;
};

std::vector<float> vectors_of(const BlobView &blob, const std::vector<std::int32_t> &tokens) {
  tidbit_options options = {};
  options.cpu = cpu_features();
  Runner runner(blob.model(), options);
  const auto end = static_cast<std::uint32_t>(tokens.size());
  EXPECT_EQ(tidbit_encode(runner.session(), tokens.data(), &end, 1), TIDBIT_OK);
  std::vector<float> rows;
  for (std::uint32_t i = 0; i < end; ++i) {
    const float *vector = nullptr;
    std::uint32_t width = 0;
    EXPECT_EQ(tidbit_hidden(runner.session(), i, &vector, &width), TIDBIT_OK);
    rows.insert(rows.end(), vector, vector + width);
  }
  return rows;
}

// Feeds pieces of one segment each; without segments.txt all tokens at once.
std::vector<float> logits_of(const BlobView &blob, const fs::path &golden) {
  const auto tokens = read_numbers(golden / "tokens.txt");
  if (blob.info().is_encoder != 0) return vectors_of(blob, tokens);
  auto segments = read_numbers(golden / "segments.txt");
  segments.resize(tokens.size());
  tidbit_options options = {};
  options.cpu = cpu_features();
  Runner runner(blob.model(), options);
  std::vector<float> rows;
  for (std::size_t at = 0, end = 0; at < tokens.size(); at = end) {
    while (end < tokens.size() && segments[end] == segments[at]) ++end;
    const auto segment = static_cast<std::uint32_t>(segments[at]);
    if (segment != 0) {
      EXPECT_EQ(tidbit_set_segment(runner.session(), segment), TIDBIT_OK);
    }
    const auto first = tokens.begin() + static_cast<std::ptrdiff_t>(at);
    const std::vector<std::int32_t> piece(first, tokens.begin() + static_cast<std::ptrdiff_t>(end));
    const auto part = runner.logits_of(piece, 7, blob.info().vocab_size);
    rows.insert(rows.end(), part.begin(), part.end());
  }
  return rows;
}

double standard_deviation(const std::vector<float> &values) {
  double sum = 0, squares = 0;
  for (const float value : values) sum += value;
  const double mean = sum / static_cast<double>(values.size());
  for (const float value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size()));
}

// In standard deviations of the golden logits.
double largest_error(const std::vector<float> &got, const std::vector<float> &golden) {
  EXPECT_EQ(got.size(), golden.size());
  double largest = 0;
  for (std::size_t i = 0; i < std::min(got.size(), golden.size()); ++i) {
    const double error = std::fabs(static_cast<double>(got[i]) - static_cast<double>(golden[i]));
    largest = std::isnan(error) ? INFINITY : std::max(largest, error);
  }
  return largest / standard_deviation(golden);
}

double error_of(const fs::path &checkpoint, const fs::path &golden, format::Format weights, format::Format kv) {
  const TemporaryBlob file(checkpoint, weights, kv);
  const BlobView blob(file.path());
  return largest_error(logits_of(blob, golden), read_floats(golden / "logits.f32"));
}

class Golden : public testing::TestWithParam<std::string> {
 protected:
  fs::path path() const { return goldens() / GetParam(); }
};

TEST_P(Golden, LogitsEqualThoseOfTransformers) {
  EXPECT_LE(error_of(path(), path(), format::Format::f32, format::Format::f32), kTolerance);
}

// The bounds are for the committed goldens: random weights are harder to round than trained ones.
class CommittedGolden : public Golden {
 protected:
  void SetUp() override {
    if (std::getenv("TIDBIT_GOLDENS") != nullptr) GTEST_SKIP() << "the bound is for the committed goldens";
  }
};

TEST_P(CommittedGolden, HalfPrecisionStaysClose) {
  EXPECT_LE(error_of(path(), path(), format::Format::f16, format::Format::f16), 0.1);
}

TEST_P(CommittedGolden, EightBitsStayNear) {
  EXPECT_LE(error_of(path(), path(), format::Format::q8, format::Format::f16), 1.5);
}

std::string test_name(const testing::TestParamInfo<std::string> &golden) {
  std::string name = golden.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Families, Golden, testing::ValuesIn(names_of_goldens()), test_name);
INSTANTIATE_TEST_SUITE_P(Families, CommittedGolden, testing::ValuesIn(names_of_goldens()), test_name);

// The same checkpoint with the config.json that transformers 4 wrote.
TEST(ConfigDialects, GiveTheSameLogits) {
  for (const auto &entry : fs::directory_iterator(TIDBIT_GOLDENS_DIR)) {
    const fs::path &golden = entry.path();
    if (!fs::exists(golden / "config.v4.json")) continue;
    const fs::path copy = fs::path(testing::TempDir()) / ("dialect_" + std::to_string(::getpid()));
    fs::create_directory(copy);
    fs::copy_file(golden / "config.v4.json", copy / "config.json");
    fs::copy_file(golden / "model.safetensors", copy / "model.safetensors");
    EXPECT_LE(error_of(copy, golden, format::Format::f32, format::Format::f32), kTolerance) << golden;
    fs::remove_all(copy);
  }
}

// The same checkpoints as llama.cpp's converter writes them (make_ggufs.py; TIDBIT_GGUFS names another directory).
TEST(Gguf, OfACheckpointGivesTheLogitsOfTransformers) {
  const char *other = std::getenv("TIDBIT_GGUFS");
  for (const auto &entry : fs::directory_iterator(other != nullptr ? other : TIDBIT_GGUFS_DIR)) {
    if (entry.path().extension() != ".gguf") continue;
    const fs::path golden = fs::path(TIDBIT_GOLDENS_DIR) / entry.path().stem();
    EXPECT_LE(error_of(entry.path(), golden, format::Format::f32, format::Format::f32), kTolerance) << golden;
  }
}

}  // namespace
}  // namespace tidbit::test
