// Splits a text as a program of the section says: automata, which split the text one after another.
#pragma once

#include "text/steps.h"
#include "text/tables.h"

namespace tidbit {

// True if every number of the program is in range, so that it can be run. The header must have been checked.
bool valid_split_program(const std::byte *section);

class SplitProgram {
 public:
  struct Piece {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };

  SplitProgram(const Tables &tables, Steps &steps, const char *text, std::uint32_t size);

  // The next piece, which is not empty; false at the end of the text, or if the steps end.
  bool next(Piece *piece);

 private:
  // A match, or the text between two.
  struct Part {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    bool match = false;
  };
  // Where an automaton is in the piece that it splits.
  struct Stage {
    const std::uint16_t *states = nullptr;
    std::uint32_t bits = 0;
    std::uint32_t at = 0;
    std::uint32_t end = 0;
    Part match{};        // found behind the text that is the present part
    bool found = false;  // `match` is the next part
    Part ahead{};        // read ahead of its turn
    bool has_ahead = false;
    bool after_match = false;  // there is a match just in front of `at`
  };
  struct Scanned {
    std::uint32_t symbol;
    std::uint32_t bytes;
  };

  void begin(Stage &stage, Piece piece);
  bool next_piece(Stage &stage, Piece *piece);
  bool next_part(Stage &stage, Part *part);
  bool read_part(Stage &stage, Part *part);
  bool search(const Stage &stage, Part *match);
  bool match_at(const Stage &stage, std::uint32_t begin, std::uint32_t *end);
  Scanned scan(const Stage &stage, std::uint32_t at) const;
  std::uint32_t symbol(std::uint32_t code_point) const;

  const Tables &tables_;
  Steps &steps_;
  const char *text_;
  const std::uint16_t *ascii_;
  std::uint32_t symbols_;
  std::uint32_t stages_;
  std::uint32_t depth_ = 0;
  std::uint64_t look_ahead_;  // bytes that may still be looked at behind the ends of matches
  Stage stage_[format::split_program::kMaxStages];
};

}  // namespace tidbit
