// Token ids from a text or from the command line.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "cli/loaded_model.h"
#include "posix/memory_region.h"

namespace tidbit::cli {

class Tokens {
 public:
  // Makes room for `count` ids. Like the functions below, it returns an exit code.
  int reserve(uint64_t count);
  // Tokenizes a text; `flags` are TIDBIT_TEXT_...
  int from_text(const LoadedModel &model, const char *text, size_t bytes, uint32_t flags);
  // "1,2,3"
  int from_list(const LoadedModel &model, const char *list);
  // Numbers separated by commas or white space, from the file `path`.
  int from_ids(const LoadedModel &model, const char *path, const char *text, size_t bytes);
  // Appends one id from the command line.
  int append(const LoadedModel &model, const char *word);
  void append(int32_t token) { data()[count_++] = token; }

  int32_t *data() const { return static_cast<int32_t *>(memory_.data()); }
  uint32_t count() const { return count_; }

 private:
  posix::MemoryRegion memory_;
  uint32_t count_ = 0;
};

// A text from the command line; "-" reads standard input, up to a maximum size.
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
