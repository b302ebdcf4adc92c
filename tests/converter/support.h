// Shared by the converter's tests: temporary folders, files as strings, handmade safetensors.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "converter/convert.h"
#include "tests/support/failure.h"

namespace tidbit::test {

// A new empty folder, removed with the object.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder &) = delete;
  Folder &operator=(const Folder &) = delete;

  const std::filesystem::path &path() const { return path_; }
  std::filesystem::path operator/(const std::string &name) const { return path_ / name; }
  std::size_t files() const;

 private:
  std::filesystem::path path_;
};

std::string read_file(const std::filesystem::path &path);
void write_file(const std::filesystem::path &path, const std::string &bytes);

// A safetensors file: the length of the header, the header, the data.
std::string safetensors(const std::string &header, const std::string &data);

// A private key of Ed25519 that signs nothing but tests.
inline constexpr const char *kTestKey =
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9E"
    "dVhC\n-----END PRIVATE KEY-----\n";

std::filesystem::path golden(const std::string &name);

// Copies a golden's checkpoint files to a folder where they can be changed.
void copy_golden(const std::string &name, const Folder &folder);

convert::ConvertOptions plain_options(const std::filesystem::path &source, const std::filesystem::path &output);

#define TIDBIT_SKIP_WITHOUT(path) \
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no test data: " << (path) << " (TIDBIT_DATA_DIR)"

}  // namespace tidbit::test
