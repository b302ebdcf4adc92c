// Letters, numbers and white space of Unicode, for the byte-level tokenizers that need them in their section.
#pragma once

#include <cstdint>
#include <vector>

namespace tidbit::convert {

// First code point << 2 | format::CharacterClass, ascending; each holds until the next.
std::vector<std::uint32_t> unicode_classes();

}  // namespace tidbit::convert
