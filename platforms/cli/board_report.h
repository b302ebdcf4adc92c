// The report of `tidbit plan --board`: the placement, the use of each memory, and the speed limit set by the bus.
#pragma once

#include "cli/boards.h"
#include "cli/console.h"
#include "cli/json.h"
#include "cli/loaded_model.h"
#include "cli/placement.h"

namespace tidbit::cli {

class BoardReport {
 public:
  // With a null `board`, check() succeeds and nothing is printed.
  BoardReport(const Board *board, const LoadedModel &model, const tidbit_plan_result &plan);

  // Returns an exit code. Prints an error if something does not fit.
  int check() const;

  void print_plain(Output &out) const;
  void print_json(Json &json) const;

 private:
  const char *memory_of(tidbit_part part) const { return board_->memories[placement_.parts[part]].name; }
  void print_memories(Output &out) const;
  void print_rate(Output &out) const;
  void print_memories(Json &json) const;
  double rate() const { return most_tokens_per_second(*board_, placement_, model_.info().bytes_per_token); }

  const Board *board_;
  const LoadedModel &model_;
  const tidbit_plan_result &plan_;
  Placement placement_ = {};
};

}  // namespace tidbit::cli
