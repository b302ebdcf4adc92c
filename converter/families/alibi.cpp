#include "converter/families/alibi.h"

#include <bit>
#include <cmath>

namespace tidbit::convert {

std::vector<float> alibi_slopes(std::uint32_t heads, double bias_max) {
  const std::uint32_t whole = std::bit_floor(heads);
  std::vector<float> slopes;
  for (std::uint32_t i = 1; i <= whole; ++i) slopes.push_back(static_cast<float>(std::exp2(-bias_max * i / whole)));
  for (std::uint32_t i = 1; slopes.size() < heads; i += 2) {
    slopes.push_back(static_cast<float>(std::exp2(-bias_max * i / (2.0 * whole))));
  }
  return slopes;
}

}  // namespace tidbit::convert
