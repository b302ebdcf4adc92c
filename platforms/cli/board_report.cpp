#include "cli/board_report.h"

#include <inttypes.h>
#include <stdio.h>

namespace tidbit::cli {
namespace {

// "1234 bytes are missing in SRAM, 56 in QSPI flash"
void list_missing(const Board &board, const Placement &placement, char *list, size_t bytes) {
  size_t used = 0;
  for (size_t i = 0; i < board.memory_count(); ++i) {
    const uint64_t missing = missing_in(board, placement, i);
    if (missing == 0 || used >= bytes) continue;
    used += static_cast<size_t>(snprintf(list + used, bytes - used, "%s%" PRIu64 "%s in %s", used > 0 ? ", " : "",
                                         missing, used > 0 ? "" : " bytes are missing", board.memories[i].name));
  }
}

const char *kind_name(MemoryKind kind) { return kind == MemoryKind::flash ? "flash" : "ram"; }
const char *basis_name(Basis basis) { return basis == Basis::documented ? "documented" : "inferred"; }

}  // namespace

BoardReport::BoardReport(const Board *board, const LoadedModel &model, const tidbit_plan_result &plan)
    : board_(board), model_(model), plan_(plan) {
  if (board != nullptr) placement_ = place(*board, model.info().blob_bytes, plan);
}

int BoardReport::check() const {
  if (board_ == nullptr || placement_.missing == 0) return kOk;
  char list[256];
  list_missing(*board_, placement_, list, sizeof list);
  return data_error("%s: does not fit %s: %s", model_.path(), board_->name, list);
}

void BoardReport::print_plain(Output &out) const {
  if (board_ == nullptr) return;
  out.print("fits %s: %s\n", board_->name, board_->title);
  out.print("  %-12s %12" PRIu64 " bytes in %s\n", "model", model_.info().blob_bytes,
            board_->memories[placement_.model].name);
  for (int i = 0; i < TIDBIT_PART_COUNT; ++i) {
    const auto part = static_cast<tidbit_part>(i);
    out.print("  %-12s %12" PRIu64 " bytes in %s\n", tidbit_part_name(part), plan_.bytes[part], memory_of(part));
  }
  print_memories(out);
  print_rate(out);
}

void BoardReport::print_memories(Output &out) const {
  out.print("memories of the board (the program's own use is not counted)\n");
  for (size_t i = 0; i < board_->memory_count(); ++i) {
    const Memory &memory = board_->memories[i];
    out.print("  %-12s %12" PRIu64 " bytes, %" PRIu64 " used; at most %.1f MB/s, computed: %u bits x %u MT/s\n",
              memory.name, memory.bytes, placement_.used[i], static_cast<double>(memory.bytes_per_second()) * 1e-6,
              memory.bits, memory.megatransfers);
    out.print("  %-12s size source: %s\n", "", memory.size_source);
    out.print("  %-12s bus source: %s (%s)\n", "", memory.bus_source, basis_name(memory.basis));
  }
  out.print("  %-12s %12" PRIu64 " bytes\n  %-12s size source: %s\n", "cache", board_->cache, "", board_->cache_source);
}

void BoardReport::print_rate(Output &out) const {
  const uint64_t bytes = model_.info().bytes_per_token;
  out.print("weights read per token: %" PRIu64 " bytes", bytes);
  if (bytes <= board_->cache) {
    out.print("; they may fit in the cache, so the bandwidth sets no limit\n");
  } else {
    out.print(", from %s except what the cache holds: at most %.*f tok/s (computed upper bound, not measured)\n",
              board_->memories[placement_.model].name, rate() < 100 ? 2 : 0, rate());
  }
}

void BoardReport::print_json(Json &json) const {
  if (board_ == nullptr) return;
  json.begin("board");
  json.text("name", board_->name);
  json.text("title", board_->title);
  json.begin("placement");
  json.text("model", board_->memories[placement_.model].name);
  for (int i = 0; i < TIDBIT_PART_COUNT; ++i) {
    const auto part = static_cast<tidbit_part>(i);
    json.text(tidbit_part_name(part), memory_of(part));
  }
  json.end();
  print_memories(json);
  json.number("cache_bytes", board_->cache);
  json.text("cache_source", board_->cache_source);
  json.number("bytes_per_token", model_.info().bytes_per_token);
  json.real("most_tokens_per_second", rate());
  json.text("rates", "computed upper bounds, not measured");
  json.end();
}

void BoardReport::print_memories(Json &json) const {
  json.begin("memories");
  for (size_t i = 0; i < board_->memory_count(); ++i) {
    const Memory &memory = board_->memories[i];
    json.begin(memory.name);
    json.text("kind", kind_name(memory.kind));
    json.number("bytes", memory.bytes);
    json.number("used", placement_.used[i]);
    json.number("most_bytes_per_second", memory.bytes_per_second());
    json.number("bits", memory.bits);
    json.number("megatransfers_per_second", memory.megatransfers);
    json.text("size_source", memory.size_source);
    json.text("bus_source", memory.bus_source);
    json.text("bus", basis_name(memory.basis));
    json.end();
  }
  json.end();
}

}  // namespace tidbit::cli
