// Tools that a model may call: a list of functions as OpenAI's interface has them, and the grammar of calls.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace tidbit::convert {

// Each is {"type": "function", "function": {"name": ..., "description": ..., "parameters": a JSON Schema}}.
using Tools = nlohmann::ordered_json;

// Reads such a list, or an object that has one as "tools". Throws ConvertError.
Tools read_tools(const std::string &json, const std::string &source);

// How a model writes calls:
//
//   before{"name": "light", "arguments": {"on": true}}between{"name": ...}after
struct CallSyntax {
  std::string before, between, after;
  std::string name = "name", arguments = "arguments";  // the keys
  bool several = true;                                 // several calls may be made at once
};

// One call, several, or none. Without a syntax that is a JSON list of calls, which is empty for none. With one, none is
// any text that does not begin as a call does.
std::vector<std::byte> compile_tools(const Tools &tools, const std::string &source,
                                     const std::optional<CallSyntax> &syntax);

}  // namespace tidbit::convert
