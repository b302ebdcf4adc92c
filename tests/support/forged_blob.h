// A blob that a test changes on purpose: the tables behind its header, and a right checksum afterwards. It needs
// nothing but the library's public functions.
#pragma once

#include "format/blob_format.h"
#include "tests/support/aligned.h"

namespace tidbit::test {

class ForgedBlob {
 public:
  explicit ForgedBlob(const AlignedBytes &blob) : bytes_(blob.span()) {}

  format::Header &header() { return *at<format::Header>(0); }
  format::Config &config() { return header().config; }
  format::Stack &stack() { return header().stacks[0]; }
  format::Section *sections() { return at<format::Section>(sizeof(format::Header)); }
  format::LayerKind *kinds() { return reinterpret_cast<format::LayerKind *>(sections() + header().section_count); }
  format::Tensor *tensors() { return reinterpret_cast<format::Tensor *>(kinds() + stack().kinds); }
  std::uint8_t *layer_kinds() { return reinterpret_cast<std::uint8_t *>(tensors() + header().tensor_count); }
  std::byte *data() { return bytes_.data(); }

  std::uint64_t offset_of(const void *field) {
    return static_cast<std::uint64_t>(static_cast<const std::byte *>(field) - bytes_.data());
  }

  // As someone who forges a blob would. A header that is longer than the blob stays as it is.
  void refresh_checksum() {
    if (header().header_bytes > bytes_.size()) return;
    header().header_checksum = 0;
    header().header_checksum = tidbit_hash(data(), header().header_bytes);
  }

  // Opens it after the checksum was computed again; *fault is the offset of what was refused.
  tidbit_status open(std::uint64_t *fault = nullptr) {
    refresh_checksum();
    tidbit_model model;
    return tidbit_open(bytes_.data(), bytes_.size(), &model, fault);
  }

  AlignedBytes &bytes() { return bytes_; }

 private:
  template <class T>
  T *at(std::size_t offset) {
    return reinterpret_cast<T *>(bytes_.data() + offset);
  }

  AlignedBytes bytes_;
};

}  // namespace tidbit::test
