#include "converter/report/markup.h"

#include "converter/numbers.h"

namespace tidbit::convert {
namespace {

constexpr const char *kReplacement = "\xEF\xBF\xBD";

// The bytes of the UTF-8 character at the start of the text that XML allows, or 0.
std::size_t character_bytes(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7F ? 1 : 0;
  const std::size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < bytes) return 0;
  unsigned code = first & (0xFFu >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3F);
  }
  constexpr unsigned kLeast[] = {0, 0, 0xA0, 0x800, 0x10000};
  const bool allowed =
      code >= kLeast[bytes] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF) && code != 0xFFFE && code != 0xFFFF;
  return allowed ? bytes : 0;
}

std::string attribute(const char *name, double value) {
  return std::string(" ") + name + "=\"" + fixed(value, 1) + "\"";
}

std::string class_of(const std::string &css) { return css.empty() ? "" : " class=\"" + css + "\""; }

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t bytes = character_bytes(text);
    switch (text[0]) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += bytes == 0 ? kReplacement : std::string(text.substr(0, bytes));
    }
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
  return result;
}

std::string rect(const Box &box, const std::string &css, const std::string &attributes) {
  return "<rect" + class_of(css) + attribute("x", box.x) + attribute("y", box.y) + attribute("width", box.width) +
         attribute("height", box.height) + attributes + "/>";
}

std::string text_at(double x, double y, const std::string &css, const std::string &text) {
  return "<text" + class_of(css) + attribute("x", x) + attribute("y", y) + ">" + escaped(text) + "</text>";
}

std::string line_between(double x1, double y1, double x2, double y2, const std::string &css) {
  return "<line" + class_of(css) + attribute("x1", x1) + attribute("y1", y1) + attribute("x2", x2) +
         attribute("y2", y2) + "/>";
}

std::string titled(const std::string &title, const std::string &shapes) {
  return "<g><title>" + escaped(title) + "</title>" + shapes + "</g>\n";
}

std::string drawing(double width, double height, const std::string &label, const std::string &shapes) {
  return "<div class=\"drawing\"><svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"" +
         escaped(label) + "\" viewBox=\"0 0 " + fixed(width, 0) + " " + fixed(height, 0) + "\">\n" + shapes +
         "</svg></div>\n";
}

bool fits(const std::string &text, double size, double width) {
  return static_cast<double>(text.size()) * size * 0.6 <= width;
}

Table::Table(const std::vector<std::string> &heads) {
  rows_ = "<thead><tr>";
  for (const std::string &head : heads) rows_ += "<th scope=\"col\">" + escaped(head) + "</th>";
  rows_ += "</tr></thead>\n<tbody>\n";
}

void Table::row(const std::vector<std::string> &cells, const char *css) {
  rows_ += "<tr" + class_of(css) + ">";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const char *tag = i == 0 ? "th" : "td";
    rows_ += std::string("<") + tag + (i == 0 ? " scope=\"row\">" : ">") + escaped(cells[i]) + "</" + tag + ">";
  }
  rows_ += "</tr>\n";
}

std::string Table::text() const { return "<div class=\"scroll\"><table>" + rows_ + "</tbody></table></div>\n"; }

std::string details(const std::string &title, const std::string &content) {
  return "<details><summary>" + escaped(title) + "</summary>\n" + content + "</details>\n";
}

std::string legend(const std::vector<std::pair<std::string, std::string>> &css_and_text) {
  std::string text = "<ul class=\"legend\">";
  for (const auto &[css, meaning] : css_and_text) {
    text += "<li><svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 10 10\" aria-hidden=\"true\">" +
            rect({0, 0, 10, 10}, css, " rx=\"2\"") + "</svg>" + escaped(meaning) + "</li>";
  }
  return text + "</ul>\n";
}

std::string section(const std::string &title, const std::string &explanation, const std::string &content) {
  return "<section>\n<h2>" + escaped(title) + "</h2>\n<p>" + escaped(explanation) + "</p>\n" + content + "</section>\n";
}

}  // namespace tidbit::convert
