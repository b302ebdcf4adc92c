// Any text may be a regular expression: it is refused, or becomes a grammar that the library takes.
#include "tests/fuzz/grammars.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  tidbit::fuzz::compile({reinterpret_cast<const char *>(data), size}, tidbit::convert::compile_regex);
  return 0;
}
