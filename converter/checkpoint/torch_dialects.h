// The checkpoints of well-known trainers: what they call their tensors and numbers.
#pragma once

#include <filesystem>

#include "converter/checkpoint/checkpoint.h"
#include "converter/checkpoint/pickle.h"

namespace tidbit::convert {

// Recognizes the trainer by the names and shapes of the tensors, and sets the dialect and the configuration in Hugging
// Face's terms. The numbers come from the dictionary of settings in the checkpoint, then from a JSON file beside it,
// which has the last word, and where both are silent, from the shapes. A config.json is required for Hugging Face's
// names. Throws ConvertError.
void recognize_trainer(const PickleValue &root, Checkpoint &checkpoint);

}  // namespace tidbit::convert
