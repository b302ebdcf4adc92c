#include "converter/summary.h"

#include <algorithm>

#include "converter/numbers.h"

namespace tidbit::convert {
namespace {

constexpr std::size_t kWorstShown = 3;

std::string line(const char *label, const std::string &text) {
  std::string start = label;
  start.resize(11, ' ');
  return start + text + "\n";
}

}  // namespace

std::string model_shape(const ConvertReport &report) {
  const tidbit_model_info &i = report.info;
  std::string heads = std::to_string(i.heads) + " heads of " + std::to_string(i.head_dim);
  if (i.kv_heads != i.heads) heads += " (" + std::to_string(i.kv_heads) + " for keys and values)";
  std::string layers = std::to_string(i.layers) + " layers";
  if (i.layer_kinds != 1) layers += " of " + std::to_string(i.layer_kinds) + " kinds";
  return report.family + ", " + layers + ", width " + std::to_string(i.width) + ", " + heads + ", feed-forward " +
         std::to_string(i.ffn_width) + ", vocabulary " + grouped(i.vocab_size);
}

namespace {

std::string weights_text(const ConvertReport &r, const ConvertOptions &options) {
  const double bits = static_cast<double>(r.info.weight_bytes) * 8 / static_cast<double>(r.info.parameters);
  return (options.budget.is_set() ? r.formats : format_name(options.weights)) + ", " + grouped(r.info.parameters) +
         " parameters in " + grouped(r.info.weight_bytes) + " bytes, " + fixed(bits, 2) + " bits each";
}

std::string memory_text(const ConvertReport &r, const ConvertOptions &options) {
  std::string text = grouped(r.memory.total) + " bytes at context " + std::to_string(r.memory.context) + " and chunk " +
                     std::to_string(r.memory.chunk) + ", KV cache " + format_name(options.kv) + " (";
  for (int part = 0; part < TIDBIT_PART_COUNT; ++part) {
    text += std::string(part == 0 ? "" : ", ") + tidbit_part_name(static_cast<tidbit_part>(part)) + " " +
            grouped(r.memory.bytes[part]);
  }
  return text + ")";
}

std::string error_text(const ConvertReport &r) {
  std::string text = "largest relative RMS:";
  for (std::size_t i = 0; i < std::min(kWorstShown, r.errors.size()); ++i) {
    text +=
        std::string(i == 0 ? " " : ", ") + r.errors[i].name + " " + fixed(r.errors[i].relative_error * 100, 3) + "%";
  }
  return text;
}

}  // namespace

std::string one_line(std::string text) {
  constexpr std::size_t kMost = 2000;
  if (text.size() > kMost) text.replace(kMost, std::string::npos, "...");
  for (char &c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) c = '?';
  }
  return text;
}

std::string summary(const ConvertReport &report, const ConvertOptions &options) {
  std::string text = line("model", report.source + ": " + model_shape(report));
  text += line("weights", weights_text(report, options));
  text += line("blob", options.output.string() + ", " + grouped(report.info.blob_bytes) + " bytes");
  text += line("memory", memory_text(report, options));
  if (!report.errors.empty()) text += line("error", error_text(report));
  if (!report.calibration.empty()) text += line("rounding", one_line(report.calibration));
  text += line("tokenizer", report.tokenizer.empty() ? "none" : report.tokenizer);
  if (!report.chat.empty()) text += line("chat", one_line(report.chat));
  if (!report.grammar.empty()) text += line("grammar", one_line(report.grammar));
  for (const std::string &note : report.notes) text += line("note", one_line(note));
  return text;
}

}  // namespace tidbit::convert
