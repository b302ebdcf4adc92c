// The pre-tokenizers of tokenizer.json that the library can reproduce exactly.
#include "converter/tokenizer/splits.h"

#include "converter/error.h"
#include "converter/tokenizer/normalizer/read.h"

namespace tidbit::convert {
namespace {

using format::Split;
using format::split_program::Behavior;
namespace flag = format::flag;

constexpr std::uint32_t kMostLength = 1000;  // of the pieces of FixedLength

const std::string kBlank = "\xE2\x96\x81";

const std::string kGpt2 = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

// The regular expressions, as published with the models, that the library has as code.
Split known_split(const std::string &regex) {
  const std::string head = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|)";
  const std::string tail = R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
  if (regex == head + R"(\p{N})" + tail) return Split::qwen2;
  if (regex == head + R"(\p{N}{1,3})" + tail) return Split::llama3;
  return regex == kGpt2 ? Split::gpt2 : Split::none;
}

class PreTokenizer {
 public:
  PreTokenizer(Vocabulary &vocabulary, const NormalizerRules &normalizer, bool marks, const std::string &source)
      : vocabulary_(vocabulary),
        blanks_(normalizer.replaces_blanks),
        marks_(marks),
        source_(source),
        byte_level_(normalizer.byte_level) {}

  void read(const JsonNode &json) {
    const auto type = json.at("type").text();
    if (type == "Sequence") {
      const JsonNode steps = json.at("pretokenizers");
      for (std::size_t i = 0; i < steps.size(); ++i) read(steps.element(i));
      return;
    }
    if (characters_) refuse("the pre-tokenizer " + in_quotes(type) + " behind one that splits into characters");
    if (type == "Split") {
      read_split(json);
    } else if (type == "ByteLevel") {
      read_byte_level(json);
    } else if (type == "Metaspace") {
      read_metaspace(json);
    } else {
      read_simple(json, type);
    }
  }
  // Chooses the split. With one of the library's own, there is no program.
  void finish() {
    if (byte_level_ && stages_.empty()) {
      add(repeated(one_of(set_of(0, kLastCodePoint)), 1, RegexNode::kNoLimit), "ByteLevel", Behavior::isolated);
    }
    if (stages_.empty()) return;
    const bool in_library = stages_.size() == 1 && !marks_ && (byte_level_ || known_ == Split::each_blank);
    vocabulary_.split = in_library ? known_ : Split::none;
    if (vocabulary_.split != Split::none) return;
    vocabulary_.split = Split::program;
    vocabulary_.split_program = make_split_program(stages_, source_);
  }
  bool byte_level() const { return byte_level_; }
  bool metaspace() const { return metaspace_; }
  bool characters() const { return characters_; }
  bool words() const { return words_; }

 private:
  [[noreturn]] void refuse(const std::string &what) const {
    throw ConvertError(source_ + ": " + what + " is not supported");
  }

  void add(SplitStage stage) {
    stage.byte_level = byte_level_;
    if ((blanks_ || metaspace_) && see_blanks(stage)) return;
    known_ = Split::none;
    stages_.push_back(std::move(stage));
  }
  void add(RegexNode expression, const std::string &name, Behavior behavior, bool invert = false) {
    add({std::move(expression), source_ + ": the pre-tokenizer " + in_quotes(name), behavior, invert});
  }
  void add_regex(const std::string &regex, Behavior behavior, bool invert) {
    SplitStage stage = regex_stage(regex, source_);
    stage.behavior = behavior;
    stage.invert = invert;
    const bool plain = !byte_level_ && !blanks_ && !metaspace_ && !invert && behavior == Behavior::isolated;
    add(std::move(stage));
    if (plain) known_ = known_split(regex);
  }

  Behavior behavior_of(const JsonNode &json, const char *usual) const {
    const std::string name = json.text_or("behavior", usual);
    if (name == "Isolated") return Behavior::isolated;
    if (name == "Removed") return Behavior::removed;
    if (name == "Contiguous") return Behavior::contiguous;
    if (name == "MergedWithPrevious") return Behavior::merged_with_previous;
    if (name == "MergedWithNext") return Behavior::merged_with_next;
    refuse("a pre-tokenizer with the behavior " + in_quotes(name));
  }

  void read_split(const JsonNode &json) {
    const JsonNode pattern = json.at("pattern");
    const bool invert = json.flag_or("invert", false);
    const Behavior behavior = behavior_of(json, "");
    const std::string text = pattern.text_or("String", "");
    const auto regex = pattern.find("Regex");
    if (regex ? regex->text() == "." : text.empty()) {
      if (invert || behavior != Behavior::isolated) refuse("a Split into characters that is not \"Isolated\"");
      if (seen()) refuse("a Split into characters after another pre-tokenizer");
      characters_ = true;
    } else if (regex) {
      add_regex(regex->text(), behavior, invert);
    } else {
      add(literal(text), "Split", behavior, invert);
    }
  }

  void read_byte_level(const JsonNode &json) {
    if (byte_level_ || metaspace_) refuse("a ByteLevel pre-tokenizer after another one");
    if (json.flag_or("add_prefix_space", true)) {
      if (seen()) refuse("add_prefix_space after a Split pre-tokenizer");
      vocabulary_.flags |= flag::kPrefixBlank | flag::kPrefixEverySegment | flag::kPrefixUnlessBlank;
    }
    if (json.flag_or("use_regex", true)) add_regex(kGpt2, Behavior::isolated, false);
    byte_level_ = true;
  }

  void read_metaspace(const JsonNode &json) {
    if (byte_level_ || metaspace_) refuse("a Metaspace pre-tokenizer after another one");
    if (json.text_or("replacement", kBlank.c_str()) != kBlank) {
      refuse("a Metaspace pre-tokenizer with a replacement other than U+2581");
    }
    const char *usual = json.flag_or("add_prefix_space", true) ? "always" : "never";
    const std::string scheme = json.text_or("prepend_scheme", usual);
    const bool split = json.flag_or("split", true);
    if (scheme == "always" && split && white_space_split_ && stages_.size() == 1) {
      stages_.clear();
      words_ = true;
    }
    if (scheme != "never") {
      if (seen()) refuse("a Metaspace pre-tokenizer that prepends a space, after another pre-tokenizer,");
      vocabulary_.flags |= flag::kPrefixBlank | flag::kPrefixUnlessBlank;
    }
    if (scheme == "always") vocabulary_.flags |= flag::kPrefixEverySegment;
    if (split) {
      const bool first = stages_.empty();
      add(literal(" "), "Metaspace", Behavior::merged_with_next);
      if (first) known_ = Split::each_blank;
    }
    metaspace_ = true;
  }

  void read_simple(const JsonNode &json, const std::string &type) {
    const CharSet space = pre_tokenizer_set(PreTokenizerSet::space);
    const CharSet punctuation = pre_tokenizer_set(PreTokenizerSet::punctuation);
    if (type == "Digits") {
      const bool each = json.flag_or("individual_digits", false);
      add(one_of(pre_tokenizer_set(PreTokenizerSet::digit)), type, each ? Behavior::isolated : Behavior::contiguous);
    } else if (type == "Punctuation") {
      add(one_of(punctuation), type, behavior_of(json, "Isolated"));
    } else if (type == "WhitespaceSplit") {
      white_space_split_ = !seen() && !blanks_;
      add(one_of(space), type, Behavior::removed);
    } else if (type == "BertPreTokenizer") {
      add(one_of(space), type, Behavior::removed);
      add(one_of(punctuation), type, Behavior::isolated);
    } else if (type == "Whitespace") {
      const CharSet word = pre_tokenizer_set(PreTokenizerSet::word);
      RegexNode either{RegexNode::Kind::alternatives};
      for (const CharSet &set : {word, complement(united(word, space))}) {
        either.children.push_back(repeated(one_of(set), 1, RegexNode::kNoLimit));
      }
      add(std::move(either), type, Behavior::removed, true);
    } else if (type == "UnicodeScripts") {
      add(script_runs(), type, Behavior::removed, true);
    } else if (type == "FixedLength") {
      const auto length = json.find("length");
      const Json value = length ? length->value() : Json(5);
      if (!value.is_number_unsigned() || value == 0 || value > kMostLength) {
        json.refuse("has a length that is not from 1 to " + std::to_string(kMostLength));
      }
      add(repeated(one_of(set_of(0, kLastCodePoint)), 1, value.get<std::uint32_t>()), type, Behavior::isolated);
    } else if (type == "CharDelimiterSplit") {
      add(literal(json.at("delimiter").text()), type, Behavior::removed);
    } else {
      refuse("the pre-tokenizer " + in_quotes(type));
    }
  }

  // A character of a script, then more of this script or of any. What comes before the first of them is dropped.
  static RegexNode script_runs() {
    const std::vector<CharSet> scripts = script_sets();
    RegexNode either{RegexNode::Kind::alternatives};
    for (std::size_t i = 1; i < scripts.size(); ++i) {
      RegexNode run{RegexNode::Kind::sequence};
      run.children.push_back(one_of(scripts[i]));
      run.children.push_back(repeated(one_of(united(scripts[i], scripts[0])), 0, RegexNode::kNoLimit));
      either.children.push_back(std::move(run));
    }
    return either;
  }

  bool seen() const { return !stages_.empty() || byte_level_ || metaspace_ || characters_; }

  Vocabulary &vocabulary_;
  const bool blanks_;  // the normalizer has replaced the spaces by U+2581
  const bool marks_;   // the kind is word_bpe
  const std::string &source_;
  std::vector<SplitStage> stages_;
  Split known_ = Split::none;  // what the only stage is in the library
  bool byte_level_;            // the text is in the byte alphabet here
  bool metaspace_ = false;
  bool characters_ = false;
  bool white_space_split_ = false;  // the first stage is WhitespaceSplit
  bool words_ = false;
};

}  // namespace

void add_word_steps(std::vector<NormalizerStep> &steps, const std::string &source) {
  NormalizerStep strip{NormalizerStep::Kind::strip};
  strip.left = strip.right = true;
  steps.push_back(std::move(strip));
  NormalizerStep spaces{NormalizerStep::Kind::replace};
  spaces.text = " ";
  const CharSet space = pre_tokenizer_set(PreTokenizerSet::space);
  spaces.expression =
      SplitStage{repeated(one_of(space), 1, RegexNode::kNoLimit), source + ": the pre-tokenizer \"WhitespaceSplit\""};
  steps.push_back(std::move(spaces));
  NormalizerStep blanks{NormalizerStep::Kind::replace};
  blanks.text = kBlank;
  blanks.expression = SplitStage{literal(" " + kBlank), source + ": the pre-tokenizer \"Metaspace\""};
  steps.push_back(std::move(blanks));
}

void set_split(const std::vector<std::string> &expressions, Vocabulary &vocabulary, const std::string &source) {
  vocabulary.split = expressions.size() == 1 ? known_split(expressions[0]) : Split::none;
  if (vocabulary.split != Split::none) return;
  std::vector<SplitStage> stages;
  stages.reserve(expressions.size());
  for (const std::string &expression : expressions) stages.push_back(regex_stage(expression, source));
  vocabulary.split = Split::program;
  vocabulary.split_program = make_split_program(stages, source);
}

bool has_marks(const JsonNode &model) {
  return !model.text_or("end_of_word_suffix", "").empty() || !model.text_or("continuing_subword_prefix", "").empty();
}

TextRules read_text_rules(const JsonNode &settings, Vocabulary &vocabulary, const std::string &source) {
  NormalizerRules normalizer;
  if (const auto steps = settings.find("normalizer")) normalizer = read_normalizer(*steps, source);
  if (normalizer.prefix_blank) vocabulary.flags |= flag::kPrefixBlank | flag::kPrefixEverySegment;
  PreTokenizer pre(vocabulary, normalizer, has_marks(settings.at("model")), source);
  if (const auto steps = settings.find("pre_tokenizer")) pre.read(*steps);
  pre.finish();
  TextRules rules;
  rules.byte_level = pre.byte_level();
  rules.blanks = normalizer.replaces_blanks || pre.metaspace();
  rules.prefix_late = pre.metaspace();
  rules.characters = pre.characters();
  const int kinds = (rules.byte_level ? 1 : 0) + (rules.blanks ? 1 : 0) + (rules.characters ? 1 : 0);
  if (kinds > 1 || (normalizer.prefix_blank && pre.metaspace())) {
    throw ConvertError(source + ": this combination of normalizer and pre-tokenizer is not supported");
  }
  if ((vocabulary.flags & flag::kPrefixBlank) != 0 && !rules.blanks && !rules.byte_level) {
    throw ConvertError(source + ": the normalizer \"Prepend\" without \"Replace\" is not supported");
  }
  rules.words = pre.words();
  vocabulary.normalizer = std::move(normalizer.steps);
  return rules;
}

}  // namespace tidbit::convert
