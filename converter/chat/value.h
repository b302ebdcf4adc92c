// The values of a chat template, with the meaning that Python gives them. They never change, except for namespaces.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "converter/error.h"

namespace tidbit::convert::chat {

// What is wrong with a template, or what it says with raise_exception.
struct TemplateError : ConvertError {
  using ConvertError::ConvertError;
};

// Bounds the work and the memory of one rendering.
class Budget {
 public:
  static constexpr std::uint64_t kMostWork = 1'000'000;                 // steps, each of which may handle 32 bytes
  static constexpr std::uint64_t kMostBytes = std::uint64_t{32} << 20;  // of all texts and lists, also those dropped

  void spend(std::uint64_t steps);
  void handle(std::uint64_t bytes) { spend(1 + bytes / 32); }
  // To be called before `bytes` are allocated.
  void allocate(std::uint64_t bytes);

 private:
  std::uint64_t work_ = 0, bytes_ = 0;
};

class Value;
struct Macro;  // of template_tree.h
struct Loop;
using List = std::vector<Value>;

// In the order of insertion, as in Python.
struct Dict {
  std::vector<std::pair<std::string, Value>> items;

  const Value *find(std::string_view key) const;
  void set(const std::string &key, Value value);
};

struct Namespace {
  Dict attributes;
};

enum class Builtin : std::uint8_t { range, make_namespace, make_dict, raise_exception, strftime_now };

class Value {
 public:
  struct Undefined {
    std::shared_ptr<const std::string> name;  // for messages; may be null
  };
  struct None {};
  using Text = std::shared_ptr<const std::string>;
  using ListPointer = std::shared_ptr<const List>;
  using DictPointer = std::shared_ptr<const Dict>;
  using Storage = std::variant<Undefined, None, bool, std::int64_t, double, Text, ListPointer, DictPointer,
                               std::shared_ptr<Namespace>, const Macro *, Builtin, std::shared_ptr<const Loop>>;

  Value() = default;
  Value(Storage storage) : storage_(std::move(storage)) {}  // NOLINT: a value of each type
  static Value none() { return {Storage(None{})}; }
  static Value of(bool b) { return {Storage(b)}; }
  static Value of(std::int64_t i) { return {Storage(i)}; }
  static Value of(double d) { return {Storage(d)}; }
  static Value of(std::string text) { return {Storage(std::make_shared<const std::string>(std::move(text)))}; }
  // Both throw TemplateError if the result is nested too deeply.
  static Value of(List list);
  static Value of(Dict dict);
  static Value undefined(std::string name);

  template <class T>
  bool is() const {
    return std::holds_alternative<T>(storage_);
  }
  template <class T>
  const T *as() const {
    return std::get_if<T>(&storage_);
  }
  bool is_undefined() const { return is<Undefined>(); }
  bool is_none() const { return is<None>(); }
  // Null for other types.
  const std::string *text() const { return is<Text>() ? std::get<Text>(storage_).get() : nullptr; }
  const List *list() const { return is<ListPointer>() ? std::get<ListPointer>(storage_).get() : nullptr; }
  const Dict *dict() const { return is<DictPointer>() ? std::get<DictPointer>(storage_).get() : nullptr; }
  bool is_number() const { return is<bool>() || is<std::int64_t>() || is<double>(); }
  double real() const;           // of a number
  std::int64_t integer() const;  // of a bool or an integer

  bool truth() const;
  const char *type_name() const;
  std::uint32_t depth() const { return depth_; }  // of nested lists and dictionaries

 private:
  Storage storage_ = Undefined{};
  std::uint32_t depth_ = 0;
};

// What `loop` is in the body of a for.
struct Loop {
  std::size_t index0, length;
  std::uint32_t depth;  // of nested loops, from 1
  Value::ListPointer items;
};

Value from_json(const nlohmann::ordered_json &json);

bool equal(const Value &a, const Value &b, Budget &budget);
// Negative, 0 or positive; numbers and texts only.
int compare(const Value &a, const Value &b, Budget &budget);

// Python's str(), and repr() as in a list. Undefined is an empty text.
std::string to_text(const Value &value, Budget &budget);

struct JsonStyle {
  bool ascii = false, sort_keys = false;
  int indent = -1;  // -1: one line
  std::string item_separator = ", ", key_separator = ": ";
};
// Python's json.dumps().
std::string to_json(const Value &value, const JsonStyle &style, Budget &budget);

}  // namespace tidbit::convert::chat
