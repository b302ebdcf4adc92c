// llama2.c's tokenizer.bin.
#include "tests/fuzz/readers.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  tidbit::fuzz::check_files({"tokenizer.bin"}, {std::string(reinterpret_cast<const char *>(data), size)});
  return 0;
}
