// The check of the tokenizer section when a blob is opened.
#pragma once

#include "base/types.h"
#include "tidbit/tidbit.h"

namespace tidbit {

// Checks the section's header: every offset, size, count and enumerator. The tables are not read; whatever they
// contain, the text functions stay inside the section. `vocab_size` is the model's. On an error *fault_offset is the
// offset in the section of the rejected field.
tidbit_status check_tokenizer(const std::byte *section, std::uint64_t bytes, std::uint32_t vocab_size,
                              std::uint64_t *fault_offset);

}  // namespace tidbit
