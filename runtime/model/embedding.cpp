// The residual stream before the first layer: the rows of the token, its position and its segment. Also the angles of
// rotary positions.
#include "format/formats.h"
#include "model/layer.h"
#include "model/rotary.h"

namespace tidbit {
namespace {

using format::GlobalRole;
using format::Tensor;

// One row of a matrix as floats.
void matrix_row(const Model &model, const Tensor &t, std::uint32_t row, float *out) {
  format::Formats::visit(t.format, [&]<class Row> {
    const std::byte *tile = model.data(t) + std::uint64_t{row / format::kTileRows} * Row::tile_bytes(t.cols, t.group);
    Row::read_row({tile, row % format::kTileRows, t.cols, t.group}, out);
  });
}

// Adds a row of a lookup table, if the model has that table.
void add_table_row(const Model &model, GlobalRole role, std::uint32_t row, float *x) {
  const Tensor *t = model.global(role);
  if (t == nullptr) return;
  const std::uint64_t start = std::uint64_t{row} * t->cols;
  for (std::uint32_t k = 0; k < t->cols; ++k) x[k] = x[k] + format::plain_element(t->format, model.data(*t), start + k);
}

void embed_token(const Session &s, std::int32_t token, std::uint32_t position, float *x) {
  const format::Config &c = s.model.config();
  matrix_row(s.model, s.model.token_embedding(), static_cast<std::uint32_t>(token), x);
  for (std::uint32_t k = 0; k < c.width; ++k) x[k] = x[k] * c.embedding_scale;
  add_table_row(s.model, GlobalRole::position_embedding, position, x);
  add_table_row(s.model, GlobalRole::segment_embedding, s.segment, x);
}

// The position of vector t of the chunk in its text.
std::uint32_t position_of(const Session &s, std::uint32_t t) {
  const std::uint32_t position = s.position + t;
  if (!features::has(features::LayerPart::encoder) || s.texts.count == 0) return position;
  return position - s.texts.of(position).begin;
}

void angles_of_tables(const Session &s, const float *frequencies, std::uint32_t position, float *cos, float *sin) {
  const std::uint32_t pairs = s.model.config().rotary_pairs, count = s.model.config().rotary_tables * pairs;
  const float *amplitudes = s.model.floats(GlobalRole::rotary_amplitudes);
  rotary_angles(frequencies, count, position, cos, sin);
  for (std::uint32_t i = 0; amplitudes != nullptr && i < count; ++i) {
    cos[i] = cos[i] * amplitudes[i / pairs];
    sin[i] = sin[i] * amplitudes[i / pairs];
  }
}

void normalize_embedding(const TokenSlice &slice) {
  const Session &s = slice.s;
  const format::Config &c = s.model.config();
  if (c.embedding_norm == format::Norm::none) return;
  const Rows &hidden = s.memory.activations.hidden;
  normalize(slice,
            {c.embedding_norm, c.final_norm_epsilon, s.model.floats(GlobalRole::embedding_norm),
             s.model.floats(GlobalRole::embedding_norm_bias)},
            c.width, hidden, hidden);
}

}  // namespace

void embed(const TokenSlice &slice, const std::int32_t *tokens) {
  Session &s = slice.s;
  const Activations &rows = s.memory.activations;
  const float *frequencies = s.model.floats(GlobalRole::rotary_frequencies);
  const std::uint64_t work = std::uint64_t{s.model.config().width} * kActivationWork;
  slice.each_token([&](std::uint32_t t) {
    if (!pace(s, work)) return;
    const std::uint32_t position = position_of(s, t);
    embed_token(s, tokens[t], position, rows.hidden[t]);
    if (frequencies == nullptr) return;
    if constexpr (features::has(features::LayerPart::rotary_tables)) {
      return angles_of_tables(s, frequencies, position, rows.cos[t], rows.sin[t]);
    }
    rotary_angles(frequencies, s.model.config().rotary_pairs, position, rows.cos[t], rows.sin[t]);
  });
  if constexpr (features::has(features::LayerPart::embedding_norm)) normalize_embedding(slice);
  observe(s, 0, TIDBIT_POINT_EMBEDDING, slice.tokens.begin, slice.tokens.count(), s.model.config().width, rows.hidden);
}

}  // namespace tidbit
