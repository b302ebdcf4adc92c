// The parts of <atomic> that the thread pool needs, made from compiler builtins: the C++ library is not linked, and
// with musl its headers are not available either.
#pragma once

namespace tidbit::posix {

// Every operation is sequentially consistent; the pool's sleeping and waking relies on it.
template <typename T>
class Atomic {
 public:
  explicit Atomic(T value) : value_(value) {}
  Atomic(const Atomic &) = delete;
  Atomic &operator=(const Atomic &) = delete;

  T load() const { return __atomic_load_n(&value_, __ATOMIC_SEQ_CST); }
  void store(T value) { __atomic_store_n(&value_, value, __ATOMIC_SEQ_CST); }
  T add(T value) { return __atomic_add_fetch(&value_, value, __ATOMIC_SEQ_CST); }
  T subtract(T value) { return __atomic_sub_fetch(&value_, value, __ATOMIC_SEQ_CST); }
  // Replaces `expected` by `wanted`; returns false, and changes nothing, if the value was not `expected`.
  bool replace(T expected, T wanted) {
    return __atomic_compare_exchange_n(&value_, &expected, wanted, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  }

 private:
  T value_;
};

}  // namespace tidbit::posix
