// The output of several tokens at a time. The library computes it for one.
#pragma once

#include <cstddef>

#include "model/layer.h"
#include "model/linear.h"

namespace tidbit::convert {

// The input of the head, of the first `count` vectors of the residual stream.
inline const Rows &head_input(Session &s, std::uint32_t count) {
  const format::Config &c = s.model.config();
  const Activations &rows = s.memory.activations;
  if (c.final_norm == format::Norm::none) return rows.hidden;
  normalize({s, {0, count}, true},
            {c.final_norm, c.final_norm_epsilon, s.model.floats(format::GlobalRole::final_norm),
             s.model.floats(format::GlobalRole::final_norm_bias)},
            c.width, rows.hidden, rows.sublayer);
  return rows.sublayer;
}

// The logits[count][vocab_size] of those vectors.
inline void head_logits(Session &s, std::uint32_t count, float *logits) {
  const format::Config &c = s.model.config();
  const std::size_t vocab = c.vocab_size;
  apply({s, {0, count}, true}, s.model.head(), s.model.floats(format::GlobalRole::head_bias), head_input(s, count),
        {logits, c.vocab_size});
  for (std::size_t i = 0; i < count * vocab; ++i) logits[i] = logits[i] * c.logit_scale;
  if (c.logit_cap == 0) return;
  for (std::size_t t = 0; t < count; ++t) s.kernels->soft_cap(logits + t * vocab, c.vocab_size, c.logit_cap);
}

}  // namespace tidbit::convert
