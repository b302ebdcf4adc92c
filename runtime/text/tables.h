// Access to the tables of a tokenizer section whose header has been checked. The contents are not trusted: every id and
// offset is checked here, so that callers need not check the results again.
#pragma once

#include "base/assert.h"
#include "base/features.h"
#include "text/tokenizer_format.h"

namespace tidbit {

inline constexpr std::uint32_t kNoToken = 0xFFFFFFFF;

struct Bytes {
  const char *data;
  std::uint32_t size;
};

class Tables {
 public:
  explicit Tables(const std::byte *section)
      : section_(section), header_(*reinterpret_cast<const format::TokenizerHeader *>(section)) {}

  const format::TokenizerHeader &header() const { return header_; }
  bool has(std::uint32_t flag) const { return (header_.flags & flag) != 0; }

  // Text of a token below token_count: at most kMaxPieceBytes, empty if the table is damaged.
  Bytes text(std::uint32_t token) const;
  std::uint8_t attributes(std::uint32_t token) const {
    TIDBIT_ASSERT(token < header_.token_count);
    return static_cast<std::uint8_t>(section_[header_.attributes.offset + token]);
  }
  // The token with exactly this text, or kNoToken.
  std::uint32_t find(const char *data, std::uint32_t size) const;
  // The same, for a text whose piece_hash is known.
  std::uint32_t find_hashed(const char *data, std::uint32_t size, std::uint32_t hash) const;
  // ... and in front of which `lead` stands.
  std::uint32_t find_behind(Bytes lead, const char *data, std::uint32_t size, std::uint32_t hash) const;
  std::uint32_t byte_token(unsigned char byte) const;

  // What the texts of pieces begin with that are not the first of a word; may be empty.
  Bytes continuing() const {
    return {reinterpret_cast<const char *>(section_ + header_.continuing.offset), header_.continuing.count};
  }
  // word_bpe: what the texts of pieces end with that are the last of a word; may be empty.
  Bytes word_end() const {
    return {reinterpret_cast<const char *>(section_ + header_.word_end.offset), header_.word_end.count};
  }

  // The rank of the merge of two tokens, or kNoRank; and the token that the merge of a rank makes, or kNoToken.
  std::uint32_t pair_rank(std::uint32_t left, std::uint32_t right) const;
  std::uint32_t pair_result(std::uint32_t rank) const;
  std::uint32_t text_rank(std::uint32_t token) const { return u32(header_.ranks)[token]; }

  // MergeBy::best. Not a number if no word contains the token.
  double score(std::uint32_t token) const {
    return reinterpret_cast<const double *>(section_ + header_.scores.offset)[token];
  }
  // False if no piece with a score begins with the text of this piece_hash.
  bool begins_piece(std::uint32_t hash) const {
    const std::uint64_t word =
        u64(header_.prefix_filter)[format::prefix_filter::word_of(hash, header_.prefix_filter.count)];
    return (word & format::prefix_filter::bit_of(hash)) != 0;
  }

  format::CharacterClass character_class(std::uint32_t code_point) const;

  // Split::program; its numbers have been checked.
  const std::uint16_t *split_program() const {
    return reinterpret_cast<const std::uint16_t *>(section_ + header_.split_program.offset);
  }
  const std::uint32_t *symbols() const { return u32(header_.classes); }

  // If the tokenizer has a normalizer; its numbers have been checked.
  const std::uint32_t *normalizer() const { return u32(header_.normalizer); }
  const std::uint32_t *normalizer_data() const { return u32(header_.normalizer_data); }

  // True if some piece may contain these two bytes side by side.
  bool joins(char left, char right) const {
    const auto a = static_cast<unsigned char>(left);
    const auto b = static_cast<unsigned char>(right);
    if (a >= 0x80 || b >= 0x80) return true;
    return (u64(header_.joins)[2 * a + b / 64] >> b % 64 & 1) != 0;
  }

  // False if no added token can be at the start of [data, data + size). The tokenizer must have added tokens.
  bool begins_added(const char *data, std::uint32_t size) const {
    const std::uint32_t *places = u32(header_.added_first) + static_cast<unsigned char>(data[0]);
    const std::uint32_t second = places[0] >> format::added::kSecondShift;
    if (second != 0 && (size == 1 || second - 1 != static_cast<unsigned char>(data[1]))) return false;
    return ((places[0] ^ places[1]) & format::added::kPlaceMask) != 0;
  }
  struct Match {
    std::uint32_t token;
    std::uint32_t bytes;  // 0 if there is none, otherwise at most `size`
#if TIDBIT_FEATURE_NORMALIZER
    std::uint32_t options = 0;  // see namespace added_text
#else
    static constexpr std::uint32_t options = 0;
#endif
  };
  // The longest added token at the start of [data, data + size). Only tokens whose bits under `mask` (of added::kLate
  // and added::kSpecial) are equal to `want` count.
  Match added_at(const char *data, std::uint32_t size, std::uint32_t mask, std::uint32_t want) const;

  // True if words consist of such characters.
  bool in_word(std::uint32_t code_point) const;

 private:
  std::uint32_t look_up(Bytes lead, const char *data, std::uint32_t size, std::uint32_t hash) const;
  Bytes behind(Bytes lead, Bytes text) const;
  Bytes added_text(std::uint32_t place, std::uint32_t bits) const;
  const std::uint32_t *added_texts() const;
  const std::uint32_t *u32(const format::Table &table) const {
    return reinterpret_cast<const std::uint32_t *>(section_ + table.offset);
  }
  const std::uint64_t *u64(const format::Table &table) const {
    return reinterpret_cast<const std::uint64_t *>(section_ + table.offset);
  }
  std::uint32_t checked(std::uint32_t token) const { return token < header_.token_count ? token : kNoToken; }

  const std::byte *section_;
  const format::TokenizerHeader &header_;
};

}  // namespace tidbit
