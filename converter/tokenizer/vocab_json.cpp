// vocab.json: byte-level BPE if there is a merges.txt next to it, otherwise a table of single characters.
#include <algorithm>
#include <sstream>

#include "converter/error.h"
#include "converter/tokenizer/readers.h"

namespace tidbit::convert {
namespace {

using format::Split;

std::vector<std::pair<std::string, std::string>> parse_merges(const std::string &text, const std::string &source) {
  std::vector<std::pair<std::string, std::string>> pairs;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty() || (pairs.empty() && line.starts_with("#version"))) continue;
    const std::size_t blank = line.find(' ');
    if (blank == std::string::npos || line.find(' ', blank + 1) != std::string::npos) {
      throw ConvertError(source + ": \"" + line + "\" is not a merge of two tokens");
    }
    pairs.emplace_back(line.substr(0, blank), line.substr(blank + 1));
  }
  return pairs;
}

void refuse_word_ends(const std::vector<std::pair<std::string, std::string>> &pairs, const std::string &source) {
  for (const auto &[left, right] : pairs) {
    if (!right.ends_with("</w>")) continue;
    throw ConvertError(source +
                       ": BPE with the end of word \"</w>\", as in the first GPT, is not supported "
                       "(it requires lower-casing and spaCy's word splitting)");
  }
}

// The tokenizer class implies how text is split into words. These are the known ones.
Split split_of(const std::string &tokenizer_class, const std::string &source) {
  std::string name = tokenizer_class;
  if (name.ends_with("Fast")) name.resize(name.size() - 4);
  if (name.empty() || name == "GPT2Tokenizer" || name == "CodeGenTokenizer") return Split::gpt2;
  if (name == "Qwen2Tokenizer") return Split::qwen2;
  throw ConvertError(source + ": tokenizer_config.json has the unknown class \"" + tokenizer_class +
                     "\"; save the tokenizer as tokenizer.json, which says how to split text");
}

void place_pieces(Vocabulary &vocabulary, const NamedTokens &names) {
  vocabulary.pieces.resize(names.texts.size());
  for (std::size_t id = 0; id < names.texts.size(); ++id) {
    if (names.texts[id].empty()) continue;
    vocabulary.pieces[id] = {byte_level_bytes(names.texts[id]), PieceType::normal, 0};
  }
}

// GPT-2's original files do not state that this token is special.
void add_end_of_text(Vocabulary &vocabulary, const NamedTokens &names, const std::string &source) {
  const std::int64_t id = names.find("<|endoftext|>");
  if (id < 0 || !vocabulary.added.empty()) return;
  add_token(vocabulary, static_cast<std::uint32_t>(id), Json{{"content", "<|endoftext|>"}, {"special", true}}, source);
}

}  // namespace

Vocabulary read_vocab_json(const Json &vocab, const std::string &merges, const TokenizerConfig &config,
                           const std::string &source) {
  const auto pairs = parse_merges(merges, source);
  refuse_word_ends(pairs, source);
  const NamedTokens names = NamedTokens::read(vocab, source);
  Vocabulary vocabulary;
  vocabulary.kind = format::TokenizerKind::byte_level;
  vocabulary.merge_by = format::MergeBy::pair;
  vocabulary.split = split_of(config.tokenizer_class, source);
  place_pieces(vocabulary, names);
  if (set_byte_tokens(vocabulary) > 0) {
    throw ConvertError(source + ": is not a byte-level vocabulary, some bytes have no token");
  }
  add_merges(vocabulary, names, pairs, source);
  for (const auto &[id, token] : config.added_tokens) add_token(vocabulary, id, token, source);
  add_end_of_text(vocabulary, names, source);
  if (config.add_prefix_space) {
    vocabulary.flags |=
        format::flag::kPrefixBlank | format::flag::kPrefixEverySegment | format::flag::kPrefixUnlessBlank;
  }
  set_ends(vocabulary, config);
  if (config.add_bos_token == 1 && vocabulary.bos >= 0) vocabulary.prefix = {vocabulary.bos};
  vocabulary.description = "byte-level BPE";
  if (vocabulary.split == Split::qwen2) vocabulary.description += " (input must be in NFC; not normalized)";
  return vocabulary;
}

// Keys of more than one character are special tokens. "<unk>" and "[UNK]" stand for any character that is not in the
// table; others, like "<s>" and "</s>", are only recognized if special tokens are parsed.
Vocabulary read_character_json(const Json &vocab, const std::string &source) {
  const NamedTokens names = NamedTokens::read(vocab, source);
  Vocabulary vocabulary;
  vocabulary.kind = format::TokenizerKind::character;
  vocabulary.pieces.resize(names.texts.size());
  for (std::uint32_t id = 0; id < names.texts.size(); ++id) {
    const std::string &text = names.texts[id];
    if (text.empty()) continue;
    vocabulary.pieces[id] = {text, PieceType::normal, 0};
    if (characters_of(text).size() == 1) continue;
    const bool bracketed = (text.front() == '<' && text.back() == '>') || (text.front() == '[' && text.back() == ']');
    if (!bracketed) {
      throw ConvertError(source + ": without a merges.txt next to it, every token must be a single character, but \"" +
                         text + "\" is not");
    }
    const bool unknown = text == "<unk>" || text == "[UNK]";
    if (unknown) vocabulary.unknown = static_cast<std::int32_t>(id);
    vocabulary.pieces[id].type = unknown ? PieceType::unknown : PieceType::control;
    vocabulary.added.push_back({id, true, false});
  }
  set_ends(vocabulary, {});
  vocabulary.description = "characters";
  return vocabulary;
}

}  // namespace tidbit::convert
