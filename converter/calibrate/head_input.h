// The input of the head, which the library computes for one token at a time.
#pragma once

#include "model/layer.h"

namespace tidbit::convert {

// Of the first `count` vectors of the residual stream.
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

}  // namespace tidbit::convert
