#include "posix/thread_pool.h"

#include <signal.h>

#include "posix/clock.h"
#include "posix/cpu_features.h"

namespace tidbit::posix {
namespace {

// Longer than the gap between two parallel steps of a forward pass, shorter than anyone notices.
constexpr double kSpinSeconds = 50e-6;

constexpr size_t kStackBytes = size_t{1} << 20;  // musl's default of 128 KB is tight for instrumented builds

void pause_cpu() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  __asm__ volatile("yield");
#endif
}

// Spins until `value` is no longer `old`. Returns false when the time is up.
bool spin_until_changed(const Atomic<uint32_t> &value, uint32_t old, double seconds) {
  if (seconds <= 0) return false;
  const double end = seconds_now() + seconds;
  do {
    for (int i = 0; i < 32; ++i) {
      if (value.load() != old) return true;
      pause_cpu();
    }
  } while (seconds_now() < end);
  return false;
}

// Only the main thread takes signals: it may be waiting in a read that they must interrupt. SIGBUS belongs to the
// thread whose access failed; blocked, it would end the process before its handler runs.
int create_without_signals(pthread_t *thread, void *(*entry)(void *), void *argument) {
  sigset_t all, before;
  sigfillset(&all);
  sigdelset(&all, SIGBUS);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int error = pthread_create(thread, &attributes, entry, argument);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  return error;
}

}  // namespace

ThreadPool::~ThreadPool() {
  stopping_.store(1);
  job_.add(1);
  wake(idle_sleepers_, &job_published_);
  for (uint32_t i = 0; i < thread_count_; ++i) pthread_join(threads_[i], nullptr);
}

int ThreadPool::start(uint32_t threads) {
  spin_seconds_ = threads <= cpu_count() ? kSpinSeconds : 0;
  for (uint32_t i = 1; i < threads && i < kMostThreads; ++i) {
    const int error = create_without_signals(&threads_[thread_count_], thread_main, this);
    if (error != 0) return error;
    ++thread_count_;
  }
  return 0;
}

void ThreadPool::run(tidbit_task task, void *context, uint32_t count) {
  if (thread_count_ == 0 || count < 2) {
    for (uint32_t i = 0; i < count; ++i) task(context, i);
    return;
  }
  task_.store(task);
  context_.store(context);
  count_.store(count);
  unfinished_.store(count);
  const uint64_t number = job_.load() + uint64_t{1};
  ticket_.store(number << 32 | count);
  job_.add(1);
  wake(idle_sleepers_, &job_published_);
  while (work()) {
  }
  wait_for_end();
}

void ThreadPool::parallel_for(void *pool, tidbit_task task, void *context, uint32_t count) {
  static_cast<ThreadPool *>(pool)->run(task, context, count);
}

void *ThreadPool::thread_main(void *pool) {
  static_cast<ThreadPool *>(pool)->serve();
  return nullptr;
}

void ThreadPool::serve() {
  while (true) {
    const uint32_t seen = job_.load();
    if (stopping_.load() != 0) return;
    while (work()) {
    }
    wait_for_job(seen);
  }
}

// Claims a task and runs it. Returns false if none is left.
bool ThreadPool::work() {
  uint64_t ticket;
  uint32_t index, left;
  tidbit_task task;
  void *context;
  do {
    ticket = ticket_.load();
    left = static_cast<uint32_t>(ticket);
    if (left == 0) return false;
    task = task_.load();
    context = context_.load();
    index = count_.load() - left;
  } while (!ticket_.replace(ticket, ticket - 1));
  task(context, index);
  if (unfinished_.subtract(1) == 0) wake(caller_sleeps_, &job_ended_);
  return true;
}

void ThreadPool::wait_for_job(uint32_t seen) {
  if (spin_until_changed(job_, seen, spin_seconds_)) return;
  pthread_mutex_lock(&mutex_);
  idle_sleepers_.add(1);
  while (job_.load() == seen) pthread_cond_wait(&job_published_, &mutex_);
  idle_sleepers_.subtract(1);
  pthread_mutex_unlock(&mutex_);
}

void ThreadPool::wait_for_end() {
  for (uint32_t left = unfinished_.load(); left != 0; left = unfinished_.load()) {
    if (!spin_until_changed(unfinished_, left, spin_seconds_)) break;
  }
  if (unfinished_.load() == 0) return;
  pthread_mutex_lock(&mutex_);
  caller_sleeps_.store(1);
  while (unfinished_.load() != 0) pthread_cond_wait(&job_ended_, &mutex_);
  caller_sleeps_.store(0);
  pthread_mutex_unlock(&mutex_);
}

// A sleeper increments the count before it checks the value that it waits for, and the waker changes the value before
// it checks the count. So at least one of them sees what the other did, and no wake-up is lost.
void ThreadPool::wake(Atomic<uint32_t> &sleepers, pthread_cond_t *condition) {
  if (sleepers.load() == 0) return;
  pthread_mutex_lock(&mutex_);
  pthread_cond_broadcast(condition);
  pthread_mutex_unlock(&mutex_);
}

}  // namespace tidbit::posix
