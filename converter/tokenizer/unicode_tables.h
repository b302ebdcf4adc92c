// Unicode's letters, numbers and white space, for the section of byte-level tokenizers.
#pragma once

#include <cstdint>
#include <vector>

namespace tidbit::convert {

// First code point << 2 | format::CharacterClass, ascending; each entry holds until the next.
std::vector<std::uint32_t> unicode_classes();

}  // namespace tidbit::convert
