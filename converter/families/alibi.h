// The slopes of ALiBi (Press et al. 2022) for any number of heads.
#pragma once

#include <cstdint>
#include <vector>

namespace tidbit::convert {

// Powers of 2^(-bias_max / n) for the largest power of two n <= heads, then every other power for 2 n.
std::vector<float> alibi_slopes(std::uint32_t heads, double bias_max = 8);

}  // namespace tidbit::convert
