// A file as read-only memory: mapped, so that nothing is copied and pages are read when they are first used; or copied
// into memory of its own, in huge pages where the system has them.
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

  // Null on success, else why not, to be printed after the file's name. Call once.
  const char *map(const char *path, Paging paging = Paging::on_use);

  const void *data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  void *data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace tidbit::posix
