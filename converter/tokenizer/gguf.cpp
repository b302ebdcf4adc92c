#include "converter/tokenizer/gguf.h"

#include "converter/error.h"
#include "converter/tokenizer/gguf_splits.h"
#include "converter/tokenizer/gguf_unigram.h"
#include "converter/tokenizer/gguf_word_piece.h"
#include "converter/tokenizer/readers.h"
#include "converter/tokenizer/splits.h"

namespace tidbit::convert {
namespace {

using format::Split;
namespace flag = format::flag;

Vocabulary scored_pieces(const GgufTokenizer &gguf, const std::string &source) {
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

bool is_valid(const GgufTokenizer &gguf, std::int32_t id) {
  return id >= 0 && static_cast<std::size_t>(id) < gguf.tokens.size();
}

void refuse_unsupported(const GgufTokenizer &gguf, const std::string &source) {
  const bool scored = gguf.model == "llama" || gguf.model == "t5";
  if (!scored && gguf.model != "gpt2" && gguf.model != "bert") {
    throw ConvertError(source + ": the tokenizer \"" + gguf.model +
                       "\" is not supported; \"llama\", \"gpt2\", \"t5\" and \"bert\" are");
  }
  if (!gguf.types.empty() && gguf.types.size() != gguf.tokens.size()) {
    throw ConvertError(source + ": the numbers of tokens and types differ");
  }
  if (scored && gguf.scores.size() != gguf.tokens.size()) {
    throw ConvertError(source + ": the numbers of tokens and scores differ");
  }
}

// What a file that does not say it means.
struct Defaults {
  std::int32_t eos = -1;
  bool add_bos = false;
  bool add_eos = false;
};

void set_ends(Vocabulary &vocabulary, const GgufTokenizer &gguf, const Defaults &defaults) {
  const std::int32_t eos = is_valid(gguf, gguf.eos) ? gguf.eos : defaults.eos;
  if (is_valid(gguf, gguf.bos)) vocabulary.bos = gguf.bos;
  if (is_valid(gguf, eos)) vocabulary.ends = {eos};
  const bool add_bos = gguf.add_bos >= 0 ? gguf.add_bos == 1 : defaults.add_bos;
  const bool add_eos = gguf.add_eos >= 0 ? gguf.add_eos == 1 : defaults.add_eos;
  if (add_bos && vocabulary.bos >= 0) vocabulary.prefix = {vocabulary.bos};
  if (add_eos) vocabulary.suffix = vocabulary.ends;
}

}  // namespace

ImportedTokenizer import_gguf_tokenizer(const GgufTokenizer &gguf, std::uint32_t vocab_size,
                                        const std::string &source) {
  refuse_unsupported(gguf, source);
  if (gguf.model == "bert") return build_section(gguf_word_piece(gguf, source), vocab_size, source);
  Vocabulary vocabulary;
  Defaults defaults;
  if (gguf.model == "llama") {
    vocabulary = scored_pieces(gguf, source);
    defaults.add_bos = true;
  } else if (gguf.model == "t5") {
    vocabulary = gguf_unigram(gguf, source);
    defaults = {.eos = 1, .add_eos = true};
  } else {
    const GgufSplit split = gguf_split(gguf.pre, source);
    vocabulary = byte_level(gguf, split, source);
    defaults.add_bos = split.adds_bos;
  }
  set_ends(vocabulary, gguf, defaults);
  return build_section(std::move(vocabulary), vocab_size, source);
}

}  // namespace tidbit::convert
