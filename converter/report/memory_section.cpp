#include <algorithm>
#include <iterator>

#include "converter/numbers.h"
#include "converter/report/markup.h"
#include "converter/report/sections.h"

namespace tidbit::convert {
namespace {

constexpr double kBarHeight = 40, kCaptionHeight = 26, kGap = 18, kTextSize = 12;

constexpr const char *kMeanings[] = {"the session itself", "keys and values of all positions, read once per token",
                                     "vectors of the current chunk", "one number per token of the vocabulary",
                                     "attention scores"};
static_assert(std::size(kMeanings) == TIDBIT_PART_COUNT);

// A piece of a bar.
struct Piece {
  std::string name;
  std::string css;
  std::uint64_t bytes;
};

// "p0" to "p4" are the colors of the parts.
std::vector<Piece> parts_of(const Report &report) {
  std::vector<Piece> parts;
  parts.reserve(TIDBIT_PART_COUNT);
  for (int i = 0; i < TIDBIT_PART_COUNT; ++i) {
    parts.push_back({tidbit_part_name(static_cast<tidbit_part>(i)), std::string("p").append(std::to_string(i)),
                     report.summary.memory.bytes[i]});
  }
  return parts;
}

// As long as the whole page is wide: `most` bytes.
std::string draw_bar(double y, const std::string &caption, const std::vector<Piece> &pieces, std::uint64_t most) {
  std::string shapes = text_at(0, y + kCaptionHeight - 10, "name", caption);
  const double scale = kDrawingWidth / static_cast<double>(std::max<std::uint64_t>(most, 1));
  double x = 0;
  for (const Piece &piece : pieces) {
    if (piece.bytes == 0) continue;
    const Box box = {x, y + kCaptionHeight, static_cast<double>(piece.bytes) * scale, kBarHeight};
    std::string shape = rect(box, piece.css);
    const bool plain = piece.css == "free";
    const std::string text = piece.name + " " + rounded_bytes(piece.bytes);
    const std::string shown = fits(text, kTextSize, box.width - 12) ? text : piece.name;
    if (fits(shown, kTextSize, box.width - 12)) {
      shape += text_at(x + 8, box.y + kBarHeight / 2 + 4, plain ? "faint" : "on", shown);
    }
    shapes += titled(piece.name + ": " + grouped(piece.bytes) + " bytes", shape);
    x += box.width;
  }
  return shapes;
}

std::string board_bar(const Report &report, std::size_t memory, double y) {
  const cli::Memory &m = report.board->memories[memory];
  std::vector<Piece> pieces;
  if (report.placement.model == memory) pieces.push_back({"model", "c-embedding", report.summary.info.blob_bytes});
  const std::vector<Piece> parts = parts_of(report);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (report.placement.parts[i] == memory) pieces.push_back(parts[i]);
  }
  const std::uint64_t used = report.placement.used[memory];
  std::string caption = std::string(m.name) + ", " + rounded_bytes(m.bytes) + ": ";
  if (used > m.bytes) {
    for (Piece &piece : pieces) piece.css = "missing";
    const double x = kDrawingWidth * static_cast<double>(m.bytes) / static_cast<double>(used), top = y + kCaptionHeight;
    return draw_bar(y, caption + rounded_bytes(used - m.bytes) + " are missing", pieces, used) +
           titled("the memory ends here", line_between(x, top, x, top + kBarHeight, "limit"));
  }
  pieces.push_back({"free", "free", m.bytes - used});
  return draw_bar(y, caption + rounded_bytes(m.bytes - used) + " left", pieces, m.bytes);
}

std::string board_table(const Report &report) {
  Table table({"memory", "bytes", "used", "left", "at most, MB/s"});
  for (std::size_t i = 0; i < report.board->memory_count(); ++i) {
    const cli::Memory &memory = report.board->memories[i];
    const std::uint64_t used = report.placement.used[i];
    table.row(
        {memory.name, grouped(memory.bytes), grouped(used),
         used > memory.bytes ? std::string("-").append(grouped(used - memory.bytes)) : grouped(memory.bytes - used),
         fixed(static_cast<double>(memory.bytes_per_second()) * 1e-6, 0)});
  }
  return table.text();
}

std::string board_text(const Report &report) {
  std::string text = report.board->title;
  if (report.placement.missing != 0) {
    return text + ": the model and a session do not fit; " + grouped(report.placement.missing) + " bytes are missing.";
  }
  text += ". The memory of the program itself is not counted.";
  const std::uint64_t bytes = report.summary.info.bytes_per_token;
  if (bytes <= report.board->cache) return text;
  const double rate = cli::most_tokens_per_second(*report.board, report.placement, bytes);
  return text + " Reading the weights limits it to " + fixed(rate, rate < 100 ? 2 : 0) +
         " tokens per second: an upper bound, computed from the bus and not measured.";
}

std::string board_section(const Report &report) {
  std::string shapes;
  double y = 0;
  for (std::size_t i = 0; i < report.board->memory_count(); ++i) {
    shapes += board_bar(report, i, y);
    y += kCaptionHeight + kBarHeight + kGap;
  }
  return section(std::string("On the board ") + report.board->name, board_text(report),
                 drawing(kDrawingWidth, y, "Memories of the board, each as long as the page is wide", shapes) +
                     board_table(report));
}

std::string session_table(const Report &report) {
  const tidbit_plan_result &memory = report.summary.memory;
  Table table({"part", "bytes", "of the session", "what it holds"});
  const std::vector<Piece> parts = parts_of(report);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    table.row({parts[i].name, grouped(parts[i].bytes),
               percent(static_cast<double>(parts[i].bytes) / static_cast<double>(memory.total)), kMeanings[i]});
  }
  table.row({"total", grouped(memory.total), percent(1), "RAM"}, "sum");
  table.row({"model", grouped(report.summary.info.blob_bytes), "", "flash or a file, used in place"});
  return table.text();
}

}  // namespace

std::string memory_section(const Report &report) {
  const tidbit_plan_result &memory = report.summary.memory;
  const std::string shapes =
      draw_bar(0, "RAM of a session, " + rounded_bytes(memory.total), parts_of(report), memory.total);
  std::string text = section(
      "Memory of a session",
      "With a context of " + grouped(memory.context) + " positions and chunks of " + std::to_string(memory.chunk) +
          " tokens. The sizes are the same on every target; nothing is allocated beyond them.",
      drawing(kDrawingWidth, kCaptionHeight + kBarHeight + 2, "Parts of a session's memory", shapes) +
          legend({{"p0", tidbit_part_name(TIDBIT_PART_STATE)},
                  {"p1", tidbit_part_name(TIDBIT_PART_KV)},
                  {"p2", tidbit_part_name(TIDBIT_PART_ACTIVATIONS)},
                  {"p3", tidbit_part_name(TIDBIT_PART_LOGITS)},
                  {"p4", tidbit_part_name(TIDBIT_PART_SCRATCH)}}) +
          session_table(report));
  if (report.board != nullptr) text += board_section(report);
  return text;
}

}  // namespace tidbit::convert
