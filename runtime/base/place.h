// Placement new without <new>: `new (Place{memory}) T` makes a T in this memory, which must be large enough for it and
// aligned.
#pragma once

#include "base/types.h"

namespace tidbit {

struct Place {
  void *memory;
};

}  // namespace tidbit

[[gnu::always_inline]] inline void *operator new(std::size_t, tidbit::Place place) { return place.memory; }
