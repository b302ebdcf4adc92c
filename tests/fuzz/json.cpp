// The reader of all JSON files beside the parser that it is built on: what it accepts has the same value, and the
// members of a stream are those that a document would have.
#include "converter/checkpoint/json.h"

#include <cstdlib>

#include "converter/error.h"
#include "tests/fuzz/files.h"

namespace {

using tidbit::convert::Json;

void require(bool holds) {
  if (!holds) std::abort();
}

// The document with the members of "a" streamed and put back.
Json streamed(std::string_view text) {
  Json members = Json::object();
  const auto take = [&](const std::string &key, const Json &value) { members[key] = value; };
  Json document = tidbit::convert::parse_json_object(text, "fuzz", {{{"a"}, Json::value_t::object, take}});
  if (document.contains("a") && document.at("a").is_object()) document["a"] = members;
  return document;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char *>(data), size);
  try {
    const Json document = tidbit::convert::parse_json_object(text, "fuzz");
    require(document == Json::parse(text));
    const Json other = streamed(text);
    if (!document.contains("a") || !document.at("a").is_array()) require(document == other);
  } catch (const tidbit::convert::ConvertError &) {
  }
  return 0;
}
