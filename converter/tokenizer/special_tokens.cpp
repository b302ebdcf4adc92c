#include "converter/tokenizer/special_tokens.h"

#include <algorithm>
#include <utility>

#include "converter/error.h"

namespace tidbit::convert {
namespace {

// As `added_tokens` has it: a text, or a description.
Json description(const JsonNode &settings, const char *key, const char *usual) {
  const auto found = settings.find(key);
  if (!found) return {{"content", usual}, {"special", true}};
  if (!found->value().is_object()) return {{"content", found->text()}, {"special", true}};
  Json token = found->value();
  token["content"] = found->at("content").text();
  token["special"] = true;
  return token;
}

}  // namespace

SpecialTokens::SpecialTokens(const JsonNode &settings, const TokenizerConfig &config, Find find,
                             const std::string &source)
    : settings_(settings), config_(config), find_(std::move(find)), source_(source) {}

std::string SpecialTokens::add(const char *key, const char *usual) {
  if (usual == nullptr && !settings_.find(key)) return {};
  Json token = description(settings_, key, usual);
  const std::string text = token["content"].get<std::string>();
  const auto same = [&](const Json &other) { return other.is_object() && other.value("content", Json()) == text; };
  const bool described = std::any_of(config_.added_tokens.begin(), config_.added_tokens.end(),
                                     [&](const auto &entry) { return same(entry.second); });
  const std::int64_t id = find_(text);
  if (described || id < 0 || std::any_of(added_.begin(), added_.end(), same)) return text;
  token["id"] = static_cast<std::uint64_t>(id);
  added_.push_back(std::move(token));
  return text;
}

Json SpecialTokens::around(const std::string &text) const {
  const std::int64_t id = find_(text);
  if (id < 0) throw ConvertError(source_ + ": there is no token " + in_quotes(text) + ", which belongs around a text");
  return {text, static_cast<std::uint64_t>(id)};
}

}  // namespace tidbit::convert
