#include "tests/converter/support.h"

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

namespace tidbit::test {

namespace fs = std::filesystem;

Folder::Folder() {
  std::string name = (fs::path(testing::TempDir()) / "tidbit_XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::size_t Folder::files() const {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(path_), fs::directory_iterator()));
}

std::string read_file(const fs::path &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const fs::path &path, const std::string &bytes) { std::ofstream(path, std::ios::binary) << bytes; }

std::string safetensors(const std::string &header, const std::string &data) {
  const std::uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}

fs::path golden(const std::string &name) { return fs::path(TIDBIT_GOLDENS_DIR) / name; }

void copy_golden(const std::string &name, const Folder &folder) {
  for (const char *file : {"config.json", "model.safetensors"}) {
    write_file(folder / file, read_file(golden(name) / file));
  }
}

convert::ConvertOptions plain_options(const fs::path &source, const fs::path &output) {
  convert::ConvertOptions options{.source = source, .output = output};
  options.tokenizer = convert::TokenizerChoice::none;
  return options;
}

}  // namespace tidbit::test
