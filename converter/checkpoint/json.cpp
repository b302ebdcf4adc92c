#include "converter/checkpoint/json.h"

#include <set>

#include "converter/checkpoint/file.h"
#include "converter/error.h"

namespace tidbit::convert {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 32;

}  // namespace

json parse_json_object(std::string_view text, const std::string &where) {
  std::set<std::string> keys;
  const auto check = [&](int depth, json::parse_event_t event, json &parsed) {
    if (depth > kMaxDepth) throw ConvertError(where + ": JSON is nested deeper than " + std::to_string(kMaxDepth));
    const bool outer_key = event == json::parse_event_t::key && depth == 1;
    if (outer_key && !keys.insert(parsed.get<std::string>()).second) {
      throw ConvertError(where + ": the key \"" + parsed.get<std::string>() + "\" occurs twice");
    }
    return true;
  };
  try {
    json object = json::parse(text, check);
    if (!object.is_object()) throw ConvertError(where + ": is not a JSON object");
    return object;
  } catch (const json::exception &error) {
    throw ConvertError(where + ": is not valid JSON: " + error.what());
  }
}

json read_json_object(const std::filesystem::path &path) {
  return parse_json_object(read_whole_file(path), path.string());
}

}  // namespace tidbit::convert
