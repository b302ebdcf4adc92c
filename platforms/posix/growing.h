// An array of plain elements that grows, without the C++ library.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

namespace tidbit::posix {

// realloc and free, in a file of their own: clang-tidy's analyzer loses track of memory that an array owns.
void *resize_memory(void *data, size_t bytes);
void free_memory(void *data);

template <class T>
class Growing {
 public:
  Growing() = default;
  ~Growing() { free_memory(data_); }
  Growing(const Growing &) = delete;
  Growing &operator=(const Growing &) = delete;

  T *data() { return data_; }
  const T *data() const { return data_; }
  size_t count() const { return count_; }
  T &operator[](size_t i) { return data_[i]; }
  const T &operator[](size_t i) const { return data_[i]; }

  // Both return false if there is not enough memory.
  bool reserve(size_t count) {
    if (count <= capacity_) return true;
    if (count > SIZE_MAX / 2 / sizeof(T)) return false;
    const size_t capacity = count < 2 * capacity_ ? 2 * capacity_ : count;
    void *data = resize_memory(data_, capacity * sizeof(T));
    if (data == nullptr) return false;
    data_ = static_cast<T *>(data);
    capacity_ = capacity;
    return true;
  }
  // Puts elements in front of element `at`.
  bool insert(size_t at, const T *elements, size_t count) {
    if (!reserve(count_ + count)) return false;
    if (count_ > at) memmove(data_ + at + count, data_ + at, (count_ - at) * sizeof(T));
    if (count > 0) memcpy(data_ + at, elements, count * sizeof(T));
    count_ += count;
    return true;
  }
  bool append(const T *elements, size_t count) { return insert(count_, elements, count); }

  void remove(size_t at, size_t count) {
    if (count_ > at + count) memmove(data_ + at, data_ + at + count, (count_ - at - count) * sizeof(T));
    count_ -= count;
  }
  void cut(size_t count) { count_ = count; }
  void swap(Growing &other) {
    T *data = data_;
    const size_t count = count_, capacity = capacity_;
    data_ = other.data_, count_ = other.count_, capacity_ = other.capacity_;
    other.data_ = data, other.count_ = count, other.capacity_ = capacity;
  }

 private:
  T *data_ = nullptr;
  size_t count_ = 0, capacity_ = 0;
};

}  // namespace tidbit::posix
