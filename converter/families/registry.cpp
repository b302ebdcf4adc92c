#include "converter/families/registry.h"

#include "converter/error.h"

namespace tidbit::convert {
namespace {

constexpr Family kFamilies[] = {
    {"llama", plan_llama},
    {"gpt2", plan_gpt2},
    {"openai-gpt", plan_openai_gpt},
    {"marian", plan_marian},
};

std::string model_type(const Checkpoint &checkpoint) {
  const auto found = checkpoint.config.find("model_type");
  if (found == checkpoint.config.end() || !found->is_string()) {
    throw ConvertError(checkpoint.config_name + ": model_type is missing");
  }
  return found->get<std::string>();
}

format::Config neutral_config() {
  format::Config config = {};
  config.embedding_scale = 1;
  config.attention_scale = 1;
  config.logit_scale = 1;
  config.bos_token = -1;
  return config;
}

}  // namespace

ModelPlan plan_model(const Checkpoint &checkpoint) {
  const std::string type = model_type(checkpoint);
  std::string known;
  for (const Family &family : kFamilies) {
    if (type == family.model_type) {
      ModelPlan plan;
      plan.config = neutral_config();
      family.plan(checkpoint, plan);
      return plan;
    }
    known += std::string(known.empty() ? "" : ", ") + family.model_type;
  }
  throw ConvertError(checkpoint.config_name + ": model_type \"" + type + "\" is not supported; these are: " + known);
}

}  // namespace tidbit::convert
