// Cortex-M with Helium (M55): 16 int8 products per instruction, added to a general register; and 4 floats at a time
// where it does not matter that Helium flushes subnormals. The DSP table does everything else.
#include "kernels/isa/list.inc"
#ifdef TIDBIT_FILE_HELIUM

#include "kernels/generic/table.h"
#include "kernels/isa/helium_rows.h"

namespace tidbit {

extern const Kernels kDspKernels;

namespace {

// ---- q8 matrices ----

// Weight scales are 0 or at least 2^-24. If activation scales are 0 or at least 2^-60, every product and sum is a
// multiple of 2^-107, so none is subnormal.
bool scales_are_safe(const Matmul &m) {
  const std::uint32_t groups = (m.cols + m.group - 1) / m.group;
  for (std::uint32_t t = 0; t < m.tokens; ++t) {
    for (std::uint32_t g = 0; g < groups; ++g) {
      const float scale = m.q.scales[t * m.q.group_stride + g];
      if (scale > 0 && scale < 0x1p-60f) return false;
    }
  }
  return true;
}

// 16 rows with one token.
template <class Runs>
[[gnu::always_inline]] inline void tile_times(const std::byte *tile, std::size_t scale_bytes,
                                              const HeliumActivations &x, float *y) {
  const auto *scales = reinterpret_cast<const std::uint16_t *>(tile);
  const auto *codes = reinterpret_cast<const std::int8_t *>(tile + scale_bytes);
  Runs::dot(x, codes, scales, y);
  Runs::dot(x, codes + Runs::half_bytes, scales + 8, y + 8);
}

template <class Runs>
void matmul_q8(const Matmul &m, std::uint32_t begin, std::uint32_t end) {
  using Format = typename Runs::Format;
  constexpr bool kPadded = Format::run == 16;
  if (!scales_are_safe(m)) return kDspKernels.matmul[index_of(Format::format)](m, begin, end);
  const auto stride = static_cast<std::size_t>(Format::tile_bytes(m.cols, m.group));
  const auto scale_bytes = static_cast<std::size_t>(Format::head_bytes(m.cols, m.group));
  HeliumActivations x{.codes = nullptr,
                      .scales = nullptr,
                      .steps = kPadded ? (m.cols + 15) / 16 : m.cols / 16,
                      .group = m.group / 16,
                      .lines = kPadded ? 0 : (m.cols % 16 + 3) / 4};
  for (std::uint32_t i = begin; i < end; ++i) {
    const std::byte *tile = m.weights + i * stride;
    const std::uint32_t rows = m.rows - i * format::kTileRows;
    for (std::uint32_t t = 0; t < m.tokens; ++t) {
      x.codes = m.q.codes + t * m.q.code_stride;
      x.scales = m.q.scales + t * m.q.group_stride;
      float *y = m.y + t * m.y_stride + i * format::kTileRows;
      if (rows >= format::kTileRows) {
        tile_times<Runs>(tile, scale_bytes, x, y);
      } else {
        float all[format::kTileRows];
        tile_times<Runs>(tile, scale_bytes, x, all);
        for (std::uint32_t row = 0; row < rows; ++row) y[row] = all[row];
      }
    }
  }
}

// ---- vectors ----

// Arithmetic with Helium, which flushes subnormals: only for bodies whose results do not change (ARITHMETIC.md).
struct HeliumLanes {
  static constexpr std::uint32_t width = 4;
  using Floats = float32x4_t;

  static Floats load(const float *p) { return vldrwq_f32(p); }
  static Floats load_part(const float *p, std::uint32_t n) { return vldrwq_z_f32(p, vctp32q(n)); }
  static void store(float *p, Floats x) { vstrwq_f32(p, x); }
  static void store_part(float *p, Floats x, std::uint32_t n) { vstrwq_p_f32(p, x, vctp32q(n)); }
  static Floats set(float x) { return vdupq_n_f32(x); }
  static Floats add(Floats a, Floats b) { return vaddq_f32(a, b); }
  static Floats sub(Floats a, Floats b) { return vsubq_f32(a, b); }
  static Floats mul(Floats a, Floats b) { return vmulq_f32(a, b); }
  static Floats fma(Floats a, Floats b, Floats c) { return vfmaq_f32(c, a, b); }
  // b is always a number, and a NaN that an operation returns is quiet.
  static Floats min(Floats a, Floats b) { return vminnmq_f32(a, b); }
  static Floats max(Floats a, Floats b) { return vpselq_f32(a, b, vcmpgtq_f32(a, b)); }
  // Helium's "less than" is true for NaN, its "greater than" is not.
  static Floats less(Floats a, Floats b, Floats yes, Floats no) { return vpselq_f32(yes, no, vcmpgtq_f32(b, a)); }
  static Floats add_to_exponent(Floats x, Floats t) {
    return vreinterpretq_f32_u32(vaddq_u32(vreinterpretq_u32_f32(x), vshlq_n_u32(vreinterpretq_u32_f32(t), 23)));
  }
  static Floats larger(Floats a, Floats b) {
    return vreinterpretq_f32_u32(vmaxq_u32(vreinterpretq_u32_f32(a), vreinterpretq_u32_f32(vabsq_f32(b))));
  }

  // Computed by the FPU, lane by lane, because it can divide and does not flush.
#define TIDBIT_EACH_LANE(operation)                                                                                 \
  register Floats x __asm__("q0") = a;                                                                              \
  register Floats y __asm__("q1") = b;                                                                              \
  __asm__(operation ".f32 s0, s0, s4\n\t" operation ".f32 s1, s1, s5\n\t" operation ".f32 s2, s2, s6\n\t" operation \
                    ".f32 s3, s3, s7"                                                                               \
          : "+w"(x)                                                                                                 \
          : "w"(y));                                                                                                \
  return x
  static Floats div(Floats a, Floats b) { TIDBIT_EACH_LANE("vdiv"); }
  static Floats mul_kept(Floats a, Floats b) { TIDBIT_EACH_LANE("vmul"); }
#undef TIDBIT_EACH_LANE

  // If x or the product is flushed, the code would have been 0 anyway.
  static std::int32_t codes(const float *x, std::uint32_t n, float inverse, std::int8_t *out) {
    std::int32_t sum = 0;
    for (std::uint32_t i = 0; i < n; i += 4) {
      const mve_pred16_t there = vctp32q(n - i);
      const int32x4_t codes = vcvtnq_s32_f32(vmulq_n_f32(vldrwq_z_f32(x + i, there), inverse));
      vstrbq_p_s32(out + i, codes, there);
      sum = vaddvaq_s32(sum, codes);
    }
    return sum;
  }
};

using E = Elementary<HeliumLanes>;

template <class Act>
void activate_with(float *x, const float *up, std::uint32_t n, Act act) {
  for (std::uint32_t i = 0; i < n; i += 4) {
    const std::uint32_t rest = n - i;
    float32x4_t v = act(HeliumLanes::load_part(x + i, rest));
    if (up != nullptr) v = HeliumLanes::mul_kept(v, HeliumLanes::load_part(up + i, rest));
    HeliumLanes::store_part(x + i, v, rest);
  }
}

void activate(format::Activation activation, float *x, const float *up, std::uint32_t n) {
  using format::Activation;
  if (features::has_activation(Activation::silu) && activation == Activation::silu) {
    return activate_with(x, up, n, [](float32x4_t v) { return E::silu(v); });
  }
  if (features::has_activation(Activation::gelu_tanh) && activation == Activation::gelu_tanh) {
    return activate_with(x, up, n, [](float32x4_t v) { return E::gelu_tanh(v); });
  }
  kDspKernels.activate(activation, x, up, n);
}

// Entries of the DSP table.
template <auto kEntry>
struct Dsp;
template <class Result, class... Args, Result (*Kernels::*kEntry)(Args...)>
struct Dsp<kEntry> {
  static Result run(Args... args) { return (kDspKernels.*kEntry)(args...); }
};
template <format::Format kFormat>
struct DspOf {
  static void matmul(const Matmul &m, std::uint32_t begin, std::uint32_t end) {
    kDspKernels.matmul[index_of(kFormat)](m, begin, end);
  }
  static void scores(const Scores &s) { kDspKernels.scores[index_of(kFormat)](s); }
  static void mix(const Mix &m) { kDspKernels.mix[index_of(kFormat)](m); }
};

constexpr Matmuls kHeliumMatmuls = [] {
  using enum format::Format;
  Matmuls matmuls = matmuls_of([]<class Row> { return &DspOf<Row::format>::matmul; });
  if constexpr (features::has_weights(q8)) matmuls.of[index_of(q8)] = &matmul_q8<HeliumRunsOf4>;
  if constexpr (features::has_weights(q8x16)) matmuls.of[index_of(q8x16)] = &matmul_q8<HeliumRunsOf16>;
  return matmuls;
}();

}  // namespace

extern constinit const Kernels kHeliumKernels = [] {
  using enum format::Format;
  Kernels k{};
  k.isa = TIDBIT_ISA_HELIUM;
  k.matmul = kHeliumMatmuls.of;
  k.scores[index_of(f32)] = &DspOf<f32>::scores;
  k.scores[index_of(f16)] = &DspOf<f16>::scores;
  k.scores[index_of(q8)] = &DspOf<q8>::scores;
  k.mix[index_of(f32)] = &DspOf<f32>::mix;
  k.mix[index_of(f16)] = &DspOf<f16>::mix;
  k.mix[index_of(q8)] = &DspOf<q8>::mix;
  if constexpr (kQuantize) k.quantize = &Quantization<HeliumLanes>::quantize;
  if constexpr (features::kHadamard) k.quantize_transformed = &Dsp<&Kernels::quantize_transformed>::run;
  k.softmax = &Vectors<HeliumLanes>::softmax;
  k.rms_norm = &Dsp<&Kernels::rms_norm>::run;
  k.layer_norm = &Dsp<&Kernels::layer_norm>::run;
  k.activate = &activate;
  k.activate_by = &Dsp<&Kernels::activate_by>::run;
  if constexpr (features::has(features::LayerPart::soft_cap)) k.soft_cap = &Dsp<&Kernels::soft_cap>::run;
  k.add = &Dsp<&Kernels::add>::run;
  k.rotate_halves = &Dsp<&Kernels::rotate_halves>::run;
  k.to_f16 = &Dsp<&Kernels::to_f16>::run;
  return k;
}();

}  // namespace tidbit

#endif  // TIDBIT_FILE_HELIUM
