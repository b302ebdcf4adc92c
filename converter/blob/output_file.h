// The file that is being written: a temporary one beside the target, which takes the target's name at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace tidbit::convert {

class OutputFile {
 public:
  // Throws ConvertError where the target can't be a file there.
  explicit OutputFile(const std::filesystem::path &target);
  ~OutputFile();  // removes the temporary file unless it was finished
  OutputFile(const OutputFile &) = delete;
  OutputFile &operator=(const OutputFile &) = delete;

  const std::filesystem::path &temporary() const { return temporary_; }
  void write(std::uint64_t offset, const void *data, std::size_t bytes);
  void finish();  // to the disk, then to its name

 private:
  std::filesystem::path target_, temporary_;
  int descriptor_ = -1;
};

// Removes the temporary file of the OutputFile in work, if any. Safe in a signal handler.
void remove_unfinished_output() noexcept;

}  // namespace tidbit::convert
