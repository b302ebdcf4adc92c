// Where a text is cut before merging.
#pragma once

#include "text/tables.h"

namespace tidbit {

// The end of the word that begins at `begin` < `end`; always beyond `begin`. Only the text in front of `end` is seen.
std::uint32_t word_end(const Tables &tables, const char *text, std::uint32_t begin, std::uint32_t end);

}  // namespace tidbit
