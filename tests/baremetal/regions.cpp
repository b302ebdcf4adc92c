// The short logit stream with the parts of the session in different memories: keys and values in the board's SRAM, the
// frequently used parts in tightly coupled memory, the weights where the linker script puts the blob.
#include "tests/baremetal/console.h"
#include "tests/support/logit_stream.h"

namespace tidbit::test {
namespace {

constexpr std::size_t kMostBytes = 64 * 1024;
[[gnu::section(".sram")]] alignas(TIDBIT_ALIGNMENT) unsigned char keys_and_values[kMostBytes];
alignas(TIDBIT_ALIGNMENT) unsigned char state[kMostBytes],
    activations[kMostBytes], logits[kMostBytes], scratch[kMostBytes];

tidbit_session *start_in_regions(const tidbit_model &model, const tidbit_options &options) {
  tidbit_memory parts{};
  parts.data[TIDBIT_PART_STATE] = state;
  parts.data[TIDBIT_PART_KV] = keys_and_values;
  parts.data[TIDBIT_PART_ACTIVATIONS] = activations;
  parts.data[TIDBIT_PART_LOGITS] = logits;
  parts.data[TIDBIT_PART_SCRATCH] = scratch;
  for (std::size_t &bytes : parts.bytes) bytes = kMostBytes;
  tidbit_session *session = nullptr;
  must(tidbit_init(&model, &options, &parts, &session, nullptr));
  return session;
}

void print_place(const char *name, const void *place) {
  print(name);
  semihosting_write_number(reinterpret_cast<std::uintptr_t>(place), 16, 8);
}

}  // namespace
}  // namespace tidbit::test

int main() {
  using namespace tidbit::test;
  tidbit_model model;
  open_model(&model);
  tidbit_options options{};
  options.context = kShortStream;
  options.chunk = 3;
  tidbit_session *session = start_in_regions(model, options);
  tidbit_model_info info;
  std::uint64_t hash = 0;
  must(tidbit_info(&model, &info));
  must(hash_short_stream(session, info.vocab_size, options.chunk, &hash));
  print_hash(hash);
  print_place(" weights ", model_blob);
  print_place(", kv ", keys_and_values);
  print_place(", activations ", activations);
  print("\n");
  return 0;
}
