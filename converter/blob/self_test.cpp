#include "converter/blob/self_test.h"

#include <algorithm>
#include <cmath>

#include "base/hash.h"
#include "converter/blob/blob_session.h"
#include "converter/error.h"

namespace tidbit::convert {
namespace {

constexpr std::uint32_t kTokens = 4;
constexpr std::uint32_t kPieces = 64;  // of each operation; the blob's pages are released after each

// What the session's callbacks need.
struct Run {
  const BlobView &blob;
  std::function<void()> step;
};

// Runs the tasks in order on this thread.
void in_pieces(void *user, tidbit_task task, void *context, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    task(context, i);
    static_cast<const Run *>(user)->blob.release_pages();
  }
}

int count_step(void *user) {
  static_cast<const Run *>(user)->step();
  return 0;
}

// A NaN has other bits on other processors, so its hash would fail there.
void check_numbers(const float *logits, std::uint32_t count) {
  if (std::none_of(logits, logits + count, [](float logit) { return std::isnan(logit); })) return;
  throw ConvertError("the model's outputs are NaN: values overflow on the way; try --kv f32 or --weights f32");
}

// Of an encoder.
std::uint64_t hash_vectors(tidbit_session *session, const format::SelfTest &test) {
  check_status(tidbit_encode(session, test.tokens, &test.token_count, 1), "tidbit_encode");
  Hash64 hash;
  for (std::uint32_t i = 0; i < test.token_count; ++i) {
    const float *vector = nullptr;
    std::uint32_t width = 0;
    check_status(tidbit_hidden(session, i, &vector, &width), "tidbit_hidden");
    check_numbers(vector, width);
    hash.update(vector, width * sizeof(float));
  }
  return hash.digest();
}

}  // namespace

format::SelfTest self_test_tokens(const format::Config &config) {
  format::SelfTest test = {};
  test.token_count = std::min(kTokens, config.default_context);
  std::uint64_t state = 1;
  for (std::uint32_t i = 0; i < test.token_count; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    test.tokens[i] = static_cast<std::int32_t>((state >> 33) % config.vocab_size);
  }
  return test;
}

std::uint64_t hash_self_test(const BlobView &blob, const format::SelfTest &test,
                             const std::function<void(std::uint64_t done, std::uint64_t total)> &progress) {
  const tidbit_model_info info = blob.info();
  const std::uint64_t steps = std::uint64_t{info.layers} + test.token_count;  // layers, then rows of logits
  std::uint64_t done = 0;
  Run run{blob, [&] {
            if (progress) progress(std::min(++done, steps - 1), steps);
          }};
  tidbit_options options = {};
  options.context = options.chunk = test.token_count;
  options.workers = kPieces;
  options.isa = TIDBIT_ISA_SCALAR;
  options.parallel_for = in_pieces;
  options.poll = count_step;
  options.parallel_user = options.poll_user = &run;
  BlobSession session(blob, options);
  if (info.is_encoder != 0) return hash_vectors(session.get(), test);
  check_status(tidbit_prefill(session.get(), test.tokens, test.token_count, 0, nullptr), "tidbit_prefill");
  Hash64 hash;
  for (std::uint32_t i = 0; i < test.token_count; ++i) {
    float *logits = nullptr;
    check_status(tidbit_logits_at(session.get(), i, &logits, nullptr), "tidbit_logits_at");
    check_numbers(logits, info.vocab_size);
    hash.update(logits, info.vocab_size * sizeof(float));
    run.step();
  }
  if (progress) progress(steps, steps);
  return hash.digest();
}

}  // namespace tidbit::convert
