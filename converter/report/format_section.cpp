#include <algorithm>
#include <cmath>

#include "converter/numbers.h"
#include "converter/report/markup.h"
#include "converter/report/sections.h"

namespace tidbit::convert {
namespace {

constexpr double kHeight = 330, kLeft = 64, kRight = 60, kTop = 16, kBottom = 44;

std::string error_text(const Alternative &a) { return a.possible ? percent(a.error.relative_rms()) : "out of range"; }

std::string ratio_text(std::uint64_t bytes, std::uint64_t to) {
  return fixed(static_cast<double>(bytes) / static_cast<double>(to), 2) + " x";
}

// The matrices as they are. `bytes` counts only those whose format can be chosen.
Alternative stored_in(const Report &report) {
  Alternative stored;
  for (const ReportTensor &tensor : report.tensors) {
    if (!tensor.matrix || tensor.group == TensorGroup::small) continue;
    stored.bytes += tensor.bytes;
    for (const ErrorPart &part : tensor.parts) stored.error.add(part.error);
  }
  return stored;
}

// The whole file with all of these matrices in one format.
std::vector<Alternative> files_of(const Report &report, const Alternative &stored) {
  std::vector<Alternative> files = report.alternatives.front().formats;
  for (std::size_t i = 0; i < files.size(); ++i) {
    files[i].bytes = report.summary.info.blob_bytes - stored.bytes;
    files[i].error = {};
    for (const RoleAlternatives &role : report.alternatives) {
      files[i].bytes += role.formats[i].bytes;
      files[i].error.add(role.formats[i].error);
      files[i].possible = files[i].possible && role.formats[i].possible;
    }
  }
  return files;
}

// Bytes to the right; errors upward in decades, and at the bottom those that are 0.
class Axes {
 public:
  Axes(const std::vector<Alternative> &files, const Alternative &stored) {
    include(stored);
    for (const Alternative &file : files) {
      if (file.possible) include(file);
    }
    if (high_ <= low_) high_ = low_ + 1;
  }

  double x(std::uint64_t bytes) const {
    return kLeft + (kDrawingWidth - kLeft - kRight) * static_cast<double>(bytes) / (1.04 * static_cast<double>(most_));
  }
  double y(double error) const {
    const double bottom = kHeight - kBottom;
    if (error <= 0) return bottom;
    return bottom - 34 - (bottom - 34 - kTop) * (std::log10(error) - low_) / (high_ - low_);
  }

  std::string draw() const {
    std::string shapes;
    for (int decade = low_; decade <= high_; ++decade) shapes += grid_line(std::pow(10.0, decade));
    shapes += grid_line(0);
    const std::uint64_t step = step_of_bytes();
    for (std::uint64_t bytes = 0; x(bytes) <= kDrawingWidth - kRight; bytes += step) {
      shapes += text_at(x(bytes), kHeight - kBottom + 20, "number faint", bytes == 0 ? "0" : rounded_bytes(bytes));
    }
    return shapes + text_at(kDrawingWidth - kRight, kHeight - 6, "label faint", "bytes of the file");
  }

 private:
  void include(const Alternative &file) {
    most_ = std::max(most_, file.bytes);
    const double error = file.error.relative_rms();
    if (error <= 0) return;
    low_ = std::min(low_, static_cast<int>(std::floor(std::log10(error))));
    high_ = std::max(high_, static_cast<int>(std::ceil(std::log10(error))));
  }

  std::string grid_line(double error) const {
    return line_between(kLeft, y(error), kDrawingWidth - kRight, y(error), "grid") +
           text_at(kLeft - 8, y(error) + 4, "label faint", error <= 0 ? "none" : short_percent(error));
  }

  static std::string short_percent(double error) {
    return fixed(error * 100, std::max(0, -2 - static_cast<int>(std::floor(std::log10(error) + 0.5)))) + "%";
  }

  // A power of two of which 4 to 8 fit.
  std::uint64_t step_of_bytes() const {
    std::uint64_t step = 256;
    while (most_ / step > 8) step *= 2;
    return step;
  }

  std::uint64_t most_ = 1;
  int low_ = -2, high_ = -2;
};

std::string point(const Alternative &file, const std::string &name, const Axes &axes) {
  const double x = axes.x(file.bytes), y = axes.y(file.error.relative_rms());
  const bool exact = file.error.noise <= 0;  // on the axis, below which are its numbers
  return titled(name + ": " + grouped(file.bytes) + " bytes, error " + error_text(file),
                "<circle class=\"point\" cx=\"" + fixed(x, 1) + "\" cy=\"" + fixed(y, 1) + "\" r=\"5\"/>" +
                    text_at(x - 8, exact ? y - 8 : y + 16, "name label", name));
}

std::string draw(const std::vector<Alternative> &files, const Alternative &file) {
  const Axes axes(files, file);
  std::string shapes = axes.draw();
  const double x = axes.x(file.bytes), y = axes.y(file.error.relative_rms());
  shapes += line_between(x, kTop, x, kHeight - kBottom, "mark");
  for (const Alternative &other : files) {
    if (other.possible) shapes += point(other, format_name(other.format), axes);
  }
  shapes += titled("this file: " + grouped(file.bytes) + " bytes, error " + error_text(file),
                   "<circle class=\"here\" cx=\"" + fixed(x, 1) + "\" cy=\"" + fixed(y, 1) + "\" r=\"9\"/>");
  return drawing(kDrawingWidth, kHeight, "Bytes and errors of other formats", shapes);
}

std::string table_of(const std::vector<Alternative> &files, const Alternative &file) {
  Table table({"all matrices in", "bytes of the file", "of this file", "error"});
  for (const Alternative &other : files) {
    table.row(
        {format_name(other.format), grouped(other.bytes), ratio_text(other.bytes, file.bytes), error_text(other)});
  }
  table.row({"this file", grouped(file.bytes), ratio_text(file.bytes, file.bytes), error_text(file)}, "sum");
  return table.text();
}

std::string role_table(const Report &report) {
  std::vector<std::string> heads = {"matrices", "stored as"};
  for (const Alternative &other : report.alternatives.front().formats) heads.emplace_back(format_name(other.format));
  Table table(heads);
  for (const RoleAlternatives &role : report.alternatives) {
    std::vector<std::string> bytes = {role.role, format_name(role.stored)}, errors = {"", ""};
    for (const Alternative &other : role.formats) {
      bytes.push_back(grouped(other.bytes));
      errors.push_back(error_text(other));
    }
    table.row(bytes);
    table.row(errors, "second");
  }
  return table.text();
}

}  // namespace

std::string format_section(const Report &report) {
  if (report.alternatives.empty()) return "";
  Alternative file = stored_in(report);
  const std::vector<Alternative> files = files_of(report, file);
  file.bytes = report.summary.info.blob_bytes;
  std::string explanation =
      "The file with all matrices in another format, rounded to the nearest: to the left is small, at the bottom "
      "exact. "
      "The ring is this file.";
  if (!report.summary.calibration.empty()) {
    explanation += " It was calibrated: its weights are further away than the nearest, its outputs closer.";
  }
  if (report.sampled) explanation += " The errors of the others were measured on a part of the weights.";
  return section("What other formats would have cost", explanation,
                 draw(files, file) + table_of(files, file) +
                     details("By role: bytes, and the error below them", role_table(report)));
}

}  // namespace tidbit::convert
