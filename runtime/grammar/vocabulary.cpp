// Sorts the vocabulary by text, in the caller's memory.
#include "grammar/vocabulary.h"

#include "format/model.h"
#include "grammar/walk.h"

namespace tidbit {
namespace {

constexpr std::uint64_t kTokenBytes = 2 * sizeof(std::uint32_t) + 1;  // of the tables

struct Size {
  std::uint32_t tokens = 0;  // that belong into the trie
  std::uint64_t text = 0;
};

bool belongs(const TokenText &t) { return t.bytes > 0 && t.bytes <= kMaxGrammarToken; }

Size measure(const tidbit_model *model, std::uint32_t vocab_size) {
  Size size;
  TokenText t;
  for (std::uint32_t id = 0; id < vocab_size; ++id) {
    t.read(model, id, nullptr);
    if (!belongs(t)) continue;
    ++size.tokens;
    size.text += t.bytes;
  }
  return size;
}

std::uint64_t memory_bytes(const Size &size, std::uint32_t vocab_size) {
  return sizeof(std::uint32_t) + kTokenBytes * vocab_size + size.text;
}

std::uint32_t shared_bytes(const TokenText &a, const TokenText &b) {
  const std::uint32_t most = a.bytes < b.bytes ? a.bytes : b.bytes;
  std::uint32_t n = 0;
  while (n < most && a.text[n] == b.text[n]) ++n;
  return n;
}

class Sorter {
 public:
  explicit Sorter(Vocabulary &vocabulary) : v_(vocabulary) {}

  // Heapsort: it needs no memory, and no input makes it slow.
  void sort() {
    for (std::uint32_t i = v_.count / 2; i > 0; --i) sink(i - 1, v_.count);
    for (std::uint32_t end = v_.count; end > 1; --end) {
      swap(0, end - 1);
      sink(0, end - 1);
    }
  }

 private:
  // Bytes are compared as such, equal texts by their ids.
  bool less(std::uint32_t a, std::uint32_t b) {
    left_.read(v_.model, a, nullptr);
    right_.read(v_.model, b, nullptr);
    const std::uint32_t n = shared_bytes(left_, right_);
    if (n == left_.bytes || n == right_.bytes) return left_.bytes != right_.bytes ? left_.bytes < right_.bytes : a < b;
    return static_cast<unsigned char>(left_.text[n]) < static_cast<unsigned char>(right_.text[n]);
  }
  void swap(std::uint32_t i, std::uint32_t j) {
    const std::uint32_t id = v_.ids[i];
    v_.ids[i] = v_.ids[j];
    v_.ids[j] = id;
  }
  void sink(std::uint32_t at, std::uint32_t end) {
    for (std::uint32_t child = 2 * at + 1; child < end; child = 2 * at + 1) {
      if (child + 1 < end && less(v_.ids[child], v_.ids[child + 1])) ++child;
      if (!less(v_.ids[at], v_.ids[child])) return;
      swap(at, child);
      at = child;
    }
  }

  Vocabulary &v_;
  TokenText left_, right_;
};

// The ids: those in the trie, then the others.
void collect(Vocabulary &v) {
  TokenText t;
  std::uint32_t inside = 0, outside = v.count;
  for (std::uint32_t id = 0; id < v.size; ++id) {
    t.read(v.model, id, nullptr);
    v.ids[belongs(t) ? inside++ : outside++] = id;
  }
}

void store_texts(Vocabulary &v) {
  TokenText texts[2];
  v.offsets[0] = 0;
  for (std::uint32_t i = 0; i < v.count; ++i) {
    TokenText &t = texts[i % 2];
    t.read(v.model, v.ids[i], nullptr);
    const std::uint32_t shared = i == 0 ? 0 : shared_bytes(texts[(i + 1) % 2], t);
    v.shared[i] = static_cast<std::uint8_t>(shared);
    memcpy(v.bytes + v.offsets[i], t.text + shared, t.bytes - shared);
    v.offsets[i + 1] = v.offsets[i] + (t.bytes - shared);
  }
}

}  // namespace
}  // namespace tidbit

using namespace tidbit;

extern "C" uint64_t tidbit_vocabulary_bytes(const tidbit_model *model) {
  if (!is_open(model) || model_of(model).tokenizer == nullptr) return 0;
  const std::uint32_t vocab_size = model_of(model).config().vocab_size;
  return memory_bytes(measure(model, vocab_size), vocab_size);
}

extern "C" tidbit_status tidbit_vocabulary_init(const tidbit_model *model, void *memory, size_t bytes,
                                                tidbit_vocabulary *vocabulary) {
  if (vocabulary == nullptr) return TIDBIT_ERR_ARGUMENT;
  *vocabulary = {};
  if (!is_open(model)) return TIDBIT_ERR_ARGUMENT;
  if (model_of(model).tokenizer == nullptr) return TIDBIT_ERR_NO_TOKENIZER;
  if (memory == nullptr) return TIDBIT_ERR_ARGUMENT;
  if (reinterpret_cast<std::uintptr_t>(memory) % 4 != 0) return TIDBIT_ERR_ALIGNMENT;
  const std::uint32_t vocab_size = model_of(model).config().vocab_size;
  const Size size = measure(model, vocab_size);
  if (bytes < memory_bytes(size, vocab_size)) return TIDBIT_ERR_MEMORY;
  Vocabulary v{};
  v.model = model;
  v.size = vocab_size;
  v.count = size.tokens;
  v.ids = static_cast<std::uint32_t *>(memory);
  v.offsets = v.ids + v.size;
  v.shared = reinterpret_cast<std::uint8_t *>(v.offsets + v.count + 1);
  v.bytes = v.shared + v.count;
  collect(v);
  Sorter(v).sort();
  store_texts(v);
  memcpy(vocabulary->opaque, &v, sizeof v);
  return TIDBIT_OK;
}
