// Writes a vocabulary as the bytes of the tokenizer section.
#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <string_view>
#include <tuple>
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

// Open addressing with linear probing, two thirds full unless that makes lookups too long.
template <typename T>
struct HashTable {
  struct Entry {
    std::uint32_t hash;
    T value;
  };
  using Alike = bool (*)(T, T);  // true if a lookup of one value has to compare the text of the other

  std::vector<T> slots;
  std::uint32_t probes = 1;  // of the longest lookup that finds something; no other has to be longer

  HashTable(const std::vector<Entry> &entries, T empty, Alike alike) : empty_(empty), alike_(alike) {
    for (std::size_t size = entries.size() + entries.size() / 2 + 1; !fill(entries, size); size += size / 4 + 1) {
      if (size > 4 * entries.size())
        throw ConvertError("the tokenizer has too many tokens or merges of similar hashes");
    }
  }

 private:
  bool fill(const std::vector<Entry> &entries, std::size_t size) {
    slots.assign(size, empty_);
    probes = 1;
    return std::all_of(entries.begin(), entries.end(), [this](const Entry &entry) { return insert(entry); });
  }
  bool insert(const Entry &entry) {
    std::size_t at = first_slot(entry.hash, static_cast<std::uint32_t>(slots.size()));
    std::uint32_t probe = 1;
    for (std::uint32_t compared = 0; slots[at] != empty_; ++probe) {
      if (probe == kMaxProbes || (alike_(slots[at], entry.value) && ++compared == kMaxCompared)) return false;
      if (++at == slots.size()) at = 0;
    }
    slots[at] = entry.value;
    probes = std::max(probes, probe);
    return true;
  }

  T empty_;
  Alike alike_;
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

// One token of each text that a lookup can find.
std::vector<std::uint32_t> searchable(const std::vector<Piece> &pieces) {
  std::vector<std::uint32_t> ids;
  for (std::uint32_t id = 0; id < pieces.size(); ++id) {
    if (claim(pieces[id].type) < 5 && !pieces[id].text.empty()) ids.push_back(id);
  }
  const auto key = [&](std::uint32_t id) {
    return std::tuple(std::string_view(pieces[id].text), claim(pieces[id].type), id);
  };
  std::sort(ids.begin(), ids.end(), [&](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
  const auto same = [&](std::uint32_t a, std::uint32_t b) { return pieces[a].text == pieces[b].text; };
  ids.erase(std::unique(ids.begin(), ids.end(), same), ids.end());
  return ids;
}

void write_pieces(const Vocabulary &vocabulary, Writer &writer, TokenizerHeader &header) {
  std::vector<HashTable<std::uint32_t>::Entry> entries;
  for (const std::uint32_t id : searchable(vocabulary.pieces)) {
    const std::string &text = vocabulary.pieces[id].text;
    const std::uint32_t hash = piece_hash(text.data(), text.size());
    entries.push_back({hash, piece_tag(hash) << 20 | id});
    header.longest_piece = std::max(header.longest_piece, static_cast<std::uint32_t>(text.size()));
  }
  const auto same_tag = [](std::uint32_t a, std::uint32_t b) { return a >> 20 == b >> 20; };
  const HashTable<std::uint32_t> table(entries, kEmptyPieceSlot, same_tag);
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
    if (stores_blanks(vocabulary.kind) && !piece.text.empty()) text.push_back(' ');
    text.insert(text.end(), piece.text.begin(), piece.text.end());
    offsets.push_back(static_cast<std::uint32_t>(text.size()));
    auto bits = static_cast<std::uint8_t>(piece.decoding | (whole[id] ? attribute::kWhole : 0));
    const bool hidden_unknown = piece.type == PieceType::unknown && !vocabulary.unknown_is_text;
    if (piece.type == PieceType::control || hidden_unknown) bits |= attribute::kSpecial;
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
  std::vector<double> scores;
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

// About eight bits for each start of a piece.
std::vector<std::uint64_t> filter_of(const std::vector<Piece> &pieces) {
  std::unordered_set<std::uint32_t> hashes;
  for (const Piece &piece : pieces) {
    if (!has_score(piece)) continue;
    std::uint32_t state = kFnvStart;
    for (const std::string_view character : characters_of(piece.text)) {
      state = fnv(state, character.data(), character.size());
      hashes.insert(mixed(state));
    }
  }
  std::vector<std::uint64_t> words(std::bit_ceil(hashes.size() / 8 + 1));
  for (const std::uint32_t hash : hashes) {
    words[prefix_filter::word_of(hash, static_cast<std::uint32_t>(words.size()))] |= prefix_filter::bit_of(hash);
  }
  return words;
}

void write_scores(const Vocabulary &vocabulary, Writer &writer, TokenizerHeader &header) {
  std::vector<double> scores;
  for (const Piece &piece : vocabulary.pieces) {
    scores.push_back(has_score(piece) ? piece.score : std::numeric_limits<double>::quiet_NaN());
  }
  scores[static_cast<std::size_t>(vocabulary.unknown)] = vocabulary.unknown_score;
  header.scores = writer.append(scores);
  header.prefix_filter = writer.append(filter_of(vocabulary.pieces));
}

// If a pair occurs twice, its last rank counts, as in the Hugging Face library.
void write_merges(const Vocabulary &vocabulary, Writer &writer, TokenizerHeader &header) {
  if (vocabulary.merges.size() >= kMaxMerges) throw ConvertError("the tokenizer has too many merges");
  std::vector<std::pair<std::uint64_t, std::uint32_t>> pairs;  // key and rank
  std::vector<std::uint32_t> results;
  for (const Merge &merge : vocabulary.merges) {
    pairs.emplace_back(std::uint64_t{merge.left} << 20 | merge.right, static_cast<std::uint32_t>(results.size()));
    results.push_back(merge.result);
  }
  if (results.empty()) results.push_back(0);  // the table must be present even without merges
  std::sort(pairs.begin(), pairs.end());
  std::vector<HashTable<std::uint64_t>::Entry> entries;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const auto [key, rank] = pairs[i];
    if (i + 1 < pairs.size() && pairs[i + 1].first == key) continue;
    const Merge &merge = vocabulary.merges[rank];
    entries.push_back({merge_hash(merge.left, merge.right), key << 24 | rank});
  }
  const auto never = [](std::uint64_t, std::uint64_t) { return false; };  // the elements contain the keys
  const HashTable<std::uint64_t> table(entries, kEmptyMergeSlot, never);
  header.merge_probes = table.probes;
  header.merge_slots = writer.append(table.slots);
  header.merge_results = writer.append(results);
}

// The text by which an added token is found.
const std::string &search_text(const AddedPiece &piece, const Vocabulary &vocabulary) {
  return piece.search.empty() ? vocabulary.pieces[piece.id].text : piece.search;
}

// Sets the links, for texts in ascending order: each to the longest other text that it begins with.
void link_added(std::vector<AddedToken> &entries, const std::vector<AddedPiece> &list, const Vocabulary &vocabulary) {
  const auto text = [&](std::uint32_t at) -> const std::string & { return search_text(list[at], vocabulary); };
  std::vector<std::uint32_t> chain;
  for (std::uint32_t at = 0; at < entries.size(); ++at) {
    while (!chain.empty() && !text(at).starts_with(text(chain.back()))) chain.pop_back();
    entries[at].next = chain.empty() ? added::kNoNext : chain.back();
    chain.push_back(at);
    if (chain.size() <= kMaxAddedLinks) continue;
    throw ConvertError("more than " + std::to_string(kMaxAddedLinks) + " added tokens begin with \"" + text(chain[0]) +
                       "\" and with one another, which is not supported");
  }
}

// Where the added tokens of each first byte begin, and what their second bytes are.
std::vector<std::uint32_t> first_bytes(const std::vector<AddedPiece> &list, const Vocabulary &vocabulary) {
  std::vector<std::uint32_t> first;
  std::size_t at = 0;
  for (unsigned byte = 0; byte < 257; ++byte) {
    const std::size_t begin = at;
    std::uint32_t second = 0;
    for (bool same = true; at < list.size(); ++at) {
      const std::string &text = search_text(list[at], vocabulary);
      if (static_cast<unsigned char>(text[0]) != byte) break;
      const std::uint32_t own = text.size() > 1 ? 1u + static_cast<unsigned char>(text[1]) : 0;
      same = same && (at == begin || own == second);
      second = same ? own : 0;
    }
    first.push_back(static_cast<std::uint32_t>(begin) | second << added::kSecondShift);
  }
  return first;
}

// The added tokens that can be found, in order.
std::vector<AddedPiece> searched(const Vocabulary &vocabulary) {
  const auto text = [&](const AddedPiece &a) -> const std::string & { return search_text(a, vocabulary); };
  std::vector<AddedPiece> list = vocabulary.added;
  std::erase_if(list, [&](const AddedPiece &a) { return text(a).empty(); });
  std::sort(list.begin(), list.end(), [&](const AddedPiece &a, const AddedPiece &b) {
    return std::tuple(std::string_view(text(a)), a.id) < std::tuple(std::string_view(text(b)), b.id);
  });
  const auto same = [&](const AddedPiece &a, const AddedPiece &b) { return text(a) == text(b); };
  list.erase(std::unique(list.begin(), list.end(), same), list.end());
  return list;
}

void write_added(const Vocabulary &vocabulary, const std::vector<AddedPiece> &list, Writer &writer,
                 TokenizerHeader &header) {
  if (list.empty()) return;
  std::vector<AddedToken> entries;
  for (const AddedPiece &a : list) {
    const auto bytes = static_cast<std::uint32_t>(search_text(a, vocabulary).size());
    if (bytes > added::kBytesMask) throw ConvertError("the normalizer makes an added token longer than 511 bytes");
    const std::uint32_t flags = (a.late ? added::kLate : 0) | (a.special ? added::kSpecial : 0);
    entries.push_back({a.id | bytes << added::kBytesShift | flags, added::kNoNext});
  }
  link_added(entries, list, vocabulary);
  header.added = writer.append(entries);
  header.added_first = writer.append(first_bytes(list, vocabulary));
}

// The normalizer, and the options of the added tokens.
void write_normalizer(const Vocabulary &vocabulary, const std::vector<AddedPiece> &list, Writer &writer,
                      TokenizerHeader &header, const std::string &source) {
  std::vector<AddedSearch> searches;
  bool plain = vocabulary.normalizer.empty() && (vocabulary.flags & (flag::kBlankBehind | flag::kKeepSymbol)) == 0;
  for (const AddedPiece &a : list) {
    searches.push_back({search_text(a, vocabulary), a.search.empty(), a.single_word, a.strip_left, a.strip_right});
    plain = plain && a.search.empty() && !a.single_word && !a.strip_left && !a.strip_right;
  }
  if (plain) return;
  const NormalizerProgram program = make_normalizer_program(vocabulary.normalizer, searches, source);
  header.normalizer = writer.append(program.table);
  header.normalizer_data = writer.append(program.data);
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
  const std::uint32_t most = kMaxPieceBytes - (stores_blanks(vocabulary.kind) ? 1 : 0);
  for (std::size_t id = 0; id < vocabulary.pieces.size(); ++id) {
    if (vocabulary.pieces[id].text.size() <= most) continue;
    throw ConvertError(source + ": token " + std::to_string(id) + " is longer than " + std::to_string(most) + " bytes");
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
  if (vocabulary.merge_by == MergeBy::best) write_scores(vocabulary, writer, header);
  header.most_characters = vocabulary.most_characters;
  if (!vocabulary.continuing.empty()) {
    header.continuing = writer.append(std::vector(vocabulary.continuing.begin(), vocabulary.continuing.end()));
  }
  if (!vocabulary.word_end.empty()) {
    header.word_end = writer.append(std::vector(vocabulary.word_end.begin(), vocabulary.word_end.end()));
  }
  const bool bytes = vocabulary.kind == TokenizerKind::byte_level || (header.flags & flag::kByteFallback) != 0;
  if (bytes) {
    header.byte_tokens = writer.append(std::vector(vocabulary.byte_tokens.begin(), vocabulary.byte_tokens.end()));
  }
  const std::vector<AddedPiece> added = searched(vocabulary);
  write_added(vocabulary, added, writer, header);
  write_normalizer(vocabulary, added, writer, header, source);
  if (vocabulary.split == Split::program) {
    header.classes = writer.append(vocabulary.split_program.classes);
    header.split_program = writer.append(vocabulary.split_program.table);
  } else if (vocabulary.split >= Split::gpt2) {
    header.classes = writer.append(unicode_classes());
  }
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
