#include "converter/chat/interpreter.h"

#include <algorithm>
#include <cmath>

#include "converter/chat/functions.h"

namespace tidbit::convert::chat {
namespace {

constexpr std::uint32_t kMostDepth = 600;      // of calls of the functions below
constexpr std::uint32_t kMostMacroCalls = 32;  // one inside the other
constexpr std::int64_t kMostRange = 100'000;   // as in Jinja's sandbox

enum class Flow : std::uint8_t { on, leave, skip };

struct Scope {
  Scope *outer;
  std::vector<std::pair<std::string, Value>> names = {};

  void set(const std::string &name, Value value) {
    for (auto &entry : names) {
      if (entry.first != name) continue;
      entry.second = std::move(value);
      return;
    }
    names.emplace_back(name, std::move(value));
  }
};

class Interpreter {
 public:
  explicit Interpreter(std::time_t now) : now_(now) {}
  // Namespaces can contain one another in circles.
  ~Interpreter() {
    for (const auto &space : namespaces_) space->attributes.items.clear();
  }
  Interpreter(const Interpreter &) = delete;
  Interpreter &operator=(const Interpreter &) = delete;

  Template::Result run(const Statements &statements, const nlohmann::ordered_json &variables) {
    for (const auto &[name, builtin] : {std::pair("range", Builtin::range),
                                        {"namespace", Builtin::make_namespace},
                                        {"dict", Builtin::make_dict},
                                        {"raise_exception", Builtin::raise_exception},
                                        {"strftime_now", Builtin::strftime_now}}) {
      globals_.set(name, Value(Value::Storage(builtin)));
    }
    for (const auto &[name, value] : variables.items()) globals_.set(name, from_json(value));
    execute(statements, globals_);
    return {std::move(out_), has_date_};
  }

 private:
  class Level {
   public:
    explicit Level(std::uint32_t &depth) : depth_(depth) {
      if (++depth_ > kMostDepth) throw TemplateError("is nested too deeply");
    }
    ~Level() { --depth_; }
    Level(const Level &) = delete;
    Level &operator=(const Level &) = delete;

   private:
    std::uint32_t &depth_;
  };

  void write(std::string_view text) {
    budget_.allocate(text.size());
    budget_.handle(text.size());
    out_ += text;
  }

  // ---- statements

  Flow execute(const Statements &statements, Scope &scope) {
    const Level level(depth_);
    for (const StatementPointer &statement : statements) {
      budget_.spend(1);
      line_ = statement->line;
      if (const Flow flow = execute(*statement, scope); flow != Flow::on) return flow;
    }
    return Flow::on;
  }

  Flow execute(const Statement &s, Scope &scope) {
    switch (s.action) {
      case Action::text:
        write(s.text);
        break;
      case Action::output:
        output(evaluate(*s.value, scope));
        break;
      case Action::condition:
        return condition(s, scope);
      case Action::loop:
        loop(s, scope);
        break;
      case Action::assign:
        assign(s, evaluate(*s.value, scope), scope);
        break;
      case Action::capture:
        scope.set(s.targets[0], capture(s.body, scope));
        break;
      case Action::macro:
        scope.set(s.definition.name, Value(Value::Storage(&s.definition)));
        break;
      case Action::scope: {
        Scope inner{&scope};
        return execute(s.body, inner);
      }
      case Action::leave:
        return Flow::leave;
      case Action::skip:
        return Flow::skip;
    }
    return Flow::on;
  }

  void output(const Value &value) {
    if (const std::string *text = value.text()) return write(*text);
    write(to_text(value, budget_));
  }

  // What the statements write, as a value.
  Value capture(const Statements &body, Scope &scope) {
    std::string outside = std::exchange(out_, {});
    Scope inner{&scope};
    execute(body, inner);
    return made(std::exchange(out_, std::move(outside)), budget_);
  }

  Flow condition(const Statement &s, Scope &scope) {
    for (const Branch &branch : s.branches) {
      if (evaluate(*branch.condition, scope).truth()) return execute(branch.body, scope);
    }
    return execute(s.otherwise, scope);
  }

  // Gives each target its part of a value.
  void unpack(const std::vector<std::string> &targets, const Value &value, Scope &scope) {
    if (targets.size() == 1) return scope.set(targets[0], value);
    const Value::ListPointer parts = elements_of(value, budget_);
    if (parts->size() != targets.size()) {
      throw TemplateError(std::to_string(parts->size()) + " values for " + std::to_string(targets.size()) + " names");
    }
    for (std::size_t i = 0; i < targets.size(); ++i) scope.set(targets[i], (*parts)[i]);
  }

  void assign(const Statement &s, Value value, Scope &scope) {
    if (s.attribute.empty()) return unpack(s.targets, value, scope);
    const Value target = look_up(s.targets[0], scope);
    const auto *space = target.as<std::shared_ptr<Namespace>>();
    if (space == nullptr) throw TemplateError(in_quotes(s.targets[0]) + " is not a namespace");
    budget_.allocate(s.attribute.size() + sizeof(Value));
    (*space)->attributes.set(s.attribute, std::move(value));
  }

  Value::ListPointer filtered(const Statement &s, Value::ListPointer elements, Scope &scope) {
    if (s.filter == nullptr) return elements;
    List list;
    for (const Value &element : *elements) {
      Scope inner{&scope};
      unpack(s.targets, element, inner);
      if (evaluate(*s.filter, inner).truth()) list.push_back(element);
    }
    return *made(std::move(list), budget_).as<Value::ListPointer>();
  }

  void loop(const Statement &s, Scope &scope) {
    const Value::ListPointer elements = filtered(s, elements_of(evaluate(*s.value, scope), budget_), scope);
    if (elements->empty()) {
      Scope inner{&scope};
      execute(s.otherwise, inner);
      return;
    }
    ++loops_;
    for (std::size_t i = 0; i < elements->size(); ++i) {
      budget_.spend(2);
      Scope inner{&scope};
      inner.set("loop",
                Value(Value::Storage(std::make_shared<const Loop>(Loop{i, elements->size(), loops_, elements}))));
      unpack(s.targets, (*elements)[i], inner);
      if (execute(s.body, inner) == Flow::leave) break;
    }
    --loops_;
  }

  // ---- expressions

  Value look_up(const std::string &name, const Scope &scope) {
    for (const Scope *at = &scope; at != nullptr; at = at->outer) {
      budget_.spend(1 + at->names.size() / 8);
      for (const auto &entry : at->names) {
        if (entry.first == name) return entry.second;
      }
    }
    return Value::undefined(name);
  }

  Value evaluate(const Expression &e, Scope &scope) {
    const Level level(depth_);
    budget_.spend(1);
    line_ = e.line;
    switch (e.operation) {
      case Operation::constant:
        return e.constant;
      case Operation::name:
        return look_up(e.text, scope);
      case Operation::list:
        return list(e, scope);
      case Operation::dict:
        return dict(e, scope);
      case Operation::attribute:
        return attribute_of(evaluate(*e.children[0], scope), e.text);
      case Operation::item:
        return item(e, scope);
      case Operation::slice:
        return slice(e, scope);
      case Operation::call:
        return call(e, scope);
      case Operation::filter:
        return filter(e, scope);
      case Operation::test:
        return test(e, scope);
      case Operation::negative:
      case Operation::positive:
        return signed_number(evaluate(*e.children[0], scope), e.operation == Operation::negative);
      case Operation::logical_not:
        return Value::of(!evaluate(*e.children[0], scope).truth());
      case Operation::logical_and:
      case Operation::logical_or: {
        Value left = evaluate(*e.children[0], scope);
        return left.truth() == (e.operation == Operation::logical_or) ? left : evaluate(*e.children[1], scope);
      }
      case Operation::conditional:
        return conditional(e, scope);
      case Operation::concatenate:
        return concatenate(e, scope);
      case Operation::arithmetic:
        return arithmetic(e.text, evaluate(*e.children[0], scope), evaluate(*e.children[1], scope));
      case Operation::comparison:
        return Value::of(comparison(e.text, evaluate(*e.children[0], scope), evaluate(*e.children[1], scope)));
      case Operation::chain:
        return Value::of(std::all_of(e.children.begin(), e.children.end(),
                                     [&](const ExpressionPointer &link) { return evaluate(*link, scope).truth(); }));
    }
    return {};
  }

  Value list(const Expression &e, Scope &scope) {
    List elements;
    for (const ExpressionPointer &child : e.children) elements.push_back(evaluate(*child, scope));
    return made(std::move(elements), budget_);
  }

  Value dict(const Expression &e, Scope &scope) {
    Dict result;
    for (std::size_t i = 0; i < e.children.size(); i += 2) {
      const Value key = evaluate(*e.children[i], scope);
      if (key.text() == nullptr) throw TemplateError("the key of a dictionary is not a text");
      budget_.allocate(key.text()->size() + sizeof(std::pair<std::string, Value>));
      budget_.spend(1 + result.items.size() / 8);
      result.set(*key.text(), evaluate(*e.children[i + 1], scope));
    }
    return Value::of(std::move(result));
  }

  Value item(const Expression &e, Scope &scope) {
    const Value object = evaluate(*e.children[0], scope);
    return item_of(object, evaluate(*e.children[1], scope), budget_);
  }

  Value slice(const Expression &e, Scope &scope) {
    const Value object = evaluate(*e.children[0], scope);
    Value bounds[3];
    const Value *given[3] = {};
    for (std::size_t i = 0; i < 3; ++i) {
      if (e.children[i + 1] == nullptr) continue;
      bounds[i] = evaluate(*e.children[i + 1], scope);
      given[i] = &bounds[i];
    }
    return slice_of(object, given[0], given[1], given[2], budget_);
  }

  Arguments arguments(const Expression &e, Scope &scope) {
    Arguments result;
    for (std::size_t i = 1; i < e.children.size(); ++i) result.values.push_back(evaluate(*e.children[i], scope));
    for (const auto &[name, child] : e.keywords) result.keywords.emplace_back(name, evaluate(*child, scope));
    return result;
  }

  Value filter(const Expression &e, Scope &scope) {
    const Value subject = evaluate(*e.children[0], scope);
    return apply_filter(e.text, subject, arguments(e, scope), budget_);
  }

  Value test(const Expression &e, Scope &scope) {
    const Value subject = evaluate(*e.children[0], scope);
    return Value::of(apply_test(e.text, subject, arguments(e, scope), budget_));
  }

  Value conditional(const Expression &e, Scope &scope) {
    if (evaluate(*e.children[1], scope).truth()) return evaluate(*e.children[0], scope);
    return e.children[2] != nullptr ? evaluate(*e.children[2], scope) : Value();
  }

  Value concatenate(const Expression &e, Scope &scope) {
    const Value left = evaluate(*e.children[0], scope), right = evaluate(*e.children[1], scope);
    std::string text = to_text(left, budget_);
    text += to_text(right, budget_);
    return made(std::move(text), budget_);
  }

  Value call(const Expression &e, Scope &scope) {
    const Expression &callee = *e.children[0];
    if (callee.operation == Operation::attribute) {
      const Value object = evaluate(*callee.children[0], scope);
      return call_method(object, callee.text, arguments(e, scope), budget_);
    }
    const Value function = evaluate(callee, scope);
    if (const auto *macro = function.as<const Macro *>()) return call_macro(**macro, arguments(e, scope));
    if (const auto *builtin = function.as<Builtin>()) return call_builtin(*builtin, arguments(e, scope));
    if (const auto *undefined = function.as<Value::Undefined>(); undefined != nullptr && undefined->name != nullptr) {
      throw TemplateError("there is no function " + in_quotes(*undefined->name));
    }
    throw TemplateError(std::string("a ") + function.type_name() + " cannot be called");
  }

  // A macro sees its arguments and what is outside of all loops.
  Value call_macro(const Macro &macro, const Arguments &given) {
    const Level level(depth_);
    if (macro_calls_ == kMostMacroCalls) throw TemplateError("macros call one another too deeply");
    if (given.values.size() > macro.parameters.size()) {
      throw TemplateError("too many arguments for the macro " + in_quotes(macro.name));
    }
    Scope scope{&globals_};
    for (std::size_t i = 0; i < macro.parameters.size(); ++i) {
      const std::string &name = macro.parameters[i];
      const Value *value = given.find(i, name.c_str());
      if (value != nullptr) {
        scope.set(name, *value);
      } else {
        scope.set(name, macro.defaults[i] != nullptr ? evaluate(*macro.defaults[i], scope) : Value::undefined(name));
      }
    }
    ++macro_calls_;
    Value result = capture(macro.body, scope);
    --macro_calls_;
    return result;
  }

  Value call_builtin(Builtin builtin, const Arguments &given) {
    switch (builtin) {
      case Builtin::range:
        return range(given);
      case Builtin::make_namespace:
        namespaces_.push_back(std::make_shared<Namespace>(Namespace{dictionary_of(given)}));
        return {Value::Storage(namespaces_.back())};
      case Builtin::make_dict:
        return Value::of(dictionary_of(given));
      case Builtin::raise_exception:
        throw TemplateError("raises " + in_quotes(given.values.empty() ? "" : to_text(given.values[0], budget_)));
      case Builtin::strftime_now:
        return date(given.text_or(0, "format", "%Y-%m-%d"));
    }
    return {};
  }

  Value range(const Arguments &given) {
    std::int64_t begin = 0, end = given.integer_or(0, "", 0);
    const std::int64_t step = given.integer_or(2, "", 1);
    if (given.values.size() > 1) {
      begin = end;
      end = given.integer_or(1, "", 0);
    }
    constexpr std::int64_t kFar = std::int64_t{1} << 40;
    if (step == 0 || std::max({std::abs(begin), std::abs(end), std::abs(step)}) > kFar) {
      throw TemplateError("range() got a number that it cannot use");
    }
    const std::int64_t count = step > 0 ? (end - begin + step - 1) / step : (begin - end - step - 1) / -step;
    if (count > kMostRange) throw TemplateError("range() gives more than " + std::to_string(kMostRange) + " numbers");
    List numbers;
    for (std::int64_t i = 0; i < count; ++i) numbers.push_back(Value::of(begin + i * step));
    return made(std::move(numbers), budget_);
  }

  Dict dictionary_of(const Arguments &given) {
    Dict result;
    if (!given.values.empty()) {
      if (given.values[0].dict() == nullptr) throw TemplateError("a dictionary is made of names and values only");
      result = *given.values[0].dict();
    }
    budget_.allocate((result.items.size() + given.keywords.size()) * sizeof(std::pair<std::string, Value>));
    for (const auto &[name, value] : given.keywords) {
      budget_.spend(1 + result.items.size() / 8);
      result.set(name, value);
    }
    return result;
  }

  Value date(const std::string &format) {
    has_date_ = true;
    std::tm parts = {};
    gmtime_r(&now_, &parts);
    char text[256] = "";
    const std::size_t bytes = format.size() < 128 ? std::strftime(text, sizeof text, format.c_str(), &parts) : 0;
    return made(std::string(text, bytes), budget_);
  }

  static Value signed_number(const Value &value, bool negative) {
    if (!value.is_number()) throw TemplateError(std::string("a ") + value.type_name() + " has no sign");
    if (value.is<double>()) return Value::of(negative ? -value.real() : value.real());
    const std::int64_t number = value.integer();
    if (number == INT64_MIN) throw TemplateError("a number is too large");
    return Value::of(negative ? -number : number);
  }

  bool comparison(const std::string &sign, const Value &left, const Value &right) {
    if (sign == "==") return equal(left, right, budget_);
    if (sign == "!=") return !equal(left, right, budget_);
    if (sign == "in") return contains(right, left, budget_);
    if (sign == "not in") return !contains(right, left, budget_);
    const int order = compare(left, right, budget_);
    if (sign == "<") return order < 0;
    if (sign == "<=") return order <= 0;
    return sign == ">" ? order > 0 : order >= 0;
  }

  Value arithmetic(const std::string &sign, const Value &left, const Value &right) {
    if (sign == "+" && left.text() != nullptr && right.text() != nullptr) {
      budget_.allocate(left.text()->size() + right.text()->size());
      return made(*left.text() + *right.text(), budget_);
    }
    if (sign == "+" && left.list() != nullptr && right.list() != nullptr) {
      List both = *left.list();
      budget_.allocate((both.size() + right.list()->size()) * sizeof(Value));
      both.insert(both.end(), right.list()->begin(), right.list()->end());
      return made(std::move(both), budget_);
    }
    if (sign == "*" && left.text() != nullptr && right.is<std::int64_t>())
      return repeated(*left.text(), right.integer());
    if (!left.is_number() || !right.is_number()) {
      throw TemplateError(std::string("a ") + left.type_name() + " " + sign + " a " + right.type_name() +
                          " is not possible");
    }
    const bool real = left.is<double>() || right.is<double>() || sign == "/";
    return real ? of_reals(sign, left.real(), right.real()) : of_integers(sign, left.integer(), right.integer());
  }

  Value repeated(const std::string &text, std::int64_t times) {
    const std::uint64_t count = times < 0 ? 0 : static_cast<std::uint64_t>(times);
    if (!text.empty() && count > Budget::kMostBytes / text.size()) budget_.allocate(Budget::kMostBytes + 1);
    budget_.allocate(count * text.size());
    std::string out;
    for (std::uint64_t i = 0; i < count && !text.empty(); ++i) out += text;
    return made(std::move(out), budget_);
  }

  static Value of_reals(const std::string &sign, double a, double b) {
    if (sign == "+") return Value::of(a + b);
    if (sign == "-") return Value::of(a - b);
    if (sign == "*") return Value::of(a * b);
    if (sign == "**") return Value::of(std::pow(a, b));
    if (b == 0) throw TemplateError("a division by zero");
    if (sign == "/") return Value::of(a / b);
    const double quotient = std::floor(a / b);
    return Value::of(sign == "//" ? quotient : a - quotient * b);
  }

  static Value of_integers(const std::string &sign, std::int64_t a, std::int64_t b) {
    std::int64_t result = 0;
    bool overflow = false;
    if (sign == "+") {
      overflow = __builtin_add_overflow(a, b, &result);
    } else if (sign == "-") {
      overflow = __builtin_sub_overflow(a, b, &result);
    } else if (sign == "*") {
      overflow = __builtin_mul_overflow(a, b, &result);
    } else if (sign == "**") {
      if (b < 0) return Value::of(std::pow(static_cast<double>(a), static_cast<double>(b)));
      result = 1;
      for (std::int64_t i = 0; i < std::min<std::int64_t>(b, 64); ++i) {
        overflow |= __builtin_mul_overflow(result, a, &result);
      }
      overflow |= b > 64 && a != 0 && a != 1;
    } else {
      if (b == 0) throw TemplateError("a division by zero");
      if (b == -1) return sign == "%" ? Value::of(std::int64_t{0}) : signed_number(Value::of(a), true);
      const std::int64_t rest = a % b, quotient = a / b;
      const bool down = rest != 0 && (rest < 0) != (b < 0);  // Python rounds towards minus infinity
      result = sign == "%" ? rest + (down ? b : 0) : quotient - (down ? 1 : 0);
    }
    if (overflow) throw TemplateError("a number is too large");
    return Value::of(result);
  }

 public:
  std::uint32_t line() const { return line_; }

 private:
  const std::time_t now_;
  Budget budget_;
  Scope globals_{nullptr};
  std::vector<std::shared_ptr<Namespace>> namespaces_;
  std::string out_;
  std::uint32_t line_ = 0, depth_ = 0, loops_ = 0, macro_calls_ = 0;
  bool has_date_ = false;
};

}  // namespace

Template::Result Template::render(const nlohmann::ordered_json &variables, std::time_t now) const {
  Interpreter interpreter(now);
  try {
    return interpreter.run(statements_, variables);
  } catch (const TemplateError &error) {
    throw TemplateError("fails in line " + std::to_string(interpreter.line()) + ": " + error.what());
  }
}

}  // namespace tidbit::convert::chat
