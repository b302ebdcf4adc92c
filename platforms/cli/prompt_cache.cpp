#include "cli/prompt_cache.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/output_file.h"

namespace tidbit::cli {
namespace {

constexpr char kMagic[8] = {'T', 'I', 'D', 'B', 'P', 'C', '0', '1'};

struct Header {
  char magic[8];
  uint64_t model;
  uint64_t hash;
  uint64_t count;
};
static_assert(sizeof(Header) == 32);

// FNV-1a.
uint64_t add_to_hash(uint64_t hash, const void *data, size_t bytes) {
  const auto *from = static_cast<const unsigned char *>(data);
  for (size_t i = 0; i < bytes; ++i) hash = (hash ^ from[i]) * 0x100000001b3u;
  return hash;
}

uint64_t hash_of(Header header, const void *ids) {
  header.hash = 0;
  const uint64_t hash = add_to_hash(0xcbf29ce484222325u, &header, sizeof header);
  return add_to_hash(hash, ids, static_cast<size_t>(header.count) * sizeof(int32_t));
}

// How many ids at the start of `ids`, which are not aligned, are those of the prompt.
uint32_t shared_ids(const char *ids, uint64_t count, const Tokens &prompt) {
  uint32_t shared = 0;
  while (shared < count && shared < prompt.count() &&
         memcmp(ids + size_t{shared} * sizeof(int32_t), prompt.data() + shared, sizeof(int32_t)) == 0) {
    ++shared;
  }
  return shared;
}

}  // namespace

int PromptCache::damaged() const { return data_error("%s: the prompt cache is damaged; delete it", path_); }

int PromptCache::take_up(uint32_t *fed) {
  *fed = 0;
  struct stat status;
  if (stat(path_, &status) != 0 && errno == ENOENT) return kOk;
  posix::MappedFile file;
  if (const char *reason = file.map(path_)) return data_error("%s: %s", path_, reason);
  return read(static_cast<const char *>(file.data()), file.bytes(), fed);
}

int PromptCache::read(const char *data, size_t bytes, uint32_t *fed) {
  Header header;
  if (bytes < sizeof header || memcmp(data, kMagic, sizeof kMagic) != 0) {
    return data_error("%s: is not a prompt cache that --cache wrote; choose another file", path_);
  }
  memcpy(&header, data, sizeof header);
  const char *ids = data + sizeof header;
  if (header.count > (bytes - sizeof header) / sizeof(int32_t) || header.hash != hash_of(header, ids)) return damaged();
  if (header.model != model_.info().checksum || header.count > session_.plan().context) return kOk;
  const uint32_t shared = shared_ids(ids, header.count, prompt_);
  if (shared == 0) return kOk;
  const size_t before = sizeof header + static_cast<size_t>(header.count) * sizeof(int32_t);
  return restore(data + before, bytes - before, static_cast<uint32_t>(header.count), shared, fed);
}

int PromptCache::restore(const char *image, size_t bytes, uint32_t cached, uint32_t shared, uint32_t *fed) {
  tidbit_session *session = session_.get();
  if (tidbit_restore(session, image, bytes) != TIDBIT_OK || tidbit_position(session) != cached) return damaged();
  *fed = shared;
  is_complete_ = shared == cached && shared == prompt_.count();
  if (shared == cached) return kOk;
  if (shared == prompt_.count()) --*fed;  // logits are those of a token that is fed
  const tidbit_status status = tidbit_rewind(session, *fed);
  if (status == TIDBIT_OK) return kOk;
  *fed = 0;
  const tidbit_status reset = tidbit_reset(session);
  if (status == TIDBIT_ERR_REWIND && reset == TIDBIT_OK) return kOk;
  return status_error(path_, status);
}

int PromptCache::save() const {
  if (is_complete_) return kOk;
  const size_t before = sizeof(Header) + prompt_.count() * sizeof(int32_t);
  const uint64_t bytes = before + tidbit_save_bytes(session_.get());
  posix::MemoryRegion memory;
  if (!memory.allocate(bytes))
    return data_error("out of memory: the prompt cache needs %zu bytes", static_cast<size_t>(bytes));
  char *data = static_cast<char *>(memory.data());
  Header header = {{}, model_.info().checksum, 0, prompt_.count()};
  memcpy(header.magic, kMagic, sizeof kMagic);
  header.hash = hash_of(header, prompt_.data());
  memcpy(data, &header, sizeof header);
  memcpy(data + sizeof header, prompt_.data(), before - sizeof header);
  const tidbit_status status = tidbit_save(session_.get(), data + before, static_cast<size_t>(bytes) - before, nullptr);
  if (status != TIDBIT_OK) return status_error(path_, status);
  return write_file(path_, data, static_cast<size_t>(bytes));
}

}  // namespace tidbit::cli
