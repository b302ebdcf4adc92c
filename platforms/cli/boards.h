// Boards for `tidbit plan --board` and the converter's report: the size of each memory, and the width and rate of the
// bus to it, from which its bandwidth is computed.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace tidbit::cli {

enum class MemoryKind : uint8_t { none, flash, ram };

// Where the width and rate of a bus come from.
enum class Basis : uint8_t {
  documented,  // the source states both, or they follow from it
  inferred,    // from the type of core or memory that the source names; the board itself may be slower
};

struct Memory {
  const char *name;  // needs no escapes in JSON
  MemoryKind kind;
  uint64_t bytes;
  uint32_t bits;           // width of the narrowest bus between it and the core
  uint32_t megatransfers;  // per second on that bus: its clock in MHz, doubled if both edges carry data
  Basis basis;             // of bits and megatransfers
  const char *size_source;
  const char *bus_source;

  // An upper bound: width times rate. Ignores commands, addresses, wait states and refresh.
  uint64_t bytes_per_second() const { return uint64_t{megatransfers} * 1000000 * bits / 8; }
};

struct Board {
  static constexpr size_t kMostMemories = 4;

  const char *name;   // for the command line
  const char *title;  // for display
  uint64_t cache;     // bytes that may stay cached from one token to the next
  const char *cache_source;
  // Flash from fast to slow, then RAM from fast to slow; `none` after the last.
  Memory memories[kMostMemories];

  size_t memory_count() const;
};

// Null if there is no board of that name. Ignores case.
const Board *find_board(const char *name);

// "pico2, nucleo-h743zi, ..."
void list_boards(char *list, size_t bytes);

}  // namespace tidbit::cli
