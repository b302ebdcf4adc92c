// Chooses a format for each matrix, so that the whole fits a size and loses little.
//
// The loss of a matrix in a format is taken to be proportional to the squared error of its weights. How much that
// matters is measured for one format, matrix by matrix: the model writes some text, the matrix alone is rounded to that
// format, and the change of the predictions on the text is what it loses.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "converter/blob/blob_writer.h"

namespace tidbit::convert {

// What may be stored: a whole file of `bytes`, or `bits` per parameter in the weights. One of them is 0.
struct Budget {
  double bits = 0;
  std::uint64_t bytes = 0;

  bool is_set() const { return bits != 0 || bytes != 0; }
};

// Sets the formats of the plan's matrices, and config.weights to that of most weights. Writes a temporary model of q8
// beside `output`. Returns one line for the summary. Throws ConvertError, also if the budget is too small.
std::string choose_formats(ModelPlan &plan, const BlobParts &parts, const Budget &budget,
                           const std::filesystem::path &output, const Progress &progress);

}  // namespace tidbit::convert
