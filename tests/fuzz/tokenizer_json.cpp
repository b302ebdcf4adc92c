// Hugging Face's tokenizer.json, and tokenizer_config.json beside it.
#include "tests/fuzz/readers.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  using namespace tidbit::fuzz;
  check_files({"tokenizer.json", "tokenizer_config.json"}, split_files(data, size));
  return 0;
}
