// The text model of a Hugging Face checkpoint that also sees images.
#pragma once

#include "converter/checkpoint/checkpoint.h"

namespace tidbit::convert {

// If the configuration is that of such a model, replaces it by its text_config and drops the tensors of the parts for
// images, with a note. Throws ConvertError.
void take_text_model(Checkpoint &checkpoint);

}  // namespace tidbit::convert
