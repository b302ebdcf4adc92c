// Writes a vocabulary as the bytes of the tokenizer section.
#include <algorithm>
#include <cstring>
#include <unordered_set>

#include "converter/error.h"
#include "converter/tokenizer/unicode_tables.h"
#include "converter/tokenizer/vocabulary.h"
#include "format/blob_format.h"

namespace tidbit::convert {
namespace {

using namespace format;

class Writer {
 public:
  Writer() : bytes_(sizeof(TokenizerHeader)) {}

  template <typename T>
  Table append(const std::vector<T> &values) {
    if (values.empty()) return {0, 0};
    bytes_.resize((bytes_.size() + 7) / 8 * 8);
    const std::size_t offset = bytes_.size();
    if (offset + values.size() * sizeof(T) > 0xFFFFFFFFu) throw ConvertError("the tokenizer is larger than 4 GB");
    bytes_.resize(offset + values.size() * sizeof(T));
    std::memcpy(bytes_.data() + offset, values.data(), values.size() * sizeof(T));
    return {static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(values.size())};
  }
  std::vector<std::byte> finish(const TokenizerHeader &header) {
    std::memcpy(bytes_.data(), &header, sizeof header);
    bytes_.resize((bytes_.size() + 63) / 64 * 64);
    return std::move(bytes_);
  }

 private:
  std::vector<std::byte> bytes_;
};

// Open addressing with linear probing, two thirds full.
template <typename T>
struct HashTable {
  std::vector<T> slots;
  std::uint32_t probes = 1;  // of the longest lookup, including the empty slot at its end

  HashTable(std::size_t entries, T empty) : slots(entries + entries / 2 + 1, empty), empty_(empty) {}

  void insert(std::uint32_t hash, T value) {
    const auto size = static_cast<std::uint32_t>(slots.size());
    std::uint32_t at = first_slot(hash, size);
    while (slots[at] != empty_) at = at + 1 == size ? 0 : at + 1;
    slots[at] = value;
  }
  // A lookup stops at the first empty slot, so the longest one is the longest run of full slots plus one.
  void measure() {
    std::uint32_t run = 0;
    for (std::size_t i = 0; i < 2 * slots.size(); ++i) {
      run = slots[i % slots.size()] == empty_ ? 0 : run + 1;
      probes = std::max(probes, run + 1);
    }
    probes = std::min(probes, static_cast<std::uint32_t>(slots.size()));
    if (probes > kMaxProbes) throw ConvertError("the tokenizer has too many tokens or merges of similar hashes");
  }

 private:
  T empty_;
};

// If several tokens have the same text, the lookup finds the one with the lowest value.
int claim(PieceType type) {
  switch (type) {
    case PieceType::normal:
      return 0;
    case PieceType::user_defined:
      return 1;
    case PieceType::unknown:
      return 2;
    case PieceType::control:
      return 3;
    case PieceType::byte:
      return 4;
    case PieceType::unused:
      break;
  }
  return 5;
}

std::vector<std::uint32_t> searchable(const std::vector<Piece> &pieces) {
  std::vector<std::uint32_t> ids;
  std::unordered_set<std::string> texts;
  for (int order = 0; order < 5; ++order) {
    for (std::uint32_t id = 0; id < pieces.size(); ++id) {
      if (claim(pieces[id].type) != order || pieces[id].text.empty()) continue;
      if (texts.insert(pieces[id].text).second) ids.push_back(id);
    }
  }
  return ids;
}

void write_pieces(const Vocabulary &vocabulary, Writer &writer, TokenizerHeader &header) {
  const auto ids = searchable(vocabulary.pieces);
  HashTable<std::uint32_t> table(ids.size(), kEmptyPieceSlot);
  for (const std::uint32_t id : ids) {
    const std::string &text = vocabulary.pieces[id].text;
    const std::uint32_t hash = piece_hash(text.data(), text.size());
    table.insert(hash, piece_tag(hash) << 20 | id);
    header.longest_piece = std::max(header.longest_piece, static_cast<std::uint32_t>(text.size()));
  }
  table.measure();
  header.piece_probes = table.probes;
  header.piece_slots = writer.append(table.slots);
}

void write_texts(const Vocabulary &vocabulary, Writer &writer, TokenizerHeader &header) {
  std::vector<char> text;
  std::vector<std::uint32_t> offsets{0};
  std::vector<std::uint8_t> attributes;
  const std::vector<bool> whole = whole_pieces(vocabulary);
  for (std::size_t id = 0; id < vocabulary.pieces.size(); ++id) {
    const Piece &piece = vocabulary.pieces[id];
    text.insert(text.end(), piece.text.begin(), piece.text.end());
    offsets.push_back(static_cast<std::uint32_t>(text.size()));
    std::uint8_t bits = whole[id] ? attribute::kWhole : 0;
    if (piece.type == PieceType::control || piece.type == PieceType::unknown) bits |= attribute::kSpecial;
    if (piece.type == PieceType::byte) bits |= attribute::kByte;
    attributes.push_back(bits);
  }
  header.text = writer.append(text);
  header.text_offsets = writer.append(offsets);
  header.attributes = writer.append(attributes);
}

// Equal scores get equal ranks; then the leftmost pair merges first.
void write_ranks(const Vocabulary &vocabulary, Writer &writer, TokenizerHeader &header) {
  const auto merges = [](const Piece &p) { return p.type == PieceType::normal || p.type == PieceType::user_defined; };
  std::vector<float> scores;
  for (const Piece &piece : vocabulary.pieces) {
    if (merges(piece)) scores.push_back(piece.score);
  }
  std::sort(scores.begin(), scores.end(), std::greater<>());
  scores.erase(std::unique(scores.begin(), scores.end()), scores.end());
  std::vector<std::uint32_t> ranks;
  for (const Piece &piece : vocabulary.pieces) {
    const auto place = std::lower_bound(scores.begin(), scores.end(), piece.score, std::greater<>());
    ranks.push_back(merges(piece) ? static_cast<std::uint32_t>(place - scores.begin()) : kNoRank);
  }
  header.ranks = writer.append(ranks);
}

// If a pair occurs twice, its last rank counts, as in the Hugging Face library.
void write_merges(const Vocabulary &vocabulary, Writer &writer, TokenizerHeader &header) {
  if (vocabulary.merges.size() >= kMaxMerges) throw ConvertError("the tokenizer has too many merges");
  std::unordered_map<std::uint64_t, std::uint32_t> last;
  std::vector<std::uint32_t> results;
  for (const Merge &merge : vocabulary.merges) {
    last[std::uint64_t{merge.left} << 20 | merge.right] = static_cast<std::uint32_t>(results.size());
    results.push_back(merge.result);
  }
  if (results.empty()) results.push_back(0);  // the table must be present even without merges
  HashTable<std::uint64_t> table(last.size(), kEmptyMergeSlot);
  for (std::uint32_t rank = 0; rank < vocabulary.merges.size(); ++rank) {
    const Merge &merge = vocabulary.merges[rank];
    const std::uint64_t key = std::uint64_t{merge.left} << 20 | merge.right;
    if (last[key] == rank) table.insert(merge_hash(merge.left, merge.right), key << 24 | rank);
  }
  table.measure();
  header.merge_probes = table.probes;
  header.merge_slots = writer.append(table.slots);
  header.merge_results = writer.append(results);
}

std::uint32_t second_byte(const std::string &text) {
  if (text.size() < 2) return 0;
  return added::kHasSecond | std::uint32_t{static_cast<unsigned char>(text[1])} << added::kSecondShift;
}

void write_added(const Vocabulary &vocabulary, Writer &writer, TokenizerHeader &header) {
  const auto &pieces = vocabulary.pieces;
  std::vector<AddedPiece> list = vocabulary.added;
  std::erase_if(list, [&](const AddedPiece &a) { return pieces[a.id].text.empty(); });
  if (list.empty()) return;
  const auto first_byte = [&](const AddedPiece &a) { return static_cast<unsigned char>(pieces[a.id].text[0]); };
  std::sort(list.begin(), list.end(), [&](const AddedPiece &a, const AddedPiece &b) {
    if (first_byte(a) != first_byte(b)) return first_byte(a) < first_byte(b);
    const std::size_t bytes_a = pieces[a.id].text.size();
    const std::size_t bytes_b = pieces[b.id].text.size();
    return bytes_a != bytes_b ? bytes_a > bytes_b : a.id < b.id;
  });
  std::vector<std::uint32_t> entries;
  std::vector<std::uint32_t> first(257, 0);
  for (const AddedPiece &a : list) {
    entries.push_back(a.id | second_byte(pieces[a.id].text) | (a.late ? added::kLate : 0) |
                      (a.special ? added::kSpecial : 0));
    for (unsigned byte = first_byte(a) + 1u; byte < 257; ++byte) ++first[byte];
  }
  header.added = writer.append(entries);
  header.added_first = writer.append(first);
}

// Finds the pairs of ASCII characters that occur side by side in a piece. No merge can join any other pair.
std::vector<std::uint64_t> side_by_side(const std::vector<Piece> &pieces) {
  std::vector<std::uint64_t> rows(256);
  for (const Piece &piece : pieces) {
    if (piece.type != PieceType::normal && piece.type != PieceType::user_defined) continue;
    for (std::size_t i = 1; i < piece.text.size(); ++i) {
      const auto left = static_cast<unsigned char>(piece.text[i - 1]);
      const auto right = static_cast<unsigned char>(piece.text[i]);
      if (left < 0x80 && right < 0x80) rows[2u * left + right / 64u] |= std::uint64_t{1} << right % 64;
    }
  }
  return rows;
}

void fill_up(Vocabulary &vocabulary, std::uint32_t vocab_size, const std::string &source) {
  if (vocabulary.pieces.size() > vocab_size) {
    throw ConvertError(source + ": the tokenizer has " + std::to_string(vocabulary.pieces.size()) +
                       " tokens, but the model has only " + std::to_string(vocab_size) +
                       "; use the tokenizer that belongs to the model");
  }
  vocabulary.pieces.resize(vocab_size);
  for (std::size_t id = 0; id < vocabulary.pieces.size(); ++id) {
    if (vocabulary.pieces[id].text.size() <= kMaxPieceBytes) continue;
    throw ConvertError(source + ": token " + std::to_string(id) + " is longer than " + std::to_string(kMaxPieceBytes) +
                       " bytes");
  }
}

void set_ids(const Vocabulary &vocabulary, TokenizerHeader &header, const std::string &source) {
  if (vocabulary.prefix.size() > kMaxAffix || vocabulary.suffix.size() > kMaxAffix) {
    throw ConvertError(source + ": adds more than 4 tokens before or after a text, which is not supported");
  }
  std::copy(vocabulary.prefix.begin(), vocabulary.prefix.end(), header.prefix);
  std::copy(vocabulary.suffix.begin(), vocabulary.suffix.end(), header.suffix);
  header.prefix_count = static_cast<std::uint32_t>(vocabulary.prefix.size());
  header.suffix_count = static_cast<std::uint32_t>(vocabulary.suffix.size());
  header.unknown_token = vocabulary.unknown;
}

}  // namespace

ImportedTokenizer build_section(Vocabulary vocabulary, std::uint32_t vocab_size, const std::string &source) {
  const std::size_t known = vocabulary.pieces.size();
  fill_up(vocabulary, vocab_size, source);
  const bool may_cut = vocabulary.kind == TokenizerKind::sentencepiece && vocabulary.split == Split::none;
  if (may_cut) vocabulary.split = Split::joins;

  TokenizerHeader header{};
  header.version = kTokenizerVersion;
  header.kind = vocabulary.kind;
  header.split = vocabulary.split;
  header.merge_by = vocabulary.merge_by;
  header.flags = vocabulary.flags;
  header.token_count = vocab_size;
  set_ids(vocabulary, header, source);

  Writer writer;
  write_texts(vocabulary, writer, header);
  write_pieces(vocabulary, writer, header);
  if (vocabulary.merge_by == MergeBy::text) write_ranks(vocabulary, writer, header);
  if (vocabulary.merge_by == MergeBy::pair) write_merges(vocabulary, writer, header);
  const bool bytes = vocabulary.kind == TokenizerKind::byte_level || (header.flags & flag::kByteFallback) != 0;
  if (bytes) {
    header.byte_tokens = writer.append(std::vector(vocabulary.byte_tokens.begin(), vocabulary.byte_tokens.end()));
  }
  write_added(vocabulary, writer, header);
  if (vocabulary.split >= Split::gpt2) header.classes = writer.append(unicode_classes());
  if (may_cut) header.joins = writer.append(side_by_side(vocabulary.pieces));

  ImportedTokenizer result;
  result.section = writer.finish(header);
  result.bos_token = vocabulary.bos;
  result.end_tokens = vocabulary.ends;
  result.vocab_size = static_cast<std::uint32_t>(known);
  result.description = vocabulary.description + ", " + std::to_string(known) + " tokens, from " + source;
  return result;
}

}  // namespace tidbit::convert
