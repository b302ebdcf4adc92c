// The model families. A new one is a file of its own and a row in registry.cpp.
#pragma once

#include "converter/families/model_plan.h"

namespace tidbit::convert {

struct Family {
  const char *model_type;  // of config.json
  void (*plan)(const Checkpoint &checkpoint, ModelPlan &plan);
};

// The plan points into the checkpoint. Throws ConvertError.
ModelPlan plan_model(const Checkpoint &checkpoint);

void plan_llama(const Checkpoint &checkpoint, ModelPlan &plan);
void plan_gpt2(const Checkpoint &checkpoint, ModelPlan &plan);
void plan_openai_gpt(const Checkpoint &checkpoint, ModelPlan &plan);
void plan_marian(const Checkpoint &checkpoint, ModelPlan &plan);

}  // namespace tidbit::convert
