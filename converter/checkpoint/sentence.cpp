#include "converter/checkpoint/sentence.h"

#include <string>

#include "converter/checkpoint/json.h"
#include "converter/error.h"

namespace tidbit::convert {
namespace {

using format::Pooling;
namespace fs = std::filesystem;

struct Mode {
  const char *key;   // in the form with a flag for each mode
  const char *name;  // in the form with the name of one
  Pooling pooling;   // none: not supported
};
constexpr Mode kModes[] = {
    {"pooling_mode_cls_token", "cls", Pooling::first},
    {"pooling_mode_mean_tokens", "mean", Pooling::mean},
    {"pooling_mode_lasttoken", "lasttoken", Pooling::last},
    {"pooling_mode_max_tokens", "max", Pooling::none},
    {"pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens", Pooling::none},
    {"pooling_mode_weightedmean_tokens", "weightedmean", Pooling::none},
};

Pooling read_pooling(const fs::path &path) {
  const Json config = read_json_object(path);
  const JsonNode node(config, path.string());
  const std::string name = node.text_or("pooling_mode", "");
  Pooling pooling = Pooling::none;
  for (const Mode &mode : kModes) {
    if (!node.flag_or(mode.key, false) && name != mode.name) continue;
    if (mode.pooling == Pooling::none) node.refuse(std::string("the pooling ") + mode.name + " is not supported");
    if (pooling != Pooling::none) node.refuse("several poolings together are not supported");
    pooling = mode.pooling;
  }
  if (pooling == Pooling::none) node.refuse("names no pooling that is known");
  return pooling;
}

void read_module(const fs::path &directory, const JsonNode &module, Sentence &sentence) {
  const std::string type = module.at("type").text(), name = type.substr(type.rfind('.') + 1);
  if (name == "Transformer") return;
  if (name == "Normalize") {
    sentence.unit_length = true;
  } else if (name == "Pooling") {
    const std::string &folder = module.at("path").text();
    if (!is_plain_name(folder)) module.refuse("path is not the plain name of a folder");
    sentence.pooling = read_pooling(directory / folder / "config.json");
  } else {
    module.refuse("type " + in_quotes(type) + " is not supported");
  }
}

}  // namespace

std::optional<Sentence> read_sentence(const fs::path &directory) {
  const fs::path path = directory / "modules.json";
  if (!is_there(path)) return std::nullopt;
  const Json modules = read_json_list(path);
  const JsonNode list(modules, path.string());
  Sentence sentence;
  for (std::size_t i = 0; i < list.size(); ++i) read_module(directory, list.element(i), sentence);
  return sentence;
}

}  // namespace tidbit::convert
