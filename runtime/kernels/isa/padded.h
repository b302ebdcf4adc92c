// For lanes types of 4 elements without masked loads.
#pragma once

#include "base/types.h"

namespace tidbit {
namespace {

// The first n of 4 elements, zeros after them.
template <class T>
struct Padded {
  T all[4] = {};
  Padded(const T *p, std::uint32_t n) {
    for (std::uint32_t i = 0; i < n; ++i) all[i] = p[i];
  }
};

}  // namespace
}  // namespace tidbit
