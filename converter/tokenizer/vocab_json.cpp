// vocab.json: BPE if there is a merges.txt next to it, otherwise a table of single characters. The class of the
// tokenizer says the rest of BPE, and the result is read like the tokenizer.json that Hugging Face makes of it.
#include <algorithm>
#include <array>

#include "converter/error.h"
#include "converter/tokenizer/readers.h"
#include "converter/tokenizer/special_tokens.h"

namespace tidbit::convert {
namespace {

// What stands around a text.
enum class Around { nothing, begin_and_end, class_and_separator, herbert, whisper };

// Special tokens that tokenizer_config.json need not name; null: there is none.
struct UsualTokens {
  const char *unknown = nullptr, *begin = nullptr, *end = nullptr;
  const char *classify = nullptr, *separator = nullptr, *padding = nullptr, *mask = nullptr;
};

struct BpeClass {
  const char *names;  // of classes, each between two blanks
  const char *model_types;
  UsualTokens tokens;
  Around around = Around::nothing;
  bool word_ends = false;  // "</w>", and unknown tokens
  bool byte_level = true;  // otherwise words as BERT's
  const char *normalizer = "null";
  const char *regex = nullptr;  // splits in front of ByteLevel
};

constexpr const char *kQwen2 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char *kClip =
    R"(<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)";
constexpr const char *kClipNormalizer =
    R"({"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Replace","pattern":{"Regex":"\\s+"},"content":" "},)"
    R"({"type":"Lowercase"}]})";
constexpr const char *kNfc = R"({"type":"NFC"})";
constexpr const char *kEnd = "<|endoftext|>";

constexpr UsualTokens kGpt2Tokens = {kEnd, kEnd, kEnd};
constexpr UsualTokens kRobertaTokens = {"<unk>", "<s>", "</s>", "<s>", "</s>", "<pad>", "<mask>"};

constexpr std::array kClasses = {
    BpeClass{" GPT2Tokenizer CodeGenTokenizer ", " ", kGpt2Tokens},
    BpeClass{.names = " GPTNeoXTokenizer ",
             .model_types = " gpt_neox ",
             .tokens = {.unknown = kEnd, .begin = kEnd, .end = kEnd, .padding = "<|padding|>"},
             .normalizer = kNfc},
    BpeClass{.names = " Qwen2Tokenizer ",
             .model_types = " qwen2 qwen2_moe qwen3 qwen3_moe ",
             .tokens = {.unknown = kEnd, .end = kEnd, .padding = kEnd},
             .normalizer = kNfc,
             .regex = kQwen2},
    BpeClass{" RobertaTokenizer BartTokenizer LongformerTokenizer LEDTokenizer MvpTokenizer ",
             " roberta bart longformer led mvp data2vec-text roberta-prelayernorm ", kRobertaTokens,
             Around::class_and_separator},
    BpeClass{" DebertaTokenizer ",
             " deberta ",
             {"[UNK]", "[CLS]", "[SEP]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"},
             Around::class_and_separator},
    BpeClass{" WhisperTokenizer ", " whisper ", kGpt2Tokens, Around::whisper},
    BpeClass{.names = " CLIPTokenizer ",
             .model_types = " clip clip_text_model ",
             .tokens = {.unknown = kEnd, .begin = "<|startoftext|>", .end = kEnd, .padding = kEnd},
             .around = Around::begin_and_end,
             .word_ends = true,
             .normalizer = kClipNormalizer,
             .regex = kClip},
    BpeClass{
        .names = " HerbertTokenizer ",
        .model_types = " ",
        .tokens = {.unknown = "<unk>", .classify = "<s>", .separator = "</s>", .padding = "<pad>", .mask = "<mask>"},
        .around = Around::herbert,
        .word_ends = true,
        .byte_level = false,
        .normalizer = R"({"type":"BertNormalizer","strip_accents":false,"lowercase":false})"},
    BpeClass{.names = " OpenAIGPTTokenizer ",
             .model_types = " openai-gpt ",
             .tokens = {.unknown = "<unk>"},
             .word_ends = true,
             .byte_level = false,
             .normalizer = R"({"type":"BertNormalizer","lowercase":true})"},
};

bool has_word(std::string_view list, const std::string &word) {
  return !word.empty() && list.find(" " + word + " ") != std::string_view::npos;
}

// Without a class, and for models that are not known, the vocabulary is GPT-2's.
const BpeClass &class_of(const TokenizerConfig &config, const std::string &source) {
  const std::string &name = config.declared_class;
  for (const BpeClass &known : kClasses) {
    if (name.empty() ? has_word(known.model_types, config.model_type) : has_word(known.names, name)) return known;
  }
  if (name.empty()) return kClasses[0];
  throw ConvertError(source + ": the tokenizer has the unknown class " + in_quotes(name) +
                     "; save the tokenizer as tokenizer.json, which says how to split text");
}

void refuse_word_end(std::string_view line, const std::string &source) {
  if (!line.ends_with("</w>")) return;
  throw ConvertError(source +
                     ": BPE with the end of word \"</w>\" is supported only with the tokenizer_class "
                     "OpenAIGPTTokenizer, CLIPTokenizer or HerbertTokenizer in tokenizer_config.json, or as a "
                     "tokenizer.json, which says how to split text");
}

// The merges as a list in JSON. One merge a line, behind a line with the version.
std::string merges_json(std::string_view text, const BpeClass &known, const std::string &source) {
  std::string list;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || (list.empty() && line.starts_with("#version"))) continue;
    if (!known.word_ends) refuse_word_end(line, source);
    list.append(list.empty() ? "[" : ",").append(Json(line).dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  return list.empty() ? "[]" : list + "]";
}

Json around_json(const BpeClass &known, const SpecialTokens &special, const std::string &begin,
                 const std::string &end) {
  const auto pair = [](const Json &before, const Json &behind) {
    return Json{{"type", "BertProcessing"}, {"cls", before}, {"sep", behind}};
  };
  if (known.around == Around::nothing) return nullptr;
  if (known.around == Around::herbert) return pair({begin, 0u}, {end, 2u});
  if (known.around != Around::whisper) return pair(special.around(begin), special.around(end));
  Json steps = Json::array(), ids = Json::object();
  const auto add = [&](const std::string &text) {
    ids[text] = {{"ids", {special.around(text)[1]}}};
    steps.push_back({{"SpecialToken", {{"id", text}}}});
  };
  add("<|startoftranscript|>");
  add("<|notimestamps|>");
  steps.push_back({{"Sequence", {{"id", "A"}}}});
  add(end);
  return {{"type", "TemplateProcessing"}, {"single", steps}, {"special_tokens", ids}};
}

Json pre_tokenizer_json(const BpeClass &known, const JsonNode &settings) {
  if (!known.byte_level) return {{"type", "BertPreTokenizer"}};
  const bool clip = known.word_ends;  // whose expression says what words are; the others say where they begin
  Json bytes = {{"type", "ByteLevel"},
                {"add_prefix_space", !clip && settings.flag_or("add_prefix_space", false)},
                {"use_regex", clip || known.regex == nullptr}};
  if (known.regex == nullptr) return bytes;
  const Json split = {{"type", "Split"},
                      {"pattern", {{"Regex", known.regex}}},
                      {"behavior", clip ? "Removed" : "Isolated"},
                      {"invert", clip}};
  return {{"type", "Sequence"}, {"pretokenizers", {split, bytes}}};
}

// Everything but the model.
Json settings_json(const BpeClass &known, const JsonNode &settings, SpecialTokens &special) {
  const std::string begin = special.add("bos_token", known.tokens.begin);
  const std::string end = special.add("eos_token", known.tokens.end);
  const std::string classify = special.add("cls_token", known.tokens.classify);
  const std::string separator = special.add("sep_token", known.tokens.separator);
  special.add("pad_token", known.tokens.padding);
  special.add("mask_token", known.tokens.mask);
  const bool by_class = known.tokens.classify != nullptr;
  return {{"normalizer", Json::parse(known.normalizer)},
          {"pre_tokenizer", pre_tokenizer_json(known, settings)},
          {"post_processor", around_json(known, special, by_class ? classify : begin, by_class ? separator : end)},
          {"decoder", {{"type", known.byte_level ? "ByteLevel" : "BPEDecoder"}}},
          {"added_tokens", special.added()}};
}

// The texts as they are.
void place_pieces(Vocabulary &vocabulary, const NamedTokens &names) {
  vocabulary.pieces.resize(names.texts.size());
  for (std::size_t id = 0; id < names.texts.size(); ++id) {
    const std::string *text = names.texts[id];
    if (text != nullptr && !text->empty()) vocabulary.pieces[id] = {*text, PieceType::normal, 0};
  }
}

}  // namespace

Vocabulary read_vocab_json(const TokenizerFile &file, std::string_view vocab, std::string_view merges,
                           const std::filesystem::path &path) {
  const std::string &source = file.source();
  const TokenizerConfig config = read_tokenizer_config(path);
  const BpeClass &known = class_of(config, source);
  const auto settings_file = path.parent_path() / "tokenizer_config.json";
  const Json json = is_there(settings_file) ? read_json_object(settings_file) : Json::object();
  const JsonNode settings(json, settings_file.string() + ":");
  const auto find = [&](const std::string &text) {
    for (const auto &[id, token] : config.added_tokens) {
      if (token.is_object() && token.value("content", Json()) == text) return std::int64_t{id};
    }
    return file.tokens().find(text);
  };
  SpecialTokens special(settings, config, find, source);
  const std::string unknown = special.add("unk_token", known.tokens.unknown);
  std::string made = settings_json(known, settings, special).dump();
  made.back() = ',';
  made += R"("model":{"type":"BPE",)";
  if (known.word_ends) made += R"("end_of_word_suffix":"</w>","unk_token":)" + Json(unknown).dump() + ",";
  made.append(R"("vocab":)").append(vocab).append(R"(,"merges":)").append(merges_json(merges, known, source)) += "}}";
  Vocabulary vocabulary = read_tokenizer_json(TokenizerFile(made, source), config);
  if (vocabulary.kind == format::TokenizerKind::byte_level && set_byte_tokens(vocabulary) > 0) {
    throw ConvertError(source + ": is not a byte-level vocabulary, some bytes have no token");
  }
  if (config.add_bos_token == 1 && vocabulary.bos >= 0 && vocabulary.prefix.empty()) {
    vocabulary.prefix = {vocabulary.bos};
  }
  return vocabulary;
}

// Keys of more than one character are special tokens. "<unk>" and "[UNK]" stand for any character that is not in the
// table; others, like "<s>" and "</s>", are only recognized if special tokens are parsed.
Vocabulary read_characters(const NamedTokens &tokens, const std::string &source) {
  Vocabulary vocabulary;
  vocabulary.kind = format::TokenizerKind::character;
  place_pieces(vocabulary, tokens);
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
