// Filters and tests.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <list>

#include "converter/chat/functions.h"
#include "converter/chat/unicode_text.h"

namespace tidbit::convert::chat {
namespace {

using Filter = Value (*)(const Value &subject, const Arguments &arguments, Budget &budget);
using Test = bool (*)(const Value &subject, const Arguments &arguments, Budget &budget);

std::string text_of(const Value &value, Budget &budget) {
  const std::string *text = value.text();
  return text != nullptr ? *text : to_text(value, budget);
}

const Value &argument(const Arguments &arguments, std::size_t place, const char *name) {
  const Value *value = arguments.find(place, name);
  if (value == nullptr) throw TemplateError("an argument is missing");
  return *value;
}

// "a.b", where a number is an index.
Value path_of(Value value, const Value &path, Budget &budget) {
  if (path.text() == nullptr) return item_of(value, path, budget);
  const std::string &names = *path.text();
  for (std::size_t begin = 0; begin <= names.size();) {
    const std::size_t end = std::min(names.find('.', begin), names.size());
    const std::string name = names.substr(begin, end - begin);
    const bool number = !name.empty() && name.size() < 10 && name.find_first_not_of("0123456789") == std::string::npos;
    value = item_of(value, number ? Value::of(std::int64_t{std::stol(name)}) : made(name, budget), budget);
    begin = end + 1;
  }
  return value;
}

// ---- of texts

Value trim(const Value &subject, const Arguments &arguments, Budget &budget) {
  const Value *characters = arguments.find(0, "chars");
  const std::string *set = characters != nullptr ? characters->text() : nullptr;
  const std::string text = text_of(subject, budget);
  if (set != nullptr) budget.spend(text.size() / 32 * set->size());
  return made(std::string(stripped(text, true, true, set)), budget);
}

Value to_upper(const Value &subject, const Arguments &, Budget &budget) {
  return made(upper(text_of(subject, budget)), budget);
}
Value to_lower(const Value &subject, const Arguments &, Budget &budget) {
  return made(lower(text_of(subject, budget)), budget);
}

Value capitalize(const Value &subject, const Arguments &, Budget &budget) {
  const std::string text = text_of(subject, budget);
  const std::size_t first = text.empty() ? 0 : character_bytes(text, 0);
  return made(upper(text.substr(0, first)) + lower(text.substr(first)), budget);
}

Value title(const Value &subject, const Arguments &, Budget &budget) {
  const std::string text = text_of(subject, budget);
  std::string out;
  bool starts = true;
  for (std::size_t at = 0; at < text.size();) {
    const std::string character = text.substr(at, character_bytes(text, at));
    out += starts ? upper(character) : lower(character);
    starts = lower(character) == upper(character);
    at += character.size();
  }
  return made(std::move(out), budget);
}

Value replace(const Value &subject, const Arguments &arguments, Budget &budget) {
  const std::string text = text_of(subject, budget), from = arguments.text_or(0, "old", ""),
                    to = arguments.text_or(1, "new", "");
  std::int64_t left = arguments.integer_or(2, "count", -1);
  budget.spend(1 + text.size() / 32 + text.size() / 1024 * std::min(text.size(), from.size()));
  std::string out;
  std::size_t begin = 0;
  while (left-- != 0) {
    // Nothing is found in front of each character and at the end.
    const std::size_t at = from.empty() ? begin : text.find(from, begin);
    if (at == std::string::npos || at > text.size()) break;
    const std::size_t kept = from.empty() && at < text.size() ? character_bytes(text, at) : 0;
    budget.allocate(at - begin + to.size() + kept);
    budget.spend(1);
    out.append(text, begin, at - begin).append(to).append(text, at, kept);
    begin = at + from.size() + kept;
    if (from.empty() && at == text.size()) return made(std::move(out), budget);
  }
  if (begin < text.size()) out.append(text, begin);
  return made(std::move(out), budget);
}

Value indent(const Value &subject, const Arguments &arguments, Budget &budget) {
  const Value *width = arguments.find(0, "width");
  const std::int64_t blanks = width != nullptr && width->text() != nullptr ? 0 : arguments.integer_or(0, "width", 4);
  if (blanks < 0 || blanks > 64) throw TemplateError("indent() takes a width from 0 to 64");
  const std::string margin = width != nullptr && width->text() != nullptr
                                 ? *width->text()
                                 : std::string(static_cast<std::size_t>(blanks), ' ');
  const bool first = arguments.truth_or(1, "first", false), blank = arguments.truth_or(2, "blank", false);
  const std::string text = text_of(subject, budget);
  std::string out = first ? margin : "";
  for (std::size_t at = 0; at < text.size(); ++at) {
    out += text[at];
    if (text[at] != '\n' || at + 1 == text.size() || (text[at + 1] == '\n' && !blank)) continue;
    budget.allocate(margin.size());
    out += margin;
  }
  return made(std::move(out), budget);
}

Value escape(const Value &subject, const Arguments &, Budget &budget) {
  std::string out;
  for (const char c : text_of(subject, budget)) {
    constexpr std::string_view kSpecial = "&<>\"'";
    constexpr const char *kNames[] = {"&amp;", "&lt;", "&gt;", "&#34;", "&#39;"};
    const std::size_t i = kSpecial.find(c);
    out += i == std::string_view::npos ? std::string(1, c) : kNames[i];
  }
  return made(std::move(out), budget);
}

Value to_string(const Value &subject, const Arguments &, Budget &budget) {
  return made(text_of(subject, budget), budget);
}

Value tojson(const Value &subject, const Arguments &arguments, Budget &budget) {
  JsonStyle style;
  style.ascii = arguments.truth_or(0, "ensure_ascii", false);
  const std::int64_t blanks = arguments.integer_or(1, "indent", -1);
  if (blanks > 64) throw TemplateError("tojson() takes an indent of at most 64");
  style.indent = static_cast<int>(std::max<std::int64_t>(blanks, -1));
  if (style.indent >= 0) style.item_separator.assign(1, ',');
  if (const Value *separators = arguments.find(2, "separators"); separators != nullptr && !separators->is_none()) {
    const List *pair = separators->list();
    if (pair == nullptr || pair->size() != 2 || (*pair)[0].text() == nullptr || (*pair)[1].text() == nullptr) {
      throw TemplateError("tojson() takes two texts as separators");
    }
    style.item_separator = *(*pair)[0].text();
    style.key_separator = *(*pair)[1].text();
  }
  style.sort_keys = arguments.truth_or(3, "sort_keys", false);
  return made(to_json(subject, style, budget), budget);
}

// ---- of lists

Value length(const Value &subject, const Arguments &, Budget &budget) {
  if (const std::string *text = subject.text()) {
    budget.handle(text->size());
    return Value::of(static_cast<std::int64_t>(character_count(*text)));
  }
  if (const Dict *dict = subject.dict()) return Value::of(static_cast<std::int64_t>(dict->items.size()));
  return Value::of(static_cast<std::int64_t>(elements_of(subject, budget)->size()));
}

Value join(const Value &subject, const Arguments &arguments, Budget &budget) {
  const std::string between = arguments.text_or(0, "d", "");
  const Value *attribute = arguments.find(1, "attribute");
  const Value::ListPointer elements = elements_of(subject, budget);
  std::string out;
  for (std::size_t i = 0; i < elements->size(); ++i) {
    const Value element = attribute != nullptr ? path_of((*elements)[i], *attribute, budget) : (*elements)[i];
    budget.allocate(between.size());
    if (i > 0) out += between;
    out += text_of(element, budget);
    budget.handle(between.size());
  }
  return made(std::move(out), budget);
}

Value first(const Value &subject, const Arguments &, Budget &budget) {
  const Value::ListPointer elements = elements_of(subject, budget);
  return elements->empty() ? Value::undefined("the first element") : elements->front();
}
Value last(const Value &subject, const Arguments &, Budget &budget) {
  const Value::ListPointer elements = elements_of(subject, budget);
  return elements->empty() ? Value::undefined("the last element") : elements->back();
}

Value to_list(const Value &subject, const Arguments &, Budget &budget) {
  if (subject.list() != nullptr) return subject;  // which knows how deep it is
  return {Value::Storage(elements_of(subject, budget))};
}

Value reverse(const Value &subject, const Arguments &, Budget &budget) {
  const Value step = Value::of(std::int64_t{-1});
  if (subject.text() != nullptr) return slice_of(subject, nullptr, nullptr, &step, budget);
  List list = *elements_of(subject, budget);
  std::reverse(list.begin(), list.end());
  return made(std::move(list), budget);
}

Value items(const Value &subject, const Arguments &, Budget &budget) {
  List list;
  if (const Dict *dict = subject.dict()) {
    for (const auto &[key, value] : dict->items) list.push_back(made(List{made(key, budget), value}, budget));
  } else if (!subject.is_undefined()) {
    throw TemplateError("items needs a dictionary");
  }
  return made(std::move(list), budget);
}

Value ordered(const List &list, const Arguments &arguments, Budget &budget, const Value *path) {
  const bool fold = !arguments.truth_or(1, "case_sensitive", false);
  const auto key = [&](const Value &element) {
    Value value = path != nullptr ? path_of(element, *path, budget) : element;
    return fold && value.text() != nullptr ? made(lower(*value.text()), budget) : value;
  };
  // Numbers may compare in circles, which a list survives: it merges, and never looks beyond its end.
  std::list<std::pair<Value, Value>> keyed;
  for (const Value &element : list) keyed.emplace_back(key(element), element);
  keyed.sort([&](const auto &a, const auto &b) { return compare(a.first, b.first, budget) < 0; });
  List sorted;
  sorted.reserve(list.size());
  for (auto &[value, element] : keyed) sorted.push_back(std::move(element));
  if (arguments.truth_or(0, "reverse", false)) std::reverse(sorted.begin(), sorted.end());
  return made(std::move(sorted), budget);
}

Value sort(const Value &subject, const Arguments &arguments, Budget &budget) {
  return ordered(*elements_of(subject, budget), arguments, budget, arguments.find(2, "attribute"));
}

Value dictsort(const Value &subject, const Arguments &, Budget &budget) {
  const Value place = Value::of(std::int64_t{0});
  return ordered(*items(subject, {}, budget).list(), {}, budget, &place);
}

Value unique(const Value &subject, const Arguments &, Budget &budget) {
  List list;
  const Value::ListPointer elements = elements_of(subject, budget);
  for (const Value &element : *elements) {
    const bool known = std::any_of(list.begin(), list.end(), [&](const Value &e) { return equal(e, element, budget); });
    if (!known) list.push_back(element);
  }
  return made(std::move(list), budget);
}

// What is false has no elements for the filters that choose: None, for example.
Value::ListPointer elements_if_any(const Value &subject, Budget &budget) {
  return elements_of(subject.truth() ? subject : Value(), budget);
}

Value map(const Value &subject, const Arguments &arguments, Budget &budget) {
  const Value *path = arguments.find(arguments.values.size(), "attribute"), *usual = nullptr;
  std::string name;
  Arguments rest;
  if (path != nullptr) {
    usual = arguments.find(arguments.values.size(), "default");
  } else {
    name = arguments.text_or(0, "filter", "");
    if (name == "map" || name.starts_with("select") || name.starts_with("reject")) {
      throw TemplateError("map with " + in_quotes(name) + " is not supported");
    }
    rest.values.assign(arguments.values.begin() + (arguments.values.empty() ? 0 : 1), arguments.values.end());
    rest.keywords = arguments.keywords;
  }
  List list;
  const Value::ListPointer elements = elements_if_any(subject, budget);
  for (const Value &element : *elements) {
    budget.spend(1 + rest.values.size());
    Value value = path != nullptr ? path_of(element, *path, budget) : apply_filter(name, element, rest, budget);
    if (value.is_undefined() && usual != nullptr) value = *usual;
    list.push_back(std::move(value));
  }
  return made(std::move(list), budget);
}

// select, reject, selectattr and rejectattr
Value chosen(const Value &subject, const Arguments &arguments, Budget &budget, bool by_attribute, bool wanted) {
  const std::size_t at = by_attribute ? 1 : 0;
  const std::string test = arguments.text_or(at, "", "");
  Arguments rest;
  if (arguments.values.size() > at + 1) {
    rest.values.assign(arguments.values.begin() + static_cast<std::ptrdiff_t>(at) + 1, arguments.values.end());
  }
  List list;
  const Value::ListPointer elements = elements_if_any(subject, budget);
  for (const Value &element : *elements) {
    budget.spend(1);
    const Value value = by_attribute ? path_of(element, argument(arguments, 0, ""), budget) : element;
    const bool holds = test.empty() ? value.truth() : apply_test(test, value, rest, budget);
    if (holds == wanted) list.push_back(element);
  }
  return made(std::move(list), budget);
}

template <bool kByAttribute, bool kWanted>
Value choose(const Value &subject, const Arguments &arguments, Budget &budget) {
  return chosen(subject, arguments, budget, kByAttribute, kWanted);
}

// ---- of numbers and anything

Value usual(const Value &subject, const Arguments &arguments, Budget &) {
  const bool replaced = subject.is_undefined() || (arguments.truth_or(1, "boolean", false) && !subject.truth());
  if (!replaced) return subject;
  const Value *value = arguments.find(0, "default_value");
  return value != nullptr ? *value : Value::of(std::string());
}

Value to_integer(const Value &subject, const Arguments &arguments, Budget &) {
  const std::int64_t otherwise = arguments.integer_or(0, "default", 0);
  if (subject.is<double>()) {
    const double value = std::trunc(subject.real());
    return Value::of(std::fabs(value) < 9e18 ? static_cast<std::int64_t>(value) : otherwise);
  }
  if (subject.is_number()) return Value::of(subject.integer());
  if (subject.text() == nullptr) return Value::of(otherwise);
  const std::string text(stripped(*subject.text(), true, true));
  char *end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != 0 || std::fabs(value) >= 9e18) return Value::of(otherwise);
  return Value::of(static_cast<std::int64_t>(value));
}

Value to_real(const Value &subject, const Arguments &, Budget &) {
  if (subject.is_number()) return Value::of(subject.real());
  return Value::of(subject.text() != nullptr ? std::strtod(subject.text()->c_str(), nullptr) : 0.0);
}

Value absolute(const Value &subject, const Arguments &, Budget &) {
  if (!subject.is_number()) throw TemplateError("abs needs a number");
  if (subject.is<double>()) return Value::of(std::fabs(subject.real()));
  const std::int64_t value = subject.integer();
  return Value::of(value < 0 && value != INT64_MIN ? -value : value);
}

Value rounded(const Value &subject, const Arguments &arguments, Budget &) {
  if (!subject.is_number()) throw TemplateError("round needs a number");
  const auto digits = static_cast<double>(std::clamp<std::int64_t>(arguments.integer_or(0, "precision", 0), -15, 15));
  const double scale = std::pow(10.0, digits);
  return Value::of(std::nearbyint(subject.real() * scale) / scale);
}

Value extreme(const Value &subject, Budget &budget, int sign) {
  const Value::ListPointer elements = elements_of(subject, budget);
  if (elements->empty()) return Value::undefined("an element");
  const Value *best = &elements->front();
  for (const Value &element : *elements) {
    if (sign * compare(element, *best, budget) > 0) best = &element;
  }
  return *best;
}
Value most(const Value &subject, const Arguments &, Budget &budget) { return extreme(subject, budget, 1); }
Value least(const Value &subject, const Arguments &, Budget &budget) { return extreme(subject, budget, -1); }

struct NamedFilter {
  const char *name;
  Filter call;
};
constexpr NamedFilter kFilters[] = {
    {"abs", absolute},
    {"capitalize", capitalize},
    {"count", length},
    {"d", usual},
    {"default", usual},
    {"dictsort", dictsort},
    {"e", escape},
    {"escape", escape},
    {"first", first},
    {"float", to_real},
    {"indent", indent},
    {"int", to_integer},
    {"items", items},
    {"join", join},
    {"last", last},
    {"length", length},
    {"list", to_list},
    {"lower", to_lower},
    {"map", map},
    {"max", most},
    {"min", least},
    {"reject", choose<false, false>},
    {"rejectattr", choose<true, false>},
    {"replace", replace},
    {"reverse", reverse},
    {"round", rounded},
    {"safe", to_string},
    {"select", choose<false, true>},
    {"selectattr", choose<true, true>},
    {"sort", sort},
    {"string", to_string},
    {"title", title},
    {"tojson", tojson},
    {"trim", trim},
    {"unique", unique},
    {"upper", to_upper},
};

// ---- tests

template <int kLow, int kHigh>  // the sign of a comparison
bool ordering(const Value &subject, const Arguments &arguments, Budget &budget) {
  const int order = compare(subject, argument(arguments, 0, ""), budget);
  const int sign = order < 0 ? -1 : order > 0 ? 1 : 0;
  return sign >= kLow && sign <= kHigh;
}
bool equals(const Value &subject, const Arguments &arguments, Budget &budget) {
  return equal(subject, argument(arguments, 0, ""), budget);
}
bool differs(const Value &subject, const Arguments &arguments, Budget &budget) {
  return !equals(subject, arguments, budget);
}
bool is_in(const Value &subject, const Arguments &arguments, Budget &budget) {
  return contains(argument(arguments, 0, ""), subject, budget);
}
bool divides(const Value &subject, const Arguments &arguments, Budget &) {
  const std::int64_t by = arguments.integer_or(0, "num", 0);
  if (by == 0 || !subject.is<std::int64_t>()) throw TemplateError("divisibleby needs whole numbers");
  return by == -1 || subject.integer() % by == 0;
}
bool is_sequence(const Value &v, const Arguments &, Budget &) {
  return v.text() != nullptr || v.list() != nullptr || v.dict() != nullptr || v.is_undefined();
}

struct NamedTest {
  const char *name;
  Test call;
};
constexpr NamedTest kTests[] = {
    {"!=", differs},
    {"<", ordering<-1, -1>},
    {"<=", ordering<-1, 0>},
    {"==", equals},
    {">", ordering<1, 1>},
    {">=", ordering<0, 1>},
    {"boolean", [](const Value &v, const Arguments &, Budget &) { return v.is<bool>(); }},
    {"callable", [](const Value &v, const Arguments &, Budget &) { return v.is<const Macro *>() || v.is<Builtin>(); }},
    {"defined", [](const Value &v, const Arguments &, Budget &) { return !v.is_undefined(); }},
    {"divisibleby", divides},
    {"eq", equals},
    {"equalto", equals},
    {"even", [](const Value &v, const Arguments &, Budget &) { return v.is<std::int64_t>() && v.integer() % 2 == 0; }},
    {"false", [](const Value &v, const Arguments &, Budget &) { return v.is<bool>() && !v.truth(); }},
    {"float", [](const Value &v, const Arguments &, Budget &) { return v.is<double>(); }},
    {"ge", ordering<0, 1>},
    {"greaterthan", ordering<1, 1>},
    {"gt", ordering<1, 1>},
    {"in", is_in},
    {"integer", [](const Value &v, const Arguments &, Budget &) { return v.is<std::int64_t>(); }},
    {"iterable", is_sequence},
    {"le", ordering<-1, 0>},
    {"lessthan", ordering<-1, -1>},
    {"lower",
     [](const Value &v, const Arguments &, Budget &) { return v.text() != nullptr && *v.text() == lower(*v.text()); }},
    {"lt", ordering<-1, -1>},
    {"mapping", [](const Value &v, const Arguments &, Budget &) { return v.dict() != nullptr; }},
    {"ne", differs},
    {"none", [](const Value &v, const Arguments &, Budget &) { return v.is_none(); }},
    {"number", [](const Value &v, const Arguments &, Budget &) { return v.is_number(); }},
    {"odd", [](const Value &v, const Arguments &, Budget &) { return v.is<std::int64_t>() && v.integer() % 2 != 0; }},
    {"sameas", equals},
    {"sequence", is_sequence},
    {"string", [](const Value &v, const Arguments &, Budget &) { return v.text() != nullptr; }},
    {"true", [](const Value &v, const Arguments &, Budget &) { return v.is<bool>() && v.truth(); }},
    {"undefined", [](const Value &v, const Arguments &, Budget &) { return v.is_undefined(); }},
    {"upper",
     [](const Value &v, const Arguments &, Budget &) { return v.text() != nullptr && *v.text() == upper(*v.text()); }},
};

}  // namespace

Value apply_filter(const std::string &name, const Value &subject, const Arguments &arguments, Budget &budget) {
  budget.spend(1);
  for (const NamedFilter &filter : kFilters) {
    if (name == filter.name) return filter.call(subject, arguments, budget);
  }
  throw TemplateError("the filter " + in_quotes(name) + " is not supported");
}

bool apply_test(const std::string &name, const Value &subject, const Arguments &arguments, Budget &budget) {
  budget.spend(1);
  for (const NamedTest &test : kTests) {
    if (name == test.name) return test.call(subject, arguments, budget);
  }
  throw TemplateError("the test " + in_quotes(name) + " is not supported");
}

}  // namespace tidbit::convert::chat
