// Python's pickles, protocols 2 to 5, as data. Nothing is run: a pickle is a program for a small machine that builds
// values, and of what that program could call, only the functions in a table of pickle.cpp are known, all of which make
// plain data.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidbit::convert {

enum class PickleKind : std::uint8_t {
  none,
  boolean,
  integer,
  real,
  text,
  bytes,
  list,  // also tuples and sets
  dictionary,
  object,      // of a class, without anything that its constructor would do; its attributes are a dictionary
  global,      // the name of a class or function, "torch.FloatStorage"
  call,        // of a known function whose result is for the caller to make; its arguments are a list
  persistent,  // an id of something outside the pickle: a list
  opaque,      // something that no checkpoint needs, for example the state of a random generator
};

class Pickle;

// A value in a pickle, which must outlive it. Functions for another kind than the value's give nothing.
class PickleValue {
 public:
  PickleValue(const Pickle &pickle, std::uint32_t node) : pickle_(&pickle), node_(node) {}

  PickleKind kind() const;
  bool is(PickleKind wanted) const { return kind() == wanted; }
  std::optional<bool> boolean() const;
  std::optional<std::int64_t> integer() const;
  std::optional<double> real() const;
  std::string_view text() const;  // also the name of a global, of a call's function, of an object's class

  // Elements of a list, a call's arguments or a persistent id; entries of a dictionary or an object.
  std::size_t size() const;
  PickleValue element(std::size_t i) const;
  PickleValue key(std::size_t i) const;
  PickleValue value(std::size_t i) const;
  bool is_map() const { return is(PickleKind::dictionary) || is(PickleKind::object); }
  std::optional<PickleValue> find(std::string_view name) const;  // the last one, as in Python

 private:
  const Pickle *pickle_;
  std::uint32_t node_;
};

class Pickle {
 public:
  // Runs the machine. `where` names the source in error messages. Throws ConvertError.
  Pickle(std::string bytes, std::string where);
  Pickle(const Pickle &) = delete;
  Pickle &operator=(const Pickle &) = delete;

  PickleValue root() const { return {*this, root_}; }
  const std::string &where() const { return where_; }

 private:
  friend class PickleValue;
  friend class PickleMachine;

  struct Node {
    PickleKind kind = PickleKind::none;
    std::uint32_t items = 0;  // index of a list's elements, a dictionary's keys and values in turn, or arguments
    union {
      std::int64_t integer;
      double real;
      std::string_view text;  // of bytes_ or names_
    };
    Node() : text() {}
  };

  std::string bytes_;
  std::string where_;
  std::vector<Node> nodes_;
  std::deque<std::vector<std::uint32_t>> items_;
  std::deque<std::string> names_;  // of globals
  std::uint32_t root_ = 0;
};

}  // namespace tidbit::convert
