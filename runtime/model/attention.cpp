// Causal self-attention of a chunk: position p sees the positions up to p. Queries that share keys and values are
// worked on together: the heads of a group for one token, or some tokens of one head. Blocks of them are shared out
// over the workers.
#include "model/session.h"

namespace tidbit {
namespace {

using format::Config;
using format::Dtype;

using ScoresKernel = void (*)(const Scores &);
using MixKernel = void (*)(const Mix &);

struct HeadKernels {
  ScoresKernel scores;
  MixKernel mix;
};

HeadKernels head_kernels(const Kernels &k, Dtype dtype) {
  switch (dtype) {
    case Dtype::f32:
      return {k.scores_f32, k.mix_f32};
    case Dtype::f16:
      return {k.scores_f16, k.mix_f16};
    case Dtype::q8:
    case Dtype::q4:
      break;
  }
  return {k.scores_q8, k.mix_q8};
}

// Queries of one key-value head; the first sees `positions` positions, each further one `step` more.
struct Queries {
  std::uint32_t kv_head;
  std::uint32_t count;  // 1 to kQueryBlock
  const float *q;
  float *out;
  std::size_t stride;  // of both
  std::uint32_t positions;
  std::uint32_t step;
};

// The queries as codes, in the scratch memory behind the scores.
QuantizedRows quantize_queries(const Session &s, const Queries &queries, std::byte *scratch, float *scales,
                               CodeSums *sums) {
  const std::uint32_t head_dim = s.model.config().head_dim;
  const auto stride = static_cast<std::size_t>(format::round_up(head_dim, format::kAlignment));
  const QuantizedRows rows{reinterpret_cast<std::int8_t *>(scratch), scales, sums, stride, 1};
  for (std::uint32_t i = 0; i < queries.count; ++i) {
    s.kernels->quantize(queries.q + i * queries.stride, head_dim, head_dim, rows.codes + i * stride, scales + i,
                        sums + i * rows.sum_stride());
  }
  return rows;
}

void attend_queries(const Session &s, std::uint32_t layer, const Queries &queries, std::byte *scratch) {
  const Config &c = s.model.config();
  const HeadKernels kernels = head_kernels(*s.kernels, s.kv.dtype());
  float scales[kQueryBlock], inverse_sums[kQueryBlock];
  CodeSums sums[kQueryBlock * format::kMaxHeadDim / format::kPair];
  Scores scores{};
  Mix mix{};
  s.kv.view(layer, queries.kv_head, &scores, &mix);
  scores.queries = mix.queries = queries.count;
  scores.q = queries.q;
  scores.q_stride = mix.out_stride = queries.stride;
  if (s.kv.dtype() == Dtype::q8) {
    scores.codes = quantize_queries(s, queries, scratch + s.scratch_sizes.score_bytes, scales, sums);
  }
  scores.positions = queries.positions + (queries.count - 1) * queries.step;
  scores.head_dim = mix.head_dim = c.head_dim;
  scores.scale = c.attention_scale;
  scores.scores = reinterpret_cast<float *>(scratch);
  scores.score_stride = mix.weight_stride = static_cast<std::size_t>(score_stride(s.limits.context));
  kernels.scores(scores);

  for (std::uint32_t i = 0; i < queries.count; ++i) {
    float *row = scores.scores + i * scores.score_stride;
    inverse_sums[i] = 1.0f / s.kernels->softmax(row, queries.positions + i * queries.step);
  }
  mix.weights = scores.scores;
  mix.inverse_sums = inverse_sums;
  mix.positions = queries.positions;
  mix.step = queries.step;
  mix.out = queries.out;
  kernels.mix(mix);
}

// One token: query heads [share.begin, share.end), those of a group together.
void attend_heads(const Session &s, std::uint32_t layer, Share share, std::byte *scratch) {
  const Config &c = s.model.config();
  const std::uint32_t group = c.heads / c.kv_heads;
  float *row = s.activations.inner;
  for (std::uint32_t h = share.begin; h < share.end;) {
    const std::uint32_t group_end = (h / group + 1) * group, end = group_end < share.end ? group_end : share.end;
    const std::uint32_t count = end - h < kQueryBlock ? end - h : kQueryBlock;
    const std::size_t at = std::size_t{h} * c.head_dim;
    attend_queries(s, layer,
                   {h / group, count, row + at, row + s.sizes.attention_at + at, c.head_dim, s.position + 1, 0},
                   scratch);
    h += count;
  }
}

// A chunk: blocks [share.begin, share.end) of the blocks of tokens of each head.
void attend_tokens(const Session &s, std::uint32_t layer, std::uint32_t tokens, Share share, std::byte *scratch) {
  const Config &c = s.model.config();
  const std::uint32_t blocks = (tokens + kQueryBlock - 1) / kQueryBlock;
  for (std::uint32_t i = share.begin; i < share.end; ++i) {
    const std::uint32_t head = i / blocks, first = i % blocks * kQueryBlock;
    const std::uint32_t count = tokens - first < kQueryBlock ? tokens - first : kQueryBlock;
    float *row = s.activations.inner + first * s.sizes.inner_stride + std::size_t{head} * c.head_dim;
    attend_queries(s, layer,
                   {head / (c.heads / c.kv_heads), count, row, row + s.sizes.attention_at,
                    static_cast<std::size_t>(s.sizes.inner_stride), s.position + first + 1, 1},
                   scratch);
  }
}

}  // namespace

void store_keys_values(Session &s, std::uint32_t layer, Share tokens) {
  const Config &c = s.model.config();
  for (std::uint32_t t = tokens.begin; t < tokens.end; ++t) {
    const float *keys = s.activations.inner + t * s.sizes.inner_stride + std::size_t{c.heads} * c.head_dim;
    const float *values = keys + std::size_t{c.kv_heads} * c.head_dim;
    for (std::uint32_t h = 0; h < c.kv_heads; ++h) {
      const std::size_t at = std::size_t{h} * c.head_dim;
      s.kv.store(*s.kernels, layer, h, s.position + t, keys + at, values + at);
    }
  }
}

void attend(Session &s, std::uint32_t layer, std::uint32_t count) {
  const Config &c = s.model.config();
  const std::uint32_t heads = c.heads;
  const std::uint32_t units = count == 1 ? heads : heads * ((count + kQueryBlock - 1) / kQueryBlock);
  const std::uint64_t products = std::uint64_t{heads} * count * (s.position + count) * c.head_dim * 2;
  const std::uint32_t parts = task_count(s, units, products);
  parallel(s, parts, [&](std::uint32_t i) {
    const Share share = share_of(units, parts, i);
    std::byte *scratch = s.scratch + i * s.scratch_sizes.stride;
    if (count == 1) {
      attend_heads(s, layer, share, scratch);
    } else {
      attend_tokens(s, layer, count, share, scratch);
    }
  });
}

}  // namespace tidbit
