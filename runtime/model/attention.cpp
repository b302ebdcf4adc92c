// Self-attention of a chunk: position p sees the positions up to p, or in an encoder all of its text. Queries that
// share keys and values are computed together: the heads of a group for one token, or several tokens of one head. The
// workers share the queries.
#include "model/layer.h"

namespace tidbit {
namespace {

using format::Format;

// Queries of one key-value head. The first sees `positions` positions, each further query `step` more.
struct Queries {
  std::uint32_t kv_head;
  std::uint32_t count;  // 1 to kQueryBlock
  const float *q;
  float *out;
  std::size_t stride;  // floats from one query, or output, to the next
  std::uint32_t positions;
  std::uint32_t step;
  std::uint32_t head;  // of the first; with step 0, each further query is of the next head
};

// Whether queries may not see the first positions of the cache.
bool begins_later(const Layer &layer) {
  if (features::has(features::LayerPart::encoder) && layer.slice.s.texts.count != 0) return true;
  return features::has(features::LayerPart::window) && layer.kind().window != 0;
}

// The first position that query i sees.
std::uint32_t begin_of(const Layer &layer, const Queries &queries, std::uint32_t i) {
  const Texts &texts = layer.slice.s.texts;
  if (features::has(features::LayerPart::encoder) && texts.count != 0) return texts.of(queries.positions - 1).begin;
  return first_seen(layer.kind(), queries.positions - 1 + i * queries.step);
}

// Quantizes the queries, into the scratch memory after the scores.
QuantizedRows quantize_queries(const Layer &layer, const Queries &queries, std::byte *scratch, float *scales,
                               CodeSums *sums) {
  const std::uint32_t head_dim = layer.kind().head_dim;
  const std::size_t stride = code_stride(layer.kind());
  const QuantizedRows rows{reinterpret_cast<std::int8_t *>(scratch), scales, sums, stride, 1};
  for (std::uint32_t i = 0; i < queries.count; ++i) {
    layer.slice.s.kernels->quantize(queries.q + i * queries.stride, head_dim, head_dim, rows.codes + i * stride,
                                    scales + i, sums + i * rows.sum_stride());
  }
  return rows;
}

// The positions that the queries see, counted from the first whole tile of keys that any of them needs.
struct Seen {
  std::uint32_t base;                 // that tile's first position
  std::uint32_t end;                  // of the first query
  std::uint32_t begins[kQueryBlock];  // of each query, if there is a window
};

void look(const Layer &layer, const Queries &queries, Seen &seen) {
  seen.base = begin_of(layer, queries, 0) / format::kTileRows * format::kTileRows;
  seen.end = queries.positions - seen.base;
  for (std::uint32_t i = 0; i < queries.count; ++i) seen.begins[i] = begin_of(layer, queries, i) - seen.base;
}

// The scores of positions [0, scores.positions) in up to two runs of memory. Tells the mix where the second one is.
void compute_scores(const Layer &layer, const Queries &queries, const Seen &seen, Scores &scores, Mix &mix) {
  const auto kernel = layer.slice.s.kernels->scores[static_cast<std::uint32_t>(layer.kv.format())];
  const std::uint32_t all = scores.positions, run = layer.kv.run(seen.base);
  mix.begins = seen.begins;
  mix.wrap = run;
  scores.positions = all < run ? all : run;
  kernel(scores);
  if (all <= run) return;
  const KvView wrapped = layer.kv.view(queries.kv_head, seen.base + run);
  mix.wrapped_v = wrapped.v;
  mix.wrapped_scales = wrapped.v_scales;
  Scores rest = scores;
  rest.k = wrapped.k;
  rest.k_scales = wrapped.k_scales;
  rest.positions = all - run;
  rest.scores = scores.scores + run;
  kernel(rest);
}

bool changes_scores(const format::LayerKind &kind) {
  using features::LayerPart;
  return (features::has(LayerPart::soft_cap) && kind.score_cap != 0) ||
         (features::has(LayerPart::alibi) && kind.alibi != format::Alibi::none) ||
         (features::has(LayerPart::sinks) && kind.sinks != 0);
}

// Adds a slope times the distance or, rounded, times the position of the key; then there is no window.
void add_slope(const Layer &layer, std::uint32_t head, float *row, std::uint32_t count) {
  const format::LayerKind &kind = layer.kind();
  const float slope = layer.weights.floats(format::LayerRole::alibi_slopes)[head];
  if (kind.alibi == format::Alibi::rounded) {
    for (std::uint32_t i = 0; i < count; ++i) {
      const float change = rounded_to_bfloat16(slope * rounded_to_bfloat16(static_cast<float>(i)));
      row[i] = row[i] + change * kind.attention_scale;
    }
    return;
  }
  for (std::uint32_t i = 0; i < count; ++i) row[i] = row[i] + slope * -static_cast<float>(count - 1 - i);
}

// The softmax over `count` scores after what changes them: a soft cap, then a slope by distance. A sink is one more
// score, whose weight is not used.
float softmax_of_changed(const Layer &layer, std::uint32_t head, float *row, std::uint32_t count) {
  using features::LayerPart;
  const format::LayerKind &kind = layer.kind();
  const Kernels &kernels = *layer.slice.s.kernels;
  if (features::has(LayerPart::soft_cap) && kind.score_cap != 0) kernels.soft_cap(row, count, kind.score_cap);
  if (features::has(LayerPart::alibi) && kind.alibi != format::Alibi::none) add_slope(layer, head, row, count);
  if (features::has(LayerPart::sinks) && kind.sinks != 0) {
    row[count++] = layer.weights.floats(format::LayerRole::sinks)[head];
  }
  return kernels.softmax(row, count);
}

// The inverse sums of the softmax over what each query sees; its scores become weights.
void weigh(const Layer &layer, const Queries &queries, const Seen &seen, bool windowed, const Scores &scores,
           float *inverse_sums) {
  const bool changed = changes_scores(layer.kind());
  float *row = scores.scores;
  std::uint32_t count = seen.end;
  for (std::uint32_t i = 0; i < queries.count; ++i, row += scores.score_stride, count += queries.step) {
    const std::uint32_t begin = windowed ? seen.begins[i] : 0;
    const float sum =
        changed ? softmax_of_changed(layer, queries.head + (queries.step == 0 ? i : 0), row + begin, count - begin)
                : layer.slice.s.kernels->softmax(row + begin, count - begin);
    inverse_sums[i] = 1.0f / sum;
  }
}

void attend_queries(const Layer &layer, const Queries &queries, std::byte *scratch) {
  const Session &s = layer.slice.s;
  const format::LayerKind &kind = layer.kind();
  const auto format = static_cast<std::uint32_t>(layer.kv.format());
  float scales[kQueryBlock], inverse_sums[kQueryBlock];
  CodeSums sums[kQueryBlock * format::kMaxHeadDim / format::kPair];
  Seen seen;
  seen.base = 0;
  seen.end = queries.positions;
  const bool windowed = begins_later(layer);
  if (windowed) look(layer, queries, seen);
  const KvView view = layer.kv.view(queries.kv_head, seen.base);
  Scores scores{.k = view.k,
                .k_scales = view.k_scales,
                .queries = queries.count,
                .q = queries.q,
                .q_stride = queries.stride,
                .codes = {},
                .positions = seen.end + (queries.count - 1) * queries.step,
                .head_dim = kind.head_dim,
                .scale = kind.attention_scale,
                .scores = reinterpret_cast<float *>(scratch),
                .score_stride = s.memory.scratch.score_stride};
  if (layer.kv.format() == Format::q8) {
    scores.codes = quantize_queries(layer, queries, scratch + s.memory.scratch.score_bytes, scales, sums);
  }
  Mix mix{.v = view.v,
          .v_scales = view.v_scales,
          .queries = queries.count,
          .weights = scores.scores,
          .weight_stride = scores.score_stride,
          .inverse_sums = inverse_sums,
          .positions = seen.end,
          .step = queries.step,
          .head_dim = kind.value_dim,
          .out = queries.out,
          .out_stride = queries.stride};
  if (windowed) {
    compute_scores(layer, queries, seen, scores, mix);
  } else {
    s.kernels->scores[format](scores);
  }
  weigh(layer, queries, seen, windowed, scores, inverse_sums);
  s.kernels->mix[format](mix);
}

// Queries [range.begin, range.end) of the chunk, head after head. Up to kQueryBlock neighbors are computed together:
// the heads of a group if there is one token, otherwise the tokens of a head.
void attend_range(const Layer &layer, std::uint32_t tokens, Range range, std::byte *scratch) {
  const format::LayerKind &kind = layer.kind();
  const Rows inner = layer.rows().inner, mixed = layer.mixed();
  const std::uint32_t group = kind.heads / kind.kv_heads, neighbors = tokens == 1 ? group : tokens;
  for (std::uint32_t i = range.begin; i < range.end;) {
    const std::uint32_t head = i / tokens, t = i % tokens;
    const std::uint32_t most = (i / neighbors + 1) * neighbors, end = most < range.end ? most : range.end;
    const std::uint32_t count = end - i < kQueryBlock ? end - i : kQueryBlock;
    const std::size_t at = std::size_t{head} * kind.head_dim, stride = tokens == 1 ? kind.head_dim : inner.stride;
    attend_queries(layer,
                   {head / group, count, inner[t] + at, mixed[t] + at, stride, layer.slice.s.position + t + 1,
                    tokens == 1 ? 0u : 1u, head},
                   scratch);
    i += count;
  }
}

// The same for an encoder: up to kQueryBlock tokens of a text and a head.
void attend_range_of_texts(const Layer &layer, std::uint32_t tokens, Range range, std::byte *scratch) {
  const format::LayerKind &kind = layer.kind();
  const Session &s = layer.slice.s;
  const Rows inner = layer.rows().inner, mixed = layer.mixed();
  for (std::uint32_t i = range.begin; i < range.end;) {
    const std::uint32_t head = i / tokens, t = i % tokens;
    const Texts::Place text = s.texts.of(s.position + t);
    std::uint32_t count = range.end - i < kQueryBlock ? range.end - i : kQueryBlock;
    if (count > tokens - t) count = tokens - t;
    if (count > text.end - s.position - t) count = text.end - s.position - t;
    const std::size_t at = std::size_t{head} * kind.head_dim;
    attend_queries(
        layer,
        {head / (kind.heads / kind.kv_heads), count, inner[t] + at, mixed[t] + at, inner.stride, text.end, 0, head},
        scratch);
    i += count;
  }
}

}  // namespace

void store_keys_values(const Layer &layer) {
  const Session &s = layer.slice.s;
  const format::LayerKind &kind = layer.kind();
  layer.slice.each_token([&](std::uint32_t t) {
    const float *keys = layer.rows().inner[t] + std::size_t{kind.heads} * kind.head_dim;
    const float *values = keys + std::size_t{kind.kv_heads} * kind.head_dim;
    for (std::uint32_t h = 0; h < format::own_kv_heads(kind); ++h) {
      layer.kv.store(*s.kernels, h, s.position + t, keys + std::size_t{h} * kind.head_dim,
                     values + std::size_t{h} * kind.value_dim);
    }
  });
}

void attend(const Layer &layer) {
  Session &s = layer.slice.s;
  const format::LayerKind &kind = layer.kind();
  const std::uint32_t heads = kind.heads, count = layer.slice.tokens.count();
  const std::uint32_t units = heads * count;
  const bool whole = features::has(features::LayerPart::encoder) && s.texts.count != 0;
  const std::uint32_t end = whole ? s.texts.of(s.position).end : s.position + count;
  const std::uint32_t seen = end - (whole ? s.texts.of(s.position).begin : first_seen(kind, s.position));
  const std::uint64_t work = std::uint64_t{units * kind.head_dim} * (seen * (2 * kAttentionWork));
  const std::uint32_t parts = part_count(s, units, work);
  parallel(s, parts, work, [&](std::uint32_t i) {
    const Range range = range_of(units, parts, i);
    const std::uint32_t worker = s.poll_work != 0 ? 0 : i;
    std::byte *scratch = s.memory.scratch.data + worker * s.memory.scratch.stride;
    if constexpr (features::has(features::LayerPart::encoder)) {
      if (s.texts.count != 0) return attend_range_of_texts(layer, count, range, scratch);
    }
    attend_range(layer, count, range, scratch);
  });
}

}  // namespace tidbit
