#include "converter/chat/find.h"

#include "converter/checkpoint/json.h"

namespace tidbit::convert::chat {
namespace {

namespace fs = std::filesystem;

// A text, or a list of named ones.
std::string template_of(const Json &config, const char *name) {
  const auto found = config.find("chat_template");
  if (found == config.end()) return "";
  if (found->is_string()) return found->get<std::string>();
  if (!found->is_array()) return "";
  for (const Json &entry : *found) {
    if (!entry.is_object() || entry.value("name", Json()) != name) continue;
    const Json text = entry.value("template", Json());
    if (text.is_string()) return text.get<std::string>();
  }
  return "";
}

// "<s>", or {"content": "<s>", ...}
void add_variables(const Json &config, nlohmann::ordered_json &variables) {
  for (const char *name :
       {"bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token", "mask_token"}) {
    const auto found = config.find(name);
    if (found == config.end() || variables.contains(name)) continue;
    const Json text = found->is_object() ? found->value("content", Json()) : *found;
    if (text.is_string()) variables[name] = text.get<std::string>();
  }
}

Json read_without_tokens(const fs::path &file) {
  return read_json_object(file, kMostConfigBytes, {{{"added_tokens_decoder"}, Json::value_t::object}});
}

}  // namespace

FoundTemplate find_template(const fs::path &folder, bool for_tools) {
  FoundTemplate found;
  found.variables = nlohmann::ordered_json::object();
  const fs::path config = folder / "tokenizer_config.json", map = folder / "special_tokens_map.json";
  if (is_there(config)) {
    const Json json = read_without_tokens(config);
    add_variables(json, found.variables);
    if (for_tools) found.text = template_of(json, "tool_use");
    if (found.text.empty()) found.text = template_of(json, "default");
    found.source = config.filename().string();
  }
  if (is_there(map)) add_variables(read_without_tokens(map), found.variables);
  const fs::path file = folder / "chat_template.jinja";
  if (is_there(file)) {
    found.text = read_whole_file(file, kMostConfigBytes);
    found.source = file.filename().string();
  }
  return found;
}

}  // namespace tidbit::convert::chat
