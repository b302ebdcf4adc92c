// Choosing a token. Probabilities become integers ("masses", the most probable token has nearly 2^30), so that sums do not depend
// on an order and every target draws the same token. Nothing is sorted: thresholds are found digit by digit.
#include "kernels/scalar_lanes.h"
#include "tidbit/tidbit.h"

namespace tidbit {
namespace {

constexpr int kMassBits = 30;
constexpr std::uint32_t kFullMass = 1u << kMassBits;

// The masses overwrite the logits.
class Masses {
 public:
  Masses(float *storage, std::uint32_t count) : storage_(storage), count_(count) {}

  std::uint32_t count() const { return count_; }
  std::uint32_t operator[](std::uint32_t i) const { return float_bits(storage_[i]); }
  void set(std::uint32_t i, std::uint32_t mass) { storage_[i] = bits_float(mass); }

  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (std::uint32_t i = 0; i < count_; ++i) sum += (*this)[i];
    return sum;
  }

 private:
  float *storage_;
  std::uint32_t count_;
};

std::uint32_t highest_index(const float *logits, std::uint32_t count) {
  std::uint32_t best = 0;
  float highest = logits[0];
  for (std::uint32_t i = 1; i < count; ++i) {
    if (logits[i] > highest) {
      highest = logits[i];
      best = i;
    }
  }
  return best;
}

bool seen_before(const std::int32_t *tokens, std::uint32_t index) {
  for (std::uint32_t i = 0; i < index; ++i) {
    if (tokens[i] == tokens[index]) return true;
  }
  return false;
}

void penalize(float *logits, std::uint32_t count, float penalty, const std::int32_t *recent, std::uint32_t recent_count) {
  for (std::uint32_t i = 0; i < recent_count; ++i) {
    const auto token = static_cast<std::uint32_t>(recent[i]);
    if (token >= count || seen_before(recent, i)) continue;
    logits[token] = logits[token] > 0 ? logits[token] / penalty : logits[token] * penalty;
  }
}

// floor(2^30 exp((logit - highest) / temperature)), at most 2^30 - 1.
void to_masses(float *logits, std::uint32_t count, float temperature) {
  const float highest = logits[highest_index(logits, count)];
  Masses masses(logits, count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const float x = (logits[i] - highest) / temperature;
    const bool counts = x > -21.0f && x <= 0.0f;  // exp(-21) 2^30 is below 1
    const float share = counts ? FloatBodies<ScalarLanes>::exp(x) : 0.0f;
    const auto mass = static_cast<std::uint32_t>(share * static_cast<float>(kFullMass));
    masses.set(i, mass < kFullMass ? mass : kFullMass - 1);
  }
}

// How much of something lies at or above a mass: tokens, or mass itself.
using Weight = std::uint64_t (*)(std::uint32_t mass);

struct Cut {
  std::uint32_t threshold;  // keep everything above it
  std::uint64_t at;         // and this much weight of what equals it
};

// The highest threshold such that what is at or above it weighs at least `target`: found in digits from the top,
// with one pass and one histogram each.
Cut find_cut(const Masses &masses, Weight weight, std::uint64_t target) {
  constexpr std::uint32_t kDigitBits = 6, kDigits = 1u << kDigitBits;
  std::uint32_t prefix = 0;
  for (int shift = kMassBits - static_cast<int>(kDigitBits); shift >= 0; shift -= static_cast<int>(kDigitBits)) {
    std::uint64_t histogram[kDigits] = {};
    for (std::uint32_t i = 0; i < masses.count(); ++i) {
      const std::uint32_t digits = masses[i] >> shift;
      if (digits >> kDigitBits == prefix) histogram[digits % kDigits] += weight(masses[i]);
    }
    std::uint32_t digit = kDigits - 1;
    for (; digit > 0 && histogram[digit] < target; --digit) target -= histogram[digit];
    prefix = prefix << kDigitBits | digit;
  }
  return {prefix, target};
}

// Drops what is below the cut, and of its equals those with the highest ids.
void keep_above(Masses &masses, Weight weight, std::uint64_t target) {
  const Cut cut = find_cut(masses, weight, target);
  std::uint64_t kept = 0;
  for (std::uint32_t i = 0; i < masses.count(); ++i) {
    if (masses[i] > cut.threshold) continue;
    if (masses[i] < cut.threshold || kept >= cut.at) {
      masses.set(i, 0);
    } else {
      kept += weight(masses[i]);
    }
  }
}

void keep_top_k(Masses &masses, std::uint32_t k) {
  if (k != 0 && k < masses.count()) keep_above(masses, [](std::uint32_t) { return std::uint64_t{1}; }, k);
}

void keep_top_p(Masses &masses, float top_p) {
  if (top_p <= 0 || top_p >= 1) return;
  const double share = static_cast<double>(top_p) * static_cast<double>(masses.total());
  const auto target = static_cast<std::uint64_t>(share);
  keep_above(masses, [](std::uint32_t mass) { return std::uint64_t{mass}; }, target == 0 ? 1 : target);
}

void keep_min_p(Masses &masses, float min_p) {
  const auto least = static_cast<std::uint32_t>(static_cast<double>(min_p) * kFullMass);
  for (std::uint32_t i = 0; i < masses.count(); ++i) {
    if (masses[i] < least) masses.set(i, 0);
  }
}

std::uint64_t next_random(tidbit_rng &rng) {
  rng.state += 0x9E3779B97F4A7C15u;
  std::uint64_t z = rng.state;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
  z = (z ^ z >> 27) * 0x94D049BB133111EBu;
  return z ^ z >> 31;
}

// floor(random * total / 2^64), for total below 2^52, without 128-bit numbers.
std::uint64_t scale_random(std::uint64_t random, std::uint64_t total) {
  const std::uint64_t high = random >> 32, low = random & 0xFFFFFFFF;
  const std::uint64_t total_high = total >> 32, total_low = total & 0xFFFFFFFF;
  const std::uint64_t middle = (low * total_low >> 32) + (high * total_low & 0xFFFFFFFF) + low * total_high;
  return high * total_high + (high * total_low >> 32) + (middle >> 32);
}

std::uint32_t draw(const Masses &masses, tidbit_rng &rng) {
  std::uint64_t left = scale_random(next_random(rng), masses.total());
  for (std::uint32_t i = 0; i < masses.count(); ++i) {
    if (left < masses[i]) return i;
    left -= masses[i];
  }
  return 0;  // only when every mass is 0: logits that are not numbers
}

bool in_range(float x, float low, float high) { return x >= low && x <= high; }

bool is_valid(const tidbit_sampling &p) {
  return in_range(p.temperature, 0, 1e6f) && in_range(p.top_p, 0, 1) && in_range(p.min_p, 0, 1) &&
         in_range(p.repeat_penalty, 0, 1e6f);
}

}  // namespace
}  // namespace tidbit

using namespace tidbit;

extern "C" tidbit_status tidbit_sample(float *logits, uint32_t count, const tidbit_sampling *sampling, tidbit_rng *rng,
                                       const int32_t *recent, uint32_t recent_count, int32_t *token) {
  if (logits == nullptr || count == 0 || sampling == nullptr || token == nullptr) return TIDBIT_ERR_ARGUMENT;
  if ((recent == nullptr && recent_count != 0) || !is_valid(*sampling)) return TIDBIT_ERR_ARGUMENT;
  if (sampling->repeat_penalty > 0) penalize(logits, count, sampling->repeat_penalty, recent, recent_count);
  if (sampling->temperature <= 0) {
    *token = static_cast<int32_t>(highest_index(logits, count));
    return TIDBIT_OK;
  }
  if (rng == nullptr) return TIDBIT_ERR_ARGUMENT;
  to_masses(logits, count, sampling->temperature);
  Masses masses(logits, count);
  keep_top_k(masses, sampling->top_k);
  keep_top_p(masses, sampling->top_p);
  keep_min_p(masses, sampling->min_p);
  *token = static_cast<int32_t>(draw(masses, *rng));
  return TIDBIT_OK;
}
