// JSON from untrusted files: bounded size and nesting, no duplicate keys in the outermost object.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace tidbit::convert {

// `where` names the source in error messages. Throws ConvertError unless the text is one JSON object.
nlohmann::json parse_json_object(std::string_view text, const std::string &where);
nlohmann::json read_json_object(const std::filesystem::path &path);

}  // namespace tidbit::convert
