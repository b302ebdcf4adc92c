// Elements, attributes and slices.
#include <algorithm>

#include "converter/chat/functions.h"
#include "converter/chat/unicode_text.h"

namespace tidbit::convert::chat {
namespace {

Value loop_attribute(const Loop &loop, const std::string &name) {
  const auto number = [](std::size_t n) { return Value::of(static_cast<std::int64_t>(n)); };
  const std::size_t i = loop.index0;
  if (name == "index") return number(i + 1);
  if (name == "index0") return number(i);
  if (name == "revindex") return number(loop.length - i);
  if (name == "revindex0") return number(loop.length - i - 1);
  if (name == "first") return Value::of(i == 0);
  if (name == "last") return Value::of(i + 1 == loop.length);
  if (name == "length") return number(loop.length);
  if (name == "depth") return number(loop.depth);
  if (name == "depth0") return number(loop.depth - 1);
  if (name == "previtem" && i > 0) return (*loop.items)[i - 1];
  if (name == "nextitem" && i + 1 < loop.length) return (*loop.items)[i + 1];
  return Value::undefined("loop." + name);
}

// A place counted from the end if it is negative, or -1 outside.
std::int64_t place_in(std::int64_t index, std::size_t size) {
  const auto length = static_cast<std::int64_t>(size);
  if (index < 0) index += length;
  return index >= 0 && index < length ? index : -1;
}

Value character_at(const std::string &text, std::int64_t index, Budget &budget) {
  budget.handle(text.size());
  const std::int64_t place = place_in(index, character_count(text));
  if (place < 0) return Value::undefined("character " + std::to_string(index));
  std::size_t at = 0;
  for (std::int64_t i = 0; i < place; ++i) at += character_bytes(text, at);
  return made(text.substr(at, character_bytes(text, at)), budget);
}

}  // namespace

Value made(std::string text, Budget &budget) {
  budget.allocate(text.size() + sizeof(std::string));
  budget.handle(text.size());
  return Value::of(std::move(text));
}

Value made(List list, Budget &budget) {
  budget.allocate(list.size() * sizeof(Value) + sizeof(List));
  budget.spend(1 + list.size());
  return Value::of(std::move(list));
}

Value::ListPointer elements_of(const Value &value, Budget &budget) {
  if (const auto *list = value.as<Value::ListPointer>()) return *list;
  List list;
  if (const Dict *dict = value.dict()) {
    for (const auto &[key, element] : dict->items) list.push_back(made(key, budget));
  } else if (const std::string *text = value.text()) {
    budget.allocate(text->size() * (sizeof(Value) + sizeof(std::string)));
    for (std::size_t at = 0; at < text->size();) {
      const std::size_t bytes = character_bytes(*text, at);
      list.push_back(Value::of(text->substr(at, bytes)));
      at += bytes;
    }
    budget.spend(1 + list.size());
  } else if (!value.is_undefined()) {
    throw TemplateError(std::string("a ") + value.type_name() + " has no elements");
  }
  return *made(std::move(list), budget).as<Value::ListPointer>();
}

Value attribute_of(const Value &object, const std::string &name) {
  if (const Dict *dict = object.dict()) {
    const Value *found = dict->find(name);
    return found != nullptr ? *found : Value::undefined(name);
  }
  if (const auto *space = object.as<std::shared_ptr<Namespace>>()) {
    const Value *found = (*space)->attributes.find(name);
    return found != nullptr ? *found : Value::undefined(name);
  }
  if (const auto *loop = object.as<std::shared_ptr<const Loop>>()) return loop_attribute(**loop, name);
  if (const auto *undefined = object.as<Value::Undefined>()) {
    throw TemplateError((undefined->name != nullptr ? in_quotes(*undefined->name) : "a value") +
                        " is undefined, so that it has no " + in_quotes(name));
  }
  return Value::undefined(name);
}

Value item_of(const Value &object, const Value &index, Budget &budget) {
  budget.spend(1);
  const bool whole = index.is<std::int64_t>() || index.is<bool>();
  if (const List *list = object.list(); list != nullptr && whole) {
    const std::int64_t place = place_in(index.integer(), list->size());
    return place >= 0 ? (*list)[static_cast<std::size_t>(place)] : Value::undefined("an element");
  }
  if (object.text() != nullptr && whole) return character_at(*object.text(), index.integer(), budget);
  if (index.text() == nullptr && !object.is_undefined()) return Value::undefined("an element");
  return attribute_of(object, index.text() != nullptr ? *index.text() : "element");
}

namespace {

// The bounds of a slice as Python has them.
struct Slice {
  Slice(std::size_t size, const Value *first, const Value *last, const Value *by) {
    const auto length = static_cast<std::int64_t>(size);
    step = number(by, 1);
    if (step == 0) throw TemplateError("the step of a slice is 0");
    begin = bound(first, step > 0 ? 0 : length - 1, length);
    end = bound(last, step > 0 ? length : -1, length);
    if (last == nullptr || last->is_none()) end = step > 0 ? length : -1;
  }
  bool goes_on(std::int64_t at) const { return step > 0 ? at < end : at > end; }

  std::int64_t begin, end, step;

 private:
  static std::int64_t number(const Value *value, std::int64_t usual) {
    if (value == nullptr || value->is_none()) return usual;
    if (!value->is<std::int64_t>() && !value->is<bool>()) throw TemplateError("the bounds of a slice are not numbers");
    constexpr std::int64_t kMost = std::int64_t{1} << 40;
    return std::clamp(value->integer(), -kMost, kMost);
  }
  std::int64_t bound(const Value *value, std::int64_t usual, std::int64_t length) const {
    if (value == nullptr || value->is_none()) return usual;
    std::int64_t n = number(value, 0);
    if (n < 0) n += length;
    return step > 0 ? std::clamp<std::int64_t>(n, 0, length) : std::clamp<std::int64_t>(n, -1, length - 1);
  }
};

}  // namespace

Value slice_of(const Value &object, const Value *start, const Value *stop, const Value *step, Budget &budget) {
  if (object.list() == nullptr && object.text() == nullptr) {
    throw TemplateError(std::string("a ") + object.type_name() + " cannot be sliced");
  }
  const Value::ListPointer elements = elements_of(object, budget);
  const Slice slice(elements->size(), start, stop, step);
  List part;
  std::string text;
  for (std::int64_t at = slice.begin; slice.goes_on(at); at += slice.step) {
    const Value &element = (*elements)[static_cast<std::size_t>(at)];
    if (object.text() != nullptr) {
      text += *element.text();
    } else {
      part.push_back(element);
    }
  }
  return object.text() != nullptr ? made(std::move(text), budget) : made(std::move(part), budget);
}

bool contains(const Value &container, const Value &element, Budget &budget) {
  if (const std::string *text = container.text()) {
    if (element.text() == nullptr) throw TemplateError("only a text can be in a text");
    budget.spend(1 + text->size() / 32 + text->size() / 1024 * std::min(text->size(), element.text()->size()));
    return text->find(*element.text()) != std::string::npos;
  }
  if (const Dict *dict = container.dict()) {
    budget.spend(1 + dict->items.size() / 8);
    return element.text() != nullptr && dict->find(*element.text()) != nullptr;
  }
  const Value::ListPointer elements = elements_of(container, budget);
  return std::any_of(elements->begin(), elements->end(), [&](const Value &e) { return equal(e, element, budget); });
}

}  // namespace tidbit::convert::chat
