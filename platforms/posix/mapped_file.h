// A file as read-only memory: either mapped, so that pages are read on first use and nothing is copied, or copied into
// memory, in huge pages if the system provides them.
#pragma once

#include <stddef.h>

namespace tidbit::posix {

enum class Paging : unsigned char { on_use, preload };

class MappedFile {
 public:
  MappedFile() = default;
  ~MappedFile();
  MappedFile(const MappedFile &) = delete;
  MappedFile &operator=(const MappedFile &) = delete;

  // Returns null on success, otherwise the reason, to be printed after the file's name. Call once. `path` must outlive
  // the file.
  const char *map(const char *path, Paging paging = Paging::on_use);

  const void *data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  void *data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace tidbit::posix
