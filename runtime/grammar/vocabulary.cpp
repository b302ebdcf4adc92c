// Sorts the vocabulary by text, in the caller's memory.
#include "grammar/vocabulary.h"

#include "format/model.h"
#include "grammar/plain.h"
#include "grammar/walk.h"

namespace tidbit {
namespace {

constexpr std::uint64_t kTokenBytes = 2 * sizeof(std::uint32_t) + 2;  // of the tables

struct Size {
  std::uint32_t tokens = 0;  // that belong into the trie
  std::uint32_t plain = 0;
  std::uint64_t text = 0;
};

bool belongs(const TokenText &t) { return t.bytes > 0 && t.bytes <= kMaxGrammarToken; }
bool is_plain(const TokenText &t) { return plain_characters(t.text, t.bytes) != 0; }

Size measure(const tidbit_model *model, std::uint32_t vocab_size) {
  Size size;
  TokenText t;
  for (std::uint32_t id = 0; id < vocab_size; ++id) {
    t.read(model, id, nullptr);
    if (!belongs(t)) continue;
    ++size.tokens;
    size.plain += is_plain(t) ? 1 : 0;
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
  Sorter(const tidbit_model *model, std::uint32_t *ids) : model_(model), ids_(ids) {}

  // Heapsort: it needs no memory, and no input makes it slow.
  void sort(std::uint32_t count) {
    for (std::uint32_t i = count / 2; i > 0; --i) sink(i - 1, count);
    for (std::uint32_t end = count; end > 1; --end) {
      swap(0, end - 1);
      sink(0, end - 1);
    }
  }

 private:
  // Bytes are compared as such, equal texts by their ids.
  bool less(std::uint32_t a, std::uint32_t b) {
    left_.read(model_, a, nullptr);
    right_.read(model_, b, nullptr);
    const std::uint32_t n = shared_bytes(left_, right_);
    if (n == left_.bytes || n == right_.bytes) return left_.bytes != right_.bytes ? left_.bytes < right_.bytes : a < b;
    return static_cast<unsigned char>(left_.text[n]) < static_cast<unsigned char>(right_.text[n]);
  }
  void swap(std::uint32_t i, std::uint32_t j) {
    const std::uint32_t id = ids_[i];
    ids_[i] = ids_[j];
    ids_[j] = id;
  }
  void sink(std::uint32_t at, std::uint32_t end) {
    for (std::uint32_t child = 2 * at + 1; child < end; child = 2 * at + 1) {
      if (child + 1 < end && less(ids_[child], ids_[child + 1])) ++child;
      if (!less(ids_[at], ids_[child])) return;
      swap(at, child);
      at = child;
    }
  }

  const tidbit_model *model_;
  std::uint32_t *ids_;
  TokenText left_, right_;
};

void collect(Vocabulary &v) {
  TokenText t;
  std::uint32_t plain = 0, inside = v.plain, outside = v.count;
  for (std::uint32_t id = 0; id < v.size; ++id) {
    t.read(v.model, id, nullptr);
    std::uint32_t &place = !belongs(t) ? outside : is_plain(t) ? plain : inside;
    v.ids[place++] = id;
  }
}

void store_texts(Vocabulary &v) {
  TokenText texts[2];
  v.offsets[0] = 0;
  for (std::uint32_t i = 0; i < v.count; ++i) {
    TokenText &t = texts[i % 2];
    t.read(v.model, v.ids[i], nullptr);
    const std::uint32_t shared = i == 0 || i == v.plain ? 0 : shared_bytes(texts[(i + 1) % 2], t);
    if (i < v.plain) v.characters[i] = static_cast<std::uint8_t>(plain_characters(t.text, t.bytes));
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
  v.plain = size.plain;
  v.ids = static_cast<std::uint32_t *>(memory);
  v.offsets = v.ids + v.size;
  v.shared = reinterpret_cast<std::uint8_t *>(v.offsets + v.count + 1);
  v.characters = v.shared + v.count;
  v.bytes = v.characters + v.plain;
  collect(v);
  Sorter(model, v.ids).sort(v.plain);
  Sorter(model, v.ids + v.plain).sort(v.count - v.plain);
  store_texts(v);
  memcpy(vocabulary->opaque, &v, sizeof v);
  return TIDBIT_OK;
}
