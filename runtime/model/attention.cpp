// Causal self-attention of a chunk: position p sees the positions up to p. Heads are shared out over the workers.
#include "model/session.h"

namespace tidbit {
namespace {

using format::Config;
using format::Dtype;

void store_chunk(Session &s, std::uint32_t layer, std::uint32_t count) {
  const Config &c = s.model.config();
  for (std::uint32_t t = 0; t < count; ++t) {
    const float *keys = s.activations.inner + t * s.sizes.inner_stride + std::size_t{c.heads} * c.head_dim;
    const float *values = keys + std::size_t{c.kv_heads} * c.head_dim;
    for (std::uint32_t h = 0; h < c.kv_heads; ++h) {
      const std::size_t at = std::size_t{h} * c.head_dim;
      s.kv.store(*s.kernels, layer, h, s.position + t, keys + at, values + at);
    }
  }
}

using ScoresKernel = void (*)(const Scores &);
using MixKernel = void (*)(const Mix &);

struct HeadKernels {
  ScoresKernel scores;
  MixKernel mix;
};

HeadKernels head_kernels(const Kernels &k, Dtype dtype) {
  switch (dtype) {
    case Dtype::f32: return {k.scores_f32, k.mix_f32};
    case Dtype::f16: return {k.scores_f16, k.mix_f16};
    case Dtype::q8: break;
  }
  return {k.scores_q8, k.mix_q8};
}

// One query head over `positions` positions; `scratch` holds the scores, then the codes of the query.
void attend_head(const Session &s, std::uint32_t layer, std::uint32_t head, const float *q, std::uint32_t positions,
                 std::byte *scratch, float *out) {
  const Config &c = s.model.config();
  auto *weights = reinterpret_cast<float *>(scratch);
  Scores scores{};
  Mix mix{};
  s.kv.view(layer, head / (c.heads / c.kv_heads), &scores, &mix);
  scores.q = q;
  scores.positions = positions;
  scores.head_dim = c.head_dim;
  scores.scale = c.attention_scale;
  scores.scores = weights;
  if (s.kv.dtype() == Dtype::q8) {
    auto *codes = reinterpret_cast<std::int8_t *>(scratch + s.scratch_stride -
                                                  format::round_up(c.head_dim, format::kAlignment));
    s.kernels->quantize(q, c.head_dim, c.head_dim, codes, &scores.q_scale, &scores.q_sum);
    scores.q_codes = codes;
  }
  const HeadKernels kernels = head_kernels(*s.kernels, s.kv.dtype());
  kernels.scores(scores);
  mix.weights = weights;
  mix.inverse_sum = 1.0f / s.kernels->softmax(weights, positions);
  mix.positions = positions;
  mix.head_dim = c.head_dim;
  mix.out = out;
  kernels.mix(mix);
}

}  // namespace

void attend(Session &s, std::uint32_t layer, std::uint32_t count) {
  store_chunk(s, layer, count);
  const Config &c = s.model.config();
  const std::uint32_t parts = c.heads < s.limits.workers ? c.heads : s.limits.workers;
  parallel(s, parts, [&](std::uint32_t i) {
    const Share share = share_of(c.heads, parts, i);
    for (std::uint32_t t = 0; t < count; ++t) {
      float *row = s.activations.inner + t * s.sizes.inner_stride;
      for (std::uint32_t h = share.begin; h < share.end; ++h) {
        const std::size_t at = std::size_t{h} * c.head_dim;
        attend_head(s, layer, h, row + at, s.position + t + 1, s.scratch + i * s.scratch_stride,
                    row + s.sizes.attention_at + at);
      }
    }
  });
}

}  // namespace tidbit
