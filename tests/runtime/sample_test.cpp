#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "tidbit/tidbit.h"

namespace {

int32_t sample(std::vector<float> logits, const tidbit_sampling &sampling, tidbit_rng &rng,
               const std::vector<int32_t> &recent = {}) {
  int32_t token = -1;
  EXPECT_EQ(tidbit_sample(logits.data(), static_cast<uint32_t>(logits.size()), &sampling, &rng, recent.data(),
                          static_cast<uint32_t>(recent.size()), &token),
            TIDBIT_OK);
  return token;
}

std::map<int32_t, int> draw(const std::vector<float> &logits, const tidbit_sampling &sampling, int times) {
  tidbit_rng rng{42};
  std::map<int32_t, int> counts;
  for (int i = 0; i < times; ++i) ++counts[sample(logits, sampling, rng)];
  return counts;
}

const std::vector<float> kLogits = {1.0f, 3.0f, 2.0f, 3.0f, -1.0f, 0.0f};

TEST(Sample, GreedyTakesTheLowestIdAmongEquals) {
  tidbit_rng rng{1};
  EXPECT_EQ(sample(kLogits, {}, rng), 1);
  EXPECT_EQ(rng.state, 1u);  // nothing was drawn
}

TEST(Sample, DrawsFollowTheProbabilities) {
  tidbit_sampling sampling{};
  sampling.temperature = 0.7f;
  constexpr int kTimes = 200000;
  const auto counts = draw(kLogits, sampling, kTimes);
  double total = 0;
  for (const float l : kLogits) total += std::exp(static_cast<double>(l) / 0.7);
  for (std::size_t i = 0; i < kLogits.size(); ++i) {
    const double expected = std::exp(static_cast<double>(kLogits[i]) / 0.7) / total;
    const auto found = counts.find(static_cast<int32_t>(i));
    const double share = found == counts.end() ? 0 : static_cast<double>(found->second) / kTimes;
    EXPECT_NEAR(share, expected, 5 * std::sqrt(expected / kTimes) + 1e-5) << i;
  }
}

TEST(Sample, TopKKeepsKOfThem) {
  tidbit_sampling sampling{};
  sampling.temperature = 2.0f;
  sampling.top_k = 1;
  EXPECT_EQ(draw(kLogits, sampling, 500).size(), 1u);  // the lower id of two equals
  EXPECT_EQ(draw(kLogits, sampling, 500).begin()->first, 1);
  sampling.top_k = 3;
  const auto three = draw(kLogits, sampling, 2000);
  EXPECT_EQ(three.size(), 3u);
  EXPECT_TRUE(three.count(1) && three.count(2) && three.count(3));
  sampling.top_k = 100;
  EXPECT_EQ(draw(kLogits, sampling, 5000).size(), 6u);
}

TEST(Sample, TopKOfALargeVocabularyIsExact) {
  constexpr std::uint32_t kCount = 50021, kKept = 40;
  std::vector<float> logits(kCount);
  for (std::uint32_t i = 0; i < kCount; ++i) logits[i] = static_cast<float>(i * 7919 % kCount) * 1e-4f;
  tidbit_sampling sampling{};
  sampling.temperature = 3.0f;
  sampling.top_k = kKept;
  const auto counts = draw(logits, sampling, 2000);
  EXPECT_EQ(counts.size(), kKept);
  for (const auto &[token, times] : counts) {
    EXPECT_GE(static_cast<std::uint32_t>(token) * 7919 % kCount, kCount - kKept) << token;
  }
}

TEST(Sample, TopPKeepsTheSmallestSetThatReachesIt) {
  const std::vector<float> logits = {std::log(0.5f), std::log(0.3f), std::log(0.15f), std::log(0.05f)};
  tidbit_sampling sampling{};
  sampling.temperature = 1.0f;
  sampling.top_p = 0.4f;
  EXPECT_EQ(draw(logits, sampling, 500).size(), 1u);
  sampling.top_p = 0.6f;
  EXPECT_EQ(draw(logits, sampling, 500).size(), 2u);
  sampling.top_p = 0.9f;
  EXPECT_EQ(draw(logits, sampling, 2000).size(), 3u);
  sampling.top_p = 0.001f;
  EXPECT_EQ(draw(logits, sampling, 500).size(), 1u);
}

TEST(Sample, MinPDropsWhatIsFarBelowTheBest) {
  const std::vector<float> logits = {std::log(0.5f), std::log(0.3f), std::log(0.15f), std::log(0.05f)};
  tidbit_sampling sampling{};
  sampling.temperature = 1.0f;
  sampling.min_p = 0.2f;
  EXPECT_EQ(draw(logits, sampling, 3000).size(), 3u);
  sampling.min_p = 1.0f;
  EXPECT_EQ(draw(logits, sampling, 500).size(), 1u);
}

TEST(Sample, RepeatPenaltyCountsATokenOnce) {
  tidbit_sampling sampling{};
  sampling.repeat_penalty = 1.4f;
  tidbit_rng rng{1};
  EXPECT_EQ(sample({3.0f, 2.0f, -1.0f}, sampling, rng, {0, 0, 0}), 0);  // 3 / 1.4 is still above 2
  sampling.repeat_penalty = 2.0f;
  EXPECT_EQ(sample({3.0f, 2.0f, -1.0f}, sampling, rng, {0, 0, 0}), 1);
  EXPECT_EQ(sample({-3.0f, -4.0f}, sampling, rng, {0, 7, -2}),
            1);  // negative logits are multiplied; ids outside the vocabulary are ignored
}

TEST(Sample, SeedGivesTheSameTokensEverywhere) {
  std::vector<float> logits(1000);
  for (std::size_t i = 0; i < logits.size(); ++i) logits[i] = static_cast<float>(i * 7919 % 1000) * 0.01f;
  const tidbit_sampling sampling{0.9f, 200, 0.95f, 0.001f, 0.0f};
  tidbit_rng rng{1234};
  std::vector<int32_t> tokens;
  for (int i = 0; i < 8; ++i) tokens.push_back(sample(logits, sampling, rng));
  tidbit_rng again{1234};
  for (const int32_t token : tokens) EXPECT_EQ(sample(logits, sampling, again), token);
  EXPECT_EQ(tidbit_hash(tokens.data(), tokens.size() * 4), 0xBD9AF4479815A773u);
}

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kLargest = std::numeric_limits<float>::max();

TEST(Sample, NoFilterDropsTheBestToken) {
  std::mt19937 random(1);
  std::vector<float> logits(100);
  for (int round = 0; round < 300; ++round) {
    for (float &l : logits) l = static_cast<float>(random() % 2000) * 0.01f - 10;
    tidbit_rng rng{random()};
    const int32_t best = sample(logits, {}, rng);
    for (const tidbit_sampling one :
         {tidbit_sampling{1.5f, 1, 0, 0, 0}, {1.5f, 0, 1e-9f, 0, 0}, {1.5f, 7, 1e-9f, 1, 0}}) {
      EXPECT_EQ(sample(logits, one, rng), best);
    }
    const auto strict = static_cast<std::size_t>(sample(logits, {1.5f, 0, 0, 1, 0}, rng));
    EXPECT_EQ(logits[strict], logits[static_cast<std::size_t>(best)]);  // any of several equals
  }
}

// At a high temperature the exponential of the second is 1, too.
TEST(Sample, TopKOfOneIsGreedyIfTheSecondIsHardlySmaller) {
  tidbit_rng rng{1};
  const float second = std::nextafter(1.0f, 0.0f);
  EXPECT_EQ(sample({second, 1.0f}, {1000, 1, 0, 0, 0}, rng), 1);
  EXPECT_EQ(sample({second, 1.0f}, {1000, 0, 0, 1, 0}, rng), 1);
}

TEST(Sample, PlusInfinityWins) {
  for (const float temperature : {0.0f, 1.0f, 1e6f}) {
    const tidbit_sampling sampling{temperature, 0, 0, 0, 1.5f};
    tidbit_rng rng{1};
    EXPECT_EQ(sample({kLargest, 1, kInfinity, -kInfinity}, sampling, rng, {2}), 2);
  }
  const auto counts = draw({kInfinity, kLargest, kInfinity}, {1, 0, 0, 0, 0}, 1000);
  EXPECT_EQ(counts.size(), 2u);
  EXPECT_NEAR(counts.at(2), 500, 100);
}

TEST(Sample, MinusInfinityIsNeverDrawn) {
  EXPECT_EQ(draw({-kInfinity, -kLargest, -kInfinity}, {1, 0, 0, 0, 0}, 100).at(1), 100);
  EXPECT_EQ(draw({-kInfinity, 1, 1}, {1e6f, 0, 0, 0, 0}, 100).count(0), 0u);
}

TEST(Sample, LogitsWithoutAMeaningAreRefused) {
  const float negative_nan = std::copysign(kNan, -1.0f);
  for (const float temperature : {0.0f, 1.0f}) {
    const tidbit_sampling sampling{temperature, 2, 0.5f, 0, 0};
    for (std::vector<float> logits : {std::vector<float>{1, kNan},
                                      {negative_nan, 1},
                                      {kInfinity, kNan},
                                      {kNan, -kInfinity},
                                      {-kInfinity, negative_nan},
                                      {-kInfinity, -kInfinity}}) {
      tidbit_rng rng{1};
      int32_t token = -1;
      EXPECT_EQ(tidbit_sample(logits.data(), 2, &sampling, &rng, nullptr, 0, &token), TIDBIT_ERR_NOT_FINITE);
      EXPECT_EQ(token, -1);
    }
  }
}

// Penalizing with a set of all tokens seen gives the same token, whatever the number of recent tokens.
TEST(Sample, PenaltyOfALargeVocabularyCountsATokenOnce) {
  constexpr std::size_t kCount = 10007;
  const tidbit_sampling sampling{0, 0, 0, 0, 1.25f};
  std::mt19937 random(2);
  for (const std::size_t recent_count : {1u, 100u, 30000u}) {
    std::vector<float> logits(kCount), expected;
    for (float &l : logits) l = static_cast<float>(random() % 1000) * 0.1f - 50;
    std::vector<int32_t> recent(recent_count);
    for (int32_t &r : recent) r = static_cast<int32_t>(random() % (kCount + 100)) - 50;
    expected = logits;
    for (const int32_t r : std::set<int32_t>(recent.begin(), recent.end())) {
      if (r < 0 || r >= static_cast<int32_t>(kCount)) continue;
      float &l = expected[static_cast<std::size_t>(r)];
      l = l > 0 ? l / 1.25f : l * 1.25f;
    }
    tidbit_rng rng{1};
    int32_t token = -1;
    EXPECT_EQ(tidbit_sample(logits.data(), kCount, &sampling, &rng, recent.data(), static_cast<uint32_t>(recent.size()),
                            &token),
              TIDBIT_OK);
    EXPECT_EQ(logits, expected);
  }
}

TEST(Sample, ParametersOutOfRangeAreRefused) {
  std::vector<float> logits(3);
  tidbit_rng rng{1};
  int32_t token = 0;
  for (const tidbit_sampling bad : {tidbit_sampling{-1, 0, 0, 0, 0},
                                    {kNan, 0, 0, 0, 0},
                                    {1, 0, 1.5f, 0, 0},
                                    {1, 0, 0, -0.1f, 0},
                                    {1, 0, 0, 0, kNan}}) {
    EXPECT_EQ(tidbit_sample(logits.data(), 3, &bad, &rng, nullptr, 0, &token), TIDBIT_ERR_ARGUMENT);
  }
  const tidbit_sampling good{};
  EXPECT_EQ(tidbit_sample(nullptr, 3, &good, &rng, nullptr, 0, &token), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_sample(logits.data(), 0, &good, &rng, nullptr, 0, &token), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_sample(logits.data(), 3, &good, &rng, nullptr, 1, &token), TIDBIT_ERR_ARGUMENT);
}

TEST(Status, EveryStatusHasASentence) {
  for (int i = 0; i < TIDBIT_STATUS_COUNT; ++i) {
    EXPECT_STRNE(tidbit_status_string(static_cast<tidbit_status>(i)), "unknown status") << i;
  }
  EXPECT_STREQ(tidbit_status_string(TIDBIT_STATUS_COUNT), "unknown status");
}

}  // namespace
