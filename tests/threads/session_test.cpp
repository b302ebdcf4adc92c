// Sessions whose tasks run on the thread pool, and sessions of several threads that share a model. The results are
// compared here; ThreadSanitizer looks for races.
#include <thread>

#include "posix/thread_pool.h"
#include "tests/support/cpu.h"
#include "tests/support/runner.h"
#include "tests/support/tiny_model.h"

namespace tidbit::test {
namespace {

using format::Format;

constexpr std::uint32_t kVocab = 50;
constexpr std::uint32_t kTokens = 40;

std::vector<tidbit_isa> isas() {
  std::vector<tidbit_isa> list;
  for (int i = TIDBIT_ISA_SCALAR; i < TIDBIT_ISA_COUNT; ++i) {
    const auto isa = static_cast<tidbit_isa>(i);
    if (tidbit_isa_check(isa, cpu_features()) == TIDBIT_OK) list.push_back(isa);
  }
  return list;
}

std::vector<float> logits_of(const tidbit_model &model, tidbit_isa isa, std::uint32_t chunk,
                             posix::ThreadPool *pool = nullptr, std::uint32_t workers = 1) {
  tidbit_options options{};
  options.isa = isa;
  options.cpu = cpu_features();
  options.chunk = chunk;
  options.workers = workers;
  options.parallel_for = pool != nullptr ? posix::ThreadPool::parallel_for : nullptr;
  options.parallel_user = pool;
  Runner runner(model, options);
  return runner.logits_of(some_tokens(kVocab, kTokens), chunk, kVocab);
}

TEST(SessionOnThreads, GivesTheSameBitsAsOnOne) {
  posix::ThreadPool pool;
  ASSERT_EQ(pool.start(3), 0);
  for (const TinyModel &tiny : {tiny_llama(Format::q4, Format::q8), tiny_gpt2(Format::q8, Format::f16), tiny_mixed()}) {
    const AlignedBytes blob = build_blob(tiny);
    const tidbit_model model = opened(blob);
    for (const tidbit_isa isa : isas()) {
      const std::vector<float> expected = logits_of(model, isa, 1);
      for (const std::uint32_t chunk : {1u, 7u, kTokens}) {
        EXPECT_EQ(logits_of(model, isa, chunk, &pool, 4), expected) << tidbit_isa_name(isa) << ", chunk " << chunk;
      }
    }
  }
}

TEST(SessionsOnThreads, ShareAModel) {
  const AlignedBytes blob = build_blob(tiny_llama(Format::q8, Format::q8));
  const tidbit_model model = opened(blob);
  const std::vector<float> expected = logits_of(model, TIDBIT_ISA_AUTO, 7);
  std::vector<std::vector<float>> results(3);
  std::vector<std::thread> threads;
  for (std::vector<float> &result : results) {
    threads.emplace_back([&] { result = logits_of(model, TIDBIT_ISA_AUTO, 7); });
  }
  for (std::thread &thread : threads) thread.join();
  for (const std::vector<float> &result : results) EXPECT_EQ(result, expected);
}

}  // namespace
}  // namespace tidbit::test
