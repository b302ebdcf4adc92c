#include "converter/grammar/tools.h"

#include <cstdio>
#include <set>

#include "converter/checkpoint/json.h"
#include "converter/error.h"
#include "converter/grammar/compile.h"
#include "converter/grammar/json_text.h"
#include "text/utf8.h"

namespace tidbit::convert {
namespace {

constexpr std::size_t kMaxTools = 64;

// As part of a JSON pointer.
std::string escaped(const std::string &name) {
  std::string text;
  for (const char c : name) text += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return text;
}

// References of the parameters of a tool are into its own schema, which moves to `place` of the common one.
void move_references(Tools &schema, const std::string &place) {
  for (auto &item : schema.items()) {
    Tools &value = item.value();
    const bool is_reference = schema.is_object() && item.key() == "$ref" && value.is_string();
    if (is_reference && value.get<std::string>().starts_with("#")) {
      value = place + value.get<std::string>().substr(1);
    } else if (value.is_structured()) {
      move_references(value, place);
    }
  }
}

Tools parameters_of(const Tools &function, const std::string &name) {
  Tools schema = function.value("parameters", Tools());
  if (schema.is_null()) schema = Tools::object();
  if (!schema.is_object()) return schema;  // the compiler refuses it, or takes true
  if (!schema.contains("type") && !schema.contains("$ref") && !schema.contains("anyOf")) schema["type"] = "object";
  // A function without parameters has none, and not any.
  if (schema.value("type", Tools()) == "object" && !schema.contains("additionalProperties")) {
    schema["additionalProperties"] = false;
  }
  move_references(schema, "#/$defs/" + escaped(name));
  return schema;
}

// The schema of one call.
Tools schema_of(const Tools &tools, const CallSyntax &syntax) {
  Tools schema = {{"$defs", Tools::object()}, {"anyOf", Tools::array()}};
  for (const Tools &tool : tools) {
    const std::string name = tool["function"]["name"].get<std::string>();
    schema["$defs"][name] = parameters_of(tool["function"], name);
    Tools call = {{"type", "object"}, {"additionalProperties", false}};
    call["required"] = {syntax.name, syntax.arguments};
    call["properties"][syntax.name] = {{"const", name}};
    call["properties"][syntax.arguments] = {{"$ref", "#/$defs/" + escaped(name)}};
    schema["anyOf"].push_back(std::move(call));
  }
  return schema;
}

// The empty text, or one that begins with another character.
Expression text_other_than(const std::string &start) {
  const Character first = utf8_decode(start.data(), static_cast<std::uint32_t>(start.size()));
  char pattern[64];
  std::snprintf(pattern, sizeof pattern, "([^\\x{%X}][\\s\\S]*)?", static_cast<unsigned>(first.code_point));
  return regex_expression(pattern, "tools");
}

Expression in_list(const Expression &call) {
  return sequence({exactly("["), optional(sequence({call, repeat(sequence({comma(), call}), 0)})), exactly("]")});
}

Expression in_syntax(const Expression &call, const CallSyntax &syntax) {
  std::vector<Expression> parts = {exactly(syntax.before), call};
  if (syntax.several) parts.push_back(repeat(sequence({exactly(syntax.between), call}), 0));
  parts.push_back(exactly(syntax.after));
  return alternatives({sequence(std::move(parts)), text_other_than(syntax.before + "{")});
}

[[noreturn]] void refuse(const std::string &source, std::size_t tool, const std::string &what) {
  throw ConvertError(source + ": tool " + std::to_string(tool + 1) + " " + what);
}

}  // namespace

Tools read_tools(const std::string &json, const std::string &source) {
  const std::size_t start = json.find_first_not_of(" \t\r\n");
  const bool is_list = start != std::string::npos && json[start] == '[';
  const std::string text = is_list ? "{\"tools\": " + json + "}" : json;
  parse_json_object(text, source);  // within limits; the second parser keeps the order
  const Tools document = Tools::parse(text);
  const Tools list = document.value("tools", Tools());
  if (!list.is_array() || list.empty()) throw ConvertError(source + ": has no list of tools");
  if (list.size() > kMaxTools) {
    throw ConvertError(source + ": has more than " + std::to_string(kMaxTools) + " tools; use fewer");
  }
  std::set<std::string> names;
  Tools tools = Tools::array();
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!list[i].is_object()) refuse(source, i, "is not an object");
    const Tools function = list[i].contains("function") ? list[i]["function"] : list[i];
    if (!function.is_object() || !function.contains("name") || !function["name"].is_string()) {
      refuse(source, i, "has no \"name\"; expected {\"type\": \"function\", \"function\": {\"name\": ...}}");
    }
    const std::string name = function["name"].get<std::string>();
    if (!names.insert(name).second) refuse(source, i, "has the name of another: \"" + name + "\"");
    tools.push_back({{"type", "function"}, {"function", function}});
  }
  return tools;
}

std::vector<std::byte> compile_tools(const Tools &tools, const std::string &source,
                                     const std::optional<CallSyntax> &syntax) {
  Rules rules = schema_rules(schema_of(tools, syntax.value_or(CallSyntax())).dump(), source);
  const Expression call = rules.expressions[0];
  rules.expressions[0] = syntax ? in_syntax(call, *syntax) : in_list(call);
  return compile_grammar(rules, source);
}

}  // namespace tidbit::convert
