// Prefixes that training frameworks put in front of the names of a model's tensors.
#pragma once

#include "converter/checkpoint/checkpoint.h"

namespace tidbit::convert {

// Removes "_orig_mod." (torch.compile), "module." (data parallel), "base_model.model." (PEFT) and the like. Throws
// ConvertError if two tensors have the same name then.
void see_through_wrappers(TensorMap &tensors);

}  // namespace tidbit::convert
