#include "converter/budget/influence.h"

#include <algorithm>
#include <numeric>

#include "converter/calibrate/head.h"
#include "converter/parallel.h"
#include "kernels/generic/exp.h"
#include "kernels/isa/scalar_lanes.h"

namespace tidbit::convert {
namespace {

constexpr std::uint32_t kLikely = 256;   // tokens per position: nearly all of the probability
constexpr std::uint32_t kTogether = 16;  // tokens that the head is multiplied with at a time

}  // namespace

Influence::Influence(const BlobView &blob, const Sequences &sequences)
    : sequences_(sequences), vocab_(blob.info().vocab_size), kept_(sequences.size()) {
  for (const auto &tokens : sequences) {
    const auto length = static_cast<std::uint32_t>(tokens.size());
    tidbit_options options = {};
    options.context = length;
    options.chunk = std::min(length, kTogether);
    sessions_.push_back(std::make_unique<BlobSession>(blob, options));
    kept_[sessions_.size() - 1].resize(length);
  }
  in_parallel(static_cast<std::uint32_t>(sequences.size()), [&](std::uint32_t i) {
    run(i, [&](std::size_t position, const float *logits) { kept_[i][position] = likely_of(logits, vocab_); });
  });
}

template <class Body>
void Influence::run(std::uint32_t sequence, Body body) {
  tidbit_session *const session = sessions_[sequence]->get();
  const std::vector<std::int32_t> &tokens = sequences_[sequence];
  std::vector<float> logits(std::size_t{kTogether} * vocab_);
  tidbit_reset(session);
  for (std::size_t at = 0; at < tokens.size(); at += kTogether) {
    const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(kTogether, tokens.size() - at));
    check_status(tidbit_prefill(session, tokens.data() + at, count, 0, nullptr), "tidbit_prefill");
    head_logits(*session, count, logits.data());
    for (std::size_t i = 0; i < count; ++i) body(at + i, logits.data() + i * vocab_);
  }
}

Influence::Likely Influence::likely_of(const float *logits, std::uint32_t vocab) {
  std::vector<std::int32_t> order(vocab);
  std::iota(order.begin(), order.end(), 0);
  const auto count = std::min(kLikely, vocab);
  std::partial_sort(order.begin(), order.begin() + count, order.end(), [&](std::int32_t a, std::int32_t b) {
    return logits[a] != logits[b] ? logits[a] > logits[b] : a < b;
  });
  order.resize(count);
  Likely likely{std::move(order), {}, {}};
  float sum = 0;
  for (const std::int32_t token : likely.tokens) {
    likely.logits.push_back(logits[token]);
    likely.shares.push_back(Elementary<ScalarLanes>::exp(logits[token] - likely.logits[0]));
    sum += likely.shares.back();
  }
  for (float &share : likely.shares) share /= sum;
  return likely;
}

double Influence::change_of(const Likely &kept, const float *logits) {
  double mean = 0, square = 0;
  for (std::size_t i = 0; i < kept.tokens.size(); ++i) {
    const double change = static_cast<double>(logits[kept.tokens[i]]) - static_cast<double>(kept.logits[i]);
    const auto share = static_cast<double>(kept.shares[i]);
    mean += share * change;
    square += share * change * change;
  }
  return (square - mean * mean) / 2;
}

double Influence::measure() {
  std::vector<double> sums(sequences_.size());
  in_parallel(static_cast<std::uint32_t>(sequences_.size()), [&](std::uint32_t i) {
    run(i, [&](std::size_t position, const float *logits) { sums[i] += change_of(kept_[i][position], logits); });
  });
  std::size_t positions = 0;
  for (const auto &kept : kept_) positions += kept.size();
  return std::accumulate(sums.begin(), sums.end(), 0.0) / static_cast<double>(positions);
}

}  // namespace tidbit::convert
