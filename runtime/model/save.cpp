// A session as bytes: a header, the hidden vector of the last token, then what the KV cache holds, block after block.
// The image does not depend on the session's context or chunk size, nor on the target.
#include <cstddef>
#include <cstring>

#include "base/hash.h"
#include "model/session.h"

namespace tidbit {
namespace {

constexpr std::uint64_t kImageMagic = 0x31534553'42444954u;  // "TIDBSES1"

struct ImageHeader {
  std::uint64_t magic;
  std::uint64_t model;  // checksum of the blob's header
  std::uint64_t bytes;  // of the image
  std::uint64_t hash;   // XXH64 of the image with this field as 0
  std::uint32_t position;
  std::uint32_t segment;
  std::uint32_t has_hidden;  // 1: logits can be asked for
  std::uint32_t reserved;    // 0
};
static_assert(sizeof(ImageHeader) == 48);

std::uint64_t hidden_bytes(const Session &s) { return s.model.config().width * sizeof(float); }

// Calls visit(data, bytes) for each part of the image after its header, in order.
template <class Visit>
void for_each_part(const Session &s, std::uint32_t position, bool has_hidden, std::uint32_t hidden_row, Visit visit) {
  if (has_hidden) {
    float *hidden = s.activations.hidden + hidden_row * s.sizes.hidden_stride;
    visit(reinterpret_cast<std::byte *>(hidden), hidden_bytes(s));
  }
  for (std::uint32_t block = 0; block < s.kv.blocks(); ++block) {
    KvSpan spans[KvCache::kSpans];
    const std::uint32_t count = s.kv.spans(block, position, spans);
    for (std::uint32_t i = 0; i < count; ++i) visit(spans[i].data, spans[i].bytes);
  }
}

std::uint64_t image_bytes(const Session &s, std::uint32_t position, bool has_hidden) {
  std::uint64_t total = sizeof(ImageHeader);
  for_each_part(s, position, has_hidden, 0, [&](std::byte *, std::uint64_t bytes) { total += bytes; });
  return total;
}

std::uint64_t image_hash(const std::byte *image, std::uint64_t bytes) {
  ImageHeader header;
  std::memcpy(&header, image, sizeof header);
  header.hash = 0;
  Hash64 hash;
  hash.update(&header, sizeof header);
  hash.update(image + sizeof header, static_cast<std::size_t>(bytes) - sizeof header);
  return hash.digest();
}

bool is_image_for(const Session &s, const std::byte *image, std::uint64_t bytes, ImageHeader *header) {
  if (bytes < sizeof *header) return false;
  std::memcpy(header, image, sizeof *header);
  const format::Tensor *segments = s.model.global(format::Role::segment_embedding);
  return header->magic == kImageMagic && header->model == s.model.header->header_checksum && header->bytes == bytes &&
         header->has_hidden <= 1 && header->segment < (segments == nullptr ? 1 : segments->rows) &&
         header->position <= s.model.config().max_context && header->hash == image_hash(image, bytes);
}

}  // namespace
}  // namespace tidbit

using namespace tidbit;

extern "C" uint64_t tidbit_save_bytes(const tidbit_session *session) {
  return image_bytes(*session, session->position, session->chunk_tokens != 0);
}

extern "C" tidbit_status tidbit_save(const tidbit_session *session, void *buffer, size_t bytes, uint64_t *written) {
  if (session == nullptr || buffer == nullptr) return TIDBIT_ERR_ARGUMENT;
  const Session &s = *session;
  const bool has_hidden = s.chunk_tokens != 0;
  const std::uint64_t needed = image_bytes(s, s.position, has_hidden);
  if (written != nullptr) *written = needed;
  if (bytes < needed) return TIDBIT_ERR_MEMORY;

  auto *image = static_cast<std::byte *>(buffer);
  ImageHeader header{kImageMagic, s.model.header->header_checksum, needed, 0, s.position, s.segment, has_hidden, 0};
  std::byte *next = image + sizeof header;
  for_each_part(s, s.position, has_hidden, s.chunk_tokens - 1, [&](const std::byte *data, std::uint64_t n) {
    std::memcpy(next, data, static_cast<std::size_t>(n));
    next += n;
  });
  std::memcpy(image, &header, sizeof header);
  header.hash = image_hash(image, needed);
  std::memcpy(image, &header, sizeof header);
  return TIDBIT_OK;
}

extern "C" tidbit_status tidbit_restore(tidbit_session *session, const void *image, size_t bytes) {
  if (session == nullptr || image == nullptr) return TIDBIT_ERR_ARGUMENT;
  Session &s = *session;
  tidbit_reset(session);
  const auto *from = static_cast<const std::byte *>(image);
  ImageHeader header;
  if (!is_image_for(s, from, bytes, &header)) return TIDBIT_ERR_SESSION;
  if (header.position > s.limits.context) return TIDBIT_ERR_CONTEXT_FULL;
  const bool has_hidden = header.has_hidden != 0;
  if (image_bytes(s, header.position, has_hidden) != bytes) return TIDBIT_ERR_SESSION;

  from += sizeof header;
  for_each_part(s, header.position, has_hidden, 0, [&](std::byte *data, std::uint64_t n) {
    std::memcpy(data, from, static_cast<std::size_t>(n));
    from += n;
  });
  s.position = header.position;
  s.segment = header.segment;
  s.chunk_tokens = has_hidden ? 1 : 0;
  return TIDBIT_OK;
}
