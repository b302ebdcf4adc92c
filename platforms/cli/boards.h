// Boards and their memories, for `tidbit plan --board`: sizes, and the width and rate of the bus that each is read
// over. Bandwidths are computed from the latter two.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace tidbit::cli {

enum class MemoryKind : uint8_t { none, flash, ram };

// Where the width and rate of a bus come from.
enum class Basis : uint8_t {
  documented,  // both are in the source, or follow from what is there
  inferred,    // from the kind of core or memory that the source names: a bound of the kind, perhaps not of the board
};

struct Memory {
  const char *name;  // needs no escapes in JSON
  MemoryKind kind;
  uint64_t bytes;
  uint32_t bits;           // width of the narrowest bus between it and the core
  uint32_t megatransfers;  // of that bus, a second: its clock in MHz, twice that where both edges carry data
  Basis basis;             // of bits and megatransfers
  const char *size_source;
  const char *bus_source;

  // An upper bound: width times rate, without commands, addresses, wait states and refresh.
  uint64_t bytes_per_second() const { return uint64_t{megatransfers} * 1000000 * bits / 8; }
};

struct Board {
  static constexpr size_t kMostMemories = 4;

  const char *name;   // for the command line
  const char *title;  // for people
  uint64_t cache;     // bytes of a memory that may stay near the core from token to token
  const char *cache_source;
  // Flash from fast to slow, then RAM from fast to slow; `none` after the last.
  Memory memories[kMostMemories];

  size_t memory_count() const;
};

// Null where there is none of that name; case does not matter.
const Board *find_board(const char *name);

// "pico2, nucleo-h743zi, ..."
void list_boards(char *list, size_t bytes);

}  // namespace tidbit::cli
