// AVX2 with FMA, F16C and AVX-VNNI, which is vpdpbusd for 256 bits without AVX-512.
#include "kernels/isa/list.inc"
#ifdef TIDBIT_FILE_AVXVNNI

#include "kernels/generic/table.h"
#include "kernels/isa/avx2_lanes.h"

namespace tidbit {
namespace {

struct AvxVnniLanes : Avx2Lanes {
  static Sums add_products(Sums sums, __m256i codes, __m256i x) { return _mm256_dpbusd_avx_epi32(sums, codes, x); }
  static Sums add_pairs(Sums sums, __m256i a, __m256i b) { return _mm256_dpwssd_avx_epi32(sums, a, b); }

  // vpdpbusd takes unsigned weights, so this adds 128 to w. `start` subtracts 128 times the sum of x in advance.
  using Codes = __m256i;
  static void load_codes(const std::int8_t *&p, std::uint32_t, Codes (&c)[2]) {
    for (int i = 0; i < 2; ++i) {
      const __m256i codes = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(p) + i);
      c[i] = _mm256_xor_si256(codes, _mm256_set1_epi8(-128));
    }
    p += 64;
  }
  static Sums start(std::int32_t sum) { return _mm256_set1_epi32(-128 * sum); }
  template <std::uint32_t i>
  static Sums dot(Sums sums, Codes w, Inputs x) {
    return add_products(sums, w, word<i>(x));
  }

  // A block's sums are whole. (Those of AVX2 are in two parts.)
  template <class W>
  static constexpr std::uint32_t summed_words = format::kBlock / 4;
  template <class W>
  static BlockSums start_block(std::int32_t start) {
    return _mm256_set1_epi32(start);
  }
  template <class W, std::uint32_t i>
  static BlockSums dot_block(BlockSums block, SmallCodes codes, Inputs x) {
    return add_products(block, codes, word<i>(x));
  }
  template <class W>
  static void load_scales(const std::byte *fine, Scales (&scales)[2]) {
    for (int i = 0; i < 2; ++i) {
      const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i *>(fine + i * 8));
      scales[i] = _mm256_and_si256(_mm256_cvtepi8_epi32(bytes), _mm256_set1_epi32(15));
    }
  }
  // A sum that fits int16 is the low half of a pair. The scale's high half is 0, so the sum's high half, its sign, does
  // not count.
  template <class W>
  static Sums add_block(Sums sums, BlockSums block, Scales scale) {
    if constexpr (kBlockFitsInt16<W>) return add_pairs(sums, block, scale);
    return _mm256_add_epi32(sums, _mm256_mullo_epi32(block, scale));
  }

  // unit * shift of both blocks, as a pair of int16.
  template <class W>
  static void load_zeros(const std::byte *fine, Zeros (&zeros)[2]) {
    for (int i = 0; i < 2; ++i) {
      const __m256i shifts = _mm256_srai_epi16(load_fine(fine, fine + format::kTileRows, i), 4);
      zeros[i] = _mm256_mullo_epi16(shifts, _mm256_set1_epi16(W::shift_unit));
    }
  }
  template <class W>
  static Sums add_zeros(Sums sums, Zeros zeros, const std::int16_t *pair) {
    int both;
    __builtin_memcpy(&both, pair, 4);
    return add_pairs(sums, _mm256_set1_epi32(both), zeros);
  }

  // Two bytes at a time: no product exceeds a byte, so the lower one does not carry into the higher one.
  template <class W>
  static SmallCodes scale_codes(SmallCodes codes, Scales scale) {
    return _mm256_mullo_epi16(codes, _mm256_or_si256(scale, _mm256_slli_epi32(scale, 16)));
  }
  template <class W>
  static void load_all_zeros(const std::byte *fine, Zeros (&zeros)[2]) {
    Avx2Lanes::load_zeros<W>(fine, zeros);
  }
};

}  // namespace

extern constinit const Kernels kAvxvnniKernels = make_kernels<AvxVnniLanes>(TIDBIT_ISA_AVXVNNI);

}  // namespace tidbit

#endif  // TIDBIT_FILE_AVXVNNI
