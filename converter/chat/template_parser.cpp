// Builds the tree of a template: the grammar of Jinja, as far as chat templates use it.
#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "converter/chat/template_lexer.h"
#include "converter/chat/template_tree.h"

namespace tidbit::convert::chat {
namespace {

class Parser {
 public:
  explicit Parser(const std::string &source) : tokens_(cut_template(source)) {}

  Statements run() {
    Statements statements = body({});
    if (peek().type != TokenType::end) fail("unexpected " + in_quotes(peek().text));
    return statements;
  }

 private:
  using Words = std::vector<std::string_view>;

  // Counts how deep the parser calls itself.
  class Level {
   public:
    explicit Level(Parser &parser) : parser_(parser) {
      if (++parser_.level_ > kMostNesting) parser_.fail("is nested too deeply");
    }
    ~Level() { --parser_.level_; }
    Level(const Level &) = delete;
    Level &operator=(const Level &) = delete;

   private:
    Parser &parser_;
  };

  [[noreturn]] void fail(const std::string &what) const {
    throw TemplateError("fails in line " + std::to_string(peek().line) + ": " + what);
  }
  const Token &peek(std::size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  bool is_symbol(std::string_view text) const { return peek().type == TokenType::symbol && peek().text == text; }
  bool is_word(std::string_view text, std::size_t ahead = 0) const {
    return peek(ahead).type == TokenType::name && peek(ahead).text == text;
  }
  bool accept_symbol(std::string_view text) {
    if (!is_symbol(text)) return false;
    ++at_;
    return true;
  }
  bool accept_word(std::string_view text) {
    if (!is_word(text)) return false;
    ++at_;
    return true;
  }
  void expect_symbol(std::string_view text) {
    if (!accept_symbol(text)) fail("expected " + in_quotes(text));
  }
  void expect(TokenType type, const char *what) {
    if (peek().type != type) fail(std::string("expected ") + what);
    ++at_;
  }
  std::string take_name() {
    if (peek().type != TokenType::name) fail("expected a name");
    return tokens_[at_++].text;
  }

  Expression node(Operation operation, std::string text = "") const {
    return {operation, peek().line, 1, std::move(text), {}, {}, {}};
  }
  ExpressionPointer finish(Expression expression) const {
    const auto deepen = [&](const ExpressionPointer &child) {
      if (child != nullptr) expression.depth = std::max(expression.depth, child->depth + 1);
    };
    for (const ExpressionPointer &child : expression.children) deepen(child);
    for (const auto &[name, child] : expression.keywords) deepen(child);
    if (expression.depth > kMostNesting) fail("an expression is too long or nested too deeply");
    return std::make_shared<const Expression>(std::move(expression));
  }
  ExpressionPointer pair(Operation operation, std::string text, ExpressionPointer left, ExpressionPointer right) const {
    Expression e = node(operation, std::move(text));
    e.children.push_back(std::move(left));
    e.children.push_back(std::move(right));
    return finish(std::move(e));
  }
  ExpressionPointer single(Operation operation, std::string text, ExpressionPointer child) const {
    Expression e = node(operation, std::move(text));
    e.children.push_back(std::move(child));
    return finish(std::move(e));
  }

  // ---- statements

  // Up to one of the words, which follows the beginning of a block and is not taken; or up to the end.
  Statements body(const Words &ends) {
    const Level level(*this);
    Statements statements;
    while (peek().type != TokenType::end) {
      if (peek().type == TokenType::block_begin) {
        const bool ended = std::any_of(ends.begin(), ends.end(), [&](auto word) { return is_word(word, 1); });
        ++at_;
        if (ended) return statements;
        statements.push_back(block());
      } else {
        statements.push_back(text_or_output());
      }
    }
    if (!ends.empty()) fail("expected {% " + std::string(ends.back()) + " %}");
    return statements;
  }

  StatementPointer text_or_output() {
    Statement s{.action = Action::text, .line = peek().line};
    if (peek().type == TokenType::text) {
      s.text = tokens_[at_++].text;
    } else {
      expect(TokenType::output_begin, "{{");
      s.action = Action::output;
      s.value = expression();
      expect(TokenType::output_end, "}}");
    }
    return std::make_unique<const Statement>(std::move(s));
  }

  void end_block() { expect(TokenType::block_end, "%}"); }
  void end_block(const char *word) {
    if (!accept_word(word)) fail("expected {% " + std::string(word) + " %}");
    end_block();
  }

  StatementPointer block() {
    const std::string word = take_name();
    Statement s{.action = Action::scope, .line = peek().line};
    if (word == "if") {
      parse_if(s);
    } else if (word == "for") {
      parse_for(s);
    } else if (word == "set") {
      parse_set(s);
    } else if (word == "macro") {
      parse_macro(s);
    } else if (word == "generation") {
      end_block();
      s.body = body({"endgeneration"});
      end_block("endgeneration");
    } else if (word == "break" || word == "continue") {
      if (loops_ == 0) fail(word + " is outside of a loop");
      s.action = word == "break" ? Action::leave : Action::skip;
      end_block();
    } else {
      fail("the statement " + in_quotes(word) + " is not supported");
    }
    return std::make_unique<const Statement>(std::move(s));
  }

  void parse_if(Statement &s) {
    s.action = Action::condition;
    do {
      Branch branch;
      branch.condition = expression();
      end_block();
      branch.body = body({"elif", "else", "endif"});
      s.branches.push_back(std::move(branch));
    } while (accept_word("elif"));
    if (accept_word("else")) {
      end_block();
      s.otherwise = body({"endif"});
    }
    end_block("endif");
  }

  void parse_for(Statement &s) {
    s.action = Action::loop;
    const bool bracket = accept_symbol("(");
    do s.targets.push_back(take_name());
    while (accept_symbol(","));
    if (bracket) expect_symbol(")");
    if (!accept_word("in")) fail("expected \"in\"");
    s.value = or_expression();
    if (accept_word("if")) s.filter = expression();
    if (is_word("recursive")) fail("recursive loops are not supported");
    end_block();
    ++loops_;
    s.body = body({"else", "endfor"});
    --loops_;
    if (accept_word("else")) {
      end_block();
      s.otherwise = body({"endfor"});
    }
    end_block("endfor");
  }

  void parse_set(Statement &s) {
    s.action = Action::assign;
    s.targets.push_back(take_name());
    if (accept_symbol(".")) s.attribute = take_name();
    while (accept_symbol(",")) s.targets.push_back(take_name());
    if (accept_symbol("=")) {
      s.value = tuple_or_expression();
      return end_block();
    }
    if (s.targets.size() > 1) fail("expected \"=\"");
    s.action = Action::capture;
    end_block();
    s.body = body({"endset"});
    end_block("endset");
  }

  void parse_macro(Statement &s) {
    s.action = Action::macro;
    s.definition.name = take_name();
    expect_symbol("(");
    while (!accept_symbol(")")) {
      s.definition.parameters.push_back(take_name());
      s.definition.defaults.push_back(accept_symbol("=") ? expression() : nullptr);
      if (!is_symbol(")")) expect_symbol(",");
    }
    end_block();
    const std::uint32_t loops = std::exchange(loops_, 0);
    s.definition.body = body({"endmacro"});
    loops_ = loops;
    end_block("endmacro");
  }

  // ---- expressions, from the loosest to the tightest operator

  ExpressionPointer tuple_or_expression() {
    ExpressionPointer first = expression();
    if (!is_symbol(",")) return first;
    Expression e = node(Operation::list);
    e.children.push_back(std::move(first));
    while (accept_symbol(",")) e.children.push_back(expression());
    return finish(std::move(e));
  }

  ExpressionPointer expression() {
    const Level level(*this);
    ExpressionPointer value = or_expression();
    while (accept_word("if")) {
      Expression e = node(Operation::conditional);
      e.children.push_back(std::move(value));
      e.children.push_back(or_expression());
      e.children.push_back(accept_word("else") ? expression() : nullptr);
      value = finish(std::move(e));
    }
    return value;
  }

  ExpressionPointer or_expression() {
    ExpressionPointer left = and_expression();
    while (accept_word("or")) left = pair(Operation::logical_or, "", std::move(left), and_expression());
    return left;
  }
  ExpressionPointer and_expression() {
    ExpressionPointer left = not_expression();
    while (accept_word("and")) left = pair(Operation::logical_and, "", std::move(left), not_expression());
    return left;
  }
  ExpressionPointer not_expression() {
    const Level level(*this);
    if (is_word("not") && !is_word("in", 1)) {
      ++at_;
      return single(Operation::logical_not, "", not_expression());
    }
    return comparison();
  }

  // The operator of a comparison, or "".
  std::string comparison_operator() {
    if (peek().type == TokenType::symbol) {
      for (const char *symbol : {"==", "!=", "<", "<=", ">", ">="}) {
        if (accept_symbol(symbol)) return symbol;
      }
    }
    if (accept_word("in")) return "in";
    if (is_word("not") && is_word("in", 1)) {
      at_ += 2;
      return "not in";
    }
    return "";
  }

  // In a chain of comparisons the operand between two of them belongs to both.
  ExpressionPointer comparison() {
    ExpressionPointer left = sum();
    std::string next = comparison_operator();
    if (next.empty()) return left;
    Expression chain = node(Operation::chain);
    for (; !next.empty(); next = comparison_operator()) {
      ExpressionPointer right = sum();
      chain.children.push_back(pair(Operation::comparison, next, std::move(left), right));
      left = std::move(right);
    }
    return chain.children.size() == 1 ? chain.children[0] : finish(std::move(chain));
  }

  ExpressionPointer sum() {
    ExpressionPointer left = concatenation();
    while (is_symbol("+") || is_symbol("-")) {
      const std::string sign = tokens_[at_++].text;
      left = pair(Operation::arithmetic, sign, std::move(left), concatenation());
    }
    return left;
  }
  ExpressionPointer concatenation() {
    ExpressionPointer left = product();
    while (accept_symbol("~")) left = pair(Operation::concatenate, "", std::move(left), product());
    return left;
  }
  ExpressionPointer product() {
    ExpressionPointer left = power();
    while (is_symbol("*") || is_symbol("/") || is_symbol("//") || is_symbol("%")) {
      const std::string sign = tokens_[at_++].text;
      left = pair(Operation::arithmetic, sign, std::move(left), power());
    }
    return left;
  }
  ExpressionPointer power() {
    ExpressionPointer left = unary(true);
    while (accept_symbol("**")) left = pair(Operation::arithmetic, "**", std::move(left), unary(true));
    return left;
  }

  ExpressionPointer unary(bool with_filters) {
    const Level level(*this);
    ExpressionPointer value;
    if (accept_symbol("-")) {
      value = single(Operation::negative, "", unary(false));
    } else if (accept_symbol("+")) {
      value = single(Operation::positive, "", unary(false));
    } else {
      value = primary();
    }
    value = postfix(std::move(value));
    return with_filters ? filters(std::move(value)) : std::move(value);
  }

  ExpressionPointer constant(Value value) const {
    Expression e = node(Operation::constant);
    e.constant = std::move(value);
    return finish(std::move(e));
  }

  ExpressionPointer primary() {
    const Token token = peek();
    ++at_;
    switch (token.type) {
      case TokenType::name:
        return named(token.text);
      case TokenType::string: {
        std::string text = token.text;
        while (peek().type == TokenType::string) text += tokens_[at_++].text;
        return constant(Value::of(std::move(text)));
      }
      case TokenType::integer:
        return constant(Value::of(static_cast<std::int64_t>(std::strtoll(token.text.c_str(), nullptr, 10))));
      case TokenType::real:
        return constant(Value::of(std::strtod(token.text.c_str(), nullptr)));
      case TokenType::symbol:
        if (token.text == "(") return bracket();
        if (token.text == "[") return list("]", {});
        if (token.text == "{") return dictionary();
        break;
      default:
        break;
    }
    --at_;
    fail(token.text.empty() ? "an expression is missing" : "unexpected " + in_quotes(token.text));
  }

  ExpressionPointer named(const std::string &name) const {
    if (name == "true" || name == "True") return constant(Value::of(true));
    if (name == "false" || name == "False") return constant(Value::of(false));
    if (name == "none" || name == "None") return constant(Value::none());
    return finish(node(Operation::name, name));
  }

  // (a) or the tuple (a, b)
  ExpressionPointer bracket() {
    if (is_symbol(")")) return list(")", {});
    ExpressionPointer first = expression();
    if (accept_symbol(")")) return first;
    expect_symbol(",");
    return list(")", std::move(first));
  }

  ExpressionPointer list(const char *close, ExpressionPointer first) {
    Expression e = node(Operation::list);
    if (first != nullptr) e.children.push_back(std::move(first));
    while (!accept_symbol(close)) {
      e.children.push_back(expression());
      if (!is_symbol(close)) expect_symbol(",");
    }
    return finish(std::move(e));
  }

  ExpressionPointer dictionary() {
    Expression e = node(Operation::dict);
    while (!accept_symbol("}")) {
      e.children.push_back(expression());
      expect_symbol(":");
      e.children.push_back(expression());
      if (!is_symbol("}")) expect_symbol(",");
    }
    return finish(std::move(e));
  }

  // Behind "(".
  void arguments(Expression &call) {
    while (!accept_symbol(")")) {
      if (is_symbol("*") || is_symbol("**")) fail("lists of arguments are not supported");
      const bool keyword = peek().type == TokenType::name && peek(1).type == TokenType::symbol && peek(1).text == "=";
      if (keyword) {
        std::string name = take_name();
        ++at_;
        call.keywords.emplace_back(std::move(name), expression());
      } else {
        call.children.push_back(expression());
      }
      if (!is_symbol(")")) expect_symbol(",");
    }
  }

  ExpressionPointer call(Operation operation, std::string text, ExpressionPointer subject) {
    Expression e = node(operation, std::move(text));
    e.children.push_back(std::move(subject));
    if (accept_symbol("(")) arguments(e);
    return finish(std::move(e));
  }

  ExpressionPointer postfix(ExpressionPointer value) {
    while (true) {
      if (accept_symbol(".")) {
        if (peek().type == TokenType::integer) {
          const std::int64_t index = std::strtoll(tokens_[at_++].text.c_str(), nullptr, 10);
          value = pair(Operation::item, "", std::move(value), constant(Value::of(index)));
        } else {
          value = single(Operation::attribute, take_name(), std::move(value));
        }
      } else if (accept_symbol("[")) {
        value = subscript(std::move(value));
      } else if (is_symbol("(")) {
        value = call(Operation::call, "", std::move(value));
      } else {
        return value;
      }
    }
  }

  ExpressionPointer subscript(ExpressionPointer value) {
    Expression e = node(Operation::slice);
    e.children.push_back(std::move(value));
    bool slice = false;
    for (int part = 0; part < 3; ++part) {
      e.children.push_back(is_symbol(":") || is_symbol("]") ? nullptr : expression());
      if (!accept_symbol(":")) break;
      slice = true;
    }
    expect_symbol("]");
    if (!slice) {
      if (e.children[1] == nullptr) fail("an index is missing");
      e.operation = Operation::item;
      return finish(std::move(e));
    }
    e.children.resize(4);
    return finish(std::move(e));
  }

  ExpressionPointer filters(ExpressionPointer value) {
    while (true) {
      if (accept_symbol("|")) {
        std::string name = take_name();
        value = call(Operation::filter, std::move(name), std::move(value));
      } else if (accept_word("is")) {
        value = test(std::move(value));
      } else if (is_symbol("(")) {
        value = call(Operation::call, "", std::move(value));
      } else {
        return value;
      }
    }
  }

  bool begins_argument() const {
    const Token &token = peek();
    if (token.type == TokenType::name) {
      constexpr std::string_view kOthers[] = {"else", "or", "and", "is", "if", "not", "in"};
      return std::find(std::begin(kOthers), std::end(kOthers), token.text) == std::end(kOthers);
    }
    return token.type == TokenType::string || token.type == TokenType::integer || token.type == TokenType::real ||
           is_symbol("[") || is_symbol("{");
  }

  ExpressionPointer test(ExpressionPointer value) {
    const bool negated = accept_word("not");
    Expression e = node(Operation::test, take_name());
    e.children.push_back(std::move(value));
    if (accept_symbol("(")) {
      arguments(e);
    } else if (begins_argument()) {
      e.children.push_back(postfix(primary()));
    }
    ExpressionPointer result = finish(std::move(e));
    return negated ? single(Operation::logical_not, "", std::move(result)) : std::move(result);
  }

  const std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::uint32_t level_ = 0;
  std::uint32_t loops_ = 0;  // that the statement is in
};

}  // namespace

Statements parse_template(const std::string &source) { return Parser(source).run(); }

}  // namespace tidbit::convert::chat
