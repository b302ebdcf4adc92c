#include "converter/blob/part_errors.h"

#include <algorithm>

namespace tidbit::convert {
namespace {

// The word that tells the parts of a layer apart: q_proj of "model.layers.3.self_attn.q_proj.weight".
std::string word_of(const RowSource &source) {
  if (source.stored == nullptr) return "computed";
  std::string name = source.stored->name;
  constexpr std::string_view kEnd = ".weight";
  if (name.ends_with(kEnd)) name.resize(name.size() - kEnd.size());
  return name.substr(name.rfind('.') + 1);
}

}  // namespace

PartErrors::PartErrors(const TensorPlan &plan) : name_(plan.name) {
  std::uint32_t end = 0;
  for (const RowSource &source : plan.sources) {
    const std::string word = word_of(source);
    const auto at = static_cast<std::size_t>(std::find(parts_.begin(), parts_.end(), word) - parts_.begin());
    if (at == parts_.size()) parts_.push_back(word);
    pieces_.push_back({end += source.rows, at});
  }
  measures_.resize(parts_.size());
}

void PartErrors::add(std::uint32_t row, const quant::ErrorMeasure &measure) {
  const auto piece =
      std::upper_bound(pieces_.begin(), pieces_.end(), row, [](std::uint32_t r, const Piece &p) { return r < p.end; });
  measures_.at(piece->part).add(measure);
}

std::vector<TensorReport> PartErrors::reports() const {
  std::vector<TensorReport> reports;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    reports.push_back({parts_.size() == 1 ? name_ : name_ + " (" + parts_[i] + ")", measures_[i].relative_rms()});
  }
  return reports;
}

}  // namespace tidbit::convert
