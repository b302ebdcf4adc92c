// Hashes of the logits of a fixed walk over a vocabulary, and of the underlying arithmetic, for hosted tests and
// firmware images. Needs nothing but the library.
#pragma once

#include "base/arith.h"
#include "base/hash.h"
#include "base/types.h"
#include "tidbit/tidbit.h"

namespace tidbit::test {

// Number of tokens in the streams that firmware images run: more than a tile of positions.
inline constexpr std::uint32_t kShortStream = 20;

// Pseudorandom tokens of a vocabulary, the same on every machine.
class TokenWalk {
 public:
  explicit TokenWalk(std::uint32_t vocab) : vocab_(vocab) {}

  std::int32_t next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::int32_t>((state_ >> 33) % vocab_);
  }

 private:
  std::uint32_t vocab_;
  std::uint64_t state_ = 1;
};

// Feeds the first kShortStream tokens `chunk` at a time and hashes the logits after each.
inline tidbit_status hash_short_stream(tidbit_session *session, std::uint32_t vocab, std::uint32_t chunk,
                                       std::uint64_t *hash) {
  TokenWalk walk(vocab);
  std::int32_t tokens[kShortStream];
  for (std::int32_t &token : tokens) token = walk.next();
  Hash64 rows;
  for (std::uint32_t at = 0; at < kShortStream; at += chunk) {
    const std::uint32_t left = kShortStream - at, count = left < chunk ? left : chunk;
    if (const auto s = tidbit_prefill(session, tokens + at, count, 0, nullptr); s != TIDBIT_OK) return s;
    for (std::uint32_t i = 0; i < count; ++i) {
      float *logits = nullptr;
      if (const auto s = tidbit_logits_at(session, i, &logits, nullptr); s != TIDBIT_OK) return s;
      rows.update(logits, vocab * sizeof(float));
    }
  }
  *hash = rows.digest();
  return TIDBIT_OK;
}

// Hash of fused multiply-adds, roots, sums and conversions of floats with arbitrary bits. Many of the results are
// subnormal or ties. All NaNs count as the same value.
inline std::uint64_t hash_arithmetic() {
  Hash64 results;
  const auto add = [&](float x) {
    const std::uint32_t bits = x != x ? 0x7FC00000 : float_bits(x);
    results.update(&bits, sizeof bits);
  };
  std::uint64_t state = 1;
  const auto random_bits = [&] {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::uint32_t>(state >> 32);
  };
  for (std::uint32_t i = 0; i < 4096; ++i) {
    const float a = bits_float(random_bits()), b = bits_float(random_bits()), c = bits_float(random_bits());
    // Products near 2^-126, and a third operand that almost cancels them.
    const float small = bits_float((float_bits(a) & 0x807FFFFF) | 0x20000000);
    const float smaller = bits_float((float_bits(b) & 0x807FFFFF) | (0x1C000000 + (random_bits() & 0x07800000)));
    const float close = bits_float(float_bits(small * smaller) ^ 0x80000000 ^ (random_bits() & 3));
    add(fma(a, b, c));
    add(fma(small, smaller, close));
    add(fma(small, smaller, bits_float(float_bits(c) & 0x80FFFFFF)));
    // The square of 1 + odd 2^-12 is exactly between two floats; the number added to it is lost in a double's sum.
    const float root = 1.0f + static_cast<float>(i % 64 * 2 + 1) * 0x1p-12f;
    add(fma(root, root, i % 3 == 0 ? 0x1p-60f : -0x1p-60f));
    add(small * smaller);
    add(a / b);
    add(square_root(a));
    add(bits_float(float_bits(c) & 0x00FFFFFF) + small);
    add(half_to_float(static_cast<std::uint16_t>(random_bits())));
    add(half_to_float(float_to_half(bits_float((float_bits(b) & 0x8FFFFFFF) | 0x30000000))));
  }
  return results.digest();
}

}  // namespace tidbit::test
