// A small validator of JSON Schema for the tests. It shares nothing with the compiler.
#pragma once

#include <nlohmann/json.hpp>

namespace tidbit::test {

// For the keywords that the tests use. `root` is what references refer to.
bool is_valid(const nlohmann::json &value, const nlohmann::json &schema, const nlohmann::json &root);

}  // namespace tidbit::test
