// Opens a blob: checks the header, then fields, sections and tensors. This folder is the only parser of untrusted
// blobs.
#include <string.h>

#include "base/hash.h"
#include "base/place.h"
#include "open/check.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "blobs are little-endian and used in place");

namespace tidbit {
namespace {

using format::Header;
using format::Section;

std::uint64_t header_checksum(const std::byte *blob) {
  Header copy;
  memcpy(&copy, blob, sizeof copy);
  copy.header_checksum = 0;
  Hash64 hash;
  hash.update(&copy, sizeof copy);
  hash.update(blob + sizeof copy, copy.header_bytes - sizeof copy);
  return hash.digest();
}

// Where the tables after the header begin, and where the last one ends.
struct Tables {
  std::uint32_t sections, kinds, tensors, layers, end;

  explicit Tables(const Header &h) {
    std::uint32_t kind_count = 0, layer_count = 0;
    for (std::uint32_t i = 0; i < h.stack_count; ++i) {
      kind_count += h.stacks[i].kinds;
      layer_count += h.stacks[i].layers;
    }
    sections = sizeof(Header);
    kinds = sections + h.section_count * static_cast<std::uint32_t>(sizeof(Section));
    tensors = kinds + kind_count * static_cast<std::uint32_t>(sizeof(format::LayerKind));
    layers = tensors + h.tensor_count * static_cast<std::uint32_t>(sizeof(format::Tensor));
    end = static_cast<std::uint32_t>(format::round_up(layers + layer_count, format::kAlignment));
  }
};

class HeaderCheck : Check {
 public:
  using Check::Check;

  bool run(std::uint64_t size) {
    if (!check_start(size)) return false;
    const auto &h = *reinterpret_cast<const Header *>(model.blob);
    if (!check_sizes(h, size)) return false;
    if (header_checksum(model.blob) != h.header_checksum) return refuse(&h.header_checksum, TIDBIT_ERR_CHECKSUM);
    const Tables tables(h);
    model.header = &h;
    model.sections = reinterpret_cast<const Section *>(model.blob + tables.sections);
    model.kinds = reinterpret_cast<const format::LayerKind *>(model.blob + tables.kinds);
    model.tensors = reinterpret_cast<const format::Tensor *>(model.blob + tables.tensors);
    model.layer_kinds = reinterpret_cast<const std::uint8_t *>(model.blob + tables.layers);
    return check_requirements(h);
  }

 private:
  bool truncated(std::uint64_t size) { return refuse_at(size, TIDBIT_ERR_TRUNCATED); }

  bool check_start(std::uint64_t size) {
    if (size < sizeof format::kMagic || memcmp(model.blob, format::kMagic, sizeof format::kMagic) != 0) {
      return refuse_at(0, TIDBIT_ERR_NOT_A_BLOB);
    }
    const std::byte *version_at = model.blob + offsetof(Header, version);
    if (size < offsetof(Header, version) + sizeof(std::uint32_t)) return truncated(size);
    std::uint32_t version;
    __builtin_memcpy(&version, version_at, sizeof version);
    if (version < format::kVersion) return refuse(version_at, TIDBIT_ERR_OLD_BLOB);
    if (version > format::kVersion) return refuse(version_at, TIDBIT_ERR_VERSION);
    return size >= sizeof(Header) || truncated(size);
  }

  // Checks the counts against their limits, and the sizes against the counts.
  bool check_sizes(const Header &h, std::uint64_t size) {
    if (h.section_count > format::kMaxSections) return refuse(&h.section_count);
    if (h.tensor_count > format::kMaxTensors) return refuse(&h.tensor_count);
    if (h.stack_count < 1 || h.stack_count > format::kMaxStacks) return refuse(&h.stack_count);
    const std::uint32_t bytes = Tables(h).end;
    if (h.header_bytes != bytes) return refuse(&h.header_bytes);
    if (h.blob_bytes < bytes || h.blob_bytes % format::kAlignment != 0) return refuse(&h.blob_bytes);
    return h.blob_bytes <= size || truncated(size);
  }

  // Refuses what a newer converter may have written for newer readers.
  bool check_requirements(const Header &h) {
    if ((h.required_features & ~format::kKnownFeatures) != 0) {
      return refuse(&h.required_features, TIDBIT_ERR_UNSUPPORTED);
    }
    if (!all_zero(h.reserved, sizeof h.reserved)) return refuse(h.reserved);
    return h.stack_count == 1 || refuse(&h.stack_count, TIDBIT_ERR_UNSUPPORTED);
  }
};

}  // namespace

bool Check::refuse_at(std::uint64_t offset, tidbit_status status) {
  refusal_ = {status, offset};
  return false;
}

bool all_zero(const void *data, std::size_t bytes) {
  const auto *p = static_cast<const unsigned char *>(data);
  while (bytes > 0 && *p == 0) ++p, --bytes;
  return bytes == 0;
}

bool check_header(std::uint64_t size, Model &model, Refusal &refusal) { return HeaderCheck(model, refusal).run(size); }

}  // namespace tidbit

using namespace tidbit;

extern "C" tidbit_status tidbit_open(const void *blob, size_t size, tidbit_model *model, uint64_t *fault) {
  if (model == nullptr) return TIDBIT_ERR_ARGUMENT;
  auto &view = *new (Place{model->opaque}) Model{};
  if (blob == nullptr) return TIDBIT_ERR_ARGUMENT;
  if (reinterpret_cast<std::uintptr_t>(blob) % TIDBIT_ALIGNMENT != 0) return TIDBIT_ERR_ALIGNMENT;
  view.blob = static_cast<const std::byte *>(blob);
  Refusal refusal;
  const bool sound = check_header(size, view, refusal) && check_fields(view, refusal) &&
                     check_sections(view, refusal) && check_tensors(view, refusal);
  if (sound) return TIDBIT_OK;
  view = {};
  if (fault != nullptr) *fault = refusal.offset;
  return refusal.status;
}
