// Tokenizers of checkpoints, turned into the tokenizer section of a blob (runtime/text/tokenizer_format.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tidbit::convert {

struct ImportedTokenizer {
  std::vector<std::byte> section;        // as it lies in the blob
  std::int32_t bos_token = -1;           // -1: none
  std::vector<std::int32_t> end_tokens;  // what the tokenizer itself calls end of text; may be empty
  std::uint32_t vocab_size = 0;          // 1 + highest id
  std::string description;               // one line for the summary: kind, entries, source file
};

// Reads `file` (tokenizer.json, vocab.json with merges.txt beside it, a SentencePiece .model, a llama2.c .bin) by its
// content, not only its name. `vocab_size` is the model's: more tokens than that are an error, fewer are
// filled up with unused ids. Throws ConvertError.
ImportedTokenizer import_tokenizer(const std::filesystem::path &file, std::uint32_t vocab_size);

// The tokenizer file that a Hugging Face directory or the folder of a llama2.c checkpoint offers, or an empty path.
std::filesystem::path find_tokenizer(const std::filesystem::path &checkpoint);

}  // namespace tidbit::convert
