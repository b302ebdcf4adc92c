// A report as one XHTML page that needs nothing else: no scripts, fonts or pictures from elsewhere.
#pragma once

#include <filesystem>
#include <string>

#include "converter/report/report.h"

namespace tidbit::convert {

std::string report_page(const Report &report);

// Whether it is a file that begins like a report.
bool is_report(const std::filesystem::path &path);

}  // namespace tidbit::convert
