// The families' tables: sound by themselves, and every tensor that they name is looked for by name and shape.
#include "converter/families/registry.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <utility>

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
                                         "openai-gpt-segments", "marian-translation", "gemma3", "lfm2", "gpt_oss",
                                         "qwen2_moe", "falcon-new", "stablelm", "phi3"),
                         [](const auto &golden) {
                           std::string name = golden.param;
                           for (char &c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

// Goldens by model_type.
std::map<std::string, int> count_goldens() {
  std::map<std::string, int> counts;
  for (const auto &golden : std::filesystem::directory_iterator(TIDBIT_GOLDENS_DIR)) {
    const Checkpoint checkpoint = convert::open_checkpoint(golden.path());
    ++counts[checkpoint.config.at("model_type").get<std::string>()];
  }
  return counts;
}

// A row names model types in code font; its last cell is the number of their goldens.
TEST(Readme, ListsEveryFamilyWithTheNumberOfItsGoldens) {
  std::ifstream file(TIDBIT_README);
  std::map<std::string, int> left = count_goldens();
  for (const Family *family : kFamilies) EXPECT_GT(left[family->model_type], 0) << family->model_type;
  bool in_table = false;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("| models |", 0) == 0) in_table = true;
    if (line.empty()) in_table = false;
    if (!in_table || line.find('`') == std::string::npos || line.rfind("| models |", 0) == 0) continue;
    int goldens = 0;
    for (std::size_t at = line.find('`'); at != std::string::npos; at = line.find('`', at + 1)) {
      const std::size_t end = line.find('`', at + 1);
      goldens += std::exchange(left[line.substr(at + 1, end - at - 1)], 0);
      at = end;
    }
    EXPECT_NE(line.find("| " + std::to_string(goldens) + " |", line.rfind('`')), std::string::npos) << line;
  }
  for (const auto &[type, count] : left) EXPECT_EQ(count, 0) << type << " is not in README.md";
}

}  // namespace
}  // namespace tidbit::test
