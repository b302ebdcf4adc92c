#include "trust/sha512.h"

#include <string.h>

namespace tidbit {
namespace {

// The first 64 bits of the fractional parts of the cube roots of the first 80 primes.
constexpr std::uint64_t kRound[80] = {
    0x428A2F98D728AE22u, 0x7137449123EF65CDu, 0xB5C0FBCFEC4D3B2Fu, 0xE9B5DBA58189DBBCu, 0x3956C25BF348B538u,
    0x59F111F1B605D019u, 0x923F82A4AF194F9Bu, 0xAB1C5ED5DA6D8118u, 0xD807AA98A3030242u, 0x12835B0145706FBEu,
    0x243185BE4EE4B28Cu, 0x550C7DC3D5FFB4E2u, 0x72BE5D74F27B896Fu, 0x80DEB1FE3B1696B1u, 0x9BDC06A725C71235u,
    0xC19BF174CF692694u, 0xE49B69C19EF14AD2u, 0xEFBE4786384F25E3u, 0x0FC19DC68B8CD5B5u, 0x240CA1CC77AC9C65u,
    0x2DE92C6F592B0275u, 0x4A7484AA6EA6E483u, 0x5CB0A9DCBD41FBD4u, 0x76F988DA831153B5u, 0x983E5152EE66DFABu,
    0xA831C66D2DB43210u, 0xB00327C898FB213Fu, 0xBF597FC7BEEF0EE4u, 0xC6E00BF33DA88FC2u, 0xD5A79147930AA725u,
    0x06CA6351E003826Fu, 0x142929670A0E6E70u, 0x27B70A8546D22FFCu, 0x2E1B21385C26C926u, 0x4D2C6DFC5AC42AEDu,
    0x53380D139D95B3DFu, 0x650A73548BAF63DEu, 0x766A0ABB3C77B2A8u, 0x81C2C92E47EDAEE6u, 0x92722C851482353Bu,
    0xA2BFE8A14CF10364u, 0xA81A664BBC423001u, 0xC24B8B70D0F89791u, 0xC76C51A30654BE30u, 0xD192E819D6EF5218u,
    0xD69906245565A910u, 0xF40E35855771202Au, 0x106AA07032BBD1B8u, 0x19A4C116B8D2D0C8u, 0x1E376C085141AB53u,
    0x2748774CDF8EEB99u, 0x34B0BCB5E19B48A8u, 0x391C0CB3C5C95A63u, 0x4ED8AA4AE3418ACBu, 0x5B9CCA4F7763E373u,
    0x682E6FF3D6B2B8A3u, 0x748F82EE5DEFB2FCu, 0x78A5636F43172F60u, 0x84C87814A1F0AB72u, 0x8CC702081A6439ECu,
    0x90BEFFFA23631E28u, 0xA4506CEBDE82BDE9u, 0xBEF9A3F7B2C67915u, 0xC67178F2E372532Bu, 0xCA273ECEEA26619Cu,
    0xD186B8C721C0C207u, 0xEADA7DD6CDE0EB1Eu, 0xF57D4F7FEE6ED178u, 0x06F067AA72176FBAu, 0x0A637DC5A2C898A6u,
    0x113F9804BEF90DAEu, 0x1B710B35131C471Bu, 0x28DB77F523047D84u, 0x32CAAB7B40C72493u, 0x3C9EBE0A15C9BEBCu,
    0x431D67C49C100D4Cu, 0x4CC5D4BECB3E42B6u, 0x597F299CFC657E2Au, 0x5FCB6FAB3AD6FAECu, 0x6C44198C4A475817u,
};

// The same of the square roots of the first 8.
constexpr std::uint64_t kInitial[8] = {0x6A09E667F3BCC908u, 0xBB67AE8584CAA73Bu, 0x3C6EF372FE94F82Bu,
                                       0xA54FF53A5F1D36F1u, 0x510E527FADE682D1u, 0x9B05688C2B3E6C1Fu,
                                       0x1F83D9ABFB41BD6Bu, 0x5BE0CD19137E2179u};

constexpr std::uint64_t rotate(std::uint64_t x, int by) { return x >> by | x << (64 - by); }

// Numbers in a block are big-endian.
std::uint64_t read(const unsigned char *p) {
  std::uint64_t value;
  __builtin_memcpy(&value, p, sizeof value);
  return __builtin_bswap64(value);
}

void write(std::uint64_t value, unsigned char *p) {
  value = __builtin_bswap64(value);
  __builtin_memcpy(p, &value, sizeof value);
}

}  // namespace

Sha512::Sha512() { memcpy(state_, kInitial, sizeof state_); }

// The message schedule is a ring of 16 words, and word t - 16 is replaced by word t.
void Sha512::absorb(const unsigned char *block) {
  std::uint64_t w[16], s[8];
  for (std::size_t i = 0; i < 16; ++i) w[i] = read(block + 8 * i);
  memcpy(s, state_, sizeof s);
  for (unsigned t = 0; t < 80; ++t) {
    std::uint64_t &word = w[t % 16];
    if (t >= 16) {
      const std::uint64_t near = w[(t + 14) % 16], far = w[(t + 1) % 16];
      word += w[(t + 9) % 16] + (rotate(near, 19) ^ rotate(near, 61) ^ near >> 6) +
              (rotate(far, 1) ^ rotate(far, 8) ^ far >> 7);
    }
    const std::uint64_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
    const std::uint64_t majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
    const std::uint64_t one =
        s[7] + (rotate(s[4], 14) ^ rotate(s[4], 18) ^ rotate(s[4], 41)) + choice + kRound[t] + word;
    const std::uint64_t two = (rotate(s[0], 28) ^ rotate(s[0], 34) ^ rotate(s[0], 39)) + majority;
    for (unsigned i = 7; i > 0; --i) s[i] = s[i - 1];
    s[4] += one;
    s[0] = one + two;
  }
  for (std::size_t i = 0; i < 8; ++i) state_[i] += s[i];
}

void Sha512::update(const void *data, std::size_t bytes) {
  const auto *p = static_cast<const unsigned char *>(data);
  while (bytes > 0) {
    const auto held = static_cast<std::size_t>(total_ % kBlock);
    std::size_t take = kBlock;
    if (held == 0 && bytes >= kBlock) {
      absorb(p);
    } else {
      take = bytes < kBlock - held ? bytes : kBlock - held;
      memcpy(held_ + held, p, take);
      if (held + take == kBlock) absorb(held_);
    }
    total_ += take;
    p += take;
    bytes -= take;
  }
}

// The padding: a one bit, zeros, and the length in bits as a number of 128 bits.
void Sha512::finish(std::uint8_t (&digest)[kBytes]) {
  const std::uint64_t bytes = total_;
  static constexpr unsigned char kOne = 0x80, kZero = 0;
  update(&kOne, 1);
  while (total_ % kBlock != kBlock - 16) update(&kZero, 1);
  unsigned char length[16];
  write(bytes >> 61, length);
  write(bytes << 3, length + 8);
  update(length, sizeof length);
  for (std::size_t i = 0; i < 8; ++i) write(state_[i], digest + 8 * i);
}

}  // namespace tidbit
