// Imports a checkpoint's tokenizer as the tokenizer section of a blob (runtime/text/tokenizer_format.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tidbit::convert {

struct ImportedTokenizer {
  std::vector<std::byte> section;        // as in the blob
  std::int32_t bos_token = -1;           // -1: none
  std::vector<std::int32_t> end_tokens;  // end-of-text tokens according to the tokenizer; may be empty
  std::uint32_t vocab_size = 0;          // 1 + highest id
  std::string description;               // one line for the summary: kind, number of tokens, source file
};

// Reads a tokenizer.json, a vocab.json with merges.txt next to it, a vocab.txt, a SentencePiece .model, a llama2.c
// .bin, or a table of characters in a pickle or a file of torch.save. The format is detected from the contents, that of
// a .txt from its name. `vocab_size` is the model's: more tokens are an error, fewer are padded with unused ids. Throws
// ConvertError.
ImportedTokenizer import_tokenizer(const std::filesystem::path &file, std::uint32_t vocab_size);

// The tokenizer file in a Hugging Face folder or next to a checkpoint, or the checkpoint itself; an empty path if there
// is none.
std::filesystem::path find_tokenizer(const std::filesystem::path &checkpoint);

}  // namespace tidbit::convert
