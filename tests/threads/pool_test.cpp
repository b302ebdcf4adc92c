// The thread pool runs each task once, for any number of threads and tasks.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <vector>

#include "posix/thread_pool.h"

namespace tidbit::test {
namespace {

struct Counts {
  std::vector<int> done;
};

// Increments without atomics, so that ThreadSanitizer reports a race if two threads run the same task.
void count_task(void *context, uint32_t index) { ++static_cast<Counts *>(context)->done[index]; }

void expect_each_once(posix::ThreadPool &pool, uint32_t tasks) {
  Counts counts{std::vector<int>(tasks, 0)};
  pool.run(count_task, &counts, tasks);
  EXPECT_EQ(counts.done, std::vector<int>(tasks, 1));
}

TEST(ThreadPool, DoesEachTaskOnceInManyJobs) {
  for (const uint32_t threads : {1u, 2u, 5u, 16u}) {
    posix::ThreadPool pool;
    ASSERT_EQ(pool.start(threads), 0);
    for (uint32_t job = 0; job < 2000; ++job) expect_each_once(pool, job % 23);
  }
}

TEST(ThreadPool, WakesThreadsThatSleep) {
  posix::ThreadPool pool;
  ASSERT_EQ(pool.start(4), 0);
  for (int round = 0; round < 5; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    expect_each_once(pool, 100);
  }
}

TEST(ThreadPool, EndsWithoutAJob) {
  for (int i = 0; i < 50; ++i) {
    posix::ThreadPool pool;
    ASSERT_EQ(pool.start(8), 0);
  }
}

}  // namespace
}  // namespace tidbit::test
