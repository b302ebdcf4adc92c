// vocab.txt: WordPiece, one token a line. The tokenizer's class says the rest, and the result is read like the
// tokenizer.json that Hugging Face makes of it.
#include <algorithm>
#include <array>

#include "converter/error.h"
#include "converter/tokenizer/readers.h"
#include "converter/tokenizer/special_tokens.h"
#include "text/utf8.h"

namespace tidbit::convert {
namespace {

// The special tokens that tokenizer_config.json need not name.
struct WordPieceClass {
  const char *name;
  const char *model_type;
  const char *unknown, *before, *behind, *padding, *mask;
};
constexpr std::array kClasses = {
    WordPieceClass{"BertTokenizer", "bert", "[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"},
    WordPieceClass{"DistilBertTokenizer", "distilbert", "[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"},
    WordPieceClass{"ElectraTokenizer", "electra", "[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"},
    WordPieceClass{"MobileBertTokenizer", "mobilebert", "[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"},
    WordPieceClass{"ConvBertTokenizer", "convbert", "[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"},
    WordPieceClass{"LayoutLMTokenizer", "layoutlm", "[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"},
    WordPieceClass{"LxmertTokenizer", "lxmert", "[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"},
    WordPieceClass{"SqueezeBertTokenizer", "squeezebert", "[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"},
    WordPieceClass{"MPNetTokenizer", "mpnet", "[UNK]", "<s>", "</s>", "<pad>", "<mask>"},
};

// Without any file beside it, the vocabulary is BERT's.
const WordPieceClass &class_of(const TokenizerConfig &config, const std::string &source) {
  const std::string &name = config.declared_class;
  if (name.empty() && config.model_type.empty()) return kClasses[0];
  for (const WordPieceClass &known : kClasses) {
    if (name.empty() ? config.model_type == known.model_type : name == known.name) return known;
  }
  const std::string what = name.empty() ? "config.json has the model_type " + in_quotes(config.model_type)
                                        : "the tokenizer_class is " + in_quotes(name);
  throw ConvertError(source + ": " + what +
                     ", and it is not known how that reads a vocab.txt; save the tokenizer as tokenizer.json, or write "
                     "\"tokenizer_class\": \"BertTokenizer\" to tokenizer_config.json if it is one of BERT's");
}

bool is_utf8(std::string_view text) {
  for (std::uint32_t at = 0; at < text.size();) {
    const auto character = utf8_decode(text.data() + at, static_cast<std::uint32_t>(text.size() - at));
    if (character.bytes == 1 && static_cast<unsigned char>(text[at]) >= 0x80) return false;
    at += character.bytes;
  }
  return true;
}

// A line is an id, also an empty one.
Json tokens_of(std::string_view text, const std::string &source) {
  Json tokens = Json::object();
  for (std::uint32_t id = 0; !text.empty(); ++id) {
    const std::size_t size = std::min(text.find_first_of("\r\n"), text.size());
    const std::string_view line = text.substr(0, size);
    text.remove_prefix(size);
    text.remove_prefix(text.starts_with("\r\n") ? 2 : text.empty() ? 0 : 1);
    if (line.empty()) continue;
    const std::string where = source + ": line " + std::to_string(id + 1);
    if (id >= format::kMaxTokens) throw ConvertError(where + ": has more tokens than a blob can hold");
    if (!is_utf8(line)) throw ConvertError(where + ": is not UTF-8");
    if (!tokens.emplace(std::string(line), id).second) {
      throw ConvertError(where + ": token " + in_quotes(line) + " occurs twice in the vocabulary");
    }
  }
  if (tokens.empty()) throw ConvertError(source + ": the vocabulary is empty");
  return tokens;
}

Json tokenizer_json(Json tokens, const JsonNode &settings, const WordPieceClass &known, const TokenizerConfig &config,
                    const std::string &source) {
  const auto find = [&](const std::string &text) {
    return tokens.contains(text) ? tokens[text].get<std::int64_t>() : std::int64_t{-1};
  };
  SpecialTokens special(settings, config, find, source);
  special.add("pad_token", known.padding);
  const std::string unknown = special.add("unk_token", known.unknown);
  const std::string before = special.add("cls_token", known.before);
  const std::string behind = special.add("sep_token", known.behind);
  special.add("mask_token", known.mask);
  const bool lowercase = settings.flag_or("do_lower_case", true);
  const Json normalizer = {{"type", "BertNormalizer"},
                           {"clean_text", true},
                           {"handle_chinese_chars", settings.flag_or("tokenize_chinese_chars", true)},
                           {"strip_accents", settings.flag_or("strip_accents", lowercase)},
                           {"lowercase", lowercase}};
  const Json post_processor = {
      {"type", "BertProcessing"}, {"cls", special.around(before)}, {"sep", special.around(behind)}};
  const Json model = {{"type", "WordPiece"}, {"unk_token", unknown}, {"vocab", std::move(tokens)}};
  return {{"model", model},
          {"normalizer", normalizer},
          {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
          {"post_processor", post_processor},
          {"decoder", {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}}},
          {"added_tokens", special.added()}};
}

}  // namespace

Vocabulary read_vocab_txt(const std::string &bytes, const std::filesystem::path &path) {
  const std::string source = path.string();
  const TokenizerConfig config = read_tokenizer_config(path);
  const WordPieceClass &known = class_of(config, source);
  const auto file = path.parent_path() / "tokenizer_config.json";
  const Json json = is_there(file) ? read_json_object(file) : Json::object();
  const JsonNode settings(json, file.string() + ":");
  if (!settings.flag_or("do_basic_tokenize", true)) settings.at("do_basic_tokenize").refuse("is not supported");
  const std::string made = tokenizer_json(tokens_of(bytes, source), settings, known, config, source).dump();
  return read_tokenizer_json(TokenizerFile(made, source), config);
}

}  // namespace tidbit::convert
