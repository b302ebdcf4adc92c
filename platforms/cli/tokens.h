// Token ids: from a text, from a list on the command line, and their check.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "cli/loaded_model.h"
#include "posix/memory_region.h"

namespace tidbit::cli {

class Tokens {
 public:
  // Room for `count` ids; an exit code.
  int reserve(uint64_t count);
  // Splits a text; `flags` are TIDBIT_TEXT_...
  int from_text(const LoadedModel &model, const char *text, size_t bytes, uint32_t flags);
  // "1,2,3"
  int from_list(const LoadedModel &model, const char *list);
  // One id from the command line.
  int append(const LoadedModel &model, const char *word);
  void append(int32_t token) { data()[count_++] = token; }

  int32_t *data() const { return static_cast<int32_t *>(memory_.data()); }
  uint32_t count() const { return count_; }

 private:
  posix::MemoryRegion memory_;
  uint32_t count_ = 0;
};

// A text from the command line; "-" reads standard input to its end, which is bounded.
class Text {
 public:
  int read(const char *argument);

  const char *data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  int read_standard_input();

  posix::MemoryRegion memory_;
  const char *data_ = "";
  size_t bytes_ = 0;
};

}  // namespace tidbit::cli
