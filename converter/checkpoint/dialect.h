#pragma once

#include <cstdint>

namespace tidbit::convert {

// The naming scheme of a checkpoint's tensors.
enum class Dialect : std::uint8_t { huggingface, gguf };

}  // namespace tidbit::convert
