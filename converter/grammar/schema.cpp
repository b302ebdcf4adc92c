// JSON Schema. What a schema allows is written without white space, except for one space behind "," and ":". Properties
// come in the order of the schema. What the schema allows beyond that is not made; what is made is always valid. A
// keyword that is neither computed nor only a remark is refused.
#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "converter/checkpoint/json.h"
#include "converter/error.h"
#include "converter/grammar/compile.h"
#include "converter/grammar/json_text.h"

namespace tidbit::convert {
namespace {

using Schema = nlohmann::ordered_json;
using Words = std::set<std::string, std::less<>>;

constexpr std::size_t kMaxProperties = 64;  // that may be left out, of one object
constexpr std::size_t kMaxName = 128;
constexpr std::uint64_t kMaxCount = 10000;  // of characters and items

const Words &remarks() {
  static const Words words = {"title", "description", "default",  "examples",   "$schema",  "$id",
                              "$defs", "definitions", "$comment", "deprecated", "readOnly", "writeOnly"};
  return words;
}

// As in a JSON pointer.
std::string escaped(const std::string &name) {
  std::string text;
  for (const char c : name) {
    if (c == '~' || c == '/') {
      text += c == '~' ? "~0" : "~1";
    } else {
      text += c;
    }
  }
  return text;
}

bool is_of_type(const Schema &value, const Schema &type) {
  if (type.is_array())
    return std::any_of(type.begin(), type.end(), [&](const auto &t) { return is_of_type(value, t); });
  if (type == "integer") return value.is_number_integer();
  return type == value.type_name();
}

class Reader {
 public:
  Reader(const Schema &root, const std::string &source) : root_(root), source_(source) {}

  Rules read() {
    rule_of("#", root_);
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      const Waiting next = waiting_[i];
      rules_.expressions[next.rule] = value(*next.schema, next.place);
    }
    return std::move(rules_);
  }

 private:
  struct Waiting {
    const Schema *schema;
    std::string place;
    std::uint32_t rule;
  };

  [[noreturn]] void refuse(const std::string &place, const std::string &what) const {
    throw ConvertError(source_ + ": " + shortened(place) + ": " + what);
  }

  // The rule of the schema at a place, which is read later: it may refer to itself.
  std::uint32_t rule_of(const std::string &place, const Schema &schema) {
    const auto [known, is_new] = rule_at_.emplace(place, static_cast<std::uint32_t>(rules_.expressions.size()));
    if (is_new) {
      rules_.expressions.emplace_back();
      rules_.names.push_back(place);
      waiting_.push_back({&schema, place, known->second});
    }
    return known->second;
  }

  // A schema inside another. It is a rule, because the other one may need it in many places.
  Expression part(const Schema &schema, const std::string &place) { return rule(rule_of(place, schema)); }

  Expression value(const Schema &schema, const std::string &place);
  Expression any_value();
  Expression reference(const Schema &schema, const std::string &place);
  Expression any_of(const Schema &schema, const char *key, const std::string &place);
  void check_one_of(const Schema &branches, const std::string &place) const;
  bool differ(const Schema &a, const Schema &b) const;
  Words types_of(const Schema &schema) const;
  Expression one_of_values(const Schema &values, const Schema &schema, const std::string &place) const;
  Expression typed(const Schema &schema, const std::string &type, const std::string &place);
  Expression string_value(const Schema &schema, const std::string &place) const;
  Expression pattern(const Schema &schema, const std::string &place) const;
  Expression number_value(const Schema &schema, const std::string &place, bool integer) const;
  std::optional<Bound> bound(const Schema &schema, const char *key, const char *exclusive_key,
                             const std::string &place) const;
  Expression array_value(const Schema &schema, const std::string &place);
  Expression object_value(const Schema &schema, const std::string &place);
  Expression listed(std::vector<Expression> parts, const std::vector<bool> &required, std::optional<Expression> others);

  std::uint64_t count(const Schema &schema, const char *key, std::uint64_t otherwise, const std::string &place) const {
    if (!schema.contains(key)) return otherwise;
    const Schema &number = schema[key];
    if (!number.is_number_unsigned() || number.get<std::uint64_t>() > kMaxCount) {
      refuse(place + "/" + key, "must be a whole number from 0 to " + std::to_string(kMaxCount));
    }
    return number.get<std::uint64_t>();
  }
  void allow(const Schema &schema, const Words &words, const std::string &place) const {
    for (const auto &item : schema.items()) {
      if (words.count(item.key()) != 0 || remarks().count(item.key()) != 0) continue;
      refuse(place, "the keyword " + in_quotes(item.key()) + " is not supported here");
    }
  }

  const Schema &root_;
  const std::string &source_;
  Rules rules_;
  std::vector<Waiting> waiting_;
  std::map<std::string, std::uint32_t> rule_at_;
  std::deque<Schema> parts_;  // of schemas with a list of types
};

// Any JSON value: objects and arrays contain values again.
Expression Reader::any_value() {
  const auto [known, is_new] = rule_at_.emplace("any value", static_cast<std::uint32_t>(rules_.expressions.size()));
  if (!is_new) return rule(known->second);
  const std::uint32_t index = known->second;
  rules_.expressions.emplace_back();
  rules_.names.emplace_back("any value");
  const Expression text = string_of(repeat(string_character(), 0));
  const Expression member = sequence({text, colon(), rule(index)});
  const auto list = [](const Expression &item) {
    return optional(sequence({item, repeat(sequence({comma(), item}), 0)}));
  };
  rules_.expressions[index] = alternatives({sequence({exactly("{"), list(member), exactly("}")}),
                                            sequence({exactly("["), list(rule(index)), exactly("]")}), text,
                                            any_number(), exactly("true"), exactly("false"), exactly("null")});
  return rule(index);
}

Expression Reader::value(const Schema &schema, const std::string &place) {
  if (schema.is_boolean() && schema.get<bool>()) return any_value();
  if (!schema.is_object()) refuse(place, "must be an object, or true");
  if (schema.contains("$ref")) return reference(schema, place);
  if (schema.contains("const")) {
    allow(schema, {"const", "type"}, place);
    return one_of_values(Schema::array({schema["const"]}), schema, place + "/const");
  }
  if (schema.contains("enum")) {
    allow(schema, {"enum", "type"}, place);
    return one_of_values(schema["enum"], schema, place + "/enum");
  }
  for (const char *key : {"anyOf", "oneOf", "allOf"}) {
    if (schema.contains(key)) return any_of(schema, key, place);
  }
  if (!schema.contains("type")) {
    if (schema.contains("properties") || schema.contains("required")) return typed(schema, "object", place);
    if (schema.contains("items") || schema.contains("prefixItems")) return typed(schema, "array", place);
    allow(schema, {}, place);
    return any_value();
  }
  const Schema &type = schema["type"];
  if (type.is_string()) return typed(schema, type.get<std::string>(), place);
  if (!type.is_array() || type.empty()) refuse(place + "/type", "must be a name or a list of names");
  std::vector<Expression> ways;
  for (const Schema &name : type) {
    if (!name.is_string()) refuse(place + "/type", "must be a name or a list of names");
    // Keywords of other types say nothing about this one.
    Schema &own = parts_.emplace_back(Schema::object());
    for (const auto &item : schema.items()) {
      static const Words texts = {"minLength", "maxLength", "pattern", "format"};
      static const Words numerals = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"};
      static const Words lists = {"items", "prefixItems", "minItems", "maxItems"};
      static const Words objects = {"properties", "required", "additionalProperties"};
      const std::string &t = name.get_ref<const std::string &>(), &key = item.key();
      const bool foreign = (texts.count(key) != 0 && t != "string") || (lists.count(key) != 0 && t != "array") ||
                           (objects.count(key) != 0 && t != "object") ||
                           (numerals.count(key) != 0 && t != "integer" && t != "number");
      if (!foreign) own[key] = item.value();
    }
    ways.push_back(typed(own, name.get<std::string>(), place));
  }
  return alternatives(std::move(ways));
}

Expression Reader::reference(const Schema &schema, const std::string &place) {
  allow(schema, {"$ref"}, place);
  if (!schema["$ref"].is_string()) refuse(place + "/$ref", "must be a text");
  const std::string target = schema["$ref"].get<std::string>();
  if (target == "#") return rule(rule_of("#", root_));
  if (target.rfind("#/", 0) != 0) refuse(place + "/$ref", "only references into this file (#/...) are supported");
  const Schema *at = nullptr;
  try {
    at = &root_.at(Schema::json_pointer(target.substr(1)));
  } catch (const Schema::exception &) {
    refuse(place + "/$ref", "there is no " + in_quotes(target));
  }
  return rule(rule_of(target, *at));
}

Words Reader::types_of(const Schema &schema) const {
  static const Words all = {"string", "number", "boolean", "null", "array", "object"};
  Words types;
  const auto add = [&](const Schema &name) {
    if (name.is_string()) types.insert(name == "integer" ? "number" : name.get<std::string>());
  };
  const auto add_value = [&](const Schema &v) { types.insert(v.is_number() ? "number" : v.type_name()); };
  if (!schema.is_object()) return all;
  if (schema.contains("const")) {
    add_value(schema["const"]);
  } else if (schema.contains("enum")) {
    for (const Schema &v : schema["enum"]) add_value(v);
  } else if (schema.contains("type") && schema["type"].is_array()) {
    for (const Schema &name : schema["type"]) add(name);
  } else if (schema.contains("type")) {
    add(schema["type"]);
  } else {
    return all;
  }
  return types;
}

// Whether no value can be valid for both: by their types, their values, or a property that both require.
bool Reader::differ(const Schema &a, const Schema &b) const {
  const Words of_a = types_of(a), of_b = types_of(b);
  if (std::none_of(of_a.begin(), of_a.end(), [&](const auto &t) { return of_b.count(t) != 0; })) return true;
  const auto values = [](const Schema &s) {
    if (s.is_object() && s.contains("const")) return Schema::array({s["const"]});
    return s.is_object() && s.contains("enum") ? s["enum"] : Schema::array();
  };
  const Schema values_a = values(a), values_b = values(b);
  if (!values_a.empty() && !values_b.empty()) {
    return std::none_of(values_a.begin(), values_a.end(), [&](const Schema &v) {
      return std::find(values_b.begin(), values_b.end(), v) != values_b.end();
    });
  }
  if (!a.is_object() || !b.is_object() || !a.contains("properties") || !b.contains("properties")) return false;
  const auto requires_it = [](const Schema &s, const Schema &name) {
    return s.contains("required") && std::find(s["required"].begin(), s["required"].end(), name) != s["required"].end();
  };
  for (const auto &item : a["properties"].items()) {
    const bool both = b["properties"].contains(item.key()) && requires_it(a, item.key()) && requires_it(b, item.key());
    if (both && differ(item.value(), b["properties"][item.key()])) return true;
  }
  return false;
}

void Reader::check_one_of(const Schema &branches, const std::string &place) const {
  if (branches.size() > kMaxProperties) refuse(place, "has more than " + std::to_string(kMaxProperties) + " schemas");
  for (std::size_t i = 0; i < branches.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (differ(branches[i], branches[j])) continue;
      refuse(place, "a value could be valid for two of the schemas (" + std::to_string(j) + " and " +
                        std::to_string(i) + "); use anyOf, or give them different types or a constant property");
    }
  }
}

Expression Reader::any_of(const Schema &schema, const char *key, const std::string &place) {
  allow(schema, {key}, place);
  const Schema &branches = schema[key];
  const std::string list = place + "/" + key;
  if (!branches.is_array() || branches.empty()) refuse(list, "must be a list of schemas");
  const std::string name = key;
  if (name == "allOf" && branches.size() != 1) refuse(list, "only one schema is supported; merge them");
  if (name == "oneOf") check_one_of(branches, list);
  std::vector<Expression> ways;
  for (std::size_t i = 0; i < branches.size(); ++i) ways.push_back(part(branches[i], list + "/" + std::to_string(i)));
  return alternatives(std::move(ways));
}

Expression Reader::one_of_values(const Schema &values, const Schema &schema, const std::string &place) const {
  if (!values.is_array()) refuse(place, "must be a list of values");
  std::vector<Expression> ways;
  for (const Schema &v : values) {
    if (!schema.contains("type") || is_of_type(v, schema["type"])) ways.push_back(exactly(v.dump()));
  }
  if (ways.empty()) refuse(place, "has no value of the type");
  return alternatives(std::move(ways));
}

Expression Reader::typed(const Schema &schema, const std::string &type, const std::string &place) {
  if (type == "string") return string_value(schema, place);
  if (type == "integer" || type == "number") return number_value(schema, place, type == "integer");
  if (type == "array") return array_value(schema, place);
  if (type == "object") return object_value(schema, place);
  allow(schema, {"type"}, place);
  if (type == "null") return exactly("null");
  if (type == "boolean") return alternatives({exactly("true"), exactly("false")});
  refuse(place + "/type", "there is no type " + in_quotes(type));
}

Expression Reader::pattern(const Schema &schema, const std::string &place) const {
  allow(schema, {"type", "pattern"}, place);
  const std::string where = place + "/pattern";
  if (!schema["pattern"].is_string()) refuse(where, "must be a text");
  const std::string text = schema["pattern"].get<std::string>();
  Anchors anchors;
  const Expression inner = regex_expression(text, source_ + ": " + shortened(where), &anchors);
  if (inner.kind == Expression::Kind::alternatives && anchors.start != anchors.end) {
    refuse(where, "\"^\" or \"$\" belongs to one of the alternatives only; write ^(a|b)$");
  }
  if (inner.kind == Expression::Kind::alternatives && anchors.start) {
    refuse(where, "\"^\" and \"$\" belong to different alternatives; write ^(a|b)$");
  }
  std::vector<Expression> parts;
  const Expression anything = repeat(string_character(), 0);
  if (!anchors.start) parts.push_back(anything);
  parts.push_back(in_string(inner));
  if (!anchors.end) parts.push_back(anything);
  return string_of(sequence(std::move(parts)));
}

Expression Reader::string_value(const Schema &schema, const std::string &place) const {
  if (schema.contains("pattern")) return pattern(schema, place);
  if (schema.contains("format")) {
    allow(schema, {"type", "format"}, place);
    if (!schema["format"].is_string()) refuse(place + "/format", "must be a text");
    const auto format = string_format(schema["format"].get<std::string>());
    if (!format) {
      refuse(place + "/format", in_quotes(schema["format"].get<std::string>()) +
                                    " is not supported; use date, time, date-time, uuid, ipv4, email or a pattern");
    }
    return string_of(*format);
  }
  allow(schema, {"type", "minLength", "maxLength"}, place);
  const std::uint64_t least = count(schema, "minLength", 0, place);
  const std::uint64_t most = count(schema, "maxLength", Expression::kNoLimit, place);
  if (least > most) refuse(place + "/minLength", "is above maxLength");
  return string_of(repeat(string_character(), static_cast<std::uint32_t>(least), static_cast<std::uint32_t>(most)));
}

// The number as it is written, so that no digit is lost.
std::optional<Bound> Reader::bound(const Schema &schema, const char *key, const char *exclusive_key,
                                   const std::string &place) const {
  if (schema.contains(key) && schema.contains(exclusive_key)) refuse(place, std::string("has two bounds: ") + key);
  Bound bound{0, 0, schema.contains(exclusive_key)};
  const char *name = bound.exclusive ? exclusive_key : key;
  if (!schema.contains(name)) return std::nullopt;
  const std::string where = place + "/" + name;
  if (!schema[name].is_number()) refuse(where, "must be a number");
  std::string text = schema[name].dump();
  const bool negative = text[0] == '-';
  if (negative) text.erase(0, 1);
  if (text.size() > 2 && text.compare(text.size() - 2, 2, ".0") == 0) text.resize(text.size() - 2);
  const std::size_t point = text.find('.');
  if (point != std::string::npos) {
    bound.decimals = static_cast<int>(text.size() - point - 1);
    text.erase(point, 1);
  }
  const std::size_t most_digits = bound.exclusive ? 9 : 12;
  if (text.size() > most_digits || bound.decimals > 6 || text.find_first_not_of("0123456789") != std::string::npos) {
    refuse(where, "must have at most " + std::to_string(most_digits) + " digits, 6 of them decimals");
  }
  bound.digits = std::stoll(text) * (negative ? -1 : 1);
  return bound;
}

Expression Reader::number_value(const Schema &schema, const std::string &place, bool integer) const {
  allow(schema, {"type", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}, place);
  const auto least = bound(schema, "minimum", "exclusiveMinimum", place);
  const auto most = bound(schema, "maximum", "exclusiveMaximum", place);
  if (!least && !most) return integer ? any_integer() : any_number();
  const auto scale = [](const Bound &b) { return static_cast<double>(b.digits) / std::pow(10, b.decimals); };
  if (!integer) {
    if (least && most && scale(*least) > scale(*most)) refuse(place, "no number is between the bounds");
    const bool point = least && most && scale(*least) == scale(*most);
    if (point && (least->exclusive || most->exclusive)) refuse(place, "no number is between the bounds");
    return numbers(least, most);
  }
  long long low = -kMostInteger, high = kMostInteger;
  if (least) {
    low = static_cast<long long>(std::ceil(scale(*least)));
    if (least->exclusive && static_cast<double>(low) == scale(*least)) ++low;
  }
  if (most) {
    high = static_cast<long long>(std::floor(scale(*most)));
    if (most->exclusive && static_cast<double>(high) == scale(*most)) --high;
  }
  if (low > high) refuse(place, "no integer is between the bounds");
  return integers(low, high);
}

Expression Reader::array_value(const Schema &schema, const std::string &place) {
  allow(schema, {"type", "items", "prefixItems", "minItems", "maxItems"}, place);
  std::vector<Expression> parts;
  std::vector<bool> required;
  const std::uint64_t least = count(schema, "minItems", 0, place);
  const std::uint64_t most = count(schema, "maxItems", Expression::kNoLimit, place);
  if (least > most) refuse(place + "/minItems", "is above maxItems");
  const bool no_more = schema.contains("items") && schema["items"] == false;
  if (schema.contains("prefixItems")) {
    const Schema &first = schema["prefixItems"];
    if (!first.is_array()) refuse(place + "/prefixItems", "must be a list of schemas");
    if (least > 0 && least < first.size()) refuse(place + "/minItems", "must not be below the number of prefixItems");
    if (most < first.size()) refuse(place + "/maxItems", "must not be below the number of prefixItems");
    if (no_more && least > first.size()) refuse(place + "/minItems", "is above the number of prefixItems");
    for (std::size_t i = 0; i < first.size(); ++i) {
      if (i > 0) parts.push_back(comma());
      parts.push_back(part(first[i], place + "/prefixItems/" + std::to_string(i)));
    }
    if (!first.empty()) {
      std::vector<Expression> all = {exactly("["), sequence(std::move(parts))};
      if (!no_more) {
        const Expression item = schema.contains("items") ? part(schema["items"], place + "/items") : any_value();
        const std::uint64_t more = least > first.size() ? least - first.size() : 0;
        all.push_back(repeat(sequence({comma(), item}), static_cast<std::uint32_t>(more),
                             static_cast<std::uint32_t>(most == Expression::kNoLimit ? most : most - first.size())));
      }
      all.push_back(exactly("]"));
      return sequence(std::move(all));
    }
  }
  if (most == 0 || no_more) return exactly("[]");
  const Expression item = schema.contains("items") ? part(schema["items"], place + "/items") : any_value();
  const auto after = static_cast<std::uint32_t>(least > 0 ? least - 1 : 0);
  const auto limit = static_cast<std::uint32_t>(most == Expression::kNoLimit ? most : most - 1);
  Expression items = sequence({item, repeat(sequence({comma(), item}), after, limit)});
  if (least == 0) items = optional(std::move(items));
  return sequence({exactly("["), std::move(items), exactly("]")});
}

// The parts in their order with commas between those that are there; then any number of the others. There is a way for
// each part that may be the first.
Expression Reader::listed(std::vector<Expression> parts, const std::vector<bool> &required,
                          std::optional<Expression> others) {
  std::vector<Expression> ways;
  const auto rest = [&](std::size_t begin) {
    std::vector<Expression> all;
    for (std::size_t j = begin; j < parts.size(); ++j) {
      Expression next = sequence({comma(), parts[j]});
      all.push_back(required[j] ? std::move(next) : optional(std::move(next)));
    }
    if (others) all.push_back(repeat(sequence({comma(), *others}), 0));
    return sequence(std::move(all));
  };
  bool may_be_empty = true;
  for (std::size_t i = 0; i < parts.size() && may_be_empty; ++i) {
    ways.push_back(sequence({parts[i], rest(i + 1)}));
    may_be_empty = !required[i];
  }
  if (!may_be_empty) return alternatives(std::move(ways));
  if (others) ways.push_back(sequence({*others, repeat(sequence({comma(), *others}), 0)}));
  if (ways.empty()) return {};
  return optional(alternatives(std::move(ways)));
}

Expression Reader::object_value(const Schema &schema, const std::string &place) {
  allow(schema, {"type", "properties", "required", "additionalProperties"}, place);
  const Schema none = Schema::object();
  const Schema &properties = schema.contains("properties") ? schema["properties"] : none;
  if (!properties.is_object()) refuse(place + "/properties", "must be an object");
  Words required;
  if (schema.contains("required")) {
    if (!schema["required"].is_array()) refuse(place + "/required", "must be a list of names");
    for (const Schema &name : schema["required"]) {
      if (!name.is_string()) refuse(place + "/required", "must be a list of names");
      if (!properties.contains(name.get<std::string>())) {
        refuse(place + "/required", in_quotes(name.get<std::string>()) + " is not among the properties");
      }
      required.insert(name.get<std::string>());
    }
  }
  if (properties.size() - required.size() > kMaxProperties) {
    refuse(place + "/properties", "more than " + std::to_string(kMaxProperties) + " may be left out");
  }
  std::vector<Expression> parts;
  std::vector<bool> is_required;
  std::vector<std::string> names;
  for (const auto &item : properties.items()) {
    const std::string &name = item.key();
    if (name.size() > kMaxName) refuse(place + "/properties", "a name has more than 128 bytes: " + in_quotes(name));
    names.push_back(name);
    is_required.push_back(required.count(name) != 0);
    parts.push_back(
        sequence({exactly(Schema(name).dump()), colon(), part(item.value(), place + "/properties/" + escaped(name))}));
  }
  // If the schema does not say what else there may be, nothing is added to the properties that it names.
  std::optional<Expression> others;
  const bool says = schema.contains("additionalProperties");
  if (says ? schema["additionalProperties"] != false : properties.empty()) {
    const Expression what = says ? part(schema["additionalProperties"], place + "/additionalProperties") : any_value();
    others = sequence({string_other_than(names), colon(), what});
  }
  return sequence({exactly("{"), listed(std::move(parts), is_required, std::move(others)), exactly("}")});
}

}  // namespace

Rules schema_rules(const std::string &json, const std::string &source) {
  parse_json_object(json, source);  // within limits; the second parser keeps the order
  const Schema schema = Schema::parse(json);
  return Reader(schema, source).read();
}

std::vector<std::byte> compile_schema(const std::string &json, const std::string &source) {
  return compile_grammar(schema_rules(json, source), source);
}

}  // namespace tidbit::convert
