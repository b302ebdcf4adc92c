// Turns a checkpoint into the plan of its blob.
#pragma once

#include "converter/families/model_plan.h"

namespace tidbit::convert {

// The plan points into the checkpoint. Throws ConvertError.
ModelPlan plan_model(const Checkpoint &checkpoint);

}  // namespace tidbit::convert
