// Any bytes may be the tokenizer section of a blob. What is not refused stays inside the section.
#include "tests/fuzz/forge.h"
#include "tests/tokenizers/support.h"
#include "text/tokenizer_format.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  constexpr std::uint32_t kVocab = 4096;
  tidbit::convert::ImportedTokenizer tokenizer;
  const auto *bytes = reinterpret_cast<const std::byte *>(data);
  tokenizer.section.assign(bytes, bytes + size);
  const tidbit::test::TextModel model(tokenizer, kVocab);
  std::uint64_t fault = 0;
  if (model.check(&fault) == TIDBIT_OK) {
    tidbit::test::use_everything(model);
  } else {
    EXPECT_LT(fault, sizeof(tidbit::format::TokenizerHeader));
  }
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t *data, std::size_t size, std::size_t most, unsigned seed) {
  const std::size_t head = std::min(size, sizeof(tidbit::format::TokenizerHeader));
  return tidbit::fuzz::mutate_with_head(data, size, most, head, seed);
}
