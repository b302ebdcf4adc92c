// vocab.json: byte-level BPE if there is a merges.txt next to it, otherwise a table of single characters.
#include <algorithm>

#include "converter/error.h"
#include "converter/tokenizer/normalizer/read.h"
#include "converter/tokenizer/readers.h"

namespace tidbit::convert {
namespace {

using format::Split;

void refuse_word_end(std::string_view line, const std::string &source) {
  if (!line.ends_with("</w>")) return;
  throw ConvertError(source +
                     ": BPE with the end of word \"</w>\", as in the first GPT, is supported only in a "
                     "tokenizer.json, which says how to split text; save the tokenizer as one");
}

// One merge a line, behind a line with the version.
void add_merges(Vocabulary &vocabulary, std::string_view text, const TokenizerFile &file) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || (vocabulary.merges.empty() && line.starts_with("#version"))) continue;
    refuse_word_end(line, file.source());
    add_merge(vocabulary, file.tokens(), line, file.source());
  }
}

// The tokenizer class implies how text is split into words. These are the known ones.
Split split_of(const std::string &tokenizer_class, const std::string &source) {
  std::string name = tokenizer_class;
  if (name.ends_with("Fast")) name.resize(name.size() - 4);
  if (name.empty() || name == "GPT2Tokenizer" || name == "CodeGenTokenizer") return Split::gpt2;
  if (name == "Qwen2Tokenizer") return Split::qwen2;
  throw ConvertError(source + ": tokenizer_config.json has the unknown class " + in_quotes(tokenizer_class) +
                     "; save the tokenizer as tokenizer.json, which says how to split text");
}

// Byte-level texts, or the texts as they are.
void place_pieces(Vocabulary &vocabulary, const NamedTokens &names, bool byte_level) {
  vocabulary.pieces.resize(names.texts.size());
  for (std::size_t id = 0; id < names.texts.size(); ++id) {
    const std::string *text = names.texts[id];
    if (text == nullptr || text->empty()) continue;
    vocabulary.pieces[id] = {byte_level ? byte_level_bytes(*text) : *text, PieceType::normal, 0};
  }
}

// GPT-2's original files do not state that this token is special.
void add_end_of_text(Vocabulary &vocabulary, const TokenizerFile &file) {
  const std::int64_t id = file.tokens().find("<|endoftext|>");
  const bool is_added = std::any_of(vocabulary.added.begin(), vocabulary.added.end(),
                                    [id](const AddedPiece &added) { return std::int64_t{added.id} == id; });
  if (id < 0 || is_added) return;
  const Json token = {{"content", "<|endoftext|>"}, {"special", true}};
  add_token(vocabulary, static_cast<std::uint32_t>(id), JsonNode(token, file.source()));
}

}  // namespace

Vocabulary read_vocab_json(const TokenizerFile &file, std::string_view merges, const TokenizerConfig &config) {
  Vocabulary vocabulary;
  vocabulary.kind = format::TokenizerKind::byte_level;
  vocabulary.merge_by = format::MergeBy::pair;
  vocabulary.split = split_of(config.tokenizer_class, file.source());
  add_merges(vocabulary, merges, file);
  place_pieces(vocabulary, file.tokens(), true);
  if (set_byte_tokens(vocabulary) > 0) {
    throw ConvertError(file.source() + ": is not a byte-level vocabulary, some bytes have no token");
  }
  add_config_tokens(vocabulary, config);
  add_end_of_text(vocabulary, file);
  if (config.add_prefix_space) {
    vocabulary.flags |=
        format::flag::kPrefixBlank | format::flag::kPrefixEverySegment | format::flag::kPrefixUnlessBlank;
  }
  set_ends(vocabulary, config);
  if (config.add_bos_token == 1 && vocabulary.bos >= 0) vocabulary.prefix = {vocabulary.bos};
  vocabulary.description = "byte-level BPE";
  if (vocabulary.split == Split::qwen2) vocabulary.normalizer = unicode_form(false, true);
  return vocabulary;
}

// Keys of more than one character are special tokens. "<unk>" and "[UNK]" stand for any character that is not in the
// table; others, like "<s>" and "</s>", are only recognized if special tokens are parsed.
Vocabulary read_characters(const NamedTokens &tokens, const std::string &source) {
  Vocabulary vocabulary;
  vocabulary.kind = format::TokenizerKind::character;
  place_pieces(vocabulary, tokens, false);
  for (std::uint32_t id = 0; id < vocabulary.pieces.size(); ++id) {
    const std::string &text = vocabulary.pieces[id].text;
    if (text.empty() || characters_of(text).size() == 1) continue;
    const bool bracketed = (text.front() == '<' && text.back() == '>') || (text.front() == '[' && text.back() == ']');
    if (!bracketed) {
      throw ConvertError(source + ": without a merges.txt next to it, every token must be a single character, but " +
                         in_quotes(text) + " is not");
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
