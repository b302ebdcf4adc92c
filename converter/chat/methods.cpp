// The methods of texts and dictionaries that change nothing.
#include <algorithm>

#include "converter/chat/functions.h"
#include "converter/chat/unicode_text.h"

namespace tidbit::convert::chat {
namespace {

// Searching a text of n bytes for one of m takes up to n * m steps.
void spend_search(const std::string &text, const std::string &what, Budget &budget) {
  budget.spend(1 + text.size() / 32 + text.size() / 1024 * std::min(text.size(), what.size()));
}

const std::string &text_at(const Arguments &arguments, std::size_t place, const char *method) {
  const Value *value = arguments.find(place, "");
  if (value == nullptr || value->text() == nullptr) {
    throw TemplateError(std::string(method) + "() needs a text");
  }
  return *value->text();
}

const std::string *optional_text(const Arguments &arguments, std::size_t place, const char *name) {
  const Value *value = arguments.find(place, name);
  if (value == nullptr || value->is_none()) return nullptr;
  if (value->text() == nullptr) throw TemplateError("an argument is not a text");
  return value->text();
}

Value split_blanks(const std::string &text, std::int64_t most, Budget &budget) {
  List parts;
  std::string_view rest = stripped(text, true, false);
  while (!rest.empty()) {
    if (most >= 0 && static_cast<std::int64_t>(parts.size()) == most) {
      parts.push_back(made(std::string(stripped(rest, false, true)), budget));
      break;
    }
    std::size_t end = 0;
    while (end < rest.size()) {
      const std::size_t bytes = character_bytes(rest, end);
      if (is_space(code_point(rest.substr(end, bytes)))) break;
      end += bytes;
    }
    parts.push_back(made(std::string(rest.substr(0, end)), budget));
    rest = stripped(rest.substr(end), true, false);
  }
  return made(std::move(parts), budget);
}

Value split(const std::string &text, const Arguments &arguments, bool from_right, Budget &budget) {
  const std::string *separator = optional_text(arguments, 0, "sep");
  const std::int64_t most = arguments.integer_or(1, "maxsplit", -1);
  if (separator == nullptr) {
    if (from_right && most >= 0) throw TemplateError("rsplit() needs a separator");
    return split_blanks(text, most, budget);
  }
  if (separator->empty()) throw TemplateError("split() needs a separator that is not empty");
  spend_search(text, *separator, budget);
  List parts;
  const auto goes_on = [&] { return most < 0 || static_cast<std::int64_t>(parts.size()) < most; };
  if (from_right) {
    std::size_t end = text.size();
    while (goes_on() && end >= separator->size()) {
      const std::size_t at = text.rfind(*separator, end - separator->size());
      if (at == std::string::npos) break;
      parts.push_back(made(text.substr(at + separator->size(), end - at - separator->size()), budget));
      end = at;
    }
    parts.push_back(made(text.substr(0, end), budget));
    std::reverse(parts.begin(), parts.end());
    return made(std::move(parts), budget);
  }
  std::size_t begin = 0;
  while (goes_on()) {
    const std::size_t at = text.find(*separator, begin);
    if (at == std::string::npos) break;
    parts.push_back(made(text.substr(begin, at - begin), budget));
    begin = at + separator->size();
  }
  parts.push_back(made(text.substr(begin), budget));
  return made(std::move(parts), budget);
}

Value split_lines(const std::string &text, const Arguments &arguments, Budget &budget) {
  const bool keep = arguments.truth_or(0, "keepends", false);
  List lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find_first_of("\n\r", begin), text.size());
    const std::size_t after = end + (end == text.size() ? 0 : text.compare(end, 2, "\r\n") == 0 ? 2 : 1);
    lines.push_back(made(text.substr(begin, (keep ? after : end) - begin), budget));
    begin = after;
  }
  return made(std::move(lines), budget);
}

// str.startswith and endswith, with one text or a tuple of them.
bool has_affix(const std::string &text, const Arguments &arguments, bool at_end, Budget &budget) {
  const auto matches = [&](const Value &affix) {
    if (affix.text() == nullptr) throw TemplateError("startswith() and endswith() need a text");
    budget.handle(affix.text()->size());
    return at_end ? text.ends_with(*affix.text()) : text.starts_with(*affix.text());
  };
  const Value *affix = arguments.find(0, "");
  if (affix == nullptr) throw TemplateError("startswith() and endswith() need a text");
  if (affix->list() == nullptr) return matches(*affix);
  return std::any_of(affix->list()->begin(), affix->list()->end(), matches);
}

Value find(const std::string &text, const std::string &what, bool last, Budget &budget) {
  spend_search(text, what, budget);
  const std::size_t at = last ? text.rfind(what) : text.find(what);
  if (at == std::string::npos) return Value::of(std::int64_t{-1});
  return Value::of(static_cast<std::int64_t>(character_count(std::string_view(text).substr(0, at))));
}

Value count(const std::string &text, const std::string &what, Budget &budget) {
  spend_search(text, what, budget);
  if (what.empty()) return Value::of(static_cast<std::int64_t>(character_count(text) + 1));
  std::int64_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size())) ++found;
  return Value::of(found);
}

bool is_all(const std::string &text, bool (*kind)(unsigned char)) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [&](char c) { return kind(static_cast<unsigned char>(c)); });
}

// str.format with {}, {0} and {name}.
Value format(const std::string &text, const Arguments &arguments, Budget &budget) {
  std::string out;
  std::size_t next = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool doubled = at + 1 < text.size() && text[at + 1] == text[at];
    if ((text[at] == '{' || text[at] == '}') && doubled) {
      out += text[at++];
    } else if (text[at] != '{') {
      out += text[at];
    } else {
      const std::size_t end = text.find('}', at);
      if (end == std::string::npos) throw TemplateError("format() got a { without its }");
      const std::string name = text.substr(at + 1, end - at - 1);
      const bool number = !name.empty() && name.size() < 4 && name.find_first_not_of("0123456789") == std::string::npos;
      const std::size_t place = name.empty() ? next++ : number ? std::stoul(name) : arguments.values.size();
      const Value *value = arguments.find(place, name.c_str());
      if (value == nullptr) throw TemplateError("format() has no value for " + in_quotes(name));
      out += to_text(*value, budget);
      at = end;
    }
  }
  return made(std::move(out), budget);
}

Value text_method(const std::string &text, const std::string &name, const Arguments &arguments, Budget &budget) {
  budget.handle(text.size());
  const auto is_digit = [](unsigned char c) { return c >= '0' && c <= '9'; };
  if (name == "strip" || name == "lstrip" || name == "rstrip") {
    const std::string *characters = optional_text(arguments, 0, "chars");
    if (characters != nullptr) budget.spend(text.size() / 32 * characters->size());
    return made(std::string(stripped(text, name != "rstrip", name != "lstrip", characters)), budget);
  }
  if (name == "split" || name == "rsplit") return split(text, arguments, name == "rsplit", budget);
  if (name == "splitlines") return split_lines(text, arguments, budget);
  if (name == "startswith" || name == "endswith") {
    return Value::of(has_affix(text, arguments, name == "endswith", budget));
  }
  if (name == "replace" || name == "join" || name == "lower" || name == "upper" || name == "title" ||
      name == "capitalize") {
    if (name != "join") return apply_filter(name, Value::of(text), arguments, budget);
    if (arguments.values.empty()) throw TemplateError("join() needs a list");
    return apply_filter("join", arguments.values[0], {{Value::of(text)}, {}}, budget);
  }
  if (name == "find" || name == "rfind") return find(text, text_at(arguments, 0, "find"), name == "rfind", budget);
  if (name == "format") return format(text, arguments, budget);
  if (name == "count") return count(text, text_at(arguments, 0, "count"), budget);
  if (name == "isdigit" || name == "isnumeric" || name == "isdecimal") return Value::of(is_all(text, is_digit));
  if (name == "isspace") return Value::of(!text.empty() && stripped(text, true, false).empty());
  if (name == "isalpha") {
    return Value::of(
        is_all(text, [](unsigned char c) { return c >= 0x80 || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'); }));
  }
  if (name == "islower" || name == "isupper") {
    return Value::of(lower(text) != upper(text) && text == (name == "islower" ? lower(text) : upper(text)));
  }
  if (name == "removeprefix" || name == "removesuffix") {
    const std::string &affix = text_at(arguments, 0, "removeprefix");
    if (name == "removeprefix") return made(text.starts_with(affix) ? text.substr(affix.size()) : text, budget);
    return made(text.ends_with(affix) ? text.substr(0, text.size() - affix.size()) : text, budget);
  }
  throw TemplateError("texts have no method " + in_quotes(name) + " here");
}

Value dict_method(const Value &object, const std::string &name, const Arguments &arguments, Budget &budget) {
  const Dict &dict = *object.dict();
  budget.spend(1 + dict.items.size() / 8);
  if (name == "items") return apply_filter("items", object, {}, budget);
  if (name == "keys") return {Value::Storage(elements_of(object, budget))};
  if (name == "copy") return object;
  if (name == "values") {
    List values;
    for (const auto &[key, value] : dict.items) values.push_back(value);
    return made(std::move(values), budget);
  }
  if (name == "get") {
    const Value *key = arguments.find(0, "key"), *usual = arguments.find(1, "default");
    const Value *found = key != nullptr && key->text() != nullptr ? dict.find(*key->text()) : nullptr;
    if (found != nullptr) return *found;
    return usual != nullptr ? *usual : Value::none();
  }
  throw TemplateError("dictionaries have no method " + in_quotes(name) + " here");
}

}  // namespace

const Value *Arguments::find(std::size_t place, const char *name) const {
  if (place < values.size()) return &values[place];
  for (const auto &[keyword, value] : keywords) {
    if (keyword == name) return &value;
  }
  return nullptr;
}

std::string Arguments::text_or(std::size_t place, const char *name, const char *usual) const {
  const Value *value = find(place, name);
  if (value == nullptr) return usual;
  if (value->text() == nullptr) throw TemplateError("the argument " + in_quotes(name) + " is not a text");
  return *value->text();
}

std::int64_t Arguments::integer_or(std::size_t place, const char *name, std::int64_t usual) const {
  const Value *value = find(place, name);
  if (value == nullptr || value->is_none()) return usual;
  if (!value->is<std::int64_t>() && !value->is<bool>()) {
    throw TemplateError("the argument " + in_quotes(name) + " is not a whole number");
  }
  return value->integer();
}

bool Arguments::truth_or(std::size_t place, const char *name, bool usual) const {
  const Value *value = find(place, name);
  return value == nullptr ? usual : value->truth();
}

Value call_method(const Value &object, const std::string &name, const Arguments &arguments, Budget &budget) {
  if (const std::string *text = object.text()) return text_method(*text, name, arguments, budget);
  if (object.dict() != nullptr) return dict_method(object, name, arguments, budget);
  if (const List *list = object.list(); list != nullptr && name == "count") {
    if (arguments.values.empty()) throw TemplateError("count() needs a value");
    std::int64_t found = 0;
    for (const Value &element : *list) found += equal(element, arguments.values[0], budget) ? 1 : 0;
    return Value::of(found);
  }
  if (object.list() != nullptr && name == "copy") return object;
  if (const auto *loop = object.as<std::shared_ptr<const Loop>>(); loop != nullptr && name == "cycle") {
    if (arguments.values.empty()) throw TemplateError("cycle() needs values");
    return arguments.values[(*loop)->index0 % arguments.values.size()];
  }
  if (object.is_undefined()) return attribute_of(object, name);
  throw TemplateError(std::string("a ") + object.type_name() + " has no method " + in_quotes(name) + " here");
}

}  // namespace tidbit::convert::chat
