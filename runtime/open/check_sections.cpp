// Checks that the sections are in ascending order, do not overlap and are inside the blob, and then the contents of the
// small ones. Sections of unknown kinds are ignored.
#include "open/check.h"
#include "text/tokenizer.h"

namespace tidbit {
namespace {

using format::Section;
using format::SectionKind;

class SectionCheck : Check {
 public:
  using Check::Check;

  bool run() {
    std::uint64_t end = model.header->header_bytes;
    for (std::uint32_t i = 0; i < model.header->section_count; ++i) {
      const Section &s = model.sections[i];
      if (!is_placed(s, end) || model.section(s.kind) != &s) return refuse(&s);
      end = s.offset + s.bytes;
    }
    model.source = model.converter = "";
    for (std::uint32_t i = 0; i < model.header->section_count; ++i) {
      const Section &s = model.sections[i];
      if (!check_content(s, model.blob + s.offset)) return false;
    }
    return true;
  }

 private:
  bool is_placed(const Section &s, std::uint64_t end) const {
    const std::uint64_t blob_bytes = model.header->blob_bytes;
    return s.offset % format::kAlignment == 0 && s.offset >= end && s.offset <= blob_bytes &&
           s.bytes <= blob_bytes - s.offset && s.reserved == 0;
  }

  bool check_content(const Section &s, const std::byte *data) {
    bool sound = true;
    switch (s.kind) {
      case SectionKind::tokenizer:
        return read_tokenizer(s, data);
      case SectionKind::provenance:
        sound = read_provenance(s.bytes, reinterpret_cast<const char *>(data));
        break;
      case SectionKind::self_test:
        sound = read_self_test(s.bytes, *reinterpret_cast<const format::SelfTest *>(data));
        break;
      case SectionKind::chat_template:
      case SectionKind::grammars:
      case SectionKind::adapters:
        sound = are_records(s.bytes, *reinterpret_cast<const format::Records *>(data));
        break;
      case SectionKind::signature:
        sound = &s == model.sections + model.header->section_count - 1 &&
                is_signature(s.bytes, *reinterpret_cast<const format::Signature *>(data));
        break;
      case SectionKind::weights:
      case SectionKind::layer_embeddings:
        break;
    }
    return sound || refuse(data);
  }

  bool read_tokenizer(const Section &s, const std::byte *data) {
    std::uint64_t fault = 0;
    const tidbit_status status = check_tokenizer(data, s.bytes, model.config().vocab_size, &fault);
    if (status != TIDBIT_OK) return refuse_at(s.offset + fault, status);
    model.tokenizer = data;
    model.tokenizer_bytes = s.bytes;
    return true;
  }

  // Two zero-terminated strings, and nothing after them.
  bool read_provenance(std::uint64_t bytes, const char *text) {
    if (bytes < 2 || bytes > format::kMaxProvenanceBytes) return false;
    const char *last = text + bytes - 1, *zero = nullptr;
    for (const char *at = text; at != last; ++at) {
      if (*at != 0) continue;
      if (zero != nullptr) return false;
      zero = at;
    }
    if (zero == nullptr || *last != 0) return false;
    model.source = text;
    model.converter = zero + 1;
    return true;
  }

  bool read_self_test(std::uint64_t bytes, const format::SelfTest &test) {
    if (bytes != sizeof test || test.token_count < 1 || test.token_count > format::kMaxSelfTestTokens ||
        test.token_count > model.config().default_context || test.reserved != 0) {
      return false;
    }
    for (std::uint32_t i = 0; i < format::kMaxSelfTestTokens; ++i) {
      const std::uint32_t limit = i < test.token_count ? model.config().vocab_size : 1;
      if (static_cast<std::uint32_t>(test.tokens[i]) >= limit) return false;
    }
    model.self_test = &test;
    return true;
  }

  // Every record is inside the section, after the table of records.
  static bool are_records(std::uint64_t bytes, const format::Records &head) {
    if (bytes < sizeof head || head.count > format::kMaxRecords || head.reserved != 0) return false;
    const std::uint64_t start = sizeof head + head.count * sizeof(format::Record);
    if (start > bytes) return false;
    const auto *r = reinterpret_cast<const format::Record *>(&head + 1);
    for (std::uint32_t i = 0; i < head.count; ++i, ++r) {
      if (r->offset < start || r->offset > bytes || r->bytes > bytes - r->offset || r->reserved != 0) return false;
    }
    return true;
  }

  static bool is_signature(std::uint64_t bytes, const format::Signature &signature) {
    return bytes == sizeof signature && signature.algorithm == 1 && signature.reserved == 0;
  }
};

}  // namespace

bool check_sections(Model &model, Refusal &refusal) { return SectionCheck(model, refusal).run(); }

}  // namespace tidbit
