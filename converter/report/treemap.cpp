#include "converter/report/treemap.h"

#include <algorithm>
#include <numeric>

namespace tidbit::convert {
namespace {

// Fills the box from its longer side: rows of boxes across the shorter one.
class Layout {
 public:
  Layout(const std::vector<std::uint64_t> &sizes, const Box &box) : rest_(box), boxes_(sizes.size()) {
    const std::uint64_t sum = std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0});
    const double scale = sum == 0 ? 0 : box.width * box.height / static_cast<double>(sum);
    for (const std::uint64_t size : sizes) areas_.push_back(static_cast<double>(size) * scale);
    order_.resize(sizes.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::sort(order_.begin(), order_.end(),
              [&](std::size_t a, std::size_t b) { return sizes[a] != sizes[b] ? sizes[a] > sizes[b] : a < b; });
  }

  std::vector<Box> run() {
    std::size_t first = 0;
    while (first < order_.size()) {
      double area = areas_[order_[first]], worst = worst_ratio(first, first + 1, area);
      std::size_t end = first + 1;
      for (; end < order_.size(); ++end) {
        const double more = area + areas_[order_[end]], ratio = worst_ratio(first, end + 1, more);
        if (ratio > worst) break;
        area = more;
        worst = ratio;
      }
      place_row(first, end, area);
      first = end;
    }
    return std::move(boxes_);
  }

 private:
  // The longest box of a row with this area: its long side over its short one.
  double worst_ratio(std::size_t first, std::size_t end, double area) const {
    const double side = std::min(rest_.width, rest_.height), thickness = side > 0 ? area / side : 0;
    double worst = 1;
    for (const std::size_t at : {first, end - 1}) {
      const double length = thickness > 0 ? areas_[order_[at]] / thickness : 0;
      if (length > 0) worst = std::max({worst, length / thickness, thickness / length});
    }
    return worst;
  }

  void place_row(std::size_t first, std::size_t end, double area) {
    const bool column = rest_.width >= rest_.height;  // at the left, from top to bottom; else at the top
    const double side = column ? rest_.height : rest_.width, thickness = side > 0 ? area / side : 0;
    double at = column ? rest_.y : rest_.x;
    for (std::size_t i = first; i < end; ++i) {
      const double length = thickness > 0 ? areas_[order_[i]] / thickness : 0;
      boxes_[order_[i]] = column ? Box{rest_.x, at, thickness, length} : Box{at, rest_.y, length, thickness};
      at += length;
    }
    if (column) {
      rest_ = rest_.shrunk(thickness, 0, 0, 0);
    } else {
      rest_ = rest_.shrunk(0, thickness, 0, 0);
    }
  }

  Box rest_;
  std::vector<double> areas_;
  std::vector<std::size_t> order_;
  std::vector<Box> boxes_;
};

}  // namespace

Box Box::shrunk(double left, double top, double right, double bottom) const {
  return {x + left, y + top, std::max(width - left - right, 0.0), std::max(height - top - bottom, 0.0)};
}

std::vector<Box> treemap(const std::vector<std::uint64_t> &sizes, Box box) { return Layout(sizes, box).run(); }

}  // namespace tidbit::convert
