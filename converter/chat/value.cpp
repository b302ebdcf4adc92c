#include "converter/chat/value.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "converter/chat/unicode_text.h"

namespace tidbit::convert::chat {
namespace {

constexpr std::uint32_t kMostDepth = 64;

std::uint32_t deeper(std::uint32_t deepest) {
  if (deepest < kMostDepth) return deepest + 1;
  throw TemplateError("lists are nested too deeply");
}

// As Python writes a float: the shortest text that reads back the same.
std::string real_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  const double size = std::fabs(value);
  const bool plain = value == 0 || (size >= 1e-4 && size < 1e16);
  char text[64];
  const auto end =
      std::to_chars(text, text + sizeof text, value, plain ? std::chars_format::fixed : std::chars_format::scientific);
  std::string result(text, end.ptr);
  if (plain && result.find('.') == std::string::npos) result += ".0";
  return result;
}

void append_escape(std::string &out, const char *start, std::uint32_t code, int digits) {
  constexpr char kDigits[] = "0123456789abcdef";
  out += start;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += kDigits[code >> shift & 15];
}

// A text in quotes, as Python shows it in a list.
std::string quoted(const std::string &text) {
  const bool single = text.find('\'') == std::string::npos || text.find('"') != std::string::npos;
  const char quote = single ? '\'' : '"';
  std::string out(1, quote);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == quote || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n' || c == '\r' || c == '\t') {
      out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      append_escape(out, "\\x", byte, 2);
    } else {
      out += c;
    }
  }
  return out + quote;
}

void append_text(std::string &out, const Value &value, bool inside, Budget &budget);

void append_list(std::string &out, const List &list, Budget &budget) {
  out += '[';
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) out += ", ";
    append_text(out, list[i], true, budget);
  }
  out += ']';
}

void append_dict(std::string &out, const Dict &dict, Budget &budget) {
  out += '{';
  for (std::size_t i = 0; i < dict.items.size(); ++i) {
    if (i > 0) out += ", ";
    out += quoted(dict.items[i].first) + ": ";
    append_text(out, dict.items[i].second, true, budget);
  }
  out += '}';
}

void append_text(std::string &out, const Value &value, bool inside, Budget &budget) {
  const std::size_t before = out.size();
  if (const std::string *text = value.text()) {
    budget.allocate(text->size());
    out += inside ? quoted(*text) : *text;
  } else if (value.is_none()) {
    out += "None";
  } else if (const bool *flag = value.as<bool>()) {
    out += *flag ? "True" : "False";
  } else if (const std::int64_t *integer = value.as<std::int64_t>()) {
    out += std::to_string(*integer);
  } else if (const double *real = value.as<double>()) {
    out += real_text(*real);
  } else if (const List *list = value.list()) {
    append_list(out, *list, budget);
  } else if (const Dict *dict = value.dict()) {
    append_dict(out, *dict, budget);
  } else if (value.is_undefined()) {
    if (inside) out += "Undefined";
  } else {
    throw TemplateError(std::string("a ") + value.type_name() + " cannot be written as text");
  }
  budget.handle(out.size() - before);
}

class JsonWriter {
 public:
  JsonWriter(const JsonStyle &style, Budget &budget) : style_(style), budget_(budget) {}

  void write(const Value &value, int level) {
    budget_.spend(1);
    if (const std::string *text = value.text()) {
      write_text(*text);
    } else if (const List *list = value.list()) {
      write_list(*list, level);
    } else if (const Dict *dict = value.dict()) {
      write_dict(*dict, level);
    } else if (value.is_none()) {
      out += "null";
    } else if (const bool *flag = value.as<bool>()) {
      out += *flag ? "true" : "false";
    } else if (const std::int64_t *integer = value.as<std::int64_t>()) {
      out += std::to_string(*integer);
    } else if (const double *real = value.as<double>()) {
      out += std::isnan(*real) ? "NaN" : std::isinf(*real) ? (*real < 0 ? "-Infinity" : "Infinity") : real_text(*real);
    } else {
      throw TemplateError(std::string("a ") + value.type_name() + " cannot be written as JSON");
    }
  }

  std::string out;

 private:
  void new_line(int level) {
    if (style_.indent < 0) return;
    const auto blanks = static_cast<std::size_t>(level) * static_cast<std::size_t>(style_.indent);
    budget_.allocate(blanks);
    out += '\n';
    out.append(blanks, ' ');
  }

  void separate(bool first) {
    if (!first) out += style_.item_separator;
    budget_.allocate(style_.item_separator.size() + style_.key_separator.size());
  }

  void write_list(const List &list, int level) {
    out += '[';
    for (std::size_t i = 0; i < list.size(); ++i) {
      separate(i == 0);
      new_line(level + 1);
      write(list[i], level + 1);
    }
    if (!list.empty()) new_line(level);
    out += ']';
  }

  void write_dict(const Dict &dict, int level) {
    std::vector<const std::pair<std::string, Value> *> items;
    budget_.allocate(dict.items.size() * sizeof(void *));
    items.reserve(dict.items.size());
    for (const auto &item : dict.items) items.push_back(&item);
    if (style_.sort_keys) {
      std::sort(items.begin(), items.end(), [](const auto *a, const auto *b) { return a->first < b->first; });
    }
    out += '{';
    for (std::size_t i = 0; i < items.size(); ++i) {
      separate(i == 0);
      new_line(level + 1);
      write_text(items[i]->first);
      out += style_.key_separator;
      write(items[i]->second, level + 1);
    }
    if (!items.empty()) new_line(level);
    out += '}';
  }

  void write_text(const std::string &text) {
    budget_.allocate(6 * text.size());
    out += '"';
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t bytes = character_bytes(text, at);
      write_character(std::string_view(text).substr(at, bytes));
      at += bytes;
    }
    out += '"';
    budget_.handle(text.size());
  }

  void write_character(std::string_view character) {
    constexpr std::string_view kPlain = "\"\\\n\r\t\b\f", kLetters = "\"\\nrtbf";
    const std::size_t special = character.size() == 1 ? kPlain.find(character[0]) : std::string_view::npos;
    const std::uint32_t code = code_point(character);
    if (special != std::string_view::npos) {
      out += '\\';
      out += kLetters[special];
    } else if (code < 0x20 || (style_.ascii && code > 0x7E && code < 0x10000)) {
      append_escape(out, "\\u", code, 4);
    } else if (style_.ascii && code >= 0x10000) {
      append_escape(out, "\\u", 0xD800 + ((code - 0x10000) >> 10), 4);
      append_escape(out, "\\u", 0xDC00 + ((code - 0x10000) & 0x3FF), 4);
    } else {
      out += character;
    }
  }

  const JsonStyle &style_;
  Budget &budget_;
};

bool equal_dicts(const Dict &a, const Dict &b, Budget &budget) {
  if (a.items.size() != b.items.size()) return false;
  for (const auto &[key, value] : a.items) {
    budget.spend(1 + b.items.size() / 8);
    const Value *other = b.find(key);
    if (other == nullptr || !equal(value, *other, budget)) return false;
  }
  return true;
}

}  // namespace

void Budget::spend(std::uint64_t steps) {
  if (steps > kMostWork - work_) throw TemplateError("takes more than " + std::to_string(kMostWork) + " steps");
  work_ += steps;
}

void Budget::allocate(std::uint64_t bytes) {
  if (bytes > kMostBytes - bytes_) throw TemplateError("makes more than " + std::to_string(kMostBytes) + " bytes");
  bytes_ += bytes;
}

const Value *Dict::find(std::string_view key) const {
  for (const auto &[name, value] : items) {
    if (name == key) return &value;
  }
  return nullptr;
}

void Dict::set(const std::string &key, Value value) {
  for (auto &item : items) {
    if (item.first != key) continue;
    item.second = std::move(value);
    return;
  }
  items.emplace_back(key, std::move(value));
}

Value Value::of(List list) {
  std::uint32_t deepest = 0;
  for (const Value &element : list) deepest = std::max(deepest, element.depth_);
  Value value;
  value.depth_ = deeper(deepest);
  value.storage_ = std::make_shared<const List>(std::move(list));
  return value;
}

Value Value::of(Dict dict) {
  std::uint32_t deepest = 0;
  for (const auto &[key, element] : dict.items) deepest = std::max(deepest, element.depth_);
  Value value;
  value.depth_ = deeper(deepest);
  value.storage_ = std::make_shared<const Dict>(std::move(dict));
  return value;
}

Value Value::undefined(std::string name) {
  return {Storage(Undefined{std::make_shared<const std::string>(std::move(name))})};
}

double Value::real() const {
  if (const double *value = as<double>()) return *value;
  return static_cast<double>(integer());
}

std::int64_t Value::integer() const {
  if (const bool *flag = as<bool>()) return *flag ? 1 : 0;
  return *as<std::int64_t>();
}

bool Value::truth() const {
  if (is_undefined() || is_none()) return false;
  if (is<double>()) return real() != 0;
  if (is_number()) return integer() != 0;
  if (text() != nullptr) return !text()->empty();
  if (list() != nullptr) return !list()->empty();
  if (dict() != nullptr) return !dict()->items.empty();
  return true;
}

const char *Value::type_name() const {
  constexpr const char *kNames[] = {"undefined value", "None",      "bool",  "integer",  "float", "text", "list",
                                    "dictionary",      "namespace", "macro", "function", "loop"};
  static_assert(std::size(kNames) == std::variant_size_v<Storage>);
  return kNames[storage_.index()];
}

Value from_json(const nlohmann::ordered_json &json) {
  if (json.is_null()) return Value::none();
  if (json.is_boolean()) return Value::of(json.get<bool>());
  if (json.is_number_integer()) return Value::of(json.get<std::int64_t>());
  if (json.is_number()) return Value::of(json.get<double>());
  if (json.is_string()) return Value::of(json.get<std::string>());
  if (json.is_array()) {
    List list;
    for (const auto &element : json) list.push_back(from_json(element));
    return Value::of(std::move(list));
  }
  Dict dict;
  for (const auto &[key, element] : json.items()) dict.items.emplace_back(key, from_json(element));
  return Value::of(std::move(dict));
}

bool equal(const Value &a, const Value &b, Budget &budget) {
  budget.spend(1);
  if (a.is_number() && b.is_number()) {
    return a.is<double>() || b.is<double>() ? a.real() == b.real() : a.integer() == b.integer();
  }
  if (a.text() != nullptr && b.text() != nullptr) {
    budget.handle(a.text()->size());
    return *a.text() == *b.text();
  }
  if (const List *left = a.list(); left != nullptr && b.list() != nullptr) {
    return std::equal(left->begin(), left->end(), b.list()->begin(), b.list()->end(),
                      [&](const Value &x, const Value &y) { return equal(x, y, budget); });
  }
  if (a.dict() != nullptr && b.dict() != nullptr) return equal_dicts(*a.dict(), *b.dict(), budget);
  if (a.is<const Macro *>() && b.is<const Macro *>()) return *a.as<const Macro *>() == *b.as<const Macro *>();
  return (a.is_none() && b.is_none()) || (a.is_undefined() && b.is_undefined());
}

int compare(const Value &a, const Value &b, Budget &budget) {
  budget.spend(1);
  if (a.is_number() && b.is_number()) {
    if (!a.is<double>() && !b.is<double>()) return a.integer() < b.integer() ? -1 : a.integer() > b.integer() ? 1 : 0;
    return a.real() < b.real() ? -1 : a.real() > b.real() ? 1 : 0;
  }
  if (a.text() != nullptr && b.text() != nullptr) {
    budget.handle(std::min(a.text()->size(), b.text()->size()));
    return a.text()->compare(*b.text());
  }
  throw TemplateError(std::string("a ") + a.type_name() + " cannot be compared with a " + b.type_name());
}

std::string to_text(const Value &value, Budget &budget) {
  std::string out;
  append_text(out, value, false, budget);
  return out;
}

std::string to_json(const Value &value, const JsonStyle &style, Budget &budget) {
  JsonWriter writer(style, budget);
  writer.write(value, 0);
  return std::move(writer.out);
}

}  // namespace tidbit::convert::chat
