// The families' tables: sound by themselves, and every tensor that they name is looked for by name and shape.
#include "converter/families/registry.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <string>

#include "converter/error.h"
#include "converter/families/planner.h"

namespace tidbit::test {
namespace {

using convert::Checkpoint;
using convert::Family;
using convert::kFamilies;
using convert::Origin;

TEST(Registry, HasEachModelTypeOnce) {
  std::set<std::string> types;
  for (const Family *family : kFamilies) {
    EXPECT_TRUE(types.insert(family->model_type).second) << family->model_type;
    const char *name = family->name != nullptr ? family->name : family->model_type;
    EXPECT_LT(std::strlen(name), sizeof format::Config::family) << name;
  }
}

template <class Role, std::size_t n>
void check_rows(std::span<const convert::Row<Role>> rows, const format::NamedRole (&roles)[n]) {
  std::set<Role> seen;
  for (const convert::Row<Role> &row : rows) {
    const auto role = static_cast<std::size_t>(row.role);
    ASSERT_LT(role, n);
    const bool alternative = &row != rows.data() && (&row)[-1].role == row.role;  // names for the same tensor
    EXPECT_TRUE(seen.insert(row.role).second || alternative) << roles[role].name;
    EXPECT_TRUE(row.origin.names[0] != nullptr || row.origin.compute != nullptr) << roles[role].name;
    if (row.origin.bias == Origin::Bias::none) continue;
    ASSERT_LT(role + 1, n);
    EXPECT_EQ(roles[role + 1].name, std::string(roles[role].name) + "_bias");
    for (const char *name : row.origin.names) {
      EXPECT_TRUE(name == nullptr || std::strchr(name, '*') != nullptr) << name << " is weight and bias at once";
    }
  }
}

TEST(Registry, NamesEachRoleOnceAndBiasesApart) {
  for (const Family *family : kFamilies) {
    SCOPED_TRACE(family->model_type);
    std::set<convert::Dialect> dialects;
    for (const convert::Names &names : family->names) {
      EXPECT_TRUE(dialects.insert(names.dialect).second);
      EXPECT_NE(std::strchr(names.layer, '#'), nullptr);
      check_rows(names.globals, format::kGlobalRoles);
      check_rows(names.layers, format::kLayerRoles);
    }
  }
}

std::string failure(const Checkpoint &checkpoint) {
  try {
    convert::plan_model(checkpoint);
  } catch (const convert::ConvertError &error) {
    return error.what();
  }
  return "";
}

class Tensors : public testing::TestWithParam<const char *> {
 protected:
  const Checkpoint checkpoint_ = convert::open_checkpoint(std::filesystem::path(TIDBIT_GOLDENS_DIR) / GetParam());

  // The tensors that the plan reads.
  std::set<std::string> used() const {
    std::set<std::string> names;
    const convert::ModelPlan plan = convert::plan_model(checkpoint_);
    const auto add = [&](const auto &tensors) {
      for (const convert::TensorPlan &tensor : tensors) {
        for (const convert::RowSource &s : tensor.sources) {
          if (s.stored != nullptr) names.insert(s.stored->name);
        }
      }
    };
    add(plan.globals);
    for (const auto &layer : plan.stacks.front().layers) add(layer);
    return names;
  }
};

// Those that a model may lack: a table of segments, and what else the token embedding is called.
bool may_be_missing(const std::string &name) {
  return name.find("segments") != std::string::npos || name.find("embed_tokens") != std::string::npos ||
         name == "final_logits_bias" || name.find("embed_positions") != std::string::npos;
}

TEST_P(Tensors, ThatAreMissingAreNamed) {
  for (const std::string &name : used()) {
    Checkpoint copy = checkpoint_;
    copy.tensors.erase(name);
    const std::string message = failure(copy);
    if (message.empty() && may_be_missing(name)) continue;
    EXPECT_NE(message.find("\"" + name + "\""), std::string::npos) << name << ": " << message;
  }
}

TEST_P(Tensors, OfAnotherShapeAreNamed) {
  for (const std::string &name : used()) {
    Checkpoint copy = checkpoint_;
    copy.tensors.at(name).shape.back() += 1;
    const std::string message = failure(copy);
    EXPECT_NE(message.find("\"" + name + "\" has the shape"), std::string::npos) << name << ": " << message;
  }
}

INSTANTIATE_TEST_SUITE_P(Goldens, Tensors,
                         testing::Values("llama-gqa", "llama-llama3-biases", "gpt2-untied-by-layer",
                                         "openai-gpt-segments", "marian-translation"),
                         [](const auto &golden) {
                           std::string name = golden.param;
                           for (char &c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

}  // namespace
}  // namespace tidbit::test
