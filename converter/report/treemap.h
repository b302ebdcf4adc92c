// A squarified treemap: a rectangle is cut into rectangles of given areas that are as close to squares as a greedy
// choice makes them (Bruls, Huizing, van Wijk 2000).
#pragma once

#include <cstdint>
#include <vector>

namespace tidbit::convert {

struct Box {
  double x = 0, y = 0, width = 0, height = 0;

  Box shrunk(double left, double top, double right, double bottom) const;
};

// One box per size, in the order of the sizes, which need not be sorted. Their areas are as the sizes.
std::vector<Box> treemap(const std::vector<std::uint64_t> &sizes, Box box);

}  // namespace tidbit::convert
