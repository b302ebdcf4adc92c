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
  void write_padded(std::uint64_t offset, const void *data, std::size_t bytes);  // then zeros, up to a blob's alignment
  void finish();  // flushes the file to disk and renames it

 private:
  std::filesystem::path target_, temporary_;
  int descriptor_ = -1;
};

// Throws ConvertError if writing the output would overwrite this input.
void refuse_same_file(const std::filesystem::path &output, const std::filesystem::path &input);

// Removes the temporary files of all unfinished OutputFiles. Safe in a signal handler.
void remove_unfinished_output() noexcept;

}  // namespace tidbit::convert
