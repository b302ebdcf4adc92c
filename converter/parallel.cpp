#include "converter/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace tidbit::convert {
namespace {

std::atomic<std::uint32_t> limit{0};

class Job {
 public:
  Job(std::uint32_t count, const std::function<void(std::uint32_t)> &body) : count_(count), body_(body) {}

  void work() {
    try {
      for (std::uint64_t i = next_++; i < count_; i = next_++) body_(static_cast<std::uint32_t>(i));
    } catch (...) {
      next_ = count_;
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = std::current_exception();
    }
  }
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  const std::uint32_t count_;
  const std::function<void(std::uint32_t)> &body_;
  std::atomic<std::uint64_t> next_ = 0;
  std::mutex mutex_;
  std::exception_ptr error_;
};

}  // namespace

void limit_threads(std::uint32_t count) { limit = count; }

std::uint32_t thread_count() { return limit != 0 ? limit.load() : std::max(std::thread::hardware_concurrency(), 1u); }

void in_parallel(std::uint32_t count, const std::function<void(std::uint32_t)> &body) {
  Job job(count, body);
  {
    std::vector<std::jthread> helpers;
    const std::uint32_t threads = std::min(count, thread_count());
    try {
      for (std::uint32_t i = 1; i < threads; ++i) helpers.emplace_back([&job] { job.work(); });
    } catch (const std::system_error &) {  // NOLINT(bugprone-empty-catch): continue with fewer threads
    }
    job.work();
  }
  job.rethrow();
}

}  // namespace tidbit::convert
