// The tokenizer section, checked once when the blob is opened.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tidbit/tidbit.h"

namespace tidbit {

// Checks the header of the section: every offset, size, count and enumeration. Tables are not read; whatever they
// hold, the text functions stay inside the section. `vocab_size` is the model's. On an error *fault_offset is the
// byte in the section of what was refused.
tidbit_status check_tokenizer(const std::byte *section, std::uint64_t bytes, std::uint32_t vocab_size,
                              std::uint64_t *fault_offset);

}  // namespace tidbit
