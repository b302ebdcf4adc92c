#include <algorithm>
#include <cmath>

#include "converter/numbers.h"
#include "converter/report/markup.h"
#include "converter/report/sections.h"

namespace tidbit::convert {
namespace {

constexpr double kLabelWidth = 132, kMeanWidth = 66, kCellHeight = 28, kAxisHeight = 24;
constexpr double kNumberSize = 11;

// A part of a role, for example "q", in all layers; or a matrix of the model.
struct Row {
  std::string name;
  std::vector<quant::ErrorMeasure> layers;  // empty for a matrix of the model
  quant::ErrorMeasure all = {};
};

std::vector<Row> rows_of(const Report &report) {
  std::vector<Row> rows;
  for (const ReportTensor &tensor : report.tensors) {
    for (const ErrorPart &part : tensor.parts) {
      auto row = std::find_if(rows.begin(), rows.end(), [&](const Row &r) { return r.name == part.name; });
      if (row == rows.end()) row = rows.insert(row, {part.name, {}});
      row->all.add(part.error);
      if (tensor.layer < 0) continue;
      row->layers.resize(report.layers);
      row->layers[static_cast<std::size_t>(tensor.layer)].add(part.error);
    }
  }
  return rows;
}

// Logarithmic, from the least to the largest error of a layer. It spans a factor of at least kLeastSpan, so that
// differences that do not matter look like that.
class Scale {
 public:
  explicit Scale(const std::vector<Row> &rows) {
    for (const Row &row : rows) {
      if (row.layers.empty()) any_ = any_ || row.all.noise > 0;
      for (const quant::ErrorMeasure &error : row.layers) include(error);
    }
    low_ = std::min(low_, high_ / kLeastSpan);
  }

  bool empty() const { return !any_; }
  double low() const { return low_; }
  double high() const { return high_; }

  // 0 at the lower end, 1 at the upper
  double place(double error) const {
    if (error <= low_) return 0;
    return error >= high_ ? 1 : std::log(error / low_) / std::log(high_ / low_);
  }

 private:
  void include(const quant::ErrorMeasure &measure) {
    const double error = measure.relative_rms();
    if (error <= 0) return;
    any_ = true;
    low_ = high_ == 0 ? error : std::min(low_, error);
    high_ = std::max(high_, error);
  }

  static constexpr double kLeastSpan = 1.5;

  bool any_ = false;
  double low_ = 0, high_ = 0;
};

std::string heat(const Box &box, double place) {
  return rect(box, "heat", " rx=\"2\" fill-opacity=\"" + fixed(0.08 + 0.92 * place, 2) + "\"");
}

std::string cell(const Box &box, const std::string &name, const quant::ErrorMeasure &measure, const Scale &scale) {
  const double error = measure.relative_rms(), place = scale.place(error);
  std::string shapes = heat(box.shrunk(1, 1, 1, 1), place);
  const std::string number = fixed(error * 100, error < 0.1 ? 2 : 1);
  if (fits(number, kNumberSize, box.width - 2)) {
    shapes +=
        text_at(box.x + box.width / 2, box.y + kCellHeight / 2 + 4, place > 0.6 ? "number hot" : "number", number);
  }
  return titled(name + ": " + percent(error), shapes);
}

std::string draw_row(const Row &row, double y, double width, const Scale &scale) {
  std::string shapes = text_at(kLabelWidth - 8, y + kCellHeight / 2 + 4, "label", row.name);
  shapes += cell({kLabelWidth, y, kMeanWidth, kCellHeight}, row.layers.empty() ? row.name : row.name + " of all layers",
                 row.all, scale);
  for (std::size_t i = 0; i < row.layers.size(); ++i) {
    if (row.layers[i].signal == 0) continue;
    shapes += cell({kLabelWidth + kMeanWidth + 8 + static_cast<double>(i) * width, y, width, kCellHeight},
                   "layer " + std::to_string(i) + " " + row.name, row.layers[i], scale);
  }
  return shapes;
}

std::string draw(const std::vector<Row> &rows, std::uint32_t layers, const Scale &scale) {
  const double left = kLabelWidth + kMeanWidth + 8;
  const double width = std::min((kDrawingWidth - left) / std::max(layers, 1u), 96.0);
  const auto step = static_cast<std::uint32_t>(std::ceil(22 / width));
  std::string shapes = text_at(kLabelWidth + kMeanWidth / 2, 14, "number faint", "all");
  for (std::uint32_t i = 0; i < layers; i += step) {
    shapes += text_at(left + (i + 0.5) * width, 14, "number faint", std::to_string(i));
  }
  double y = kAxisHeight;
  for (const Row &row : rows) {
    shapes += draw_row(row, y, width, scale);
    y += kCellHeight;
  }
  return drawing(kDrawingWidth, y, "Errors by role and layer, in percent", shapes);
}

std::string key(const Scale &scale) {
  constexpr int kSteps = 24;
  std::string shapes;
  for (int i = 0; i < kSteps; ++i) {
    shapes += heat({i * 5.0, 0, 4.6, 12}, static_cast<double>(i) / (kSteps - 1));
  }
  return "<p class=\"key\">" + percent(scale.low()) +
         " <svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 120 12\" aria-hidden=\"true\">" + shapes +
         "</svg> " + percent(scale.high()) + "</p>\n";
}

std::string table_of(const std::vector<Row> &rows, std::uint32_t layers) {
  std::vector<std::string> heads = {"layer"};
  for (const Row &row : rows) heads.push_back(row.name);
  Table table(heads);
  std::vector<std::string> all = {"all"};
  for (const Row &row : rows) all.push_back(percent(row.all.relative_rms()));
  table.row(all, "sum");
  for (std::uint32_t i = 0; i < layers; ++i) {
    std::vector<std::string> cells = {std::to_string(i)};
    for (const Row &row : rows) {
      const bool there = i < row.layers.size() && row.layers[i].signal != 0;
      cells.push_back(there ? percent(row.layers[i].relative_rms()) : "");
    }
    table.row(cells);
  }
  return table.text();
}

}  // namespace

std::string error_section(const Report &report) {
  const std::vector<Row> rows = rows_of(report);
  const Scale scale(rows);
  if (scale.empty()) {
    return section("What rounding changed", "Nothing: the file holds all weights as the checkpoint has them.", "");
  }
  std::string explanation =
      "The root mean square of the error of a matrix over that of its weights, in percent. Columns are layers.";
  if (!report.summary.calibration.empty()) {
    explanation += " Calibration makes the errors of the outputs small, not those of the weights, which grow.";
  }
  return section("What rounding changed", explanation,
                 key(scale) + draw(rows, report.layers, scale) + details("All numbers", table_of(rows, report.layers)));
}

}  // namespace tidbit::convert
