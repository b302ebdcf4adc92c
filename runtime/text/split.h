// Splits a text into words, which are merged separately.
#pragma once

#include "text/steps.h"
#include "text/tables.h"

namespace tidbit {

// The end of the word that begins at `begin` < `end`; always greater than `begin`, unless the steps end. Reads nothing
// from `end` on.
std::uint32_t word_end(const Tables &tables, Steps &steps, const char *text, std::uint32_t begin, std::uint32_t end);

}  // namespace tidbit
