// Finds the chat template of a checkpoint.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace tidbit::convert::chat {

struct FoundTemplate {
  std::string text;                  // empty: there is none
  std::string source;                // its file, for the summary
  nlohmann::ordered_json variables;  // "bos_token": "<s>" and the like
};

// Looks for chat_template.jinja and for tokenizer_config.json in a folder. Throws ConvertError if one cannot be read.
// Of several templates it takes the default one, or the one for tools.
FoundTemplate find_template(const std::filesystem::path &folder, bool for_tools = false);

}  // namespace tidbit::convert::chat
