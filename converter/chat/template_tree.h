// A parsed template: statements that write text, and expressions.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "converter/chat/value.h"

namespace tidbit::convert::chat {

struct Expression;
using ExpressionPointer = std::shared_ptr<const Expression>;  // shared by the two sides of a chain

enum class Operation : std::uint8_t {
  constant,
  name,
  list,       // also of a tuple
  dict,       // keys and values in turn
  attribute,  // children[0].text
  item,       // children[0][children[1]]
  slice,      // children[0][children[1]:children[2]:children[3]], each of which may be null
  call,       // children[0](children[1]..., keywords)
  filter,     // children[0] | text(children[1]..., keywords)
  test,       // children[0] is text(children[1]...)
  negative,
  positive,
  logical_not,
  logical_and,
  logical_or,
  conditional,  // children[0] if children[1] else children[2], which may be null
  concatenate,  // ~
  arithmetic,   // text is the operator
  comparison,   // likewise, and "in" and "not in"
  chain,        // of comparisons: a < b < c has children a < b and b < c
};

struct Expression {
  Operation operation;
  std::uint32_t line;
  std::uint32_t depth;  // of the tree below, from 1
  std::string text;
  Value constant;
  std::vector<ExpressionPointer> children;
  std::vector<std::pair<std::string, ExpressionPointer>> keywords;
};

struct Statement;
using StatementPointer = std::unique_ptr<const Statement>;
using Statements = std::vector<StatementPointer>;

enum class Action : std::uint8_t { text, output, condition, loop, assign, capture, macro, scope, leave, skip };

struct Branch {
  ExpressionPointer condition;
  Statements body;
};

struct Macro {
  std::string name;
  std::vector<std::string> parameters;
  std::vector<ExpressionPointer> defaults;  // null where there is none
  Statements body;
};

struct Statement {
  Action action;
  std::uint32_t line = 0;
  std::string text = {};                  // of `text`
  std::vector<std::string> targets = {};  // of `loop`, `assign` and `capture`
  std::string attribute = {};             // assign targets[0].attribute
  ExpressionPointer value = {};           // of `output` and `assign`; what a loop goes through
  ExpressionPointer filter = {};          // of a loop: the condition of elements; may be null
  std::vector<Branch> branches = {};      // of `condition`
  Statements body = {};                   // of `loop`, `capture` and `scope`
  Statements otherwise = {};              // of `condition` and `loop`
  Macro definition = {};                  // of `macro`
};

// Throws TemplateError with the line. Nothing in the tree is nested deeper than kMostNesting.
inline constexpr std::uint32_t kMostNesting = 200;
Statements parse_template(const std::string &source);

}  // namespace tidbit::convert::chat
