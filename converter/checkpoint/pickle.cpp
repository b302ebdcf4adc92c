#include "converter/checkpoint/pickle.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "converter/error.h"

namespace tidbit::convert {
namespace {

// A value takes 32 bytes at most, and a reference 4. The checkpoint of a large model with its optimizer has 100,000.
constexpr std::size_t kMostValues = std::size_t{1} << 20;
constexpr std::size_t kMostReferences = std::size_t{1} << 22;
constexpr std::size_t kMostNameBytes = 256;

enum class Opcode : std::uint8_t {
  mark = '(',
  stop = '.',
  pop = '0',
  pop_mark = '1',
  bin_float = 'G',
  bin_int = 'J',
  bin_int1 = 'K',
  bin_int2 = 'M',
  none = 'N',
  bin_persid = 'Q',
  reduce = 'R',
  bin_string = 'T',
  short_bin_string = 'U',
  bin_unicode = 'X',
  empty_list = ']',
  append = 'a',
  build = 'b',
  global = 'c',
  appends = 'e',
  bin_get = 'h',
  long_bin_get = 'j',
  bin_put = 'q',
  long_bin_put = 'r',
  set_item = 's',
  tuple = 't',
  set_items = 'u',
  empty_dict = '}',
  empty_tuple = ')',
  bin_bytes = 'B',
  short_bin_bytes = 'C',
  proto = 0x80,
  new_object = 0x81,
  tuple1 = 0x85,
  tuple2 = 0x86,
  tuple3 = 0x87,
  new_true = 0x88,
  new_false = 0x89,
  long1 = 0x8A,
  long4 = 0x8B,
  short_bin_unicode = 0x8C,
  bin_unicode8 = 0x8D,
  bin_bytes8 = 0x8E,
  empty_set = 0x8F,
  add_items = 0x90,
  frozen_set = 0x91,
  stack_global = 0x93,
  memoize = 0x94,
  frame = 0x95,
};

// What stands for the result of a function.
enum class Result : std::uint8_t {
  dictionary,  // of the pairs in the last argument, if it is a list
  list,        // the elements of the only argument
  call,
  inner_call,  // of the function and the arguments that are the first and the third argument
  opaque,
};

struct Callable {
  const char *name;
  Result result;
};

// All functions and classes that a pickle may call. None is ever run.
constexpr Callable kCallables[] = {
    {"collections.OrderedDict", Result::dictionary},
    {"collections.defaultdict", Result::dictionary},
    {"collections.Counter", Result::dictionary},
    {"builtins.dict", Result::dictionary},
    {"__builtin__.dict", Result::dictionary},
    {"builtins.set", Result::list},
    {"builtins.frozenset", Result::list},
    {"__builtin__.set", Result::list},
    {"__builtin__.frozenset", Result::list},
    {"torch.Size", Result::list},
    {"torch._utils._rebuild_tensor", Result::call},
    {"torch._utils._rebuild_tensor_v2", Result::call},
    {"torch._utils._rebuild_parameter", Result::call},
    {"torch._utils._rebuild_parameter_with_state", Result::call},
    {"torch._tensor._rebuild_from_type_v2", Result::inner_call},
    {"torch.device", Result::opaque},
    {"_codecs.encode", Result::opaque},
    {"numpy.dtype", Result::opaque},
    {"numpy.core.multiarray.scalar", Result::opaque},
    {"numpy.core.multiarray._reconstruct", Result::opaque},
    {"numpy._core.multiarray.scalar", Result::opaque},
    {"numpy._core.multiarray._reconstruct", Result::opaque},
    {"pathlib.Path", Result::opaque},
    {"pathlib.PosixPath", Result::opaque},
    {"pathlib._local.PosixPath", Result::opaque},
};

const Callable *callable_named(std::string_view name) {
  for (const Callable &row : kCallables) {
    if (name == row.name) return &row;
  }
  return nullptr;
}

}  // namespace

// The machine that a pickle is a program for: a stack of values, marks in it, and a memo of values by number.
class PickleMachine {
 public:
  explicit PickleMachine(Pickle &pickle) : pickle_(pickle), rest_(pickle.bytes_) {}

  void run() {
    if (byte() != static_cast<std::uint8_t>(Opcode::proto)) refuse("does not begin as a pickle of protocol 2 or later");
    const std::uint64_t protocol = byte();
    if (protocol < 2 || protocol > 5) refuse("has the protocol " + std::to_string(protocol) + "; 2 to 5 are known");
    for (;;) {
      const std::uint8_t code = byte();
      if (code == static_cast<std::uint8_t>(Opcode::stop)) break;
      step(static_cast<Opcode>(code));
    }
    if (stack_.size() != 1 || !marks_.empty()) refuse("does not end with one value");
    if (!rest_.empty()) refuse("has bytes behind its end");
    pickle_.root_ = stack_[0];
  }

 private:
  using Node = Pickle::Node;
  using Kind = PickleKind;
  using Items = std::vector<std::uint32_t>;

  [[noreturn]] void refuse(const std::string &what) const {
    throw ConvertError(pickle_.where_ + ": the pickle " + what);
  }

  // ---- the program's bytes ----

  std::string_view take(std::uint64_t count) {
    if (count > rest_.size()) refuse("ends too early");
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  std::uint8_t byte() { return static_cast<std::uint8_t>(take(1)[0]); }
  std::uint64_t number(std::size_t bytes) {  // little-endian
    std::uint64_t value = 0;
    std::memcpy(&value, take(bytes).data(), bytes);
    return value;
  }
  std::string_view line() {
    const std::size_t end = rest_.substr(0, kMostNameBytes).find('\n');
    if (end == std::string_view::npos) refuse("has a name that is too long");
    const std::string_view text = take(end);
    take(1);
    return text;
  }

  // ---- values ----

  Node &node(std::uint32_t index) { return pickle_.nodes_[index]; }
  Items &items(std::uint32_t index) { return pickle_.items_[node(index).items]; }

  std::uint32_t make(Kind kind) {
    if (pickle_.nodes_.size() == kMostValues) refuse("has more values than any checkpoint");
    Node made;
    made.kind = kind;
    pickle_.nodes_.push_back(made);
    return static_cast<std::uint32_t>(pickle_.nodes_.size() - 1);
  }
  std::uint32_t make_items(Kind kind, Items contents = {}) {
    const std::uint32_t made = make(kind);
    count_references(contents.size());
    node(made).items = static_cast<std::uint32_t>(pickle_.items_.size());
    pickle_.items_.push_back(std::move(contents));
    return made;
  }
  void count_references(std::size_t more) {
    references_ += more;
    if (references_ > kMostReferences) refuse("has more values than any checkpoint");
  }
  void add(std::uint32_t to, std::uint32_t item) {
    count_references(1);
    items(to).push_back(item);
  }

  // ---- the stack ----

  void push(std::uint32_t value) {
    if (stack_.size() == kMostValues) refuse("has more values than any checkpoint");
    stack_.push_back(value);
  }
  std::uint32_t bottom() const { return marks_.empty() ? 0 : marks_.back(); }  // no value below belongs to this list
  std::uint32_t pop() {
    if (stack_.size() <= bottom()) refuse("takes a value that is not there");
    const std::uint32_t value = stack_.back();
    stack_.pop_back();
    return value;
  }
  std::uint32_t top(Kind wanted) {
    if (stack_.size() <= bottom()) refuse("takes a value that is not there");
    if (node(stack_.back()).kind != wanted) refuse("adds to a value that is of another kind");
    return stack_.back();
  }
  // The values above the last mark, which is removed.
  Items pop_to_mark() {
    if (marks_.empty()) refuse("takes a list that has no beginning");
    const auto first = stack_.begin() + marks_.back();
    Items taken(first, stack_.end());
    stack_.erase(first, stack_.end());
    marks_.pop_back();
    return taken;
  }
  void push_tuple(std::size_t size) {
    Items taken(size);
    for (std::size_t i = size; i-- > 0;) taken[i] = pop();
    push(make_items(Kind::list, std::move(taken)));
  }
  void push_integer(std::int64_t value, Kind kind = Kind::integer) {
    const std::uint32_t made = make(kind);
    node(made).integer = value;
    push(made);
  }
  void push_text(std::uint64_t bytes, Kind kind = Kind::text) {
    const std::string_view text = take(bytes);
    const std::uint32_t made = make(kind);
    node(made).text = text;
    push(made);
  }
  void push_real() {
    const std::string_view bytes = take(8);  // big-endian
    std::uint64_t bits = 0;
    for (const char c : bytes) bits = bits << 8 | static_cast<std::uint8_t>(c);
    const std::uint32_t made = make(Kind::real);
    node(made).real = std::bit_cast<double>(bits);
    push(made);
  }
  // Two's complement. Those that are too long for us are seeds of random generators.
  void push_long(std::uint64_t size) {
    const std::string_view bytes = take(size);
    if (size > 8) return push(make(Kind::opaque));
    std::uint64_t value = !bytes.empty() && (bytes.back() & 0x80) != 0 ? ~std::uint64_t{0} : 0;
    std::memcpy(&value, bytes.data(), bytes.size());
    push_integer(static_cast<std::int64_t>(value));
  }

  // ---- the memo ----

  void put(std::uint64_t place) {
    if (place >= kMostValues) refuse("numbers a value higher than any checkpoint");
    if (stack_.size() <= bottom()) refuse("takes a value that is not there");
    if (place >= memo_.size()) memo_.resize(place + 1, kNowhere);
    memo_[place] = stack_.back();
  }
  void get(std::uint64_t place) {
    if (place >= memo_.size() || memo_[place] == kNowhere) refuse("asks for a value that was never stored");
    push(memo_[place]);
  }

  // ---- containers ----

  void append(const Items &more) {
    const std::uint32_t list = top(Kind::list);
    for (const std::uint32_t item : more) add(list, item);
  }
  void set_items(const Items &more) {
    if (more.size() % 2 != 0) refuse("has a key without a value");
    // Some classes derive from dict.
    const bool object = !stack_.empty() && node(stack_.back()).kind == Kind::object;
    const std::uint32_t map = top(object ? Kind::object : Kind::dictionary);
    for (const std::uint32_t item : more) add(map, item);
  }
  void set_item() {
    const std::uint32_t value = pop(), key = pop();
    set_items({key, value});
  }

  // ---- classes and functions ----

  void push_global(std::string_view module, std::string_view name) {
    if (module.size() + name.size() > kMostNameBytes) refuse("has a name that is too long");
    const std::string &whole = pickle_.names_.emplace_back(std::string(module).append(".").append(name));
    const std::uint32_t made = make(Kind::global);
    node(made).text = whole;
    push(made);
  }
  void push_stack_global() {
    const std::uint32_t name = pop(), module = pop();
    if (node(name).kind != Kind::text || node(module).kind != Kind::text) refuse("names a class by something else");
    push_global(node(module).text, node(name).text);
  }

  std::string_view name_of(std::uint32_t function) {
    if (node(function).kind != Kind::global) refuse("calls something that is not a function");
    return node(function).text;
  }
  const Items &arguments_of(std::uint32_t tuple) {
    if (node(tuple).kind != Kind::list) refuse("calls a function without a list of arguments");
    return items(tuple);
  }

  void reduce() {
    const std::uint32_t tuple = pop(), function = pop();
    push(result_of(function, tuple));
  }
  std::uint32_t result_of(std::uint32_t function, std::uint32_t tuple) {
    const std::string_view name = name_of(function);
    const Items arguments = arguments_of(tuple);
    count_references(arguments.size());
    const Callable *row = callable_named(name);
    if (row == nullptr) {
      refuse("calls " + in_quotes(name) + ", which could do anything; only plain data is read, so save the state_dict" +
             " with torch.save");
    }
    switch (row->result) {
      case Result::dictionary:
        return dictionary_of(arguments);
      case Result::list:
        if (arguments.size() != 1) break;
        return make_items(Kind::list, arguments_of(arguments[0]));
      case Result::inner_call:
        if (arguments.size() < 3) break;
        return call_of(arguments[0], arguments[2]);
      case Result::call:
        return call_of(function, tuple);
      case Result::opaque:
        return make(Kind::opaque);
    }
    refuse("calls " + in_quotes(name) + " with the wrong arguments");
  }
  std::uint32_t call_of(std::uint32_t function, std::uint32_t tuple) {
    const std::string_view name = name_of(function);
    const Callable *row = callable_named(name);
    if (row == nullptr || row->result != Result::call) refuse("calls " + in_quotes(name) + " for a tensor");
    const std::uint32_t made = make_items(Kind::call, arguments_of(tuple));
    node(made).text = name;
    return made;
  }
  // Python 2 wrote the pairs as an argument.
  std::uint32_t dictionary_of(const Items &arguments) {
    const std::uint32_t made = make_items(Kind::dictionary);
    if (arguments.empty() || node(arguments.back()).kind != Kind::list) return made;
    for (const std::uint32_t pair : Items(items(arguments.back()))) {
      if (node(pair).kind != Kind::list || items(pair).size() != 2)
        refuse("has a dictionary of something else than pairs");
      add(made, items(pair)[0]);
      add(made, items(pair)[1]);
    }
    return made;
  }

  // An object whose class is made without arguments, as of argparse.Namespace and dataclasses: its attributes follow.
  void new_object() {
    const std::uint32_t tuple = pop(), type = pop();
    const std::string_view name = name_of(type);
    if (!arguments_of(tuple).empty()) {
      return push(result_of(type, tuple));  // nothing but what may be called anyway
    }
    const Callable *row = callable_named(name);
    const std::uint32_t made =
        make_items(row != nullptr && row->result == Result::dictionary ? Kind::dictionary : Kind::object);
    if (node(made).kind == Kind::object) node(made).text = name;
    push(made);
  }
  // Attributes. Those of anything but an object are of no interest, for example _metadata of a state_dict.
  void build() {
    std::uint32_t state = pop();
    if (stack_.size() <= bottom()) refuse("takes a value that is not there");
    const std::uint32_t target = stack_.back();
    if (node(target).kind != Kind::object) return;
    if (node(state).kind == Kind::list && items(state).size() == 2) {  // (attributes, slots)
      const Items both = items(state);
      state = node(both[0]).kind == Kind::dictionary ? both[0] : both[1];
    }
    if (node(state).kind != Kind::dictionary) return;
    for (const std::uint32_t item : Items(items(state))) add(target, item);
  }

  void push_persistent() {
    const std::uint32_t id = pop();
    push(make_items(Kind::persistent, arguments_of(id)));
  }

  // ---- the opcodes ----

  void step(Opcode code) {
    switch (code) {
      case Opcode::mark:
        if (marks_.size() == kMostValues) refuse("has more values than any checkpoint");
        return marks_.push_back(static_cast<std::uint32_t>(stack_.size()));
      case Opcode::pop:
        return static_cast<void>(pop());
      case Opcode::pop_mark:
        return static_cast<void>(pop_to_mark());
      case Opcode::bin_put:
        return put(byte());
      case Opcode::long_bin_put:
        return put(number(4));
      case Opcode::memoize:
        return put(memo_.size());
      case Opcode::bin_get:
        return get(byte());
      case Opcode::long_bin_get:
        return get(number(4));
      case Opcode::frame:
        if (number(8) > rest_.size()) refuse("ends too early");
        return;
      default:
        return is_container(code) ? container(code) : scalar(code);
    }
  }

  static bool is_container(Opcode code) {
    return std::string_view("])}tuesabcRQ\x81\x85\x86\x87\x8F\x90\x91\x93").find(static_cast<char>(code)) !=
           std::string_view::npos;
  }

  void container(Opcode code) {
    switch (code) {
      case Opcode::empty_list:
      case Opcode::empty_tuple:
      case Opcode::empty_set:
        return push(make_items(Kind::list));
      case Opcode::empty_dict:
        return push(make_items(Kind::dictionary));
      case Opcode::tuple:
      case Opcode::frozen_set:
        return push(make_items(Kind::list, pop_to_mark()));
      case Opcode::tuple1:
        return push_tuple(1);
      case Opcode::tuple2:
        return push_tuple(2);
      case Opcode::tuple3:
        return push_tuple(3);
      case Opcode::append:
        return append({pop()});
      case Opcode::appends:
      case Opcode::add_items:
        return append(pop_to_mark());
      case Opcode::set_item:
        return set_item();
      case Opcode::set_items:
        return set_items(pop_to_mark());
      case Opcode::global: {
        const std::string_view module = line();
        return push_global(module, line());
      }
      case Opcode::stack_global:
        return push_stack_global();
      case Opcode::reduce:
        return reduce();
      case Opcode::new_object:
        return new_object();
      case Opcode::build:
        return build();
      default:
        return push_persistent();
    }
  }

  void scalar(Opcode code) {
    switch (code) {
      case Opcode::none:
        return push(make(Kind::none));
      case Opcode::new_true:
        return push_integer(1, Kind::boolean);
      case Opcode::new_false:
        return push_integer(0, Kind::boolean);
      case Opcode::bin_int:
        return push_integer(static_cast<std::int32_t>(number(4)));
      case Opcode::bin_int1:
        return push_integer(byte());
      case Opcode::bin_int2:
        return push_integer(static_cast<std::int64_t>(number(2)));
      case Opcode::long1:
        return push_long(byte());
      case Opcode::long4:
        return push_long(number(4));
      case Opcode::bin_float:
        return push_real();
      case Opcode::short_bin_unicode:
      case Opcode::short_bin_string:
        return push_text(byte());
      case Opcode::bin_unicode:
      case Opcode::bin_string:
        return push_text(number(4));
      case Opcode::bin_unicode8:
        return push_text(number(8));
      case Opcode::short_bin_bytes:
        return push_text(byte(), Kind::bytes);
      case Opcode::bin_bytes:
        return push_text(number(4), Kind::bytes);
      case Opcode::bin_bytes8:
        return push_text(number(8), Kind::bytes);
      default:
        refuse("has the instruction " + std::to_string(static_cast<unsigned>(code)) + ", which no checkpoint needs");
    }
  }

  static constexpr std::uint32_t kNowhere = 0xFFFFFFFF;

  Pickle &pickle_;
  std::string_view rest_;
  std::vector<std::uint32_t> stack_, marks_, memo_;
  std::size_t references_ = 0;
};

Pickle::Pickle(std::string bytes, std::string where) : bytes_(std::move(bytes)), where_(std::move(where)) {
  PickleMachine(*this).run();
}

PickleKind PickleValue::kind() const { return pickle_->nodes_[node_].kind; }

std::optional<bool> PickleValue::boolean() const {
  if (!is(PickleKind::boolean)) return std::nullopt;
  return pickle_->nodes_[node_].integer != 0;
}

std::optional<std::int64_t> PickleValue::integer() const {
  if (!is(PickleKind::integer)) return std::nullopt;
  return pickle_->nodes_[node_].integer;
}

std::optional<double> PickleValue::real() const {
  if (!is(PickleKind::real)) return std::nullopt;
  return pickle_->nodes_[node_].real;
}

std::string_view PickleValue::text() const {
  switch (kind()) {
    case PickleKind::text:
    case PickleKind::bytes:
    case PickleKind::global:
    case PickleKind::call:
    case PickleKind::object:
      return pickle_->nodes_[node_].text;
    default:
      return {};
  }
}

std::size_t PickleValue::size() const {
  if (is_map()) return pickle_->items_[pickle_->nodes_[node_].items].size() / 2;
  const bool has_items = is(PickleKind::list) || is(PickleKind::call) || is(PickleKind::persistent);
  return has_items ? pickle_->items_[pickle_->nodes_[node_].items].size() : 0;
}

PickleValue PickleValue::element(std::size_t i) const {
  return {*pickle_, pickle_->items_[pickle_->nodes_[node_].items].at(i)};
}
PickleValue PickleValue::key(std::size_t i) const { return element(2 * i); }
PickleValue PickleValue::value(std::size_t i) const { return element(2 * i + 1); }

std::optional<PickleValue> PickleValue::find(std::string_view name) const {
  if (!is_map()) return std::nullopt;
  for (std::size_t i = size(); i-- > 0;) {
    if (key(i).is(PickleKind::text) && key(i).text() == name) return value(i);
  }
  return std::nullopt;
}

}  // namespace tidbit::convert
