// Measures the most stack that the library uses: makes every call of a session with model_blob from a main() that uses
// almost no stack itself. The stack of main() is included.
#include "startup.h"
#include "tests/baremetal/console.h"

namespace tidbit::test {
namespace {

constexpr std::uint32_t kMost = 2048, kContext = 48, kChunk = 8, kSteps = 4;

tidbit_model model;
tidbit_model_info info;
tidbit_stream stream;
std::uint64_t workspace[512];
std::int32_t tokens[kContext];
unsigned char image[128 << 10];

void choose(tidbit_session *session, const tidbit_sampling &sampling) {
  static tidbit_rng rng{1};
  float *logits = nullptr;
  must(tidbit_logits(session, &logits, nullptr));
  must(tidbit_sample(logits, info.vocab_size, &sampling, &rng, tokens, 2, tokens));
}

void generate(tidbit_session *session) {
  static const char *const stops[] = {"never", "there"};
  static const tidbit_sampling sampling{0.8f, 20, 0.9f, 0.01f, 1.1f}, greedy{};
  static constexpr char text[] = "dim the kitchen lamp to thirty percent at half past six";
  std::uint32_t count = 0, bytes = 0;
  const char *piece = nullptr;
  const tidbit_tokenize_options parse{TIDBIT_TEXT_SPECIAL | TIDBIT_TEXT_PARSE, 0, nullptr, nullptr};
  must(tidbit_tokenize(&model, text, sizeof text - 1, &parse, workspace, sizeof workspace, tokens, kContext, &count));
  must(tidbit_stream_init(&stream, &model, 0, stops, 2));
  must(tidbit_prefill(session, tokens, count, 0, nullptr));
  for (std::uint32_t i = 0; i < kSteps; ++i) {
    choose(session, i % 2 == 0 ? sampling : greedy);
    must(tidbit_prefill(session, tokens, 1, 0, nullptr));
    must(tidbit_stream_push(&stream, tokens[0], &piece, &bytes));
  }
  must(tidbit_stream_end(&stream, &piece, &bytes));
}

void run() {
  open_model(&model);
  must(tidbit_verify(&model, nullptr, nullptr, nullptr));
  must(tidbit_info(&model, &info));
  tidbit_options options{};
  options.context = kContext;
  options.chunk = kChunk;
  tidbit_session *session = start_session(model, options);
  generate(session);
  std::uint64_t bytes = 0;
  must(tidbit_save(session, image, sizeof image, &bytes));
  must(tidbit_restore(session, image, static_cast<std::size_t>(bytes)));
}

}  // namespace
}  // namespace tidbit::test

int main() {
  using namespace tidbit::test;
  run();
  const std::uint32_t used = startup_stack_used();
  print_number(used);
  print(" bytes of stack\n");
  return used < kMost ? 0 : 1;
}
