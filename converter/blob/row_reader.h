// Reads the rows of a planned tensor as floats, one slice at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "converter/families/model_plan.h"

namespace tidbit::convert {

// The size of a slice in floats, unless a single tile is larger.
inline constexpr std::uint64_t kSliceFloats = 1u << 20;

// The size of a slice in rows, a multiple of 16.
std::uint32_t slice_rows(const TensorPlan &plan);

// Fills out[count * source_cols] with source rows [first, first + count). Throws ConvertError; infinities and NaNs are
// errors too.
void read_rows(const TensorPlan &plan, std::uint32_t first, std::uint32_t count, float *out);

}  // namespace tidbit::convert
