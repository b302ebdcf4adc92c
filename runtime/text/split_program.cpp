// Each automaton finds the match that its expression prefers at a place: it runs until it has no next state, and the
// last match that it has seen counts.
#include "text/split_program.h"

#include "base/features.h"
#include "text/utf8.h"

#if TIDBIT_FEATURE_SPLIT_PROGRAM
namespace tidbit {
namespace {

using namespace format::split_program;
using format::split_entry::kMatch;

constexpr std::uint32_t kLookAhead = 16;  // times the text that is split, for what is looked at behind matches

// The character that stands for a byte in the byte-level alphabet.
std::uint32_t byte_level_character(unsigned char byte) {
  if (byte <= 0x20) return 0x100u + byte;
  if (byte >= 0x7F && byte <= 0xA0) return 0x121u + (byte - 0x7Fu);
  return byte == 0xAD ? 0x143u : byte;
}

constexpr std::uint32_t states_begin(std::uint32_t stages) { return kHead + stages * kStage + kAscii; }

// The states of all stages, behind the numbers in front of them.
bool valid_states(const std::uint16_t *program, std::uint32_t count) {
  const std::uint32_t stages = program[0];
  const std::uint32_t symbols = program[1];
  std::uint64_t at = states_begin(stages);
  for (std::uint32_t i = 0; i < stages; ++i) {
    const std::uint32_t bits = program[kHead + i * kStage];
    const std::uint32_t states = program[kHead + i * kStage + 1];
    if ((bits & ~kAllBits) != 0 || (bits & kBehavior) > static_cast<std::uint32_t>(Behavior::merged_with_next)) {
      return false;
    }
    const std::uint64_t entries = std::uint64_t{states} * symbols;
    if (states == 0 || at + entries > count) return false;
    for (std::uint64_t k = at; k < at + entries; ++k) {
      if ((program[k] & (kMatch - 1u)) > states) return false;
    }
    at += entries;
  }
  return at == count;
}

bool valid_symbols(const std::uint32_t *classes, std::uint32_t count, std::uint32_t symbols) {
  for (std::uint32_t i = 0; i < count; ++i) {
    if ((classes[i] & (kMaxSymbols - 1)) >= symbols - 1) return false;
    if (i == 0 ? classes[i] >> kSymbolBits != 0 : classes[i] >> kSymbolBits <= classes[i - 1] >> kSymbolBits) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool valid_split_program(const std::byte *section) {
  const Tables tables(section);
  const std::uint16_t *program = tables.split_program();
  const std::uint32_t count = tables.header().split_program.count;
  if (count < kHead) return false;
  const std::uint32_t stages = program[0];
  const std::uint32_t symbols = program[1];
  if (stages == 0 || stages > kMaxStages || symbols < 2 || symbols > kMaxSymbols) return false;
  if (count < states_begin(stages)) return false;
  for (std::uint32_t i = 0; i < kAscii; ++i) {
    if (program[kHead + stages * kStage + i] >= symbols - 1) return false;
  }
  return valid_states(program, count) && valid_symbols(tables.symbols(), tables.header().classes.count, symbols);
}

SplitProgram::SplitProgram(const Tables &tables, Steps &steps, const char *text, std::uint32_t size)
    : tables_(tables), steps_(steps), text_(text), look_ahead_(std::uint64_t{size} * kLookAhead) {
  const std::uint16_t *program = tables.split_program();
  stages_ = program[0];
  symbols_ = program[1];
  ascii_ = program + kHead + stages_ * kStage;
  const std::uint16_t *states = ascii_ + kAscii;
  for (std::uint32_t i = 0; i < stages_; ++i) {
    stage_[i].bits = program[kHead + i * kStage];
    stage_[i].states = states;
    states += program[kHead + i * kStage + 1] * symbols_;
  }
  begin(stage_[0], {0, size});
}

// From the last stage back to the first: a stage that is at its end gets the next piece of the one before.
bool SplitProgram::next(Piece *piece) {
  while (steps_.take()) {
    if (!next_piece(stage_[depth_], piece)) {
      if (depth_ == 0) return false;
      --depth_;
    } else if (depth_ + 1 == stages_) {
      return true;
    } else {
      begin(stage_[++depth_], *piece);
    }
  }
  return false;
}

void SplitProgram::begin(Stage &stage, Piece piece) {
  stage.at = piece.begin;
  stage.end = piece.end;
  stage.found = stage.has_ahead = stage.after_match = false;
}

// Joins or drops parts, as the behavior says.
bool SplitProgram::next_piece(Stage &stage, Piece *piece) {
  const auto behavior = static_cast<Behavior>(stage.bits & kBehavior);
  Part part;
  for (piece->end = piece->begin = 0; piece->begin == piece->end && next_part(stage, &part);) {
    if (behavior == Behavior::removed && part.match) continue;
    *piece = {part.begin, part.end};
    while (next_part(stage, &stage.ahead)) {
      stage.has_ahead = true;
      const bool joins = (behavior == Behavior::contiguous && part.match == stage.ahead.match) ||
                         (behavior == Behavior::merged_with_previous && !part.match && stage.ahead.match) ||
                         (behavior == Behavior::merged_with_next && part.match && !stage.ahead.match);
      if (!joins) break;
      piece->end = stage.ahead.end;
      stage.has_ahead = false;
      if (behavior != Behavior::contiguous) break;
    }
  }
  return piece->begin != piece->end;
}

bool SplitProgram::next_part(Stage &stage, Part *part) {
  if (stage.has_ahead) {
    *part = stage.ahead;
    stage.has_ahead = false;
    return true;
  }
  if (!read_part(stage, part)) return false;
  if ((stage.bits & kInvert) != 0) part->match = !part->match;
  return true;
}

bool SplitProgram::read_part(Stage &stage, Part *part) {
  if (!stage.found) {
    if (stage.at == stage.end) return false;
    const std::uint32_t from = stage.at;
    stage.found = search(stage, &stage.match);
    if (!stage.found) stage.match.begin = stage.end;
    if (from < stage.match.begin) {
      stage.at = stage.match.begin;
      *part = {from, stage.match.begin, false};
      return true;
    }
  }
  stage.found = false;
  *part = stage.match;
  stage.at = part->end;
  stage.after_match = true;
  return true;
}

// The first match from stage.at on. One that is empty does not count just behind another match.
bool SplitProgram::search(const Stage &stage, Part *match) {
  for (std::uint32_t at = stage.at; at < stage.end && steps_.take(); at += scan(stage, at).bytes) {
    std::uint32_t stop = at;
    if (!match_at(stage, at, &stop)) continue;
    if (stop == at && at == stage.at && stage.after_match) continue;
    *match = {at, stop, true};
    return true;
  }
  return false;
}

bool SplitProgram::match_at(const Stage &stage, std::uint32_t begin, std::uint32_t *end) {
  const std::uint16_t *state = stage.states;
  bool found = false;
  std::uint32_t last = begin;  // the end of the last match
  std::uint32_t at = begin;
  for (;;) {
    const Scanned next = at < stage.end ? scan(stage, at) : Scanned{symbols_ - 1, 0};
    const std::uint32_t entry = state[next.symbol];
    if ((entry & kMatch) != 0) {
      found = true;
      last = at;
    }
    const std::uint32_t target = entry & (kMatch - 1u);
    if (target == 0 || at == stage.end || at - last > look_ahead_ || !steps_.take()) break;
    state = stage.states + (target - 1) * symbols_;
    at += next.bytes;
  }
  const std::uint32_t ahead = at - last;
  look_ahead_ -= ahead < look_ahead_ ? ahead : look_ahead_;
  *end = last;
  return found;
}

SplitProgram::Scanned SplitProgram::scan(const Stage &stage, std::uint32_t at) const {
  const auto byte = static_cast<unsigned char>(text_[at]);
  if ((stage.bits & kByteLevel) != 0) return {symbol(byte_level_character(byte)), 1};
  if (byte < kAscii) return {ascii_[byte], 1};
  const Character character = utf8_decode(text_ + at, stage.end - at);
  return {symbol(character.code_point == kInvalid ? 0xFFFD : character.code_point), character.bytes};
}

std::uint32_t SplitProgram::symbol(std::uint32_t code_point) const {
  const std::uint32_t *table = tables_.symbols();
  std::uint32_t low = 0;
  std::uint32_t high = tables_.header().classes.count;
  while (low + 1 < high) {  // the last entry that is not above the code point; the first is for 0
    const std::uint32_t middle = low + (high - low) / 2;
    if (table[middle] >> kSymbolBits <= code_point) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return table[low] & (kMaxSymbols - 1);
}

}  // namespace tidbit
#endif
