// vocab.txt, tokenizer_config.json and config.json.
#include "tests/fuzz/readers.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  using namespace tidbit::fuzz;
  check_files({"vocab.txt", "tokenizer_config.json", "config.json"}, split_files(data, size));
  return 0;
}
