#include "cli/bandwidth.h"

#include <string.h>
#include <unistd.h>

#include "posix/clock.h"
#include "posix/cpu_features.h"
#include "posix/memory_region.h"

namespace tidbit::cli {
namespace {

constexpr uint64_t kLeastBytes = uint64_t{256} << 20;
constexpr int kPasses = 4;
constexpr size_t kLine = 64;
constexpr size_t kPrefetchBytes = 1024;

using Words = uint64_t __attribute__((vector_size(16)));

struct Slice {
  const char *data;
  size_t bytes;
  uint32_t streams;
  uint64_t sum;
};

// Reads kStreams parts of the slice in turn, one cache line each.
template <uint32_t kStreams>
uint64_t sum_slice(const Slice &slice) {
  const size_t length = slice.bytes / kStreams / kLine * kLine;
  Words sums[kStreams] = {};
  for (size_t at = 0; at < length; at += kLine) {
    for (uint32_t s = 0; s < kStreams; ++s) {
      const char *line = slice.data + s * length + at;
      __builtin_prefetch(line + kPrefetchBytes);
      Words words[kLine / sizeof(Words)];
      memcpy(words, line, kLine);
      for (const Words &w : words) sums[s] ^= w;
    }
  }
  uint64_t sum = 0;
  for (const Words &w : sums) sum ^= w[0] ^ w[1];
  return sum;
}

void read_slice(void *context, uint32_t index) {
  Slice &slice = static_cast<Slice *>(context)[index];
  slice.sum = slice.streams == 1 ? sum_slice<1>(slice) : slice.streams == 4 ? sum_slice<4>(slice) : sum_slice<8>(slice);
}

// Twice the largest cache, so that most reads miss it, but at most a quarter of the free memory.
uint64_t buffer_bytes() {
  const uint64_t twice = 2 * posix::largest_cache_bytes();
  const uint64_t wanted = twice > kLeastBytes ? twice : kLeastBytes;
  const long pages = sysconf(_SC_AVPHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page <= 0) return wanted / 8;
  const uint64_t quarter = static_cast<uint64_t>(pages) * static_cast<uint64_t>(page) / 4;
  return quarter < wanted ? quarter : wanted;
}

double time_pass(posix::ThreadPool &pool, Slice *slices, uint32_t threads) {
  const double start = posix::seconds_now();
  pool.run(read_slice, slices, threads);
  return posix::seconds_now() - start;
}

}  // namespace

bool measure_bandwidth(posix::ThreadPool &pool, uint32_t threads, Bandwidth *result) {
  posix::MemoryRegion buffer;
  if (!buffer.allocate(buffer_bytes())) return false;
  buffer.prefer_huge_pages();
  memset(buffer.data(), 1, buffer.bytes());  // untouched pages would all map to the shared zero page, which is cached
  const size_t share = buffer.bytes() / threads / 4096 * 4096;
  *result = {0, share * threads};
  Slice slices[posix::ThreadPool::kMostThreads] = {};
  constexpr uint32_t kStreams[] = {1, 4, 8};
  for (const uint32_t streams : kStreams) {
    for (uint32_t i = 0; i < threads; ++i) {
      slices[i] = {static_cast<const char *>(buffer.data()) + i * share, share, streams, 0};
    }
    for (int pass = 0; pass < kPasses; ++pass) {
      const double rate = static_cast<double>(result->buffer_bytes) / time_pass(pool, slices, threads);
      if (rate > result->bytes_per_second) result->bytes_per_second = rate;
    }
  }
  return true;
}

}  // namespace tidbit::cli
