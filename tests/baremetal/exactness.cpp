// Prints the hash of the short logit stream of model_blob for each instruction set of the build and each chunk size.
#include "tests/baremetal/console.h"
#include "tests/support/logit_stream.h"

namespace tidbit::test {
namespace {

void print_stream(const tidbit_model &model, tidbit_isa isa, std::uint32_t chunk) {
  tidbit_options options{};
  options.context = kShortStream;
  options.chunk = chunk;
  options.isa = isa;
  tidbit_session *session = start_session(model, options);
  tidbit_model_info info;
  std::uint64_t hash = 0;
  must(tidbit_info(&model, &info));
  must(hash_short_stream(session, info.vocab_size, chunk, &hash));
  print_hash(hash);
  print(" ");
  print(tidbit_isa_name(tidbit_session_isa(session)));
  print(", chunk ");
  print_number(chunk);
  print("\n");
}

}  // namespace
}  // namespace tidbit::test

int main() {
  using namespace tidbit::test;
  constexpr std::uint32_t kChunks[] = {1, 3};
  tidbit_model model;
  open_model(&model);
  for (int isa = TIDBIT_ISA_SCALAR; isa < TIDBIT_ISA_COUNT; ++isa) {
    const auto set = static_cast<tidbit_isa>(isa);
    if (tidbit_isa_check(set, 0) != TIDBIT_OK) continue;
    for (const std::uint32_t chunk : kChunks) print_stream(model, set, chunk);
  }
  return 0;
}
