#include "text/normalizer.h"

#include "base/assert.h"
#include "base/features.h"
#include "text/characters.h"
#include "text/utf8.h"

#if TIDBIT_FEATURE_NORMALIZER
namespace tidbit {
namespace {

using namespace format::normalizer;

constexpr std::uint32_t kRaw = 1u << 21;  // with an invalid byte in the low bits
constexpr std::uint32_t kCharacterMask = (1u << 22) - 1;
constexpr std::uint32_t kClassShift = 24;  // of the combining class, between order() and compose()
constexpr std::uint32_t kLookAhead = 16;   // characters behind matches of an automaton, for each of the text

constexpr std::uint32_t kFirstComposed = 0x300;  // no character below it is composed with the one in front of it
constexpr std::uint32_t kFirstSyllable = 0xAC00, kFirstLeading = 0x1100, kFirstVowel = 0x1161, kBeforeTrailing = 0x11A7;
constexpr std::uint32_t kSyllables = 11172, kLeading = 19, kVowels = 21, kTrailing = 28;

// The syllable of two neighbors, or 0.
std::uint32_t syllable(std::uint32_t first, std::uint32_t second) {
  if (first - kFirstLeading < kLeading && second - kFirstVowel < kVowels) {
    return kFirstSyllable + ((first - kFirstLeading) * kVowels + (second - kFirstVowel)) * kTrailing;
  }
  const bool open = first - kFirstSyllable < kSyllables && (first - kFirstSyllable) % kTrailing == 0;
  return open && second - kBeforeTrailing - 1 < kTrailing - 1 ? first + (second - kBeforeTrailing) : 0;
}

std::uint32_t class_of(std::uint32_t ordered) { return ordered >> kClassShift; }

// Writes the character's UTF-8 and returns its length, at most 4.
std::uint32_t encode(std::uint32_t c, char bytes[4]) {
  if (c < 0x80 || c >= kRaw) {
    bytes[0] = static_cast<char>(c);
    return 1;
  }
  const std::uint32_t size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  for (std::uint32_t i = size - 1; i > 0; --i, c >>= 6) bytes[i] = static_cast<char>(0x80 | (c & 0x3F));
  bytes[0] = static_cast<char>((0xF00u >> size & 0xFF) | c);
  return size;
}

std::uint32_t utf8_bytes(std::uint32_t c) { return c < 0x80 || c >= kRaw ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4; }

// What a program refers to.
struct Data {
  const std::uint32_t *words;
  std::uint64_t count;

  bool has(std::uint32_t offset, std::uint64_t words_there) const { return offset + words_there <= count; }
  bool has_text(std::uint32_t text) const { return (text >> kTextShift) + (text & kMaxTextBytes) <= 4 * count; }
};

bool valid_range(const Data &data, const std::uint32_t *range) {
  const std::uint32_t first = range[0] & (kRaw - 1);
  if (first > range[1] || range[1] > 0x10FFFF) return false;
  switch (static_cast<RangeKind>(range[0] >> kKindShift)) {
    case RangeKind::text:
    case RangeKind::surround:
      return data.has_text(range[2]);
    case RangeKind::texts: {
      const std::uint32_t size = range[1] - first + 1;
      if (!data.has(range[2], size)) return false;
      for (std::uint32_t i = 0; i < size; ++i) {
        if (!data.has_text(data.words[range[2] + i])) return false;
      }
      return true;
    }
    case RangeKind::shift:
    case RangeKind::shift_by_two:
      return first + range[2] < kRaw && range[1] + range[2] < kRaw;
    case RangeKind::chain:
      return data.has(range[2], kNode);
    case RangeKind::hangul:
      return first == kFirstSyllable && range[1] == kFirstSyllable + kSyllables - 1;
  }
  return false;
}

bool valid_map(const Data &data, const std::uint32_t *a) {
  if (!data.has(a[0], std::uint64_t{a[1]} * kRange) || a[2] > a[1] || a[3] > 1 || !data.has(a[4], a[5])) return false;
  for (std::uint32_t i = 0; i < a[1]; ++i) {
    const std::uint32_t *range = data.words + a[0] + i * kRange;
    if (!valid_range(data, range)) return false;
    if (i > 0 && (range[0] & (kRaw - 1)) <= range[1 - static_cast<int>(kRange)]) return false;
  }
  return true;
}

bool valid_replace(const Data &data, const std::uint32_t *a) {
  const std::uint32_t symbols = a[2];
  if (!data.has(a[0], a[1]) || a[1] == 0 || symbols < 2 || !data.has_text(a[5])) return false;
  for (std::uint32_t i = 0; i < a[1]; ++i) {
    if ((data.words[a[0] + i] & (format::split_program::kMaxSymbols - 1)) >= symbols - 1) return false;
  }
  const std::uint64_t entries = std::uint64_t{a[4]} * symbols;
  if (symbols > format::split_program::kMaxSymbols || a[4] == 0 || a[4] >= 0x7FFF) return false;
  if (!data.has(a[3], (entries + 1) / 2)) return false;
  const auto *states = reinterpret_cast<const std::uint16_t *>(data.words + a[3]);
  for (std::uint64_t i = 0; i < entries; ++i) {
    if ((states[i] & (format::split_entry::kMatch - 1u)) > a[4]) return false;
  }
  return true;
}

bool valid_step(const Data &data, const std::uint32_t *step, std::uint32_t behind) {
  const std::uint32_t *a = step + 1;
  switch (static_cast<Op>(step[0])) {
    case Op::map:
      return valid_map(data, a);
    case Op::order:
      return data.has(a[0], a[1]) && data.has(a[2], std::uint64_t{a[3]} * 2);
    case Op::skip:
      return data.has(a[0], a[1]) && a[2] <= behind;
    case Op::strip:
      return a[0] <= 3;
    case Op::prepend:
      return data.has_text(a[0]);
    case Op::replace:
      return valid_replace(data, a);
  }
  return false;
}

}  // namespace

bool valid_normalizer(const std::byte *section) {
  const Tables tables(section);
  const format::TokenizerHeader &header = tables.header();
  const std::uint32_t *program = tables.normalizer();
  const Data data{tables.normalizer_data(), header.normalizer_data.count};
  if (header.normalizer.count < kHead || program[kSteps] > kMaxSteps) return false;
  if (header.normalizer.count != kHead + program[kSteps] * kStep) return false;
  if (program[kGrowth] == 0 || program[kGrowth] > kMaxGrowth) return false;
  if (!data.has(program[kWordSet], program[kWordSet + 1])) return false;
  if (program[kAddedTexts] != 0) {
    if (!data.has(program[kAddedTexts], std::uint64_t{header.added.count} * 2)) return false;
    if (program[kAddedTexts] == 0xFFFFFFFF) return false;
  }
  for (std::uint32_t i = 0; i < program[kSteps]; ++i) {
    if (!valid_step(data, program + kHead + i * kStep, program[kSteps] - i - 1)) return false;
  }
  return true;
}

Normalizer::Normalizer(const Tables &tables, const Workspace &workspace, Steps &steps)
    : tables_(tables),
      steps_(steps),
      data_(tables.normalizer_data()),
      data_count_(tables.header().normalizer_data.count),
      from_(reinterpret_cast<std::uint32_t *>(workspace.heap)) {
  const auto bytes = static_cast<std::uint64_t>(workspace.text - reinterpret_cast<char *>(workspace.heap));
  room_ = static_cast<std::uint32_t>(bytes / 8);
  to_ = from_ + room_;
}

bool Normalizer::run(const char *text, std::uint32_t size, char *out, std::uint32_t capacity, std::uint32_t *out_size) {
  *out_size = 0;
  if (!read(text, size)) return false;
  const std::uint32_t *program = tables_.normalizer();
  for (std::uint32_t i = 0; i < program[kSteps] && !full_; ++i) {
    const std::uint32_t *now = program + kHead + i * kStep;
    if (now[0] == static_cast<std::uint32_t>(Op::skip)) {
      if (!any_in_set(now)) i += now[3];
    } else {
      step(now);
    }
  }
  return !full_ && write(out, capacity, out_size);
}

bool Normalizer::read(const char *text, std::uint32_t size) {
  put_count_ = 0;
  for (std::uint32_t at = 0; at < size && steps_.take();) {
    const Character character = utf8_decode(text + at, size - at);
    put(character.code_point == kInvalid ? kRaw | static_cast<unsigned char>(text[at]) : character.code_point);
    at += character.bytes;
  }
  swap();
  return !full_;
}

bool Normalizer::write(char *out, std::uint32_t capacity, std::uint32_t *out_size) {
  std::uint32_t size = 0;
  for (std::uint32_t i = 0; i < count_ && steps_.take(); ++i) {
    char bytes[4];
    const std::uint32_t length = encode(from_[i] & kCharacterMask, bytes);
    if (length > capacity - size) return false;
    __builtin_memcpy(out + size, bytes, length);
    size += length;
  }
  *out_size = size;
  return true;
}

void Normalizer::put(std::uint32_t character) {
  if (put_count_ == room_) {
    full_ = true;
  } else {
    to_[put_count_++] = character;
  }
}

void Normalizer::put_text(std::uint32_t text) {
  const char *bytes = reinterpret_cast<const char *>(data_) + (text >> kTextShift);
  const std::uint32_t size = text & kMaxTextBytes;
  for (std::uint32_t at = 0; at < size && steps_.take();) {
    const Character character = utf8_decode(bytes + at, size - at);
    put(character.code_point == kInvalid ? kRaw | static_cast<unsigned char>(bytes[at]) : character.code_point);
    at += character.bytes;
  }
}

void Normalizer::swap() {
  std::uint32_t *const from = from_;
  from_ = to_;
  to_ = from;
  count_ = put_count_;
  put_count_ = 0;
}

void Normalizer::step(const std::uint32_t *step) {
  switch (static_cast<Op>(step[0])) {
    case Op::map:
      return step[4] != 0 ? map_clusters(step) : map(step);
    case Op::order:
      order(step);
      return compose(step);
    case Op::strip:
      return strip(step[1]);
    case Op::prepend:
      return prepend(step[1]);
    case Op::replace:
      return replace(step);
    case Op::skip:
      return;
  }
}

void Normalizer::map(const std::uint32_t *step) {
  for (std::uint32_t at = 0; at < count_ && steps_.take();) {
    const Found found = find(step, at, count_, false);
    put_found(found, at);
    at += found.characters == 0 ? 1 : found.characters;
  }
  swap();
}

// The library that this follows looks up grapheme clusters of less than six bytes, of which it replaces all by what the
// shortest key at the start becomes, and then single characters.
void Normalizer::map_clusters(const std::uint32_t *step) {
  for (std::uint32_t begin = 0; begin < count_ && steps_.take();) {
    std::uint32_t bytes = 0;
    const std::uint32_t end = cluster_end(step, begin, &bytes);
    const Found whole = bytes < 6 ? find(step, begin, end, true) : Found{};
    if (whole.characters != 0) {
      put_found(whole, begin);
      begin = end;
    }
    for (; begin < end && steps_.take(); ++begin) put_found(find(step, begin, begin + 1, true), begin);
  }
  swap();
}

std::uint32_t Normalizer::cluster_end(const std::uint32_t *step, std::uint32_t begin, std::uint32_t *bytes) {
  Clusters clusters;
  std::uint32_t at = begin;
  for (; at < count_ && steps_.take(); ++at) {
    const std::uint32_t character = from_[at] & kCharacterMask;
    const std::uint32_t kind = value_of(data_ + step[5], step[6], kGraphemeBits, character);
    if (!clusters.joins(character, static_cast<GraphemeClass>(kind)) && at > begin) break;
    *bytes += utf8_bytes(character);
  }
  return at;
}

// What the map has for the characters from `at` on.
Normalizer::Found Normalizer::find(const std::uint32_t *step, std::uint32_t at, std::uint32_t end, bool shortest) {
  const std::uint32_t character = from_[at];
  const std::uint32_t *ranges = data_ + step[1];
  std::uint32_t low = 0;
  std::uint32_t high = character < 0x80 ? step[3] : step[2];
  while (low < high) {  // the first range behind the character
    const std::uint32_t middle = low + (high - low) / 2;
    if ((ranges[middle * kRange] & (kRaw - 1)) <= character) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == 0) return {};
  const std::uint32_t *range = ranges + (low - 1) * kRange;
  if (character > range[1]) return {};
  const std::uint32_t kind = range[0] >> kKindShift;
  const std::uint32_t first = range[0] & (kRaw - 1);
  switch (static_cast<RangeKind>(kind)) {
    case RangeKind::texts:
      return {1, static_cast<std::uint32_t>(RangeKind::text), data_[range[2] + (character - first)]};
    case RangeKind::shift_by_two:
      return (character - first) % 2 != 0 ? Found{} : Found{1, static_cast<std::uint32_t>(RangeKind::shift), range[2]};
    case RangeKind::chain:
      return find_chain(range[2], at, end, shortest);
    default:
      return {1, kind, range[2]};
  }
}

// The longest key from the node on, or the shortest. The offsets of nodes are not trusted.
Normalizer::Found Normalizer::find_chain(std::uint32_t node, std::uint32_t at, std::uint32_t end, bool shortest) {
  Found found;
  for (std::uint32_t length = 1; length <= kMaxKey && node + std::uint64_t{kNode} <= data_count_; ++length) {
    const std::uint32_t text = data_[node + 2];
    const std::uint64_t text_end = std::uint64_t{text >> kTextShift} + (text & kMaxTextBytes);
    if (data_[node + 1] != 0 && text_end <= std::uint64_t{data_count_} * 4) {
      found = {length, static_cast<std::uint32_t>(RangeKind::text), text};
      if (shortest) return found;
    }
    if (at + length >= end || !steps_.take()) break;
    node = next_node(node, from_[at + length]);
  }
  return found;
}

std::uint32_t Normalizer::next_node(std::uint32_t node, std::uint32_t character) const {
  const std::uint64_t edges = data_[node];
  if (node + kNode + 2 * edges > data_count_) return data_count_;
  const std::uint32_t *edge = data_ + node + kNode;
  std::uint32_t low = 0;
  auto high = static_cast<std::uint32_t>(edges);
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (edge[2 * middle] < character) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < edges && edge[2 * low] == character ? edge[2 * low + 1] : data_count_;
}

void Normalizer::put_found(const Found &found, std::uint32_t at) {
  const std::uint32_t character = from_[at];
  if (found.characters == 0) return put(character);
  switch (static_cast<RangeKind>(found.kind)) {
    case RangeKind::shift:
      return put(character + found.argument);
    case RangeKind::surround:
      put_text(found.argument);
      put(character);
      return put_text(found.argument);
    case RangeKind::hangul: {
      const std::uint32_t index = character - kFirstSyllable;
      put(kFirstLeading + index / (kVowels * kTrailing));
      put(kFirstVowel + index / kTrailing % kVowels);
      if (index % kTrailing != 0) put(kBeforeTrailing + index % kTrailing);
      return;
    }
    default:
      return put_text(found.argument);
  }
}

// Sorts each run of characters with a combining class by their classes, and leaves the class in the high bits.
void Normalizer::order(const std::uint32_t *step) {
  std::uint32_t begin = 0;  // of the run
  bool ordered = true;
  for (std::uint32_t at = 0; at < count_ && steps_.take(); ++at) {
    const std::uint32_t value = value_of(data_ + step[1], step[2], 8, from_[at]);
    if (value == 0) {
      if (!ordered) sort(begin, at);
      begin = at + 1;
      ordered = true;
      continue;
    }
    from_[at] |= value << kClassShift;
    ordered = ordered && (at == begin || class_of(from_[at - 1]) <= value);
  }
  if (!ordered) sort(begin, count_);
}

// Merges ever longer stretches, from one array to the other.
void Normalizer::sort(std::uint32_t begin, std::uint32_t end) {
  for (std::uint32_t width = 1; width < end - begin; width *= 2) {
    for (std::uint32_t left = begin; left < end; left += 2 * width) {
      const std::uint32_t middle = end - left < width ? end : left + width;
      const std::uint32_t stop = end - left < 2 * width ? end : left + 2 * width;
      std::uint32_t a = left;
      std::uint32_t b = middle;
      for (std::uint32_t out = left; out < stop && steps_.take(); ++out) {
        const bool first = b == stop || (a < middle && class_of(from_[a]) <= class_of(from_[b]));
        to_[out] = first ? from_[a++] : from_[b++];
      }
    }
    __builtin_memcpy(from_ + begin, to_ + begin, (end - begin) * sizeof(std::uint32_t));
  }
}

// Joins characters with the last one of class 0, unless one between them is of the same class or a higher one.
void Normalizer::compose(const std::uint32_t *step) {
  std::uint32_t size = 0;
  std::uint32_t starter = 0;  // 1 + its place
  std::uint32_t last_class = 0;
  for (std::uint32_t at = 0; at < count_ && steps_.take(); ++at) {
    const std::uint32_t own_class = class_of(from_[at]);
    const std::uint32_t character = from_[at] & kCharacterMask;
    const bool beside = starter == size || last_class < own_class;
    const std::uint32_t joined = step[4] != 0 && starter != 0 && beside && character >= kFirstComposed
                                     ? composition(step, from_[starter - 1], character)
                                     : 0;
    if (joined != 0) {
      from_[starter - 1] = joined;
      continue;
    }
    from_[size++] = character;
    if (own_class == 0) starter = size;
    last_class = own_class;
  }
  count_ = size;
}

// The pairs, ascending: first << 42 | second << 21 | composition, the low half of each first.
std::uint32_t Normalizer::composition(const std::uint32_t *step, std::uint32_t first, std::uint32_t second) const {
  if (const std::uint32_t hangul = syllable(first, second)) return hangul;
  const std::uint32_t *pairs = data_ + step[3];
  const std::uint64_t key = std::uint64_t{first} << 21 | second;
  std::uint32_t low = 0;
  std::uint32_t high = step[4];
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    const std::uint64_t pair = std::uint64_t{pairs[2 * middle + 1]} << 32 | pairs[2 * middle];
    if (pair >> 21 == key) return static_cast<std::uint32_t>(pair & (kRaw - 1));
    if (pair >> 21 < key) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return 0;
}

bool Normalizer::any_in_set(const std::uint32_t *step) {
  const std::uint32_t *set = data_ + step[1];
  const std::uint32_t first = step[2] == 0 ? kCharacterMask : set[0];
  for (std::uint32_t at = 0; at < count_ && steps_.take(); ++at) {
    if (from_[at] >= first && in_set(set, step[2], from_[at])) return true;
  }
  return false;
}

void Normalizer::strip(std::uint32_t ends) {
  std::uint32_t begin = 0;
  while ((ends & 1) != 0 && begin < count_ && is_white_space(from_[begin]) && steps_.take()) ++begin;
  while ((ends & 2) != 0 && begin < count_ && is_white_space(from_[count_ - 1]) && steps_.take()) --count_;
  count_ -= begin;
  __builtin_memmove(from_, from_ + begin, count_ * sizeof(std::uint32_t));
}

void Normalizer::prepend(std::uint32_t text) {
  if (count_ == 0) return;
  put_text(text);
  for (std::uint32_t at = 0; at < count_ && !full_ && steps_.take(); ++at) put(from_[at]);
  swap();
}

void Normalizer::replace(const std::uint32_t *step) {
  look_ahead_ = std::uint64_t{count_} * kLookAhead;
  bool after_match = false;
  for (std::uint32_t at = 0; at <= count_ && steps_.take();) {
    std::uint32_t end = at;
    const bool matches = match_at(step, at, &end) && !(end == at && after_match);
    if (matches) put_text(step[6]);
    after_match = matches;
    if (end > at) {
      at = end;
      continue;
    }
    if (at < count_) put(from_[at]);
    after_match = false;
    ++at;
  }
  swap();
}

std::uint32_t Normalizer::symbol(const std::uint32_t *step, std::uint32_t character) const {
  constexpr std::uint32_t kReplacement = 0xFFFD;
  return value_of(data_ + step[1], step[2], format::split_program::kSymbolBits,
                  character < kRaw ? character : kReplacement);
}

// The match that the automaton prefers, as in split_program.cpp.
bool Normalizer::match_at(const std::uint32_t *step, std::uint32_t begin, std::uint32_t *end) {
  const auto *states = reinterpret_cast<const std::uint16_t *>(data_ + step[4]);
  const std::uint16_t *state = states;
  bool found = false;
  std::uint32_t at = begin;
  for (;; ++at) {
    const std::uint32_t entry = state[at == count_ ? step[3] - 1 : symbol(step, from_[at])];
    if ((entry & format::split_entry::kMatch) != 0) {
      found = true;
      *end = at;
    }
    const std::uint32_t target = entry & (format::split_entry::kMatch - 1u);
    if (target == 0 || at == count_ || at - *end > look_ahead_ || !steps_.take()) break;
    state = states + (target - 1) * step[3];
  }
  const std::uint32_t ahead = at - *end;
  look_ahead_ -= ahead < look_ahead_ ? ahead : look_ahead_;
  return found;
}

}  // namespace tidbit
#endif
