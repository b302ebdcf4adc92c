// The factorization of a positive definite matrix.
#pragma once

#include <cstdint>
#include <vector>

namespace tidbit::convert {

// Replaces the lower half of a matrix [n][n] by L, with L Lᵀ = the matrix; the upper half is neither read nor written.
// Each element is computed in the same order with any number of threads. False if the matrix is not positive definite.
bool factor(std::vector<double> &matrix, std::uint32_t n);

}  // namespace tidbit::convert
