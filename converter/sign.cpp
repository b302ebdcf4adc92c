#include "converter/sign.h"

#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "base/hash.h"
#include "converter/blob/blob_view.h"
#include "converter/blob/output_file.h"
#include "converter/blob/signing_key.h"
#include "converter/checkpoint/file.h"
#include "converter/error.h"

namespace tidbit::convert {
namespace {

namespace fs = std::filesystem;
using format::Header;
using format::kAlignment;
using format::Section;
using format::SectionKind;

template <class T>
std::vector<T> copy_of(const std::byte *at, std::size_t count) {
  std::vector<T> copy(count);
  if (count != 0) std::memcpy(copy.data(), at, count * sizeof(T));
  return copy;
}

// The tables of a blob that tidbit_open has accepted, with one more section.
class Tables {
 public:
  explicit Tables(const std::byte *blob) : header_(copy_of<Header>(blob, 1).front()) {
    const std::byte *at = blob + sizeof header_;
    sections_ = copy_of<Section>(at, header_.section_count);
    at += sections_.size() * sizeof(Section);
    std::size_t kinds = 0, layers = 0;
    for (std::uint32_t i = 0; i < header_.stack_count; ++i) {
      kinds += header_.stacks[i].kinds;
      layers += header_.stacks[i].layers;
    }
    kinds_ = copy_of<std::byte>(at, kinds * sizeof(format::LayerKind));
    at += kinds_.size();
    tensors_ = copy_of<format::Tensor>(at, header_.tensor_count);
    layers_ = copy_of<std::byte>(at + tensors_.size() * sizeof(format::Tensor), layers);
    if (!sections_.empty() && sections_.back().kind == SectionKind::signature) sections_.pop_back();
  }

  const std::vector<Section> &sections() const { return sections_; }

  // Adds the section at the end. The others follow their tables, which grow.
  void add_signature() {
    const std::uint32_t before = header_.header_bytes;
    sections_.push_back({SectionKind::signature, 0, 0, sizeof(format::Signature), 0});
    header_.section_count = static_cast<std::uint32_t>(sections_.size());
    header_.header_bytes = static_cast<std::uint32_t>(bytes().size());
    const std::uint64_t shift = header_.header_bytes - before;  // 0 or 64
    std::uint64_t end = header_.header_bytes;
    for (Section &s : sections_) {
      s.offset = s.kind == SectionKind::signature ? end : s.offset + shift;
      end = format::round_up(s.offset + s.bytes, kAlignment);
    }
    for (format::Tensor &t : tensors_) t.offset = t.offset == 0 ? 0 : t.offset + shift;  // 0: an unused entry
    header_.blob_bytes = end;
  }

  // As stored, with the checksum.
  std::vector<std::byte> bytes() {
    std::vector<std::byte> bytes;
    const auto append = [&](std::span<const std::byte> more) {
      bytes.resize(bytes.size() + more.size());
      if (!more.empty()) std::memcpy(bytes.data() + bytes.size() - more.size(), more.data(), more.size());
    };
    header_.header_checksum = 0;
    append(std::as_bytes(std::span(&header_, 1)));
    append(std::as_bytes(std::span(sections_)));
    append(kinds_);
    append(std::as_bytes(std::span(tensors_)));
    append(layers_);
    bytes.resize(format::round_up(bytes.size(), kAlignment));
    header_.header_checksum = hash64(bytes.data(), bytes.size());
    std::memcpy(bytes.data(), &header_, sizeof header_);
    return bytes;
  }

 private:
  Header header_;
  std::vector<Section> sections_;
  std::vector<std::byte> kinds_;
  std::vector<format::Tensor> tensors_;
  std::vector<std::byte> layers_;
};

// A signature must not make a damaged blob look right.
void check_checksums(const BlobView &blob, const fs::path &path) {
  std::uint64_t fault = 0;
  if (tidbit_verify(&blob.model(), nullptr, nullptr, &fault) == TIDBIT_OK) return;
  throw ConvertError(path.string() + ": the checksum of the section at byte " + std::to_string(fault) +
                     " is wrong; convert or copy the model again");
}

}  // namespace

bool is_blob(const fs::path &path) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return false;
  const InputFile file(path);
  unsigned char start[sizeof format::kMagic] = {};
  if (file.size() < sizeof start) return false;
  file.read(0, start, sizeof start);
  return std::memcmp(start, format::kMagic, sizeof start) == 0;
}

void sign_blob(const fs::path &source, const fs::path &output, const fs::path &key_file) try {
  refuse_same_file(output, source);
  refuse_same_file(output, key_file);
  const SigningKey key(key_file);
  const BlobView blob(source, source.string());
  check_checksums(blob, source);
  Tables tables(blob.bytes().data());
  const std::vector<Section> before = tables.sections();
  if (before.size() == format::kMaxSections) throw ConvertError(source.string() + ": has no room for a signature");
  tables.add_signature();

  OutputFile out(output);
  const std::vector<std::byte> head = tables.bytes();
  out.write(0, head.data(), head.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    out.write_padded(tables.sections()[i].offset, blob.bytes().data() + before[i].offset, before[i].bytes);
  }
  const std::uint64_t at = tables.sections().back().offset;
  format::Signature signature = key.unsigned_section();
  out.write_padded(at, &signature, sizeof signature);
  {
    const BlobView written(out.temporary());
    signature = key.sign(written.bytes(), at);
  }
  out.write(at, &signature, sizeof signature);
  out.finish();
} catch (const fs::filesystem_error &error) {
  throw ConvertError(error.what());
}

}  // namespace tidbit::convert
