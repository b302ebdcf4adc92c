// A form of an answer, and places in it where few, some and nearly all tokens are allowed: what grammar_bench and
// grammar_peer both measure.
#pragma once

inline constexpr char kSchema[] = R"({"type":"object","properties":{"name":{"type":"string"},"size":{"type":"integer",
  "minimum":0,"maximum":5000},"kind":{"enum":["lamp","heater","blind"]},"note":{"type":"string","maxLength":20},
  "code":{"type":"string","pattern":"^[a-z ]+$"}},"required":["name","size","kind"]})";

struct Place {
  const char *name;
  const char *text;  // the answer so far
};
inline constexpr Place kPlaces[] = {
    {"start", ""},
    {"string", R"({"name": "la)"},
    {"number", R"({"name": "lamp", "size": 1)"},
    {"choice", R"({"name": "lamp", "size": 1, "kind": ")"},
    {"short_string", R"({"name": "lamp", "size": 1, "kind": "lamp", "note": "la)"},
    {"letters", R"({"name": "lamp", "size": 1, "kind": "lamp", "code": "la)"},
};
