#include "converter/tokenizer/tokenizer_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "converter/error.h"
#include "format/blob_format.h"

namespace tidbit::convert {
namespace {

constexpr std::array kSettings = {"model", "normalizer", "pre_tokenizer", "post_processor", "decoder", "added_tokens"};
constexpr std::size_t kMostOthers = 64;

// A score as the Hugging Face library reads it: its digits as one integer, times or divided by a power of ten, each
// rounded to f64. That may be off by one in the last place, which decides between sums that would be equal: -1.25e-3 is
// -(125 / 10^5).
double score_of(double exact) {
  constexpr int kMostPower = 308;
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, std::fabs(exact), std::chars_format::scientific).ptr;
  const char *letter = std::find(text, end, 'e');
  std::uint64_t digits = 0;
  int power = 0;
  std::from_chars(letter + (letter[1] == '+' ? 2 : 1), end, power);
  for (const char *c = text; c != letter; ++c) {
    if (*c != '.') digits = digits * 10 + static_cast<std::uint64_t>(*c - '0');
  }
  if (letter - text > 2) power -= static_cast<int>(letter - text) - 2;
  if (power < -kMostPower || power > kMostPower) return exact;
  const double scale = std::strtod(("1e" + std::to_string(std::abs(power))).c_str(), nullptr);
  const auto whole = static_cast<double>(digits);
  return std::copysign(power < 0 ? whole / scale : whole * scale, exact);
}

bool is_id(const Json &id) { return id.is_number_unsigned() && id.get<std::uint64_t>() < format::kMaxVocab; }

}  // namespace

void check_text_length(const std::string &text, const std::string &where) {
  constexpr std::size_t kMostBytesOfAByte = 3;  // U+2581 stands for a space
  if (text.size() <= kMostBytesOfAByte * format::kMaxPieceBytes) return;
  throw ConvertError(where + ": token " + in_quotes(text) + " is longer than " +
                     std::to_string(format::kMaxPieceBytes) + " bytes");
}

std::uint32_t token_id(const JsonNode &id) {
  if (!is_id(id.value())) id.refuse("is " + shortened(id.value().dump()) + ", which is not a valid id of a token");
  return id.value().get<std::uint32_t>();
}

void NamedTokens::add(const std::string &text, const Json &id, const std::string &source) {
  check_text_length(text, source);
  if (!is_id(id)) throw ConvertError(source + ": token " + in_quotes(text) + " has no valid id");
  const auto [entry, is_new] = ids.emplace(text, id.get<std::uint32_t>());
  if (!is_new) throw ConvertError(source + ": token " + in_quotes(text) + " occurs twice in the vocabulary");
  const std::size_t place = entry->second;
  if (texts.size() <= place) texts.resize(place + 1);
  if (texts[place] != nullptr) {
    throw ConvertError(source + ": the tokens " + in_quotes(*texts[place]) + " and " + in_quotes(text) +
                       " have the same id " + std::to_string(place) + "; use the tokenizer as it was published");
  }
  texts[place] = &entry->first;
}

std::int64_t NamedTokens::find(const std::string &text) const {
  const auto found = ids.find(text);
  return found == ids.end() ? -1 : std::int64_t{found->second};
}

TokenizerFile::TokenizerFile(std::string_view text, const std::string &source) : text_(text), source_(source) {
  const auto add = [this](const std::string &token, const Json &id) { of_model_.add(token, id, source_); };
  const auto scored = [this](const std::string &, Json &element) { take_scored(element); };
  const auto member = [this](const std::string &key, Json &value) { take_member(key, value); };
  parse_json_object(text, source,
                    {{{}, Json::value_t::object, member},
                     {{"model", "vocab"}, Json::value_t::object, add},
                     {{"model", "vocab"}, Json::value_t::array, scored},
                     {{"model", "merges"}, Json::value_t::array},
                     {{"added_tokens"}, Json::value_t::array}});
  check();
}

void TokenizerFile::take_scored(Json &element) {
  const JsonNode node(element, source_ + ": model.vocab[" + std::to_string(scores_.size()) + "]");
  const bool pair = element.is_array() && element.size() == 2 && element[0].is_string() && element[1].is_number();
  if (!pair) node.refuse("is not a list of a token and its score");
  of_model_.add(element[0].get_ref<const std::string &>(), Json(scores_.size()), source_);
  scores_.push_back(score_of(element[1].get<double>()));
}

// In a vocab.json, any text can be a token, also "model".
void TokenizerFile::take_member(const std::string &key, Json &value) {
  if (value.is_number()) return of_file_.add(key, value, source_);
  const bool setting = std::find(kSettings.begin(), kSettings.end(), key) != kSettings.end();
  const bool is_new = setting ? settings_.emplace(key, std::move(value)).second : others_.insert(key).second;
  if (!is_new) throw ConvertError(source_ + ": the key " + in_quotes(key) + " occurs twice; remove one of the two");
  if (others_.size() > kMostOthers) {
    throw ConvertError(source_ + ": is neither a tokenizer.json nor a vocabulary: " + in_quotes(key) + " has no id");
  }
}

void TokenizerFile::check() const {
  if (!is_tokenizer_json()) {
    const std::string *wrong = !others_.empty() ? &*others_.begin() : nullptr;
    if (!settings_.empty()) wrong = &settings_.begin().key();
    if (wrong != nullptr) throw ConvertError(source_ + ": token " + in_quotes(*wrong) + " has no valid id");
    if (of_file_.ids.empty()) throw ConvertError(source_ + ": the vocabulary is empty");
    return;
  }
  for (const char *key : kSettings) {
    if (of_file_.find(key) >= 0) settings().refuse(std::string(key) + " must not be a number");
  }
}

void TokenizerFile::read_lists(const Take &added_token, const Take &merge) const {
  const auto numbered = [this](const Take &take, const char *list) {
    return [this, &take, list, count = std::size_t{0}](const std::string &, const Json &element) mutable {
      take(JsonNode(element, source_ + ": " + list + "[" + std::to_string(count++) + "]"));
    };
  };
  parse_json_object(text_, source_,
                    {{{}, Json::value_t::object, [](const std::string &, const Json &) {}},
                     {{"model", "vocab"}, Json::value_t::object},
                     {{"model", "vocab"}, Json::value_t::array},
                     {{"model", "merges"}, Json::value_t::array, numbered(merge, "model.merges")},
                     {{"added_tokens"}, Json::value_t::array, numbered(added_token, "added_tokens")}});
}

}  // namespace tidbit::convert
