#include "tests/grammar/validator.h"

#include <regex>
#include <stdexcept>

namespace tidbit::test {
namespace {

using Json = nlohmann::json;

bool has_type(const Json &value, const std::string &type) {
  if (type == "integer") return value.is_number_integer();
  return type == value.type_name();
}

std::size_t characters(const std::string &utf8) {
  std::size_t count = 0;
  for (const char c : utf8) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return count;
}

bool is_date(const std::string &text) {
  if (!std::regex_match(text, std::regex("\\d{4}-\\d\\d-\\d\\d"))) return false;
  const int year = std::stoi(text), month = std::stoi(text.substr(5)), day = std::stoi(text.substr(8));
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  const int days[] = {31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1];
}

bool keyword_holds(const std::string &key, const Json &rule, const Json &value, const Json &schema, const Json &root) {
  if (key == "type") {
    if (rule.is_string()) return has_type(value, rule);
    for (const Json &type : rule) {
      if (has_type(value, type)) return true;
    }
    return false;
  }
  if (key == "const") return value == rule;
  if (key == "enum") return std::find(rule.begin(), rule.end(), value) != rule.end();
  if (key == "minimum") return !value.is_number() || value.get<double>() >= rule.get<double>();
  if (key == "maximum") return !value.is_number() || value.get<double>() <= rule.get<double>();
  if (key == "exclusiveMinimum") return !value.is_number() || value.get<double>() > rule.get<double>();
  if (key == "exclusiveMaximum") return !value.is_number() || value.get<double>() < rule.get<double>();
  if (key == "minLength") return !value.is_string() || characters(value) >= rule.get<std::size_t>();
  if (key == "maxLength") return !value.is_string() || characters(value) <= rule.get<std::size_t>();
  if (key == "pattern")
    return !value.is_string() || std::regex_search(value.get<std::string>(), std::regex(rule.get<std::string>()));
  if (key == "format") return rule != "date" || !value.is_string() || is_date(value);
  if (key == "minItems") return !value.is_array() || value.size() >= rule.get<std::size_t>();
  if (key == "maxItems") return !value.is_array() || value.size() <= rule.get<std::size_t>();
  if (key == "items") {
    const std::size_t begin = schema.contains("prefixItems") ? schema["prefixItems"].size() : 0;
    for (std::size_t i = begin; value.is_array() && i < value.size(); ++i) {
      if (!is_valid(value[i], rule, root)) return false;
    }
    return true;
  }
  if (key == "prefixItems") {
    for (std::size_t i = 0; value.is_array() && i < value.size() && i < rule.size(); ++i) {
      if (!is_valid(value[i], rule[i], root)) return false;
    }
    return true;
  }
  if (key == "required") {
    for (const Json &name : rule) {
      if (value.is_object() && !value.contains(name.get<std::string>())) return false;
    }
    return true;
  }
  if (key == "properties") {
    for (const auto &item : rule.items()) {
      const bool there = value.is_object() && value.contains(item.key());
      if (there && !is_valid(value[item.key()], item.value(), root)) return false;
    }
    return true;
  }
  if (key == "additionalProperties") {
    const Json known = schema.value("properties", Json::object());
    for (const auto &item : value.items()) {
      if (value.is_object() && !known.contains(item.key()) && !is_valid(item.value(), rule, root)) return false;
    }
    return true;
  }
  if (key == "anyOf" || key == "oneOf") {
    int count = 0;
    for (const Json &branch : rule) count += is_valid(value, branch, root) ? 1 : 0;
    return key == "anyOf" ? count > 0 : count == 1;
  }
  if (key == "$ref") return is_valid(value, root.at(Json::json_pointer(rule.get<std::string>().substr(1))), root);
  if (key == "$defs") return true;
  throw std::logic_error("the validator does not know " + key);
}

}  // namespace

bool is_valid(const Json &value, const Json &schema, const Json &root) {
  if (schema.is_boolean()) return schema.get<bool>();
  for (const auto &item : schema.items()) {
    if (!keyword_holds(item.key(), item.value(), value, schema, root)) return false;
  }
  return true;
}

}  // namespace tidbit::test
