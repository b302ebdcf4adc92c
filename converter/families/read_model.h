// Reads config.json into the blob's numbers, with the keys of a family.
#pragma once

#include <cstdint>
#include <vector>

#include "converter/families/family.h"
#include "converter/families/model_plan.h"

namespace tidbit::convert {

// Fills `model`, apart from what depends on tensors (segments) and on the vocabulary (special tokens).
void read_model(const Family &family, const Names &names, Reading &model);

// Reads the begin- and end-of-text tokens from the configuration and from generation_config.json. Ids outside the
// vocabulary are left out with a note.
void read_special_tokens(const Checkpoint &checkpoint, ConfigReader &keys, ModelPlan &plan);

// Adds the ids that are new. More than format::kMaxEndTokens in total are an error.
void add_end_tokens(const std::vector<std::int32_t> &ids, format::Config &config);

}  // namespace tidbit::convert
