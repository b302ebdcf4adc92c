// Prints the hash of the hashes of the short logit streams of several models, which follow each other in model_blob,
// for each instruction set of the build and each chunk size.
#include "format/blob_format.h"
#include "tests/baremetal/console.h"
#include "tests/support/vector_stream.h"

namespace tidbit::test {
namespace {

std::uint64_t hash_model(const unsigned char *blob, std::size_t bytes, tidbit_isa isa, std::uint32_t chunk) {
  tidbit_model model;
  tidbit_model_info info;
  must(tidbit_open(blob, bytes, &model, nullptr));
  must(tidbit_info(&model, &info));
  tidbit_options options{};
  options.context = kShortStream;
  options.chunk = chunk;
  options.isa = isa;
  std::uint64_t hash = 0;
  tidbit_session *session = start_session(model, options);
  must(info.is_encoder != 0 ? hash_short_vectors(session, info.vocab_size, &hash)
                            : hash_short_stream(session, info.vocab_size, chunk, &hash));
  return hash;
}

void print_models(tidbit_isa isa, std::uint32_t chunk) {
  Hash64 hashes;
  for (const unsigned char *blob = model_blob; blob != model_blob_end;) {
    format::Header header;
    memcpy(&header, blob, sizeof header);
    const std::uint64_t hash = hash_model(blob, static_cast<std::size_t>(header.blob_bytes), isa, chunk);
    hashes.update(&hash, sizeof hash);
    blob += header.blob_bytes;
  }
  print_hash(hashes.digest());
  print(" ");
  print(tidbit_isa_name(isa));
  print(", chunk ");
  print_number(chunk);
  print("\n");
}

}  // namespace
}  // namespace tidbit::test

int main() {
  using namespace tidbit::test;
  constexpr std::uint32_t kChunks[] = {1, 3};
  for (int isa = TIDBIT_ISA_SCALAR; isa < TIDBIT_ISA_COUNT; ++isa) {
    const auto set = static_cast<tidbit_isa>(isa);
    if (tidbit_isa_check(set, 0) != TIDBIT_OK) continue;
    for (const std::uint32_t chunk : kChunks) print_models(set, chunk);
  }
  return 0;
}
