// Saves and restores sessions. An image is a header, the hidden vector of the last token, and the KV cache, layer after
// layer and head after head. It does not depend on the session's context or chunk size, nor on the target.
#include <string.h>

#include "base/hash.h"
#include "base/types.h"
#include "model/session.h"

namespace tidbit {
namespace {

constexpr std::uint64_t kImageMagic = 0x31534553'42444954u;  // "TIDBSES1"

struct ImageHeader {
  std::uint64_t magic;
  std::uint64_t model;  // checksum of the blob's header
  std::uint64_t bytes;  // of the image
  std::uint64_t hash;   // XXH64 of the image with this field set to 0
  std::uint32_t position;
  std::uint32_t segment;
  std::uint32_t has_hidden;  // 1: the hidden vector follows, so logits are available
  std::uint32_t reserved;    // 0
};
static_assert(sizeof(ImageHeader) == 48);

// The parts of a session that an image contains.
struct Content {
  std::uint32_t position;
  bool has_hidden;
  std::uint32_t hidden_row;  // where the hidden vector is among those of the chunk
};

// The direction of the copy, if any.
enum class Copy : std::uint8_t { nothing, to_image, from_image };

// Goes through all parts of an image after its header, in order. Returns the bytes of the image.
class ImageWalk {
 public:
  ImageWalk(const Session &s, Content content, Copy copy, std::byte *image)
      : s_(s), c_(content), copy_(copy), image_(image) {}

  std::uint64_t run() {
    if (c_.has_hidden) {
      part(s_.memory.activations.hidden[c_.hidden_row], s_.model.config().width * sizeof(float));
    }
    std::uint64_t kv_offset = 0;
    for (std::uint32_t i = 0; i < s_.model.layers(); ++i) {
      const format::LayerKind &kind = s_.model.kind(i);
      if (shares_kv(kind)) continue;
      kv_offset += has_convolution(kind) ? convolution(kind, kv_offset) : keys_values(kind, kv_offset);
    }
    return at_;
  }

 private:
  // Of all positions that the next token may see. Both return the bytes of the layer's cache.
  std::uint64_t keys_values(const format::LayerKind &kind, std::uint64_t kv_offset) {
    const KvLayer layer = s_.memory.kv.layer(kind, kv_offset);
    for (std::uint32_t head = 0; head < layer.kv_heads(); ++head) {
      KvSpan spans[KvLayer::kSpans];
      const std::uint32_t count = layer.spans(head, first_needed(kind, c_.position), c_.position, spans);
      for (std::uint32_t span = 0; span < count; ++span) part(spans[span].data, spans[span].bytes);
    }
    return layer.bytes();
  }

  // The last inputs of a short convolution.
  std::uint64_t convolution(const format::LayerKind &kind, std::uint64_t kv_offset) {
    const std::uint32_t width = s_.model.config().width;
    const ConvolutionState state = s_.memory.kv.convolution(kind, width, kv_offset);
    for (std::uint32_t p = first_needed(kind, c_.position); p < c_.position; ++p) {
      part(state.row(p), width * sizeof(float));
    }
    return state.bytes();
  }

  void part(void *data, std::uint64_t bytes) {
    const auto count = static_cast<std::size_t>(bytes);
    if (copy_ == Copy::to_image) memcpy(image_ + at_, data, count);
    if (copy_ == Copy::from_image) memcpy(data, image_ + at_, count);
    at_ += bytes;
  }

  const Session &s_;
  Content c_;
  Copy copy_;
  std::byte *image_;
  std::uint64_t at_ = sizeof(ImageHeader);
};

Content content_of(const Session &s) { return {s.position, s.chunk_tokens != 0, s.chunk_tokens - 1}; }

std::uint64_t image_hash(const std::byte *image, std::uint64_t bytes) {
  ImageHeader header;
  memcpy(&header, image, sizeof header);
  header.hash = 0;
  Hash64 hash;
  hash.update(&header, sizeof header);
  hash.update(image + sizeof header, static_cast<std::size_t>(bytes) - sizeof header);
  return hash.digest();
}

bool is_image_for(const Session &s, const std::byte *image, std::uint64_t bytes, ImageHeader *header) {
  if (bytes < sizeof *header) return false;
  memcpy(header, image, sizeof *header);
  const std::uint32_t segments = s.model.config().segments;
  return header->magic == kImageMagic && header->model == s.model.header->header_checksum && header->bytes == bytes &&
         header->has_hidden <= 1 && header->reserved == 0 && header->segment < (segments == 0 ? 1 : segments) &&
         header->position <= s.model.config().max_context && header->hash == image_hash(image, bytes);
}

}  // namespace
}  // namespace tidbit

using namespace tidbit;

extern "C" uint64_t tidbit_save_bytes(const tidbit_session *session) {
  if (session == nullptr) return 0;
  return ImageWalk(*session, content_of(*session), Copy::nothing, nullptr).run();
}

extern "C" tidbit_status tidbit_save(const tidbit_session *session, void *buffer, size_t bytes, uint64_t *written) {
  if (const tidbit_status status = check_idle(session); status != TIDBIT_OK) return status;
  if (buffer == nullptr) return TIDBIT_ERR_ARGUMENT;
  const Session &s = *session;
  const std::uint64_t needed = tidbit_save_bytes(session);
  if (written != nullptr) *written = needed;
  if (bytes < needed) return TIDBIT_ERR_MEMORY;

  auto *image = static_cast<std::byte *>(buffer);
  ImageHeader header{
      kImageMagic, s.model.header->header_checksum, needed, 0, s.position, s.segment, s.chunk_tokens != 0, 0};
  ImageWalk(s, content_of(s), Copy::to_image, image).run();
  memcpy(image, &header, sizeof header);
  header.hash = image_hash(image, needed);
  memcpy(image, &header, sizeof header);
  return TIDBIT_OK;
}

extern "C" tidbit_status tidbit_restore(tidbit_session *session, const void *image, size_t bytes) {
  if (const tidbit_status status = check_idle(session); status != TIDBIT_OK) return status;
  if (image == nullptr) return TIDBIT_ERR_ARGUMENT;
  Session &s = *session;
  tidbit_reset(session);
  auto *from = const_cast<std::byte *>(static_cast<const std::byte *>(image));  // read only: Copy::from_image
  ImageHeader header;
  if (!is_image_for(s, from, bytes, &header)) return TIDBIT_ERR_SESSION;
  if (header.position > s.limits.context) return TIDBIT_ERR_CONTEXT_FULL;
  const Content content{header.position, header.has_hidden != 0, 0};
  if (ImageWalk(s, content, Copy::nothing, nullptr).run() != bytes) return TIDBIT_ERR_SESSION;

  ImageWalk(s, content, Copy::from_image, from).run();
  s.position = header.position;
  if constexpr (kHasRings) s.written = s.restored = header.position;
  s.segment = header.segment;
  s.chunk_tokens = header.has_hidden;
  return TIDBIT_OK;
}
