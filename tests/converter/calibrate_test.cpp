// Rounding with error feedback: what it gains, that it is the same everywhere, and which samples are refused.
#include <cmath>
#include <random>

#include "converter/blob/blob_view.h"
#include "converter/calibrate/mismatch.h"
#include "converter/calibrate/moments.h"
#include "converter/calibrate/samples.h"
#include "converter/parallel.h"
#include "converter/summary.h"
#include "format/formats.h"
#include "quant/tile.h"
#include "tests/converter/support.h"
#include "tests/support/runner.h"

namespace tidbit::test {
namespace {

using convert::convert;
using format::Format;

std::vector<float> random_floats(std::size_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal(0, 1);
  std::vector<float> values(count);
  for (float &value : values) value = normal(generator);
  return values;
}

// Vectors whose elements depend on their neighbors.
std::vector<float> related_inputs(std::uint32_t count, std::uint32_t cols) {
  std::vector<float> x = random_floats(std::size_t{count} * cols, 5);
  for (std::size_t i = 1; i < x.size(); ++i) x[i] = 0.8f * x[i - 1] + x[i];
  return x;
}

// The mean square of (stored - w) x.
double output_error(const std::vector<float> &w, const std::vector<float> &stored, const std::vector<float> &x,
                    std::uint32_t cols) {
  double sum = 0;
  for (std::size_t row = 0; row < w.size(); row += cols) {
    for (std::size_t t = 0; t < x.size(); t += cols) {
      double error = 0;
      for (std::uint32_t k = 0; k < cols; ++k) {
        error +=
            (static_cast<double>(stored[row + k]) - static_cast<double>(w[row + k])) * static_cast<double>(x[t + k]);
      }
      sum += error * error;
    }
  }
  return sum;
}

class Feedback : public testing::TestWithParam<Format> {};

// 208 columns: a group of 128 and a shorter one. 13 rows: a tile that is not full.
TEST_P(Feedback, ChangesOutputsLessThanRoundingToTheNearest) {
  constexpr std::uint32_t kRows = 13, kCols = 208, kGroup = 128;
  const std::vector<float> w = random_floats(kRows * kCols, 3), x = related_inputs(600, kCols);
  convert::Moments moments(kCols);
  moments.add(x.data(), 600);
  const auto feedback = moments.feedback();
  ASSERT_TRUE(feedback.has_value());
  std::vector<std::byte> tile(format::tile_bytes(GetParam(), kCols, kGroup));
  std::vector<float> plain(w.size()), fed(w.size());
  quant::pack_tile(GetParam(), w.data(), kRows, kCols, kGroup, tile.data());
  quant::unpack_tile(GetParam(), tile.data(), kRows, kCols, kGroup, plain.data());
  quant::pack_tile_with_feedback(GetParam(), w.data(), kRows, kCols, kGroup, *feedback, tile.data());
  quant::unpack_tile(GetParam(), tile.data(), kRows, kCols, kGroup, fed.data());
  EXPECT_LT(output_error(w, fed, x, kCols), 0.5 * output_error(w, plain, x, kCols));
}

INSTANTIATE_TEST_SUITE_P(Formats, Feedback,
                         testing::Values(Format::q8, format::Q2::format, format::Q3::format, Format::q4,
                                         format::Q5::format, format::Q6::format, Format::q8x16),
                         [](const auto &format) { return std::string(convert::format_name(format.param)); });

TEST(Moments, OfZerosGiveNoFeedback) {
  const std::vector<float> zeros(40 * 20);
  convert::Moments moments(20);
  moments.add(zeros.data(), 40);
  EXPECT_FALSE(moments.feedback().has_value());
}

TEST(Moments, DoNotDependOnHowTheVectorsArrive) {
  const std::vector<float> x = related_inputs(512, 70);
  convert::Moments whole(70), halves(70);
  whole.add(x.data(), 512);
  halves.add(x.data(), 256);
  halves.add(x.data() + std::size_t{256} * 70, 256);
  EXPECT_EQ(whole.feedback()->factors, halves.feedback()->factors);
}

// The sum of squares of w[rows] x - v y.
double distance_of_products(const std::vector<float> &w, const std::vector<float> &x, const std::vector<float> &v,
                            const std::vector<float> &y, std::uint32_t cols) {
  double sum = 0;
  for (std::size_t row = 0; row < w.size(); row += cols) {
    for (std::size_t t = 0; t < x.size(); t += cols) {
      double error = 0;
      for (std::uint32_t k = 0; k < cols; ++k) {
        error += static_cast<double>(w[row + k]) * static_cast<double>(x[t + k]);
        error -= static_cast<double>(v[row + k]) * static_cast<double>(y[t + k]);
      }
      sum += error * error;
    }
  }
  return sum;
}

// The inputs that arrive lack a part that depends on others. 70 columns, 13 rows: neither is a multiple of a block.
TEST(Mismatch, IsMadeUpForByOtherWeights) {
  constexpr std::uint32_t kCols = 70, kCount = 600, kRows = 13;
  const std::vector<float> y = related_inputs(kCount, kCols), w = random_floats(kRows * kCols, 3);
  std::vector<float> x = y, corrected = w;
  for (std::size_t i = 3; i < x.size(); i += 7) x[i] = 0.5f * y[i] + 0.2f * y[i - 1];
  convert::Moments moments(kCols);
  moments.add(x.data(), kCount);
  convert::Mismatch mismatch(kCols);
  mismatch.add(x.data(), y.data(), kCount);
  ASSERT_TRUE(mismatch.finish(moments));
  mismatch.correct(corrected.data(), kRows);
  EXPECT_LT(distance_of_products(corrected, x, w, y, kCols), 0.5 * distance_of_products(w, x, w, y, kCols));
}

TEST(Mismatch, OfTheSameInputsChangesNothing) {
  const std::vector<float> x = related_inputs(100, 20), w = random_floats(3 * 20, 3);
  std::vector<float> corrected = w;
  convert::Moments moments(20);
  moments.add(x.data(), 100);
  convert::Mismatch mismatch(20);
  mismatch.add(x.data(), x.data(), 100);
  ASSERT_TRUE(mismatch.finish(moments));
  mismatch.correct(corrected.data(), 3);
  EXPECT_EQ(corrected, w);
}

TEST(Mismatch, OfZerosIsNotCorrected) {
  const std::vector<float> zeros(40 * 20);
  convert::Mismatch mismatch(20);
  mismatch.add(zeros.data(), zeros.data(), 40);
  EXPECT_FALSE(mismatch.finish(convert::Moments(20)));
}

std::string token_list(std::uint32_t vocab, std::uint32_t count) {
  std::mt19937 generator(1);
  std::string list;
  for (std::uint32_t i = 0; i < count; ++i) list += std::to_string(generator() % vocab) + (i % 9 == 8 ? "\n" : ", ");
  return list;
}

std::uint32_t vocab_of(const char *name) {
  const Folder folder;
  return convert(plain_options(golden(name), folder / "x")).info.vocab_size;
}

convert::ConvertOptions calibrated(const Folder &folder, const char *name, Format weights) {
  write_file(folder / "ids", token_list(vocab_of(name), 1100));
  convert::ConvertOptions options = plain_options(golden(name), folder / "x.tidbit");
  options.weights = weights;
  options.calibrate = folder / "ids";
  return options;
}

std::vector<float> logits_of(const convert::ConvertOptions &options) {
  const convert::BlobView blob((convert(options), options.output));
  const std::uint32_t vocab = blob.info().vocab_size;
  tidbit_options run = {};
  std::vector<std::int32_t> tokens;
  for (std::uint32_t i = 0; i < std::min(12u, blob.info().max_context); ++i) {
    tokens.push_back(static_cast<std::int32_t>(i * 7 % vocab));
  }
  run.context = static_cast<std::uint32_t>(tokens.size());
  return Runner(blob.model(), run).logits_of(tokens, 1, vocab);
}

double distance(const std::vector<float> &a, const std::vector<float> &b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
  return std::sqrt(sum);
}

TEST(Calibration, BringsATinyModelCloserToItsFloats) {
  for (const char *name : {"llama-gqa", "lfm2", "mixtral", "gpt_neox"}) {
    const Folder folder;
    convert::ConvertOptions options = calibrated(folder, name, Format::q4);
    options.embeddings = Format::f32;
    const std::vector<float> fed = logits_of(options);
    options.calibrate.clear();
    const std::vector<float> plain = logits_of(options);
    options.weights = Format::f32;
    const std::vector<float> exact = logits_of(options);
    EXPECT_LT(distance(fed, exact), distance(plain, exact)) << name;
  }
}

TEST(Calibration, WritesTheSameBlobWithAnyNumberOfThreads) {
  const Folder folder;
  convert::ConvertOptions options = calibrated(folder, "gemma3", Format::q4);
  options.calibrate = "self";
  std::string first;
  for (const std::uint32_t threads : {1u, 3u}) {
    convert::limit_threads(threads);
    convert(options);
    const std::string blob = read_file(options.output);
    if (first.empty()) first = blob;
    EXPECT_TRUE(blob == first) << threads << " threads";
  }
  convert::limit_threads(0);
}

TEST(Calibration, IsInTheSummaryAndInTheProvenance) {
  const Folder folder;
  convert::ConvertOptions options = calibrated(folder, "llama-gqa", Format::q8);
  const auto report = convert(options);
  EXPECT_NE(report.converter.find(" --calibrate ids"), std::string::npos) << report.converter;
  EXPECT_NE(convert::summary(report, options).find(" tokens of ids"), std::string::npos);
  EXPECT_EQ(folder.files(), 2u);
}

TEST(Calibration, SaysWhichExpertsSawTooLittle) {
  const Folder folder;
  convert::ConvertOptions options = calibrated(folder, "mixtral", Format::q4);
  EXPECT_EQ(convert(options).calibration.find("plainly"), std::string::npos);
  std::string same;
  for (int i = 0; i < 1100; ++i) same += "3 ";
  write_file(folder / "ids", same);
  EXPECT_NE(convert(options).calibration.find("rounded plainly"), std::string::npos);
}

TEST(Calibration, RefusesSamplesThatItCannotUse) {
  const Folder folder;
  convert::ConvertOptions options = calibrated(folder, "llama-gqa", Format::q4);
  const auto refusal = [&](const std::string &sample) {
    write_file(folder / "ids", sample);
    return failure([&] { convert(options); });
  };
  EXPECT_NE(refusal("").find("needs at least 1024"), std::string::npos);
  EXPECT_NE(refusal("1 2 3").find("has 3 tokens"), std::string::npos);
  EXPECT_NE(refusal(token_list(20, 2000) + "1000000").find("not below the vocabulary's size"), std::string::npos);
  EXPECT_NE(refusal("1 99999999999999999999 3").find("byte 2"), std::string::npos);
  EXPECT_NE(refusal("1 -2 3").find("without a tokenizer"), std::string::npos);
  EXPECT_NE(refusal(std::string("\0\xFF", 2)).find("without a tokenizer"), std::string::npos);
  EXPECT_NE(refusal(std::string(5 << 20, '1')).find("larger than 4 MB"), std::string::npos);
  options.calibrate = folder / "none";
  EXPECT_NE(failure([&] { convert(options); }).find("none"), std::string::npos);
  options.calibrate = folder.path();
  EXPECT_NE(failure([&] { convert(options); }), "");
  options.calibrate = options.output;
  write_file(options.output, "1 2 3");
  EXPECT_NE(failure([&] { convert(options); }).find("input file"), std::string::npos);
  options = calibrated(folder, "llama-gqa", Format::f16);
  EXPECT_NE(failure([&] { convert(options); }).find("use --weights q8, or q2 to q6"), std::string::npos);
}

}  // namespace
}  // namespace tidbit::test
