// Small models with random weights, made in memory: any configuration, without a checkpoint.
#pragma once

#include <cstdint>

#include "format/blob_format.h"
#include "tests/support/aligned.h"

namespace tidbit::test {

struct TinyModel {
  format::Config config{};
  format::Dtype dtype = format::Dtype::f32;
  format::Layout layout = format::Layout::tile16;
  bool biases = false;
  bool own_head = false;
  bool final_norm = true;
  std::uint32_t segments = 0;
  std::uint64_t seed = 1;
};

// A Llama of two layers: width 32, 4 heads over 2 kv heads, head_dim 8, FFN 44, vocabulary 50, context 96.
TinyModel tiny_llama(format::Dtype weights = format::Dtype::f32, format::Dtype kv = format::Dtype::f32);

// A GPT-2 of two layers with an odd head_dim of 5, and a first GPT with two segments.
TinyModel tiny_gpt2(format::Dtype weights = format::Dtype::f32, format::Dtype kv = format::Dtype::f32);
TinyModel tiny_first_gpt(format::Dtype weights = format::Dtype::f32, format::Dtype kv = format::Dtype::f32);

AlignedBytes build_blob(const TinyModel &model);

// Writes the header's checksum anew, as someone who forges a blob would.
void refresh_checksum(AlignedBytes &blob);

}  // namespace tidbit::test
