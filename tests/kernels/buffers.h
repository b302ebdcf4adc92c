// Random values and buffers that notice when a kernel steps outside of them.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <limits>
#include <span>
#include <vector>

#include "kernels/kernels.h"

namespace tidbit::test {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 2 + 1) {}

  std::uint32_t bits() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<std::uint32_t>(state_ * 0x2545F4914F6CDD1D >> 32);
  }
  std::uint32_t from_to(std::uint32_t low, std::uint32_t high) { return low + bits() % (high - low + 1); }
  float unit() { return static_cast<float>(static_cast<std::int32_t>(bits())) * 0x1p-31f; }  // [-1, 1)

 private:
  std::uint64_t state_;
};

enum class Values { plain, wide, extreme, not_finite };
inline constexpr Values kAllValues[] = {Values::plain, Values::wide, Values::extreme, Values::not_finite};

inline float random_value(Random &random, Values values) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  // The last eight are where exp, erf and gelu_erf change their course.
  constexpr float kExtremes[] = {0.0f,  -0.0f,  1e-45f, -3e-39f, 1e-38f,     1e-30f,      -1e-20f, -1.0f,
                                 88.5f, -87.5f, 1e15f,  -1e30f,  1e30f,      3e38f,       -3e38f,  1.0f,
                                 87.0f, -87.0f, 88.0f,  -88.0f,  1.4142135f, -1.4142137f, 4.0f};
  constexpr float kNotFinite[] = {kInfinity, -kInfinity, std::numeric_limits<float>::quiet_NaN()};
  const float value = random.unit();
  const std::uint32_t choice = random.bits();
  switch (values) {
    case Values::plain:
      return value * 4;
    case Values::wide:
      return std::ldexp(value, static_cast<int>(choice % 80) - 40);
    case Values::extreme:
      return choice % 3 == 0 ? kExtremes[choice / 3 % std::size(kExtremes)] : value;
    case Values::not_finite:
      return choice % 29 == 0 ? kNotFinite[choice / 29 % 3] : value;
  }
  return value;
}

inline std::uint16_t random_half(Random &random, Values values) {
  const std::uint32_t bits = random.bits();
  if (values == Values::plain) return static_cast<std::uint16_t>((bits & 0x83FF) | 0x3000);  // 2^-3 to 2^-2
  const bool finite = values != Values::not_finite;
  return static_cast<std::uint16_t>(finite && (bits & 0x7C00) == 0x7C00 ? bits & 0xBFFF : bits);
}

// The bits of float results; NaN is NaN, whatever its payload.
inline std::uint32_t result_bits(float x) { return std::isnan(x) ? 0x7FC00000 : std::bit_cast<std::uint32_t>(x); }
inline std::uint32_t result_bits(std::uint16_t x) { return x; }
inline std::uint32_t result_bits(std::int8_t x) { return static_cast<std::uint8_t>(x); }
inline std::uint32_t result_bits(std::int32_t x) { return static_cast<std::uint32_t>(x); }
inline CodeSums result_bits(CodeSums x) { return x; }

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
