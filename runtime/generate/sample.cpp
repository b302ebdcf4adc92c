// Sampling. Probabilities become integers ("masses"; the most probable token gets nearly 2^30), so that sums do not
// depend on their order and every target draws the same token. Nothing is sorted: thresholds are found digit by digit.
#include "base/assert.h"
#include "generate/probability.h"
#include "tidbit/tidbit.h"

namespace tidbit {
namespace {

constexpr int kMassBits = 30;
constexpr std::uint32_t kFullMass = 1u << kMassBits;
constexpr std::uint32_t kTopMass = kFullMass - 64;  // the largest float below it

// Loops over the vocabulary work in blocks of a fixed length, which compilers vectorize.
constexpr std::uint32_t kBlock = 16;

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

  // Calls body(i), in ascending order, for each token whose mass is in [least, most]. Skips blocks that have none.
  template <class Body>
  void each_within(std::uint32_t least, std::uint32_t most, Body body) const {
    for (std::uint32_t begin = 0; begin < count_; begin += kBlock) {
      const bool whole = count_ - begin >= kBlock;
      if (whole && !any_within(begin, least, most)) continue;
      const std::uint32_t end = whole ? begin + kBlock : count_;
      for (std::uint32_t i = begin; i < end; ++i) {
        if (is_within(storage_[i], least, most)) body(i);
      }
    }
  }

 private:
  // Signed comparisons, because more instruction sets have vector instructions for them.
  static bool is_within(float stored, std::uint32_t least, std::uint32_t most) {
    const auto mass = static_cast<std::int32_t>(float_bits(stored));
    return (mass >= static_cast<std::int32_t>(least)) & (mass <= static_cast<std::int32_t>(most));
  }
  bool any_within(std::uint32_t begin, std::uint32_t least, std::uint32_t most) const {
    const float *block = storage_ + begin;
    std::uint32_t found = 0;
#pragma GCC unroll 1  // if unrolled, it would become scalar code
    for (std::uint32_t i = 0; i < kBlock; ++i) found |= is_within(block[i], least, most) ? 1u : 0u;
    return found != 0;
  }

  float *storage_;
  std::uint32_t count_;
};

// Penalizes each recent token once. A set of the tokens seen would need a bit for each token of the vocabulary, so the
// vocabulary is taken in parts.
void penalize(float *logits, std::uint32_t count, float penalty, const std::int32_t *recent,
              std::uint32_t recent_count) {
  constexpr std::uint32_t kPart = 4096;
  for (std::uint32_t begin = 0; begin < count; begin += kPart) {
    std::uint32_t seen[kPart / 32] = {};
    for (std::uint32_t i = 0; i < recent_count; ++i) {
      const auto token = static_cast<std::uint32_t>(recent[i]);
      const std::uint32_t at = token - begin;
      if (token >= count || at >= kPart || (seen[at / 32] >> at % 32 & 1) != 0) continue;
      seen[at / 32] |= 1u << at % 32;
      logits[token] = logits[token] > 0 ? logits[token] / penalty : logits[token] * penalty;
    }
  }
}

// floor(2^30 exp((logit - highest) / temperature)); 0 if that is below 1. Only the highest logit gets kTopMass.
std::uint32_t mass_of(float logit, float highest, float temperature) {
  const float x = (logit - highest) / temperature;
  const float mass = Elementary<MassLanes>::exp(x) * static_cast<float>(kFullMass);
  const float sound = MassLanes::less(-21.0f, x, mass, 0.0f);
  const float lower = MassLanes::min(sound, static_cast<float>(kFullMass - 128));
  const float result = MassLanes::less(logit, highest, lower, static_cast<float>(kTopMass));
  return static_cast<std::uint32_t>(static_cast<std::int32_t>(result));
}

void to_masses(float *logits, std::uint32_t count, float highest, float temperature) {
  for (std::uint32_t i = 0; i < count; ++i) logits[i] = bits_float(mass_of(logits[i], highest, temperature));
}

// What a token counts for: its mass for top-p, 1 for top-k.
enum class By { mass, count };
std::uint32_t weight(By by, std::uint32_t mass) { return by == By::mass ? mass : 1; }

struct Cut {
  std::uint32_t threshold;  // keep all masses above this one
  std::uint64_t at;         // and this much weight of the masses equal to it
};

// Finds the highest threshold such that the masses at or above it weigh at least `target`. The threshold is found one
// digit at a time from the top, with one pass and one histogram each. Masses whose digit is 0 need no counting: if
// the other digits do not reach the target, the digit is 0.
Cut find_cut(const Masses &masses, By by, std::uint64_t target) {
  TIDBIT_ASSERT(target > 0);
  constexpr std::uint32_t kDigitBits = 6, kDigits = 1u << kDigitBits;
  std::uint32_t prefix = 0;
  for (int shift = kMassBits - static_cast<int>(kDigitBits); shift >= 0; shift -= static_cast<int>(kDigitBits)) {
    std::uint64_t histogram[kDigits] = {};
    const std::uint32_t least = (prefix * kDigits + 1) << shift, most = ((prefix * kDigits + kDigits) << shift) - 1;
    masses.each_within(
        least, most, [&](std::uint32_t i) { histogram[masses[i] >> shift & (kDigits - 1)] += weight(by, masses[i]); });
    std::uint32_t digit = kDigits - 1;
    for (; digit > 0 && histogram[digit] < target; --digit) target -= histogram[digit];
    prefix = prefix * kDigits + digit;
  }
  return {prefix, target};
}

void drop_below(Masses &masses, std::uint32_t least) {
  for (std::uint32_t i = 0; i < masses.count(); ++i) masses.set(i, masses[i] < least ? 0 : masses[i]);
}

// Drops the masses below the cut and, among those equal to it, the ones with the highest ids.
void keep_above(Masses &masses, By by, std::uint64_t target) {
  const Cut cut = find_cut(masses, by, target);
  drop_below(masses, cut.threshold);
  std::uint64_t kept = 0;
  masses.each_within(cut.threshold, cut.threshold, [&](std::uint32_t i) {
    if (kept >= cut.at) return masses.set(i, 0);
    kept += weight(by, cut.threshold);
  });
}

void keep_top_k(Masses &masses, std::uint32_t k) {
  if (k != 0 && k < masses.count()) keep_above(masses, By::count, k);
}

void keep_top_p(Masses &masses, float top_p) {
  if (top_p <= 0 || top_p >= 1) return;
  const double share = static_cast<double>(top_p) * static_cast<double>(masses.total());
  const auto target = static_cast<std::uint64_t>(share);
  keep_above(masses, By::mass, target == 0 ? 1 : target);
}

void keep_min_p(Masses &masses, float min_p) {
  if (min_p > 0) drop_below(masses, static_cast<std::uint32_t>(static_cast<double>(min_p) * kTopMass));
}

std::uint64_t next_random(tidbit_rng &rng) {
  rng.state += 0x9E3779B97F4A7C15u;
  std::uint64_t z = rng.state;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
  z = (z ^ z >> 27) * 0x94D049BB133111EBu;
  return z ^ z >> 31;
}

// floor(random * total / 2^64) for total below 2^52, without 128-bit arithmetic.
std::uint64_t scale_random(std::uint64_t random, std::uint64_t total) {
  const std::uint64_t high = random >> 32, low = random & 0xFFFFFFFF;
  const std::uint64_t total_high = total >> 32, total_low = total & 0xFFFFFFFF;
  const std::uint64_t middle = (low * total_low >> 32) + (high * total_low & 0xFFFFFFFF) + low * total_high;
  return high * total_high + (high * total_low >> 32) + (middle >> 32);
}

std::uint32_t draw(const Masses &masses, tidbit_rng &rng) {
  const std::uint64_t total = masses.total();
  std::uint64_t left = scale_random(next_random(rng), total);
  TIDBIT_ASSERT(left < total);
  std::uint32_t i = 0;
  for (; left >= masses[i]; ++i) left -= masses[i];
  return i;
}

// True from 0 to `most`. As integers, negative numbers and NaN are above all others; the sum turns -0 into 0.
bool in_range(float x, float most) { return float_bits(x + 0.0f) <= float_bits(most); }

bool is_valid(const tidbit_sampling &p) {
  return in_range(p.temperature, 1e6f) && in_range(p.top_p, 1) && in_range(p.min_p, 1) &&
         in_range(p.repeat_penalty, 1e6f);
}

}  // namespace
}  // namespace tidbit

using namespace tidbit;

extern "C" tidbit_status tidbit_sample(float *logits, uint32_t count, const tidbit_sampling *sampling, tidbit_rng *rng,
                                       const int32_t *recent, uint32_t recent_count, int32_t *token) {
  if (logits == nullptr || count == 0 || sampling == nullptr || token == nullptr) return TIDBIT_ERR_ARGUMENT;
  if ((recent == nullptr && recent_count != 0) || !is_valid(*sampling)) return TIDBIT_ERR_ARGUMENT;
  if (sampling->repeat_penalty > 0) penalize(logits, count, sampling->repeat_penalty, recent, recent_count);
  std::uint32_t best;
  if (!find_highest(logits, count, &best)) return TIDBIT_ERR_NOT_FINITE;
  if (sampling->temperature <= 0) {
    *token = static_cast<int32_t>(best);
    return TIDBIT_OK;
  }
  if (rng == nullptr) return TIDBIT_ERR_ARGUMENT;
  to_masses(logits, count, logits[best], sampling->temperature);
  Masses masses(logits, count);
  keep_top_k(masses, sampling->top_k);
  keep_top_p(masses, sampling->top_p);
  keep_min_p(masses, sampling->min_p);
  *token = static_cast<int32_t>(draw(masses, *rng));
  return TIDBIT_OK;
}
