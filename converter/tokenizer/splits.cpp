// The pre-tokenizers and normalizers of tokenizer.json that the library can reproduce exactly.
#include "converter/tokenizer/splits.h"

#include "converter/error.h"

namespace tidbit::convert {
namespace {

using format::Split;
namespace flag = format::flag;

const std::string kBlank = "\xE2\x96\x81";

// The regular expressions as published with the models. Any other is refused.
Split known_regex(const std::string &regex, const std::string &source) {
  const std::string head = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|)";
  const std::string tail = R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
  if (regex == head + R"(\p{N})" + tail) return Split::qwen2;
  if (regex == head + R"(\p{N}{1,3})" + tail) return Split::llama3;
  if (regex == R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)") return Split::gpt2;
  throw ConvertError(source + ": the pre-tokenizer uses a regular expression that is not supported: " + regex);
}

class PreTokenizer {
 public:
  PreTokenizer(Vocabulary &vocabulary, const std::string &source) : vocabulary_(vocabulary), source_(source) {}

  void read(const JsonNode &json) {
    const auto type = json.at("type").text();
    if (type == "Sequence") {
      const JsonNode steps = json.at("pretokenizers");
      for (std::size_t i = 0; i < steps.size(); ++i) read(steps.element(i));
    } else if (type == "Split") {
      read_split(json);
    } else if (type == "ByteLevel") {
      read_byte_level(json);
    } else if (type == "Metaspace") {
      read_metaspace(json);
    } else {
      refuse("the pre-tokenizer " + in_quotes(type));
    }
  }
  bool byte_level() const { return byte_level_; }
  bool metaspace() const { return metaspace_; }
  bool characters() const { return characters_; }

 private:
  [[noreturn]] void refuse(const std::string &what) const {
    throw ConvertError(source_ + ": " + what + " is not supported");
  }

  void read_split(const JsonNode &json) {
    const JsonNode pattern = json.at("pattern");
    if (json.flag_or("invert", false) || json.text_or("behavior", "") != "Isolated") {
      refuse("a Split pre-tokenizer that is not \"Isolated\"");
    }
    if (seen()) refuse("a Split pre-tokenizer after another one");
    if (pattern.text_or("String", "x").empty() || pattern.text_or("Regex", "") == ".") {
      characters_ = true;
    } else if (const auto regex = pattern.find("Regex")) {
      vocabulary_.split = known_regex(regex->text(), source_);
    } else {
      refuse("a Split pre-tokenizer with a plain text as its pattern");
    }
  }

  void read_byte_level(const JsonNode &json) {
    if (byte_level_ || metaspace_ || characters_) refuse("a ByteLevel pre-tokenizer after another one");
    byte_level_ = true;
    const bool regex = json.flag_or("use_regex", true);
    const bool prefix = json.flag_or("add_prefix_space", true);
    if (regex && seen_split()) refuse("a Split pre-tokenizer before a ByteLevel one that also splits");
    if (!regex && !seen_split()) refuse("a ByteLevel pre-tokenizer that does not split (use_regex = false)");
    if (prefix && seen_split()) refuse("add_prefix_space after a Split pre-tokenizer");
    if (regex) vocabulary_.split = Split::gpt2;
    if (prefix) vocabulary_.flags |= flag::kPrefixBlank | flag::kPrefixEverySegment | flag::kPrefixUnlessBlank;
  }

  void read_metaspace(const JsonNode &json) {
    if (seen()) refuse("a Metaspace pre-tokenizer after another one");
    metaspace_ = true;
    if (json.text_or("replacement", kBlank.c_str()) != kBlank) {
      refuse("a Metaspace pre-tokenizer with a replacement other than U+2581");
    }
    const char *usual = json.flag_or("add_prefix_space", true) ? "always" : "never";
    const std::string scheme = json.text_or("prepend_scheme", usual);
    if (scheme != "never") vocabulary_.flags |= flag::kPrefixBlank | flag::kPrefixUnlessBlank;
    if (scheme == "always") vocabulary_.flags |= flag::kPrefixEverySegment;
    if (json.flag_or("split", true)) vocabulary_.split = Split::each_blank;
  }

  bool seen_split() const { return vocabulary_.split != Split::none; }
  bool seen() const { return seen_split() || byte_level_ || metaspace_ || characters_; }

  Vocabulary &vocabulary_;
  const std::string &source_;
  bool byte_level_ = false;
  bool metaspace_ = false;
  bool characters_ = false;
};

class Normalizer {
 public:
  Normalizer(Vocabulary &vocabulary, const std::string &source) : vocabulary_(vocabulary), source_(source) {}

  void read(const JsonNode &json) {
    const auto type = json.at("type").text();
    if (type == "Sequence") {
      const JsonNode steps = json.at("normalizers");
      for (std::size_t i = 0; i < steps.size(); ++i) read(steps.element(i));
    } else if (type == "NFC") {
      nfc_ = true;
    } else if (type == "Prepend" && json.at("prepend").text() == kBlank && !replaces_) {
      vocabulary_.flags |= flag::kPrefixBlank | flag::kPrefixEverySegment;
    } else if (type == "Replace" && json.at("pattern").text_or("String", "") == " " &&
               json.at("content").text() == kBlank) {
      replaces_ = true;
    } else {
      throw ConvertError(source_ + ": the normalizer " + in_quotes(type) +
                         " is not supported, or not as it is used here");
    }
  }
  bool nfc() const { return nfc_; }
  bool replaces() const { return replaces_; }

 private:
  Vocabulary &vocabulary_;
  const std::string &source_;
  bool nfc_ = false;
  bool replaces_ = false;
};

}  // namespace

TextRules read_text_rules(const JsonNode &settings, Vocabulary &vocabulary, const std::string &source) {
  Normalizer normalizer(vocabulary, source);
  if (const auto steps = settings.find("normalizer")) normalizer.read(*steps);
  PreTokenizer pre(vocabulary, source);
  if (const auto steps = settings.find("pre_tokenizer")) pre.read(*steps);
  TextRules rules;
  rules.nfc = normalizer.nfc();
  rules.byte_level = pre.byte_level();
  rules.blanks = normalizer.replaces() || pre.metaspace();
  rules.characters = pre.characters();
  const int kinds = (rules.byte_level ? 1 : 0) + (rules.blanks ? 1 : 0) + (rules.characters ? 1 : 0);
  if (kinds > 1 || (normalizer.replaces() && pre.metaspace())) {
    throw ConvertError(source + ": this combination of normalizer and pre-tokenizer is not supported");
  }
  if ((vocabulary.flags & flag::kPrefixBlank) != 0 && !rules.blanks && !rules.byte_level) {
    throw ConvertError(source + ": the normalizer \"Prepend\" without \"Replace\" is not supported");
  }
  return rules;
}

}  // namespace tidbit::convert
