#include "converter/tokenizer/unicode_tables.h"

namespace tidbit::convert {

std::vector<std::uint32_t> unicode_classes() {
  return {
#include "converter/tokenizer/unicode_tables.inc"
  };
}

}  // namespace tidbit::convert
