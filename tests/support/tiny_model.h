// Small models with random weights, built in memory: any configuration, without a checkpoint.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "format/blob_format.h"
#include "tests/support/aligned.h"

namespace tidbit::test {

struct TinyModel {
  format::Config config{};
  std::vector<format::LayerKind> kinds;   // their slots are filled in by build_blob
  std::vector<std::uint8_t> layer_kinds;  // for each layer, its place in kinds
  format::Format weights = format::Format::f32;
  bool biases = false;  // every bias that may be there
  std::uint64_t seed = 1;
  std::optional<format::SelfTest> self_test = std::nullopt;  // a section after the weights
};

// A Llama of two layers: width 32, 4 heads over 2 kv heads, head_dim 8, FFN 44, vocabulary 50, context 96.
TinyModel tiny_llama(format::Format weights = format::Format::f32, format::Format kv = format::Format::f32);

// A GPT-2 of two layers with an odd head_dim of 5, and a first GPT with two segments.
TinyModel tiny_gpt2(format::Format weights = format::Format::f32, format::Format kv = format::Format::f32);
TinyModel tiny_first_gpt(format::Format weights = format::Format::f32, format::Format kv = format::Format::f32);

// Four layers of two kinds that differ in heads, rotation, the places of their norms and the feed-forward.
TinyModel tiny_mixed();

// Parts that keep a ring or choose by token. Windows of 20 positions between full attention, with two rotary tables,
// norms of q and k, norms behind the sublayers, sinks, and caps of scores and logits.
TinyModel tiny_window(format::Format kv = format::Format::f32);
// Short convolutions of 3 taps around full attention, with biases.
TinyModel tiny_convolution(format::Format kv = format::Format::f32);
// Windows of 20 positions and full attention, each twice: the second time with the first one's keys and values.
TinyModel tiny_shared(format::Format kv = format::Format::f32);
// Experts, some with a shared one, and a parallel layer, all with ALiBi; windows of 7 positions.
TinyModel tiny_experts(format::Format kv = format::Format::f32);

AlignedBytes build_blob(const TinyModel &model);

// Computes the header's checksum again, as someone who forges a blob would.
void refresh_checksum(AlignedBytes &blob);

}  // namespace tidbit::test
