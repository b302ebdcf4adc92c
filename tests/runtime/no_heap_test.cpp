// After init, a whole generation runs while all allocations of the process are counted.
#include "tests/support/runner.h"
#include "tests/support/tiny_model.h"

#if defined(TIDBIT_SANITIZED) || !defined(__GLIBC__)
#define TIDBIT_COUNTS_ALLOCATIONS 0
#else
#define TIDBIT_COUNTS_ALLOCATIONS 1

namespace {
bool counting = false;
int allocations = 0;
}  // namespace

extern "C" {
void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *old, size_t bytes);

void *malloc(size_t bytes) {
  allocations += counting;
  return __libc_malloc(bytes);
}
void *calloc(size_t count, size_t bytes) {
  allocations += counting;
  return __libc_calloc(count, bytes);
}
void *realloc(void *old, size_t bytes) {
  allocations += counting;
  return __libc_realloc(old, bytes);
}
}
#endif

namespace tidbit::test {
namespace {

TEST(NoHeap, GenerationAllocatesNothing) {
#if TIDBIT_COUNTS_ALLOCATIONS
  const AlignedBytes blob = build_blob(tiny_llama(format::Format::q8, format::Format::q8));
  tidbit_model model;
  ASSERT_EQ(tidbit_open(blob.data(), blob.size(), &model, nullptr), TIDBIT_OK);
  Runner runner(model, {});
  AlignedBytes image(100000);

  counting = true;
  void *volatile witness = std::malloc(1);
  const int seen = allocations;
  int32_t token = 1;
  tidbit_rng rng{1};
  const tidbit_sampling sampling{0.8f, 10, 0.9f, 0.01f, 1.1f};
  tidbit_status worst = TIDBIT_OK;
  const auto check = [&](tidbit_status status) { worst = status != TIDBIT_OK ? status : worst; };
  for (int i = 0; i < 40; ++i) {
    float *logits = nullptr;
    check(tidbit_prefill(runner.session(), &token, 1, 0, nullptr));
    check(tidbit_logits(runner.session(), &logits, nullptr));
    check(tidbit_sample(logits, 50, &sampling, &rng, &token, 1, &token));
  }
  check(tidbit_save(runner.session(), image.data(), image.size(), nullptr));
  check(tidbit_restore(runner.session(), image.data(), tidbit_save_bytes(runner.session())));
  counting = false;

  std::free(witness);
  EXPECT_EQ(seen, 1) << "the counter does not work";
  EXPECT_EQ(allocations - seen, 0);
  EXPECT_EQ(worst, TIDBIT_OK);
#else
  GTEST_SKIP() << "allocations cannot be counted under a sanitizer or without glibc";
#endif
}

}  // namespace
}  // namespace tidbit::test
