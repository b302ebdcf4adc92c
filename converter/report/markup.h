// Pieces of an XHTML page with SVG. The page is well-formed XML, whatever the texts contain.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "converter/report/treemap.h"

namespace tidbit::convert {

// For text and for attributes in double quotes. What is not UTF-8, or may not be in XML, becomes U+FFFD.
std::string escaped(std::string_view text);

// "class" of CSS; `title` is shown while the pointer is above it. Coordinates have one digit behind the point.
std::string rect(const Box &box, const std::string &css, const std::string &attributes = "");
std::string text_at(double x, double y, const std::string &css, const std::string &text);
std::string line_between(double x1, double y1, double x2, double y2, const std::string &css);
std::string titled(const std::string &title, const std::string &shapes);  // a group

// A drawing of `width` units, scaled to the width of the page; `label` is for those who cannot see it.
std::string drawing(double width, double height, const std::string &label, const std::string &shapes);

// Whether a text of this size fits into a width, as far as one can tell without its font.
bool fits(const std::string &text, double size, double width);

// Cells of the first column are texts, the others numbers. They are escaped here.
class Table {
 public:
  explicit Table(const std::vector<std::string> &heads);
  void row(const std::vector<std::string> &cells, const char *css = "");
  std::string text() const;

 private:
  std::string rows_;
};

// Closed until it is clicked.
std::string details(const std::string &title, const std::string &content);

// A colored square and its meaning.
std::string legend(const std::vector<std::pair<std::string, std::string>> &css_and_text);

std::string section(const std::string &title, const std::string &explanation, const std::string &content);

}  // namespace tidbit::convert
