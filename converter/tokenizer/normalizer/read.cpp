#include "converter/tokenizer/normalizer/read.h"

#include "converter/error.h"

namespace tidbit::convert {
namespace {

using Kind = NormalizerStep::Kind;

const std::string kBlank = "\xE2\x96\x81";

std::string from_base64(const std::string &text, const JsonNode &json) {
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '=') break;
    const std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const std::size_t digit = digits.find(c);
    if (digit == std::string_view::npos) json.refuse("is not in base64");
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>(bits >> count & 0xFF));
  }
  return bytes;
}

void flatten(const JsonNode &json, std::vector<JsonNode> &list) {
  if (json.at("type").text() != "Sequence") return list.push_back(json);
  const JsonNode steps = json.at("normalizers");
  for (std::size_t i = 0; i < steps.size(); ++i) flatten(steps.element(i), list);
}

bool replaces_blanks(const JsonNode &json) {
  return json.at("type").text() == "Replace" && json.at("pattern").text_or("String", "") == " " &&
         json.at("content").text() == kBlank;
}

bool prepends_blank(const JsonNode &json) {
  return json.at("type").text() == "Prepend" && json.at("prepend").text() == kBlank;
}

class Reader {
 public:
  Reader(NormalizerRules &rules, const std::string &source) : rules_(rules), source_(source) {}

  void read(const JsonNode &json) {
    const std::string &type = json.at("type").text();
    if (rules_.byte_level) refuse("the normalizer " + in_quotes(type) + " behind \"ByteLevel\"");
    if (type == "NFC" || type == "NFD" || type == "NFKC" || type == "NFKD") {
      add(unicode_form(type[2] == 'K', type.back() == 'C'));
    } else if (type == "Lowercase") {
      add(UnicodeMap::lowercase);
    } else if (type == "StripAccents") {
      add(UnicodeMap::drop_marks);
    } else if (type == "Nmt") {
      add(UnicodeMap::nmt);
    } else if (type == "BertNormalizer") {
      read_bert(json);
    } else if (type == "Strip") {
      read_strip(json);
    } else if (type == "Prepend") {
      NormalizerStep step{Kind::prepend};
      step.text = json.at("prepend").text();
      add(std::vector{step});
    } else if (type == "Replace") {
      read_replace(json);
    } else if (type == "Precompiled") {
      const JsonNode map = json.at("precompiled_charsmap");
      NormalizerStep step = map_step(read_charsmap(from_base64(map.text(), map), true, source_));
      step.kind = Kind::clusters;
      add(std::vector{step});
    } else if (type == "ByteLevel") {
      rules_.byte_level = true;
    } else {
      refuse("the normalizer " + in_quotes(type));
    }
  }

 private:
  [[noreturn]] void refuse(const std::string &what) const {
    throw ConvertError(source_ + ": " + what + " is not supported");
  }
  void add(std::vector<NormalizerStep> steps) {
    rules_.steps.insert(rules_.steps.end(), std::make_move_iterator(steps.begin()),
                        std::make_move_iterator(steps.end()));
  }
  void add(UnicodeMap which) { rules_.steps.push_back(map_step(unicode_map(which))); }

  void read_bert(const JsonNode &json) {
    const bool lowercase = json.flag_or("lowercase", true);
    if (json.flag_or("clean_text", true)) add(UnicodeMap::clean_text);
    if (json.flag_or("handle_chinese_chars", true)) add(UnicodeMap::chinese);
    if (json.flag_or("strip_accents", lowercase)) {
      add(unicode_form(false, false));
      add(UnicodeMap::drop_nonspacing_marks);
    }
    if (lowercase) add(UnicodeMap::lowercase);
  }

  void read_strip(const JsonNode &json) {
    NormalizerStep step{Kind::strip};
    step.left = json.flag_or("strip_left", true);
    step.right = json.flag_or("strip_right", true);
    rules_.steps.push_back(std::move(step));
  }

  void read_replace(const JsonNode &json) {
    const JsonNode pattern = json.at("pattern");
    const std::string &content = json.at("content").text();
    const std::string text = pattern.text_or("String", "");
    const auto regex = pattern.find("Regex");
    if (!regex && text.empty()) pattern.refuse("is empty, which is not supported");
    rules_.replaces_blanks = rules_.replaces_blanks || replaces_blanks(json);
    const std::u32string characters = regex ? std::u32string() : code_points(text);
    if (characters.size() == 1) {
      CharMap map;
      map.singles[characters[0]] = content;
      return rules_.steps.push_back(map_step(std::move(map)));
    }
    NormalizerStep step{Kind::replace};
    step.text = content;
    step.expression =
        regex ? regex_stage(regex->text(), source_) : SplitStage{literal(text), source_ + ": \"Replace\""};
    rules_.steps.push_back(std::move(step));
  }

  NormalizerRules &rules_;
  const std::string &source_;
};

}  // namespace

NormalizerStep map_step(CharMap map) {
  NormalizerStep step{Kind::map};
  step.map = std::move(map);
  return step;
}

std::vector<NormalizerStep> unicode_form(bool compatible, bool composes) {
  NormalizerStep map = map_step(unicode_map(compatible ? UnicodeMap::nfkd : UnicodeMap::nfd));
  NormalizerStep skip{Kind::skip};
  skip.set = normalized_characters(map.map, composes);
  skip.count = 2;
  NormalizerStep order{Kind::order};
  order.composes = composes;
  return {skip, map, order};
}

NormalizerRules read_normalizer(const JsonNode &json, const std::string &source) {
  NormalizerRules rules;
  std::vector<JsonNode> list;
  flatten(json, list);
  // The usual end, for which the library needs no program.
  if (!list.empty() && replaces_blanks(list.back())) {
    rules.replaces_blanks = true;
    list.pop_back();
    rules.prefix_blank = !list.empty() && prepends_blank(list.back());
    if (rules.prefix_blank) list.pop_back();
  }
  Reader reader(rules, source);
  for (const JsonNode &step : list) reader.read(step);
  return rules;
}

}  // namespace tidbit::convert
