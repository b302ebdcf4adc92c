// The choices in a model's configuration. The values are part of the blob's format. Values marked as reserved are
// specified but not computed yet: a reader refuses them with TIDBIT_ERR_UNSUPPORTED.
#pragma once

#include "base/types.h"

namespace tidbit::format {

// LayerNorm and RMSNorm, with weights or without.
enum class Norm : std::uint8_t { none = 0, layer = 1, rms = 2, layer_weightless = 3, rms_weightless = 4 };

enum class Activation : std::uint8_t {
  relu = 0,
  gelu_erf = 1,
  gelu_tanh = 2,
  silu = 3,
  relu_squared = 4,
  xielu = 5,         // with parameters: alpha for positive inputs, alpha for the others
  clamped_silu = 6,  // always gated; with parameters: the factor in the sigmoid, the limit
};

// What is added to the token embedding. Learned and sinusoidal positions are both tables.
enum class Position : std::uint8_t { none = 0, table = 1 };

// What a model is for: logits of the next token; vectors of an encoder's tokens or texts; reserved: class scores.
enum class Head : std::uint8_t { language_model = 0, classifier = 1, pooling = 2 };

// How the vectors of a text's tokens become the text's vector: the mean of all, that of the first or of the last token.
enum class Pooling : std::uint8_t { none = 0, mean = 1, first = 2, last = 3 };

enum class StackType : std::uint8_t { decoder = 0, encoder = 1 };

// What mixes positions in a layer. The last two are reserved.
enum class Mixer : std::uint8_t { attention = 0, short_convolution = 1, gated_delta = 2, mamba2 = 3 };

// Which positions a query sees: those up to its own, with a window of W the last W of them; or all of its text.
enum class Mask : std::uint8_t { causal = 0, bidirectional = 1 };

// How q and k are normalized: each head by itself with weights that all heads share, the whole projection, or each head
// by itself with its own weights.
enum class QkNormScope : std::uint8_t { none = 0, per_head = 1, whole = 2, own_weights = 3 };

// What ALiBi adds to a score: a slope times the distance, or a slope times the key's position, rounded to bfloat16.
enum class Alibi : std::uint8_t { none = 0, plain = 1, rounded = 2 };

// serial: the feed-forward reads the residual stream after the mixer was added. parallel: both read the stream before
// that, through one shared norm (mixer_in_norm) or one norm each.
enum class Residual : std::uint8_t { serial = 0, parallel_one_norm = 1, parallel_two_norms = 2 };

// How experts are chosen and weighted. The last is reserved.
enum class Router : std::uint8_t { none = 0, softmax_then_top_k = 1, top_k_then_softmax = 2, sigmoid = 3 };

}  // namespace tidbit::format
