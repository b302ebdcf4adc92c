// A SentencePiece model, which is a protocol buffer.
#include "tests/fuzz/readers.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  tidbit::fuzz::check_files({"tokenizer.model"}, {std::string(reinterpret_cast<const char *>(data), size)});
  return 0;
}
