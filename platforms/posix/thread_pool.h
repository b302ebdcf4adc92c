// Threads for the library's parallel_for hook.
//
// A job is `count` tasks. The caller publishes the job and takes part in it. Each thread claims the next task with one
// compare-and-swap, so a thread that loses its CPU delays one task rather than a share of the job. Threads without work
// spin briefly and then sleep. With more threads than CPUs they sleep at once, because a spinning thread would keep a
// working one off its CPU.
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

  // Starts threads - 1 threads, since the caller of run() works too. Returns 0 or an error number. Call once.
  int start(uint32_t threads);

  // Runs task(context, i) for each i < count, and returns when all are finished. One caller at a time.
  void run(tidbit_task task, void *context, uint32_t count);

  // run() as a tidbit_parallel_for hook; `pool` is a ThreadPool.
  static void parallel_for(void *pool, tidbit_task task, void *context, uint32_t count);

 private:
  static void *thread_main(void *pool);
  void serve();
  bool work();
  void wait_for_job(uint32_t seen);
  void wait_for_end();
  void wake(Atomic<uint32_t> &sleepers, pthread_cond_t *condition);

  // The high half is the number of the job, the low half the count of its unclaimed tasks. A thread loads the ticket,
  // reads the three fields below, then claims a task. The claim succeeds only if the ticket is unchanged and has tasks
  // left, so the fields belong to this job: no new job is published before all tasks of this one are finished.
  Atomic<uint64_t> ticket_{0};
  Atomic<tidbit_task> task_{nullptr};
  Atomic<void *> context_{nullptr};
  Atomic<uint32_t> count_{0};

  Atomic<uint32_t> job_{0};         // number of the latest job; idle threads wait for it to change
  Atomic<uint32_t> unfinished_{0};  // unfinished tasks of the job; the caller waits for 0
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
