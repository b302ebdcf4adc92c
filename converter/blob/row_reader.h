// Rows of a planned tensor as floats, a slice at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "converter/families/model_plan.h"

namespace tidbit::convert {

// Floats of a slice that is read at once; a multiple of a tile is read where a tile has more.
inline constexpr std::uint64_t kSliceFloats = 1u << 20;

// Rows that are read at once: a multiple of 16.
std::uint32_t slice_rows(const TensorPlan &plan);

// Fills out[count * cols] with rows [first, first + count). Throws ConvertError, also for infinities and NaNs.
void read_rows(const TensorPlan &plan, std::uint32_t first, std::uint32_t count, float *out);

}  // namespace tidbit::convert
