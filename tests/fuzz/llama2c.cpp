// A llama2.c checkpoint. The input is its header; the file is as long as the header asks, with zeros behind it.
#include <algorithm>
#include <cstring>

#include "tests/fuzz/checkpoints.h"

namespace {

constexpr std::uint64_t kMostBytes = 1u << 26;  // the file is sparse

std::uint64_t read(const std::uint8_t *data, std::size_t size, std::size_t at) {
  std::int32_t value = 0;
  if (at + sizeof value <= size) std::memcpy(&value, data + at, sizeof value);
  return static_cast<std::uint64_t>(value < 0 ? -std::int64_t{value} : std::int64_t{value});
}

// Of the three versions. Products may wrap around; then the file has the wrong length.
std::uint64_t file_bytes(const std::uint8_t *data, std::size_t size) {
  const bool later = read(data, size, 0) == 0x616B3432;
  const std::size_t at = later ? 8 : 0;
  const std::uint64_t dim = read(data, size, at), hidden = read(data, size, at + 4), layers = read(data, size, at + 8),
                      heads = std::max<std::uint64_t>(1, read(data, size, at + 12)),
                      kv_dim = dim / heads * read(data, size, at + 16), vocab = read(data, size, at + 20),
                      positions = read(data, size, at + 24);
  const std::uint64_t version = later ? read(data, size, 4) : 0;
  const bool shared = later ? size > 36 && data[36] != 0 : size > 23 && data[23] < 0x80;
  const std::uint64_t norms = (2 * layers + 1) * dim;
  const std::uint64_t matrices = layers * dim * (2 * dim + 2 * kv_dim + 3 * hidden) + vocab * dim * (shared ? 1u : 2u);
  if (version == 2) {
    const std::uint64_t group = std::max<std::uint64_t>(1, read(data, size, 37));
    return 256 + norms * 4 + matrices + matrices / group * 4;
  }
  return (later ? 256 : 28 + positions * (dim / heads / 2) * 8) + (norms + matrices) * 4;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  static const tidbit::fuzz::Folder folder;
  folder.write("model.bin", {reinterpret_cast<const char *>(data), size});
  const std::uint64_t bytes = file_bytes(data, size);
  if (bytes <= kMostBytes) std::filesystem::resize_file(folder / "model.bin", bytes);
  tidbit::fuzz::check_checkpoint(folder / "model.bin", folder / "model.tidbit");
  return 0;
}
