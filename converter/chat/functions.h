// The filters, tests and methods that templates can call.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "converter/chat/value.h"

namespace tidbit::convert::chat {

struct Arguments {
  std::vector<Value> values;
  std::vector<std::pair<std::string, Value>> keywords;

  // The argument at this place or with this name; null if it was not given.
  const Value *find(std::size_t place, const char *name) const;
  // The same as a text, a whole number or a truth value, or the default.
  std::string text_or(std::size_t place, const char *name, const char *usual) const;
  std::int64_t integer_or(std::size_t place, const char *name, std::int64_t usual) const;
  bool truth_or(std::size_t place, const char *name, bool usual) const;
};

Value apply_filter(const std::string &name, const Value &subject, const Arguments &arguments, Budget &budget);
bool apply_test(const std::string &name, const Value &subject, const Arguments &arguments, Budget &budget);
Value call_method(const Value &object, const std::string &name, const Arguments &arguments, Budget &budget);

// The elements that a loop over the value has: those of a list, the keys of a dictionary, the characters of a text.
Value::ListPointer elements_of(const Value &value, Budget &budget);
// object.name, or undefined; refuses what Jinja refuses, such as an attribute of an undefined value.
Value attribute_of(const Value &object, const std::string &name);
// object[index]
Value item_of(const Value &object, const Value &index, Budget &budget);
// object[start:stop:step]; null for what is left out.
Value slice_of(const Value &object, const Value *start, const Value *stop, const Value *step, Budget &budget);
bool contains(const Value &container, const Value &element, Budget &budget);

// A value made of a text whose size counts.
Value made(std::string text, Budget &budget);
Value made(List list, Budget &budget);

}  // namespace tidbit::convert::chat
