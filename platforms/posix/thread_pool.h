// Threads for the library's parallel_for hook.
//
// A job is `count` tasks. The caller publishes it and takes part; each thread claims the next task with one
// compare-and-swap, so a thread that the system took off its CPU holds up one task and not a share of the job.
// Threads without work spin shortly and then sleep; with more threads than CPUs they sleep at once, because a spinning
// thread would then keep a working one from its CPU.
#pragma once

#include <pthread.h>
#include <stdint.h>

#include "posix/atomic.h"
#include "tidbit/tidbit.h"

namespace tidbit::posix {

class ThreadPool {
 public:
  static constexpr uint32_t kMostThreads = 64;

  ThreadPool() = default;
  ~ThreadPool();
  ThreadPool(const ThreadPool &) = delete;
  ThreadPool &operator=(const ThreadPool &) = delete;

  // Starts threads - 1 threads; the caller of run() is the last one. 0 or the system's error number. Call once.
  int start(uint32_t threads);

  // Returns when every task has ended. One caller at a time.
  void run(tidbit_task task, void *context, uint32_t count);

  // The same as a tidbit_parallel_for; `pool` is a ThreadPool.
  static void parallel_for(void *pool, tidbit_task task, void *context, uint32_t count);

 private:
  static void *thread_main(void *pool);
  void serve();
  bool work();
  void wait_for_job(uint32_t seen);
  void wait_for_end();
  void wake(Atomic<uint32_t> &sleepers, pthread_cond_t *condition);

  // The high half is the number of the job, the low half its tasks that nobody has claimed. A thread reads the
  // three fields below between a load of the ticket and a claim. The claim succeeds only on an unchanged ticket with
  // tasks left, so no new job can have been written meanwhile: a job ends after its last task.
  Atomic<uint64_t> ticket_{0};
  Atomic<tidbit_task> task_{nullptr};
  Atomic<void *> context_{nullptr};
  Atomic<uint32_t> count_{0};

  Atomic<uint32_t> job_{0};         // number of the last job; idle threads wait for it to change
  Atomic<uint32_t> unfinished_{0};  // tasks of the job that have not ended; the caller waits for 0
  Atomic<uint32_t> stopping_{0};
  Atomic<uint32_t> idle_sleepers_{0};
  Atomic<uint32_t> caller_sleeps_{0};
  double spin_seconds_ = 0;

  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t job_published_ = PTHREAD_COND_INITIALIZER;
  pthread_cond_t job_ended_ = PTHREAD_COND_INITIALIZER;
  pthread_t threads_[kMostThreads] = {};
  uint32_t thread_count_ = 0;
};

}  // namespace tidbit::posix
