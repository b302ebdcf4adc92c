#pragma once

#include <cstdint>

namespace tidbit::convert {

// The naming scheme of a checkpoint's tensors.
enum class Dialect : std::uint8_t {
  huggingface,
  gguf,      // blk.#.attn_norm, the same for all families
  nanogpt,   // GPT-2's names, matrices [out][in]; also minGPT and makemore
  mingpt,    // the first minGPT: tok_emb, blocks.#
  llama,     // Meta's names: tok_embeddings, layers.#.attention.wq; also llama2.c's trainer
  nanochat,  // GPT-2's names with separate c_q, c_k, c_v
};

}  // namespace tidbit::convert
