// JSON from untrusted files: bounded in size, in nesting and in the values that are in memory, and with no key twice in
// an object. Every JSON file is read here, and every error is a ConvertError.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "converter/checkpoint/file.h"

namespace tidbit::convert {

using Json = nlohmann::json;

// The members of one object or array in the document. They are handed over one by one and not kept, so there may be
// more of them than memory should hold.
struct JsonStream {
  std::vector<std::string> path;  // the keys that lead there; none: the document itself
  Json::value_t type;             // object or array; the members of any other type are dropped
  // The key of an element is empty. Whoever takes members has to refuse a key that occurs twice. Null drops them.
  std::function<void(const std::string &key, Json &member)> take = {};
};

// `where` names the source in error messages. Throws unless the text is one JSON object.
Json parse_json_object(std::string_view text, const std::string &where, const std::vector<JsonStream> &streams = {});
Json read_json_object(const std::filesystem::path &path, std::uint64_t most_bytes = kMostConfigBytes,
                      const std::vector<JsonStream> &streams = {});

// The same for a document that is one list.
Json read_json_list(const std::filesystem::path &path);

// A value and its place in a file. What is missing or of the wrong type is refused with the place. A key whose value is
// null counts as missing.
class JsonNode {
 public:
  // The value must outlive the node.
  JsonNode(const Json &value, std::string place) : value_(value), place_(std::move(place)) {}

  const Json &value() const { return value_; }
  const std::string &place() const { return place_; }
  std::optional<JsonNode> find(const char *key) const;
  JsonNode at(const char *key) const;

  void check_list() const;
  std::size_t size() const;  // of a list
  JsonNode element(std::size_t i) const;

  const std::string &text() const;
  bool flag() const;
  std::string text_or(const char *key, const char *fallback) const;
  bool flag_or(const char *key, bool fallback) const;

  [[noreturn]] void refuse(const std::string &what) const;

 private:
  const Json &value_;
  std::string place_;  // "tokenizer.json: model.vocab"
};

}  // namespace tidbit::convert
