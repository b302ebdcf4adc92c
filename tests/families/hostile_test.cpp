// Every key of every family's configuration with values that nobody would write: one line says what is wrong, or the
// model is planned. Sanitizers watch.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "converter/error.h"
#include "converter/families/planner.h"
#include "tests/support/tries.h"

namespace tidbit::test {
namespace {

namespace fs = std::filesystem;
using convert::Checkpoint;
using nlohmann::json;
using Pointer = json::json_pointer;

constexpr const char *kValues[] = {
    "true",
    "0",
    "1",
    "-1",
    "257",
    "0.5",
    "1e-308",
    "1e308",
    "9223372036854775808",
    "\"x\"",
    "[]",
    "[[[],9223372036854775808]]",
    "{}",
    R"({"rope_type":"yarn","factor":4,"mscale":1,"mscale_all_dim":-7.213475204444817})",
    R"({"rope_type":"longrope","factor":4,"original_max_position_embeddings":0.5,"short_factor":[],"long_factor":[]})",
};

// Of a configuration's values, also of those inside others.
void list_places(const json &value, const Pointer &at, std::vector<Pointer> &places) {
  if (!at.empty()) places.push_back(at);
  if (value.is_object()) {
    for (const auto &[key, inner] : value.items()) list_places(inner, at / key, places);
  } else if (value.is_array() && !value.empty()) {
    list_places(value.back(), at / (value.size() - 1), places);
  }
}

void expect_one_line_or_a_plan(const Checkpoint &checkpoint) {
  try {
    convert::plan_model(checkpoint);
  } catch (const convert::ConvertError &error) {
    const std::string message = error.what();
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    EXPECT_LT(message.size(), 1500u) << message;
  }
}

TEST(Configurations, OfAnyValuesAreRefusedInOneLineOrPlanned) {
  unsigned round = 0;
  for (const auto &entry : fs::directory_iterator(TIDBIT_GOLDENS_DIR)) {
    Checkpoint checkpoint = convert::open_checkpoint(entry.path());
    const json whole = checkpoint.config;
    std::vector<Pointer> places;
    list_places(whole, Pointer(), places);
    for (const Pointer &place : places) {
      for (const char *value : kValues) {
        if (++round % kEvery != 0) continue;
        SCOPED_TRACE(entry.path().filename().string() + " " + place.to_string() + " = " + value);
        checkpoint.config = whole;
        checkpoint.config[place] = json::parse(value);
        expect_one_line_or_a_plan(checkpoint);
      }
    }
  }
}

TEST(Tensors, ThatAreMissingOrOfOtherShapesAreRefusedInOneLineOrPlanned) {
  unsigned round = 0;
  for (const auto &entry : fs::directory_iterator(TIDBIT_GOLDENS_DIR)) {
    const Checkpoint whole = convert::open_checkpoint(entry.path());
    for (const auto &[name, tensor] : whole.tensors) {
      if (++round % kEvery != 0) continue;
      SCOPED_TRACE(entry.path().filename().string() + " " + name);
      Checkpoint changed = whole;
      changed.tensors.erase(name);
      expect_one_line_or_a_plan(changed);
      for (const std::uint64_t rows : {std::uint64_t{0}, std::uint64_t{1} << 40}) {
        changed.tensors[name] = tensor;
        if (tensor.shape.empty()) continue;
        changed.tensors[name].shape[0] = rows;
        expect_one_line_or_a_plan(changed);
      }
      changed.tensors[name].shape = {};
      expect_one_line_or_a_plan(changed);
    }
  }
}

}  // namespace
}  // namespace tidbit::test
