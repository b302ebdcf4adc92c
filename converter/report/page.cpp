#include "converter/report/page.h"

#include <fstream>
#include <string_view>
#include <utility>

#include "converter/numbers.h"
#include "converter/report/markup.h"
#include "converter/report/sections.h"
#include "converter/report/style.h"
#include "converter/summary.h"

namespace tidbit::convert {
namespace {

constexpr std::string_view kStart = "<!DOCTYPE html>\n<!-- tidbit report -->\n";

std::string card(const std::string &number, const std::string &meaning) {
  return "<li><b>" + escaped(number) + "</b><span>" + escaped(meaning) + "</span></li>";
}

std::string cards(const ConvertReport &summary) {
  const double bits = static_cast<double>(summary.info.weight_bytes) * 8 / static_cast<double>(summary.info.parameters);
  return "<ul class=\"cards\">" + card(rounded_bytes(summary.info.blob_bytes), "file") +
         card(grouped(summary.info.parameters), "parameters") + card(fixed(bits, 2), "bits a parameter") +
         card(rounded_bytes(summary.memory.total), "RAM of a session") +
         card(rounded_bytes(summary.info.bytes_per_token), "weights read per token") + "</ul>\n";
}

std::string facts(const ConvertReport &summary) {
  std::vector<std::pair<const char *, std::string>> rows;
  rows.emplace_back("made by", summary.converter);
  rows.emplace_back("tokenizer", summary.tokenizer.empty() ? std::string("none") : summary.tokenizer);
  if (!summary.chat.empty()) rows.emplace_back("chat", summary.chat);
  if (!summary.calibration.empty()) rows.emplace_back("rounding", summary.calibration);
  for (const std::string &note : summary.notes) rows.emplace_back("note", note);
  std::string text = "<section>\n<h2>How it was made</h2>\n<dl>\n";
  for (const auto &[name, fact] : rows) {
    text += "<dt>" + escaped(name) + "</dt><dd>" + escaped(one_line(fact)) + "</dd>\n";
  }
  return text + "</dl>\n</section>\n";
}

}  // namespace

std::string report_page(const Report &report) {
  const ConvertReport &summary = report.summary;
  const std::string title = escaped(one_line(summary.source));
  return std::string(kStart) +
         "<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
         "<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
         "<meta name=\"generator\" content=\"tidbit-convert " TIDBIT_CONVERTER_VERSION "\"/>\n<title>" +
         title + " - tidbit</title>\n<style>" + kStyle + "</style>\n</head>\n<body>\n<main>\n<header><h1>" + title +
         "</h1><p>" + escaped(one_line(model_shape(summary))) + "</p></header>\n" + cards(summary) +
         map_section(report) + error_section(report) + format_section(report) + memory_section(report) +
         facts(summary) + "</main>\n</body>\n</html>\n";
}

bool is_report(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  std::string start(kStart.size(), '\0');
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  return file && start == kStart;
}

}  // namespace tidbit::convert
