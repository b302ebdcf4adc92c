// The output: a temporary file beside the target that is renamed to it at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace tidbit::convert {

class OutputFile {
 public:
  // Throws ConvertError if no file can be created there.
  explicit OutputFile(const std::filesystem::path &target);
  ~OutputFile();  // removes the temporary file, unless finish() was called
  OutputFile(const OutputFile &) = delete;
  OutputFile &operator=(const OutputFile &) = delete;

  const std::filesystem::path &temporary() const { return temporary_; }
  void write(std::uint64_t offset, const void *data, std::size_t bytes);
  void finish();  // flushes the file to disk and renames it

 private:
  std::filesystem::path target_, temporary_;
  int descriptor_ = -1;
};

// Removes the temporary file of an unfinished OutputFile, if there is one. Safe in a signal handler.
void remove_unfinished_output() noexcept;

}  // namespace tidbit::convert
