// Buffers that notice when a kernel steps outside of them.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <span>
#include <vector>

#include "tests/kernels/random_values.h"

namespace tidbit::test {

template <class T>
::testing::AssertionResult same_bits(std::span<const T> expected, std::span<const T> actual) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (result_bits(expected[i]) != result_bits(actual[i])) {
      return ::testing::AssertionFailure()
             << "element " << i << " of " << expected.size() << ": expected " << ::testing::PrintToString(expected[i])
             << ", got " << ::testing::PrintToString(actual[i]);
    }
  }
  return ::testing::AssertionSuccess();
}

// Input: n elements that end where the readable memory ends, so that reading on is a fault.
template <class T>
class Fenced {
 public:
  explicit Fenced(std::size_t n) : size_(n) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t data = (n * sizeof(T) + page - 1) / page * page;
    mapped_ = data + page;
    base_ =
        static_cast<std::byte *>(mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (base_ == MAP_FAILED || mprotect(base_ + data, page, PROT_NONE) != 0) throw std::bad_alloc();
    first_ = reinterpret_cast<T *>(base_ + data) - n;
  }
  Fenced(const Fenced &) = delete;
  Fenced &operator=(const Fenced &) = delete;
  ~Fenced() { munmap(base_, mapped_); }

  T *data() { return first_; }
  const T *data() const { return first_; }
  std::size_t size() const { return size_; }
  T &operator[](std::size_t i) { return first_[i]; }
  T *begin() { return first_; }
  T *end() { return first_ + size_; }

 private:
  std::size_t size_, mapped_;
  std::byte *base_;
  T *first_;
};

// Output: n elements between two runs of a pattern that must survive.
template <class T>
class Guarded {
 public:
  explicit Guarded(std::size_t n) : size_(n), all_(n + 2 * kGuard, pattern()) {}

  T *data() { return all_.data() + kGuard; }
  std::size_t size() const { return size_; }
  T &operator[](std::size_t i) { return data()[i]; }
  std::span<const T> span() const { return {all_.data() + kGuard, size_}; }

  static T pattern() {
    T value;
    std::memset(&value, 0x5A, sizeof value);
    return value;
  }
  bool intact() const {
    for (std::size_t i = 0; i < kGuard; ++i) {
      if (all_[i] != pattern() || all_[kGuard + size_ + i] != pattern()) return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t kGuard = 65;  // odd: nothing in between is aligned by accident
  std::size_t size_;
  std::vector<T> all_;
};

inline void fill(Fenced<float> &to, Random &random, Values values) {
  for (float &x : to) x = random_value(random, values);
}
inline void fill(Fenced<std::uint16_t> &to, Random &random, Values values) {
  for (std::uint16_t &x : to) x = random_half(random, values);
}
inline void fill(Fenced<std::int8_t> &to, Random &random, Values) {
  for (std::int8_t &x : to) x = static_cast<std::int8_t>(random.bits());
}

}  // namespace tidbit::test
