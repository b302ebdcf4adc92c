// Verification of Ed25519 signatures (RFC 8032), small rather than fast. Everything here is public, so its time may
// depend on the data.
//
// The equation is the one without the cofactor, and R is compared as encoded: a signer who follows the RFC satisfies
// it, and it takes no decoding of R. Encodings that are not canonical, S >= L, and keys and R of small order are
// refused. So exactly one string of 64 bytes is the signature of a message, nonce and key.
#include <string.h>

#include "tidbit/tidbit.h"
#include "trust/sha512.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "encodings are little-endian and copied");

namespace tidbit {
namespace {

// 256 bits, the least significant word first. As an element of the field it stands for its value mod 2^255 - 19.
struct Number {
  std::uint32_t w[8];
};

constexpr Number kZero{};
constexpr Number kOne{{1}};
// d = -121665 / 121666, sqrt(-1) = 2^((p - 1) / 4), and the base point with x * y.
constexpr Number kD{{0x135978A3, 0x75EB4DCA, 0x4141D8AB, 0x00700A4D, 0x7779E898, 0x8CC74079, 0x2B6FFE73, 0x52036CEE}};
constexpr Number kRootOfMinusOne{
    {0x4A0EA0B0, 0xC4EE1B27, 0xAD2FE478, 0x2F431806, 0x3DFBD7A7, 0x2B4D0099, 0x4FC1DF0B, 0x2B832480}};
constexpr Number kBaseX{
    {0x8F25D51A, 0xC9562D60, 0x9525A7B2, 0x692CC760, 0xFDD6DC5C, 0xC0A4E231, 0xCD6E53FE, 0x216936D3}};
constexpr Number kBaseY{
    {0x66666658, 0x66666666, 0x66666666, 0x66666666, 0x66666666, 0x66666666, 0x66666666, 0x66666666}};
// L, the order of the base point.
constexpr Number kOrder{{0x5CF5D3ED, 0x5812631A, 0xA2F79CD6, 0x14DEF9DE, 0, 0, 0, 0x10000000}};

bool equal(const Number &a, const Number &b) { return memcmp(a.w, b.w, sizeof a.w) == 0; }

// Adds a small number and returns the carry out of the 256 bits.
std::int64_t add_small(Number &r, std::int64_t small) {
  for (std::uint32_t &word : r.w) {
    small += word;
    word = static_cast<std::uint32_t>(small);
    small >>= 32;
  }
  return small;
}

// 2^256 is 38 in the field. The second carry is so small that there is no third one.
void fold(Number &r, std::int64_t carry) { add_small(r, 38 * add_small(r, 38 * carry)); }

Number add(const Number &a, const Number &b) {
  Number r;
  std::int64_t carry = 0;
  for (unsigned i = 0; i < 8; ++i) {
    carry += std::int64_t{a.w[i]} + b.w[i];
    r.w[i] = static_cast<std::uint32_t>(carry);
    carry >>= 32;
  }
  fold(r, carry);
  return r;
}

// Plain subtraction; returns 0, or -1 if b is larger.
std::int64_t subtract(Number &r, const Number &a, const Number &b) {
  std::int64_t carry = 0;
  for (unsigned i = 0; i < 8; ++i) {
    carry += std::int64_t{a.w[i]} - b.w[i];
    r.w[i] = static_cast<std::uint32_t>(carry);
    carry >>= 32;
  }
  return carry;
}

Number sub(const Number &a, const Number &b) {
  Number r;
  fold(r, subtract(r, a, b));
  return r;
}

[[gnu::noinline]] Number mul(const Number &a, const Number &b) {
  std::uint32_t t[16] = {};
  for (unsigned i = 0; i < 8; ++i) {
    std::uint64_t carry = 0;
    for (unsigned j = 0; j < 8; ++j) {
      carry += std::uint64_t{a.w[i]} * b.w[j] + t[i + j];
      t[i + j] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    t[i + 8] = static_cast<std::uint32_t>(carry);
  }
  Number r;
  std::uint64_t carry = 0;
  for (unsigned i = 0; i < 8; ++i) {
    carry += t[i] + std::uint64_t{38} * t[i + 8];
    r.w[i] = static_cast<std::uint32_t>(carry);
    carry >>= 32;
  }
  fold(r, static_cast<std::int64_t>(carry));
  return r;
}

// a to the power of an exponent of `bits` ones, the last eight of which are replaced by `low`.
Number power(const Number &a, unsigned bits, unsigned low) {
  Number r = kOne;
  for (unsigned i = bits; i-- > 0;) {
    r = mul(r, r);
    if (i >= 8 || (low >> i & 1) != 0) r = mul(r, a);
  }
  return r;
}

// The representative below p.
Number canonical(Number r) {
  for (unsigned i = 0; i < 2; ++i) {
    const std::uint32_t top = r.w[7] >> 31;
    r.w[7] &= 0x7FFFFFFF;
    add_small(r, 19 * top);
  }
  Number plus = r;
  add_small(plus, 19);
  if (plus.w[7] >> 31 == 0) return r;
  plus.w[7] &= 0x7FFFFFFF;
  return plus;
}

bool same(const Number &a, const Number &b) { return equal(canonical(sub(a, b)), kZero); }

// x = X / Z, y = Y / Z, x y = T / Z.
struct Point {
  Number x, y, z, t;
};

// The complete addition on -x^2 + y^2 = 1 + d x^2 y^2 (Hisil, Wong, Carter, Dawson 2008); p and q may be equal.
void add(Point &p, const Point &q) {
  const Number a = mul(sub(p.y, p.x), sub(q.y, q.x));
  const Number b = mul(add(p.y, p.x), add(q.y, q.x));
  const Number tt = mul(mul(p.t, q.t), kD), zz = mul(p.z, q.z);
  const Number c = add(tt, tt), d = add(zz, zz);
  const Number e = sub(b, a), f = sub(d, c), g = add(d, c), h = add(b, a);
  p.x = mul(e, f);
  p.y = mul(g, h);
  p.t = mul(e, h);
  p.z = mul(f, g);
}

// Eight times a point is the neutral element only if its order is 1, 2, 4 or 8.
bool is_small_order(Point p) {
  for (unsigned i = 0; i < 3; ++i) add(p, Point(p));
  return same(p.x, kZero);
}

// Refuses what is not a point, y >= p, and x = 0 with a sign.
bool decode(const std::uint8_t *bytes, Point &p) {
  memcpy(p.y.w, bytes, sizeof p.y.w);
  const std::uint32_t sign = p.y.w[7] >> 31;
  p.y.w[7] &= 0x7FFFFFFF;
  if (!equal(p.y, canonical(p.y))) return false;
  const Number yy = mul(p.y, p.y), u = sub(yy, kOne), v = add(mul(kD, yy), kOne);
  // The candidate for the root of u / v: u v^3 (u v^7)^((p - 5) / 8).
  const Number v3 = mul(mul(v, v), v), uv7 = mul(mul(mul(v3, v3), v), u);
  Number x = mul(mul(u, v3), power(uv7, 252, 0xFD));
  const Number vxx = mul(v, mul(x, x));
  if (!same(vxx, u)) {
    if (!same(vxx, sub(kZero, u))) return false;
    x = mul(x, kRootOfMinusOne);
  }
  x = canonical(x);
  if (equal(x, kZero) && sign != 0) return false;
  p.x = (x.w[0] & 1) == sign ? x : sub(kZero, x);
  p.z = kOne;
  p.t = mul(p.x, p.y);
  return true;
}

Number encode(const Point &p) {
  const Number inverse = power(p.z, 255, 0xEB);  // p - 2
  Number y = canonical(mul(p.y, inverse));
  y.w[7] |= (canonical(mul(p.x, inverse)).w[0] & 1) << 31;
  return y;
}

// 512 bits mod L, a bit at a time.
Number reduce(const std::uint8_t (&digest)[Sha512::kBytes]) {
  Number r = kZero;
  for (unsigned i = 8 * Sha512::kBytes; i-- > 0;) {
    std::uint32_t bit = digest[i / 8] >> i % 8 & 1;
    for (std::uint32_t &word : r.w) {
      const std::uint32_t top = word >> 31;
      word = word << 1 | bit;
      bit = top;
    }
    Number less;
    if (subtract(less, r, kOrder) == 0) r = less;
  }
  return r;
}

unsigned bit(const Number &n, unsigned i) { return n.w[i / 32] >> i % 32 & 1; }

// s * base + k * a; both numbers are below L, which has 253 bits.
Point combine(const Number &s, const Number &k, const Point &a) {
  Point terms[3] = {{kBaseX, kBaseY, kOne, mul(kBaseX, kBaseY)}, a, a};
  add(terms[2], terms[0]);
  Point sum{kZero, kOne, kOne, kZero};
  for (unsigned i = 253; i-- > 0;) {
    add(sum, Point(sum));
    const unsigned which = bit(s, i) + 2 * bit(k, i);
    if (which != 0) add(sum, terms[which - 1]);
  }
  return sum;
}

}  // namespace
}  // namespace tidbit

using namespace tidbit;

extern "C" int tidbit_ed25519(void *, const uint8_t signature[64], const uint8_t public_key[32], const void *message,
                              size_t bytes) {
  if (signature == nullptr || public_key == nullptr || (message == nullptr && bytes != 0)) return 1;
  Number s, less;
  memcpy(s.w, signature + 32, sizeof s.w);
  if (subtract(less, s, kOrder) == 0) return 1;
  Point key;
  if (!decode(public_key, key) || is_small_order(key)) return 1;
  key.x = sub(kZero, key.x);
  key.t = sub(kZero, key.t);

  std::uint8_t digest[Sha512::kBytes];
  Sha512 hash;
  hash.update(signature, 32);
  hash.update(public_key, 32);
  hash.update(message, bytes);
  hash.finish(digest);

  const Point r = combine(s, reduce(digest), key);
  const Number encoded = encode(r);
  return is_small_order(r) || memcmp(encoded.w, signature, sizeof encoded.w) != 0;
}
