// FORMAT.md against the tables that the code uses: every field with its offset and range, every role with its shape.
#include <gtest/gtest.h>

#include <bit>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "format/fields.h"
#include "format/roles.h"

namespace tidbit::test {
namespace {

using format::Dim;
using format::Field;
using format::FieldType;
using format::NamedRole;
using format::Need;
using format::TensorKind;

// "0 none, 1 layer, 2 rms; reserved: 3 layer_weightless, 4 rms_weightless"
std::string values_text(const Field &f) {
  std::istringstream words(f.values);
  std::string text, word;
  for (std::uint32_t i = 0; words >> word; ++i) {
    text += i == 0 ? "" : i == f.computed + 1 ? "; reserved: " : ", ";
    text += std::to_string(i) + " " + word;
  }
  return text;
}

std::string range_text(const Field &f) {
  if (f.values != nullptr) return values_text(f);
  switch (f.type) {
    case FieldType::token:
      return "a token, or -1";
    case FieldType::real:
      if (f.computed == format::kAnyReal) return f.positive ? "finite, not negative" : "finite";
      return std::bit_cast<float>(f.computed) == 0 ? "0; others are reserved" : "1; others are reserved";
    case FieldType::byte:
    case FieldType::count:
      break;
  }
  const std::string low = f.positive ? "1" : "0";
  if (f.computed == f.high) return low + " to " + std::to_string(f.high);
  const std::string computed = f.computed == 0 ? "0" : low + ", " + std::to_string(f.computed);
  return computed + "; reserved: up to " + std::to_string(f.high);
}

std::string type_text(FieldType type) {
  constexpr const char *kNames[] = {"u8", "u32", "f32", "i32"};
  return kNames[static_cast<std::size_t>(type)];
}

std::string field_row(const Field &f, std::size_t base) {
  return "| " + std::to_string(base + f.offset) + " | " + type_text(f.type) + " | " + f.name + " | " + range_text(f) +
         " |";
}

std::string dim_text(Dim dim) {
  constexpr const char *kNames[] = {
      "1",      "vocab_size",      "width",        "max_context", "segments",    "rotary_tables", "rotary_pairs",
      "2",      "heads value_dim", "qkv",          "ffn_width",   "up",          "heads",         "q_norm",
      "k_norm", "experts",         "expert_width", "expert_up",   "expert_down", "3 width",       "taps"};
  return kNames[static_cast<std::size_t>(dim)];
}

std::string role_row(const NamedRole &role, std::size_t number) {
  constexpr const char *kKinds[] = {"matrix", "table", "vector"};
  constexpr const char *kNeeds[] = {"always",
                                    "optional",
                                    "if tied is 0",
                                    "if position is 1",
                                    "if segments",
                                    "if rotary_tables",
                                    "if its norm is 1 or 2",
                                    "optional if its norm is 1",
                                    "optional if rotary_tables",
                                    "if mixer is 0",
                                    "optional if mixer is 0",
                                    "if alibi",
                                    "if sinks",
                                    "if activation is 5 or 6",
                                    "if experts is 0 or shared_experts is 1",
                                    "optional if experts is 0 or shared_experts is 1",
                                    "if experts",
                                    "optional if experts",
                                    "optional if shared_experts",
                                    "if mixer is 1",
                                    "optional if mixer is 1"};
  return "| " + std::to_string(number) + " | " + role.name + " | " + kKinds[static_cast<int>(role.row.kind)] + " | [" +
         dim_text(role.row.rows) + "][" + dim_text(role.row.cols) + "] | " + kNeeds[static_cast<int>(role.row.need)] +
         " |";
}

std::string document() {
  std::ifstream file(TIDBIT_FORMAT_DOCUMENT);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Each row stands in the document; what is missing is printed so that it can be pasted.
void expect_rows(const std::vector<std::string> &rows) {
  const std::string text = document();
  for (const std::string &row : rows) EXPECT_NE(text.find(row), std::string::npos) << row;
}

TEST(FormatDocument, HasEveryFieldOfTheConfigurationWithItsRange) {
  std::vector<std::string> rows;
  for (const Field &f : format::kConfigFields) rows.push_back(field_row(f, offsetof(format::Header, config)));
  expect_rows(rows);
}

TEST(FormatDocument, HasEveryFieldOfALayerKindWithItsRange) {
  std::vector<std::string> rows;
  for (const Field &f : format::kKindFields) rows.push_back(field_row(f, 0));
  expect_rows(rows);
}

TEST(FormatDocument, HasEveryRoleWithItsShape) {
  std::vector<std::string> rows;
  std::size_t number = 0;
  for (const NamedRole &role : format::kGlobalRoles) rows.push_back(role_row(role, number++));
  number = 0;
  for (const NamedRole &role : format::kLayerRoles) rows.push_back(role_row(role, number++));
  expect_rows(rows);
}

TEST(FormatDocument, HasTheNumbersOfTheFormats) {
  std::vector<std::string> rows;
  for (std::uint32_t i = 0; i < format::kFormats; ++i) {
    rows.push_back("| " + std::to_string(i) + " | " + format::kFormatNames.of[i] + " |");
  }
  expect_rows(rows);
}

}  // namespace
}  // namespace tidbit::test
