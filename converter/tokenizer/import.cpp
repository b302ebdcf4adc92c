// Detects the format of a tokenizer file, and finds the tokenizer of a folder.
#include "converter/tokenizer/import.h"

#include <algorithm>
#include <array>

#include "converter/checkpoint/file.h"
#include "converter/error.h"
#include "converter/tokenizer/gguf.h"
#include "converter/tokenizer/readers.h"

namespace tidbit::convert {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// The first of the files that is there, or an empty path.
fs::path first_there(const fs::path &folder, std::initializer_list<const char *> names) {
  for (const char *name : names) {
    if (is_there(folder / name)) return folder / name;
  }
  return {};
}

// The list of merges that belongs to a vocab.json, under one of its common names; empty if there is none.
fs::path merges_beside(const fs::path &vocab) {
  const fs::path folder = vocab.parent_path();
  return first_there(folder, {"merges.txt", "merges.lf.txt", "vocab.bpe", "vocab_40000.bpe"});
}

Vocabulary read_json(const std::string &bytes, const fs::path &path) {
  const std::string source = path.string();
  const TokenizerFile file(bytes, source);
  if (file.is_tokenizer_json()) return read_tokenizer_json(file, read_tokenizer_config(path));
  const fs::path merges = merges_beside(path);
  if (merges.empty()) return read_characters(file.tokens(), source);
  std::string_view vocab = bytes;
  if (vocab.starts_with(kByteOrderMark)) vocab.remove_prefix(kByteOrderMark.size());
  return read_vocab_json(file, vocab, read_whole_file(merges, kMostTokenizerBytes), path);
}

Vocabulary read_any(const fs::path &file) {
  if (is_pickle(file)) return read_pickled_characters(file);
  const std::string bytes = read_whole_file(file, kMostTokenizerBytes);
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) throw ConvertError(file.string() + ": the file is empty");
  if (file.extension() == ".txt") return read_vocab_txt(bytes, file);
  if (looks_like_llama2c(bytes)) return read_llama2c(bytes, file.string());
  if (bytes[first] == '{' || bytes.starts_with(kByteOrderMark)) return read_json(bytes, file);
  return read_sentencepiece(bytes, read_tokenizer_config(file), file.string());
}

bool is_gguf(const fs::path &path) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return false;
  const InputFile file(path);
  std::array<char, 4> start = {};
  if (file.size() >= start.size()) file.read(0, start.data(), start.size());
  return start == std::array{'G', 'G', 'U', 'F'};
}

// llama2.c's tok<n>.model or tok<n>.bin, if there is exactly one.
fs::path numbered_tokenizer(const fs::path &folder) {
  for (const char *extension : {".model", ".bin"}) {
    std::vector<fs::path> found;
    for (const auto &entry : fs::directory_iterator(folder)) {
      const fs::path &path = entry.path();
      const std::string stem = path.stem().string();
      const bool numbered = stem.size() > 3 && stem.starts_with("tok") &&
                            std::all_of(stem.begin() + 3, stem.end(), [](char c) { return c >= '0' && c <= '9'; });
      if (numbered && path.extension() == extension) found.push_back(path);
    }
    if (found.size() == 1) return found[0];
  }
  return {};
}

}  // namespace

ImportedTokenizer import_tokenizer(const fs::path &file, std::uint32_t vocab_size) {
  if (vocab_size >= format::kMaxTokens) {
    throw ConvertError(file.string() + ": a model of " + std::to_string(vocab_size) +
                       " tokens has too many for a tokenizer in the blob; use --tokenizer none");
  }
  if (is_gguf(file)) return import_gguf_tokenizer(read_gguf_tokenizer(file), vocab_size, file.string());
  return build_section(read_any(file), vocab_size, file.string());
}

fs::path find_tokenizer(const fs::path &checkpoint) {
  std::error_code ignored;
  if (!fs::is_directory(checkpoint, ignored) && has_pickled_characters(checkpoint)) return checkpoint;
  if (is_gguf(checkpoint)) return checkpoint;
  const fs::path folder = fs::is_directory(checkpoint, ignored) ? checkpoint : checkpoint.parent_path();
  fs::path usual = first_there(
      folder, {"tokenizer.json", "tokenizer.model", "vocab.json", "encoder.json", "tokenizer.bin", "meta.pkl"});
  if (!usual.empty()) return usual;
  const fs::path here = folder.empty() ? fs::path(".") : folder;
  fs::path numbered = fs::is_directory(here, ignored) ? numbered_tokenizer(here) : fs::path();
  if (!numbered.empty()) return numbered;
  return first_there(folder,
                     {"spiece.model", "sentencepiece.bpe.model", "sentencepiece.model", "spm.model", "vocab.txt"});
}

}  // namespace tidbit::convert
