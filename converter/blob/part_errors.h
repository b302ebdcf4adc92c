// What rounding does to a tensor, for each of the checkpoint's tensors that it is made of.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "converter/families/model_plan.h"
#include "quant/error_measure.h"

namespace tidbit::convert {

struct TensorReport {
  std::string name;       // "layer 3 attention_out", or of a part "layer 3 qkv (q_proj)"
  double relative_error;  // RMS of stored - original over that of the original
};

class PartErrors {
 public:
  explicit PartErrors(const TensorPlan &plan);

  void add(std::uint32_t row, const quant::ErrorMeasure &measure);
  // One for each part.
  std::vector<TensorReport> reports() const;

 private:
  // Consecutive rows of a part.
  struct Piece {
    std::uint32_t end;
    std::size_t part;
  };

  const std::string name_;
  std::vector<std::string> parts_;
  std::vector<quant::ErrorMeasure> measures_;  // per part
  std::vector<Piece> pieces_;
};

}  // namespace tidbit::convert
