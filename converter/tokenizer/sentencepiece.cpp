// SentencePiece .model files: protocol buffers, read field by field.
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string_view>

#include "converter/error.h"
#include "converter/tokenizer/normalizer/read.h"
#include "converter/tokenizer/readers.h"

namespace tidbit::convert {
namespace {

struct Field {
  std::uint32_t number = 0;
  std::uint64_t value = 0;  // if it is a varint or fixed-size number
  std::string_view bytes;   // if it is a string or message
};

// Iterates over the fields of a message. Never reads past its end.
class Message {
 public:
  Message(std::string_view bytes, const std::string &source) : bytes_(bytes), source_(source) {}

  bool next(Field &field) {
    if (at_ == bytes_.size()) return false;
    const std::uint64_t key = varint();
    field = {static_cast<std::uint32_t>(key >> 3), 0, {}};
    switch (key & 7) {
      case 0:
        field.value = varint();
        return true;
      case 1:
        field.value = fixed(8);
        return true;
      case 2:
        field.bytes = take(varint());
        return true;
      case 5:
        field.value = fixed(4);
        return true;
      default:
        broken();
    }
  }

 private:
  [[noreturn]] void broken() const { throw ConvertError(source_ + ": is neither JSON nor a SentencePiece model"); }
  std::string_view take(std::uint64_t size) {
    if (size > bytes_.size() - at_) broken();
    at_ += size;
    return bytes_.substr(at_ - size, size);
  }
  std::uint64_t fixed(std::uint32_t size) {
    std::uint64_t value = 0;
    const std::string_view raw = take(size);
    for (std::uint32_t i = 0; i < size; ++i) value |= std::uint64_t{static_cast<unsigned char>(raw[i])} << (8 * i);
    return value;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= std::uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return value;
    }
    broken();
  }

  std::string_view bytes_;
  const std::string &source_;
  std::size_t at_ = 0;
};

// Numbers of model types.
constexpr std::uint64_t kUnigram = 1;
constexpr std::uint64_t kBpe = 2;

struct Model {
  std::vector<Piece> pieces;
  std::int32_t bos = 1;
  std::int32_t eos = 2;
  std::uint64_t model_type = kUnigram;
  bool byte_fallback = false;
  bool blank_suffix = false;
  bool add_dummy_prefix = true;
  bool trim_blanks = true;
  bool escape_blanks = true;
  std::string_view charsmap;  // empty: text is not normalized
};

double score_of(std::uint64_t bits) {
  return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
}

Piece read_piece(std::string_view bytes, const std::string &source) {
  Message message(bytes, source);
  Piece piece;
  piece.type = PieceType::normal;
  for (Field field; message.next(field);) {
    if (field.number == 1) piece.text = std::string(field.bytes);
    if (field.number == 2) piece.score = score_of(field.value);
    if (field.number == 3) piece.type = sentencepiece_type(field.value);
  }
  return piece;
}

void read_trainer(Model &model, std::string_view bytes, const std::string &source) {
  Message message(bytes, source);
  for (Field field; message.next(field);) {
    if (field.number == 3) model.model_type = field.value;
    if (field.number == 24) model.blank_suffix = field.value != 0;
    if (field.number == 35) model.byte_fallback = field.value != 0;
    if (field.number == 41) model.bos = static_cast<std::int32_t>(field.value);
    if (field.number == 42) model.eos = static_cast<std::int32_t>(field.value);
  }
}

void read_normalizer(Model &model, std::string_view bytes, const std::string &source) {
  Message message(bytes, source);
  for (Field field; message.next(field);) {
    if (field.number == 2) model.charsmap = field.bytes;
    if (field.number == 3) model.add_dummy_prefix = field.value != 0;
    if (field.number == 4) model.trim_blanks = field.value != 0;
    if (field.number == 5) model.escape_blanks = field.value != 0;
  }
}

Model read_model(const std::string &bytes, const std::string &source) {
  Model model;
  Message message(bytes, source);
  for (Field field; message.next(field);) {
    if (field.number == 1) model.pieces.push_back(read_piece(field.bytes, source));
    if (field.number == 2) read_trainer(model, field.bytes, source);
    if (field.number == 3) read_normalizer(model, field.bytes, source);
    if (model.pieces.size() > format::kMaxTokens) throw ConvertError(source + ": has more pieces than a blob can hold");
  }
  if (model.pieces.empty()) throw ConvertError(source + ": is neither JSON nor a SentencePiece model");
  return model;
}

void refuse_unsupported(const Model &model, const std::string &source) {
  const bool unigram = model.model_type == kUnigram;
  if (!unigram && model.model_type != kBpe) {
    const char *names[] = {"unknown", "unigram", "BPE", "word", "char"};
    throw ConvertError(source + ": the SentencePiece model has the type " +
                       names[model.model_type < 5 ? model.model_type : 0] + "; only BPE and unigram are supported");
  }
  const auto unused = [](const Piece &piece) { return piece.type == PieceType::unused; };
  if (!unigram && std::any_of(model.pieces.begin(), model.pieces.end(), unused)) {
    throw ConvertError(source + ": has pieces of type UNUSED, which are not supported");
  }
  const auto symbol = [](const Piece &piece) { return piece.text.find("\xE2\x96\x81") != std::string::npos; };
  if (!model.escape_blanks && std::any_of(model.pieces.begin(), model.pieces.end(), symbol)) {
    throw ConvertError(source +
                       ": has U+2581 in its pieces although escape_whitespaces is false, which is not supported");
  }
}

// Classes and model types of Hugging Face whose tokens have other ids than the pieces of their model, or whose text is
// changed before it gets there.
constexpr std::array<std::array<const char *, 2>, 30> kOwnRules = {{{"AlbertTokenizer", "albert"},
                                                                    {"BarthezTokenizer", ""},
                                                                    {"BartphoTokenizer", ""},
                                                                    {"BigBirdTokenizer", "big_bird"},
                                                                    {"CamembertTokenizer", "camembert"},
                                                                    {"CpmTokenizer", ""},
                                                                    {"DebertaV2Tokenizer", "deberta-v2"},
                                                                    {"ErnieMTokenizer", "ernie_m"},
                                                                    {"FNetTokenizer", "fnet"},
                                                                    {"GPTSw3Tokenizer", ""},
                                                                    {"LasrTokenizer", ""},
                                                                    {"LayoutXLMTokenizer", ""},
                                                                    {"M2M100Tokenizer", "m2m_100"},
                                                                    {"MBart50Tokenizer", ""},
                                                                    {"MBartTokenizer", "mbart"},
                                                                    {"MLukeTokenizer", ""},
                                                                    {"MarianTokenizer", "marian"},
                                                                    {"NllbTokenizer", "nllb-moe"},
                                                                    {"PLBartTokenizer", "plbart"},
                                                                    {"PegasusTokenizer", "pegasus"},
                                                                    {"RemBertTokenizer", "rembert"},
                                                                    {"SeamlessM4TTokenizer", "seamless_m4t"},
                                                                    {"SiglipTokenizer", "siglip"},
                                                                    {"Speech2TextTokenizer", "speech_to_text"},
                                                                    {"SpeechT5Tokenizer", "speecht5"},
                                                                    {"UdopTokenizer", "udop"},
                                                                    {"XGLMTokenizer", "xglm"},
                                                                    {"XLMProphetNetTokenizer", "xlm-prophetnet"},
                                                                    {"XLMRobertaTokenizer", "xlm-roberta"},
                                                                    {"XLNetTokenizer", "xlnet"}}};

void refuse_own_rules(const TokenizerConfig &config, const std::string &source) {
  const std::string &name = config.declared_class;
  for (const auto &[known, model_type] : kOwnRules) {
    if (name.empty() ? config.model_type.empty() || config.model_type != model_type : name != known) continue;
    throw ConvertError(source + ": the tokenizer is a " + known +
                       ", which has rules that are not in this file; save it as tokenizer.json");
  }
}

// T5's sentinels come after the pieces. It puts the end of the text behind each one, and nothing in front.
bool is_t5(const TokenizerConfig &config, const std::string &source) {
  if (config.declared_class != "T5Tokenizer") return false;
  if (config.extra_ids != 0 && config.added_tokens.empty()) {
    throw ConvertError(source +
                       ": a T5Tokenizer has extra_ids that no added_tokens_decoder describes; save it as "
                       "tokenizer.json");
  }
  return true;
}

// The charsmap, which leaves user-defined pieces alone.
NormalizerStep charsmap_step(const Model &model, const std::string &source) {
  CharMap map = read_charsmap(model.charsmap, false, source);
  for (const Piece &piece : model.pieces) {
    if (piece.type != PieceType::user_defined) continue;
    const std::u32string characters = code_points(piece.text);
    if (characters.size() == 1) map.singles[characters[0]] = piece.text;
    if (characters.size() > 1 && piece.text.size() <= format::normalizer::kMaxTextBytes) {
      map.sequences[characters] = piece.text;
    }
  }
  return map_step(std::move(map));
}

}  // namespace

Vocabulary read_sentencepiece(const std::string &bytes, const TokenizerConfig &config, const std::string &source) {
  Model model = read_model(bytes, source);
  refuse_unsupported(model, source);
  refuse_own_rules(config, source);
  const bool t5 = is_t5(config, source);
  std::uint32_t flags = format::flag::kFuseUnknown;
  if (model.add_dummy_prefix) flags |= format::flag::kPrefixBlank | format::flag::kPrefixEverySegment;
  if (model.add_dummy_prefix && model.blank_suffix) flags |= format::flag::kBlankBehind;
  if (model.trim_blanks) flags |= format::flag::kTrimBlanks;
  if (model.trim_blanks && model.escape_blanks) flags |= format::flag::kDropEachBlank;
  if (!model.escape_blanks) flags |= format::flag::kKeepSymbol;
  if (model.escape_blanks && (model.add_dummy_prefix || model.trim_blanks)) {
    flags |= format::flag::kDropFirstBlank | format::flag::kKeepByteBlank;
  }
  const auto count = static_cast<std::int64_t>(model.pieces.size());
  std::vector<NormalizerStep> normalizer;
  if (!model.charsmap.empty()) normalizer.push_back(charsmap_step(model, source));
  Vocabulary vocabulary = sentencepiece_vocabulary(std::move(model.pieces), flags, model.byte_fallback, source);
  vocabulary.normalizer = std::move(normalizer);
  const bool unigram = model.model_type == kUnigram;
  if (unigram) make_unigram(vocabulary, source);
  add_config_tokens(vocabulary, config);
  vocabulary.description = unigram ? "SentencePiece Unigram" : "SentencePiece BPE";
  if (model.bos >= 0 && model.bos < count) vocabulary.bos = model.bos;
  if (model.eos >= 0 && model.eos < count) vocabulary.ends = {model.eos};
  if (vocabulary.bos >= 0 && config.add_bos_token != 0 && !t5) vocabulary.prefix = {vocabulary.bos};
  if (!vocabulary.ends.empty() && (config.add_eos_token == 1 || t5)) vocabulary.suffix = vocabulary.ends;
  return vocabulary;
}

}  // namespace tidbit::convert
