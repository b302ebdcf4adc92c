// The log-probability of a token. exp(logit - highest) becomes an integer, so that the sum does not depend on its order
// and every target gets the same bits.
#include "generate/probability.h"
#include "tidbit/tidbit.h"

namespace tidbit {
namespace {

constexpr int kUnitBits = 40;                    // the most probable token counts for 2^40
constexpr std::uint32_t kMostLogits = 1u << 20;  // the largest vocabulary; their sum stays below 2^61
constexpr std::uint64_t kSplit = 363;            // sqrt(2) in units of 2^-8

std::uint64_t sum_of(const float *logits, std::uint32_t count, float highest) {
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const float share = Elementary<MassLanes>::exp(logits[i] - highest);
    sum += static_cast<std::uint64_t>(static_cast<std::int64_t>(share * 0x1p+40f));
  }
  return sum;
}

// log(sum / 2^40) for a sum of at least 2^40. With the power of two P next to the sum, sum / P is (1 + s) / (1 - s) for
// s = (sum - P) / (sum + P), and its log is 2 (s + s^3 / 3 + s^5 / 5 + ...). The difference is exact, so a sum that is
// hardly above 2^40, which means that one token is nearly certain, loses no digits.
float log_of(std::uint64_t sum) {
  int exponent = kUnitBits;
  while (sum >> exponent >> 1 != 0) ++exponent;
  if (sum >> (exponent - 8) >= kSplit) ++exponent;
  const auto power = std::int64_t{1} << exponent, value = static_cast<std::int64_t>(sum);
  const float s = static_cast<float>(value - power) / static_cast<float>(value + power);
  const float z = s * s, twice = s + s;
  float q = z * 0.11111111f + 0.14285715f;
  q = q * z + 0.2f;
  q = q * z + 0.33333334f;
  const float n = static_cast<float>(exponent - kUnitBits);
  return n * 0x1.62e400p-1f + (n * 0x1.7f7d1cp-20f + (twice * z * q + twice));
}

}  // namespace
}  // namespace tidbit

using namespace tidbit;

extern "C" tidbit_status tidbit_logprob(const float *logits, uint32_t count, int32_t token, float *logprob) {
  if (logits == nullptr || count == 0 || count > kMostLogits || logprob == nullptr) return TIDBIT_ERR_ARGUMENT;
  if (token < 0 || static_cast<std::uint32_t>(token) >= count) return TIDBIT_ERR_TOKEN;
  std::uint32_t best;
  if (!find_highest(logits, count, &best)) return TIDBIT_ERR_NOT_FINITE;
  const float highest = logits[best];
  if (highest - highest != 0) return TIDBIT_ERR_NOT_FINITE;
  *logprob = (logits[token] - highest) - log_of(sum_of(logits, count, highest));
  return TIDBIT_OK;
}
