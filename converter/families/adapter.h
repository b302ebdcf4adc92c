// LoRA adapters as PEFT saves them: adapter_config.json, and adapter_model.safetensors or adapter_model.bin.
#pragma once

#include <filesystem>

#include "converter/checkpoint/checkpoint.h"

namespace tidbit::convert {

// From now on, what is read of the checkpoint's matrices has the adapter's updates added to it, `scale` times. Refuses
// adapters that change anything but linear weights. Throws ConvertError.
void merge_adapter(const std::filesystem::path &folder, double scale, Checkpoint &checkpoint);

}  // namespace tidbit::convert
