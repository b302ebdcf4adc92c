// The containers that open_checkpoint chooses from.
#pragma once

#include <filesystem>

#include "converter/checkpoint/checkpoint.h"

namespace tidbit::convert {

Checkpoint open_huggingface(const std::filesystem::path &directory);

// GGUF. The configuration gets Hugging Face's keys, the tensors keep their names.
Checkpoint open_gguf(const std::filesystem::path &path);

// llama2.c: the first format without a magic number, version 1 (f32) and version 2 (int8 in groups). The tensors get
// Hugging Face's names and the configuration Hugging Face's keys.
Checkpoint open_llama2c(const std::filesystem::path &path);

// A file of torch.save: a state_dict beside a config.json, or the checkpoint of a known trainer (torch_dialects.h).
Checkpoint open_pytorch(const std::filesystem::path &path);

}  // namespace tidbit::convert
