// Calls the library with a poll hook, for the plugin that counts the instructions from one call of poll_mark to the
// next. The request selects what is measured:
//   prefill    a prompt that fills the context, in chunks of the default size
//   logits     after the last position
//   next       tidbit_next at the last position, greedy
//   sampled    the same with all steps of sampling
//   tokenize   requests of 1 KB, one of them without a single space
//   verify     the checksums of the blob
//   hash       the blob's SHA-512, as tidbit_verify_signature computes it
#include "tests/baremetal/console.h"
#include "trust/pieces.h"
#include "trust/sha512.h"

// Its address ends a gap.
extern "C" [[gnu::noinline]] void poll_mark() { asm volatile(""); }

namespace tidbit::test {
namespace {

bool measured = false;  // for the preparation, the hook marks nothing

int hook(void *) {
  if (measured) poll_mark();
  return 0;
}

// What comes before the first call of the hook and after the last one is a gap too.
template <class Call>
void measure(Call call) {
  measured = true;
  poll_mark();
  call();
  poll_mark();
  measured = false;
}

tidbit_model model;

struct Run {
  Run() {
    must(tidbit_info(&model, &info));
    tidbit_options options{};
    options.poll = hook;
    session = start_session(model, options);
    context = tidbit_context(session);
    if (context > kMost) fail("the context is too long");
    for (std::uint32_t i = 0; i < context; ++i) tokens[i] = static_cast<std::int32_t>(i * 37 % info.vocab_size);
  }
  void feed(std::uint32_t count) { must(tidbit_prefill(session, tokens, count, 0, nullptr)); }

  static constexpr std::uint32_t kMost = 256;
  tidbit_model_info info;
  tidbit_session *session;
  std::uint32_t context;
  std::int32_t tokens[kMost];
};

void measure_prefill() {
  Run run;
  measure([&] { run.feed(run.context); });
}

void measure_logits() {
  Run run;
  run.feed(run.context);
  float *logits = nullptr;
  measure([&] { must(tidbit_logits(run.session, &logits, nullptr)); });
}

void measure_next(const tidbit_sampling &sampling) {
  Run run;
  run.feed(run.context - 1);
  tidbit_rng rng{1};
  std::int32_t token = -1;
  measure([&] { must(tidbit_next(run.session, &sampling, &rng, run.tokens, 64, &token)); });
  if (tidbit_position(run.session) != run.context) fail("the token ends the text");
}

void measure_tokenize() {
  constexpr std::uint32_t kBytes = 1024;
  static std::uint64_t workspace[TIDBIT_TOKENIZE_BYTES(kBytes) / 8];
  static std::int32_t tokens[2 * kBytes];
  static char text[kBytes];
  constexpr const char *parts[] = {"dim the kitchen lamp to thirty percent at half past six, ", "internationalisation",
                                   " ", "\xE6\x9D\xB1"};
  const tidbit_tokenize_options options{TIDBIT_TEXT_SPECIAL | TIDBIT_TEXT_PARSE, 0, hook, nullptr};
  for (const char *part : parts) {
    const std::size_t length = strlen(part);
    for (std::size_t i = 0; i < kBytes; ++i) text[i] = part[i % length];
    std::uint32_t count = 0;
    measure([&] {
      must(tidbit_tokenize(&model, text, kBytes, &options, workspace, sizeof workspace, tokens, 2 * kBytes, &count));
    });
  }
}

void measure_verify() {
  measure([] { must(tidbit_verify(&model, hook, nullptr, nullptr)); });
}

void measure_hash() {
  Sha512 hash;
  const auto *blob = reinterpret_cast<const std::byte *>(model_blob);
  const auto bytes = static_cast<std::size_t>(model_blob_end - model_blob);
  measure([&] {
    if (!update_in_pieces(hash, blob, bytes, hook, nullptr)) fail("canceled");
  });
}

void run(const char *what) {
  const auto is = [&](const char *name) { return strcmp(what, name) == 0; };
  open_model(&model);
  if (is("prefill")) return measure_prefill();
  if (is("logits")) return measure_logits();
  if (is("next")) return measure_next({});
  if (is("sampled")) return measure_next({0.8f, 20, 0.9f, 0.01f, 1.1f});
  if (is("tokenize")) return measure_tokenize();
  if (is("verify")) return measure_verify();
  if (is("hash")) return measure_hash();
  fail("unknown request");
}

}  // namespace
}  // namespace tidbit::test

int main() {
  char text[64] = "";
  semihosting_command_line(text, sizeof text);
  tidbit::test::run(text);
  return 0;
}
