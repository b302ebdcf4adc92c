#include "converter/tokenizer/gguf.h"

#include "converter/error.h"
#include "converter/tokenizer/gguf_splits.h"
#include "converter/tokenizer/readers.h"
#include "converter/tokenizer/splits.h"

namespace tidbit::convert {
namespace {

using format::Split;
namespace flag = format::flag;

PieceType type_at(const GgufTokenizer &gguf, std::size_t id) {
  return gguf.types.empty() ? PieceType::normal : sentencepiece_type(static_cast<std::uint64_t>(gguf.types[id]));
}

Vocabulary scored_pieces(const GgufTokenizer &gguf, const std::string &source) {
  if (gguf.scores.size() != gguf.tokens.size())
    throw ConvertError(source + ": the numbers of tokens and scores differ");
  std::vector<Piece> pieces;
  bool bytes = false;
  for (std::size_t id = 0; id < gguf.tokens.size(); ++id) {
    pieces.push_back({gguf.tokens[id], type_at(gguf, id), static_cast<double>(gguf.scores[id])});
    bytes = bytes || pieces.back().type == PieceType::byte;
  }
  std::uint32_t flags = flag::kFuseUnknown;
  if (gguf.add_space_prefix != 0) {
    flags |= flag::kPrefixBlank | flag::kPrefixEverySegment | flag::kDropFirstBlank | flag::kKeepByteBlank;
  }
  Vocabulary vocabulary = sentencepiece_vocabulary(std::move(pieces), flags, bytes, source);
  vocabulary.description = "SentencePiece BPE";
  return vocabulary;
}

// If several tokens have the same text, the first one counts.
void add_merges(Vocabulary &vocabulary, const GgufTokenizer &gguf, const std::string &source) {
  NamedTokens names;
  for (std::uint32_t id = 0; id < gguf.tokens.size(); ++id) names.ids.emplace(gguf.tokens[id], id);
  for (const std::string &line : gguf.merges) {
    const std::size_t blank = line.find(' ', 1);
    if (blank == std::string::npos)
      throw ConvertError(source + ": " + in_quotes(line) + " is not a merge of two tokens");
    add_merge(vocabulary, names, line.substr(0, blank), line.substr(blank + 1), source);
  }
}

Vocabulary byte_level(const GgufTokenizer &gguf, const GgufSplit &split, const std::string &source) {
  Vocabulary vocabulary;
  vocabulary.kind = format::TokenizerKind::byte_level;
  vocabulary.merge_by = format::MergeBy::pair;
  set_split(split.expressions, vocabulary, source);
  vocabulary.ignore_merges = split.ignore_merges;
  vocabulary.description = "byte-level BPE";
  if (vocabulary.split == Split::qwen2) vocabulary.description += " (input must be in NFC; not normalized)";
  for (std::uint32_t id = 0; id < gguf.tokens.size(); ++id) {
    const PieceType type = type_at(gguf, id);
    const bool added = type == PieceType::control || type == PieceType::unknown || type == PieceType::user_defined;
    vocabulary.pieces.push_back({added ? gguf.tokens[id] : byte_level_bytes(gguf.tokens[id]), type, 0});
    if (added) vocabulary.added.push_back({id, type != PieceType::user_defined, false});
  }
  if (set_byte_tokens(vocabulary) > 0) throw ConvertError(source + ": some bytes have no token");
  add_merges(vocabulary, gguf, source);
  return vocabulary;
}

}  // namespace

ImportedTokenizer import_gguf_tokenizer(const GgufTokenizer &gguf, std::uint32_t vocab_size,
                                        const std::string &source) {
  if (gguf.model != "llama" && gguf.model != "gpt2") {
    throw ConvertError(source + ": the tokenizer \"" + gguf.model + "\" is not supported; \"llama\" and \"gpt2\" are");
  }
  if (!gguf.types.empty() && gguf.types.size() != gguf.tokens.size()) {
    throw ConvertError(source + ": the numbers of tokens and types differ");
  }
  const bool pieces = gguf.model == "llama";
  const GgufSplit split = pieces ? GgufSplit{} : gguf_split(gguf.pre, source);
  Vocabulary vocabulary = pieces ? scored_pieces(gguf, source) : byte_level(gguf, split, source);
  const auto valid = [&](std::int32_t id) { return id >= 0 && static_cast<std::size_t>(id) < gguf.tokens.size(); };
  if (valid(gguf.bos)) vocabulary.bos = gguf.bos;
  if (valid(gguf.eos)) vocabulary.ends = {gguf.eos};
  const bool add_bos = gguf.add_bos >= 0 ? gguf.add_bos == 1 : pieces || split.adds_bos;
  if (add_bos && vocabulary.bos >= 0) vocabulary.prefix = {vocabulary.bos};
  if (gguf.add_eos == 1 && !vocabulary.ends.empty()) vocabulary.suffix = vocabulary.ends;
  return build_section(std::move(vocabulary), vocab_size, source);
}

}  // namespace tidbit::convert
