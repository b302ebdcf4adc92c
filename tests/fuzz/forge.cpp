#include "tests/fuzz/forge.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/hash.h"
#include "format/blob_format.h"
#include "tests/support/tiny_model.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t *data, std::size_t size, std::size_t most);

namespace tidbit::fuzz {
namespace {

// ---- All that the fuzz targets know of the layouts. ----

using format::Header;
using format::Section;

struct ImageHeader {  // the beginning of a session image (runtime/model/save.cpp)
  std::uint64_t magic, model, bytes, hash;
};

void reseal_sections(std::uint8_t *blob, std::size_t size) {
  Header header;
  std::memcpy(&header, blob, sizeof header);
  for (std::uint32_t i = 0; i < std::min(header.section_count, format::kMaxSections); ++i) {
    const std::size_t at = sizeof header + i * sizeof(Section);
    Section section;
    if (at + sizeof section > size) return;
    std::memcpy(&section, blob + at, sizeof section);
    if (section.offset > size || section.bytes > size - section.offset) continue;
    section.checksum = hash64(blob + section.offset, section.bytes);
    std::memcpy(blob + at, &section, sizeof section);
  }
}

}  // namespace

std::size_t header_bytes(const std::uint8_t *blob, std::size_t size) {
  if (size < sizeof(Header)) return size;
  Header header;
  std::memcpy(&header, blob, sizeof header);
  return std::min<std::size_t>(header.header_bytes, size);
}

void reseal_blob(std::uint8_t *blob, std::size_t size) {
  if (size < sizeof(Header)) return;
  reseal_sections(blob, size);
  test::AlignedBytes copy(std::as_bytes(std::span(blob, size)));
  test::refresh_checksum(copy);
  std::memcpy(blob, copy.data(), size);
}

void reseal_image(std::uint8_t *image, std::size_t size) {
  ImageHeader header;
  if (size < sizeof header) return;
  std::memcpy(&header, image, sizeof header);
  header.bytes = size;
  header.hash = 0;
  std::memcpy(image, &header, sizeof header);
  header.hash = hash64(image, size);
  std::memcpy(image, &header, sizeof header);
}

// ---- What follows knows nothing of them. ----

void mutate_window(std::uint8_t *data, std::size_t begin, std::size_t end) {
  std::vector<std::uint8_t> window(data + begin, data + end);
  const std::size_t size = LLVMFuzzerMutate(window.data(), window.size(), window.size());
  std::copy_n(window.begin(), size, data + begin);
}

std::size_t mutate_with_head(std::uint8_t *data, std::size_t size, std::size_t most, std::size_t head, unsigned seed) {
  constexpr std::size_t kWindow = 256;
  if (size == 0 || head == 0 || seed % 8 == 0) return LLVMFuzzerMutate(data, size, most);
  if (seed % 8 > 2 || head == size) {
    mutate_window(data, 0, head);
  } else {
    const std::size_t begin = head + seed / 8 % (size - head);
    mutate_window(data, begin, std::min(size, begin + kWindow));
  }
  return size;
}

}  // namespace tidbit::fuzz
