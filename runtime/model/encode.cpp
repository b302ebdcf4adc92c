// Encoders: each token of a text sees all of that text, so a layer has to store the keys and values of all chunks
// before it can attend. Several texts follow each other in the cache, and each sees itself alone.
#include "base/arith.h"
#include "model/layer.h"

#if TIDBIT_HAS_ENCODER

namespace tidbit {
namespace {

// Body(count) for each chunk, with the session at the chunk. Until the poll hook cancels.
template <class Body>
void each_chunk(Session &s, std::uint32_t count, Body body) {
  const Rows all = s.memory.activations.hidden;
  for (s.position = 0; s.position < count && !s.canceled; s.position += s.limits.chunk) {
    s.memory.activations.hidden.data = all[s.position];
    const std::uint32_t left = count - s.position;
    body(left < s.limits.chunk ? left : s.limits.chunk);
  }
  s.memory.activations.hidden = all;
}

// With several chunks, the queries of all but the last one are gone by the time that all keys are there. They are
// computed again, which takes less memory than keeping them.
void run_encoder_layer(Session &s, std::uint32_t index, std::uint32_t count) {
  s.stored = false;
  each_chunk(s, count, [&](std::uint32_t chunk) { begin_layer(s, index, chunk); });
  s.stored = true;
  each_chunk(s, count, [&](std::uint32_t chunk) {
    if (chunk < count) begin_layer(s, index, chunk);
    if (!s.canceled) end_layer(s, index, chunk);
  });
}

void encode(Session &s, const std::int32_t *tokens, std::uint32_t count) {
  each_chunk(s, count, [&](std::uint32_t chunk) { embed_chunk(s, tokens + s.position, chunk); });
  for (std::uint32_t i = 0; i < s.model.layers() && !s.canceled; ++i) {
    poll(s);
    if (!s.canceled) run_encoder_layer(s, i, count);
  }
  each_chunk(s, count, [&](std::uint32_t chunk) { finish_chunk(s, chunk); });
}

tidbit_status check_texts(const Session &s, const std::int32_t *tokens, const std::uint32_t *ends,
                          std::uint32_t count) {
  std::uint32_t begin = 0;
  for (std::uint32_t i = 0; i < count; begin = ends[i++]) {
    if (ends[i] <= begin) return TIDBIT_ERR_ARGUMENT;
    if (ends[i] - begin > s.model.config().max_context) return TIDBIT_ERR_CONTEXT_FULL;
  }
  return check_tokens(s, tokens, begin);
}

void add_up(const Rows &rows, std::uint32_t first, std::uint32_t end, std::uint32_t width, float *sum) {
  for (std::uint32_t t = first; t < end; ++t) {
    for (std::uint32_t i = 0; i < width; ++i) sum[i] = t == first ? rows[t][i] : sum[i] + rows[t][i];
  }
}

// x / max(|x|, 1e-12)
void divide_by_length(float *x, std::uint32_t width) {
  float sum = 0;
  for (std::uint32_t i = 0; i < width; ++i) sum = sum + x[i] * x[i];
  const float length = square_root(sum), divisor = length > 1e-12f ? length : 1e-12f;
  for (std::uint32_t i = 0; i < width; ++i) x[i] = x[i] / divisor;
}

}  // namespace
}  // namespace tidbit

using namespace tidbit;

extern "C" tidbit_status tidbit_encode(tidbit_session *session, const int32_t *tokens, const uint32_t *ends,
                                       uint32_t texts) {
  if (const tidbit_status status = check_idle(session); status != TIDBIT_OK) return status;
  if (!session->model.is_encoder()) return TIDBIT_ERR_UNSUPPORTED;
  if (texts == 0 || tokens == nullptr || ends == nullptr) return TIDBIT_ERR_ARGUMENT;
  if (const tidbit_status status = check_texts(*session, tokens, ends, texts); status != TIDBIT_OK) return status;
  const Running running(*session);
  session->texts = {ends, texts};
  encode(*session, tokens, ends[texts - 1]);
  session->texts = {};
  session->position = 0;
  session->encoded = session->canceled ? 0 : ends[texts - 1];
  return session->canceled ? TIDBIT_CANCELED : TIDBIT_OK;
}

extern "C" tidbit_status tidbit_hidden(const tidbit_session *session, uint32_t index, const float **vector,
                                       uint32_t *width) {
  if (const tidbit_status status = check_idle(session); status != TIDBIT_OK) return status;
  if (vector == nullptr) return TIDBIT_ERR_ARGUMENT;
  if (index >= session->encoded) return TIDBIT_ERR_NO_LOGITS;
  *vector = session->memory.activations.hidden[index];
  if (width != nullptr) *width = session->model.config().width;
  return TIDBIT_OK;
}

extern "C" tidbit_status tidbit_embedding(const tidbit_session *session, uint32_t begin, uint32_t end, float *embedding,
                                          uint32_t width) {
  if (const tidbit_status status = check_idle(session); status != TIDBIT_OK) return status;
  const format::Config &c = session->model.config();
  if (embedding == nullptr || begin >= end || width != c.width) return TIDBIT_ERR_ARGUMENT;
  if (end > session->encoded) return TIDBIT_ERR_NO_LOGITS;
  const Rows &rows = session->memory.activations.hidden;
  switch (c.pooling) {
    case format::Pooling::none:
      return TIDBIT_ERR_UNSUPPORTED;
    case format::Pooling::mean:
      add_up(rows, begin, end, c.width, embedding);
      for (std::uint32_t i = 0; i < c.width; ++i) embedding[i] = embedding[i] / static_cast<float>(end - begin);
      break;
    case format::Pooling::first:
      add_up(rows, begin, begin + 1, c.width, embedding);
      break;
    case format::Pooling::last:
      add_up(rows, end - 1, end, c.width, embedding);
      break;
  }
  if (c.unit_length != 0) divide_by_length(embedding, c.width);
  return TIDBIT_OK;
}

#endif  // TIDBIT_HAS_ENCODER
