// What rounding does to the weights of a matrix, whatever they are multiplied with.
#pragma once

#include <cstdint>
#include <vector>

#include "converter/blob/blob_writer.h"

namespace tidbit::convert {

// Rows [first, first + count) as they are stored in a format: with their inputs transformed, or not.
std::vector<float> rows_for(const TensorPlan &plan, std::uint32_t first, std::uint32_t count, format::Format format,
                            format::InputTransform transform);

// Rounds rows of `cols` weights to a format and back.
void round_rows(format::Format format, std::uint32_t cols, std::uint32_t group, std::vector<float> &rows);

// The squares of the weights of some tiles of a matrix, and of their errors in a format.
quant::ErrorMeasure sampled_error(const TensorPlan &plan, format::Format format, std::uint32_t group,
                                  format::InputTransform transform);

// The formats between which a budget chooses, from few to many bits: those of this build.
std::vector<format::Format> candidate_formats();

// The bytes of a matrix in a format, with the padding up to the next one.
std::uint64_t stored_bytes(const TensorPlan &plan, format::Format format, std::uint32_t group);

}  // namespace tidbit::convert
