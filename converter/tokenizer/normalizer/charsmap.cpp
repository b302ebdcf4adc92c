// A precompiled charsmap: u32 bytes of a trie, the trie, and the texts that keys become, each with a zero behind it.
// The trie is a double array of u32: a node's children are at its position xor their byte, and know their byte.
#include <cstring>

#include "converter/error.h"
#include "converter/tokenizer/normalizer/char_map.h"
#include "text/tokenizer_format.h"
#include "text/utf8.h"

namespace tidbit::convert {
namespace {

constexpr std::size_t kMostNodes = 1000000;
constexpr std::size_t kMostShortKeyBytes = 5;
constexpr std::size_t kMostKeyBytes = 4 * format::normalizer::kMaxKey;

class Charsmap {
 public:
  Charsmap(std::string_view bytes, const std::string &source) : source_(source) {
    std::uint32_t trie_bytes = 0;
    if (bytes.size() < sizeof trie_bytes) refuse("is too short");
    std::memcpy(&trie_bytes, bytes.data(), sizeof trie_bytes);
    bytes.remove_prefix(sizeof trie_bytes);
    if (trie_bytes > bytes.size() || trie_bytes % 4 != 0 || trie_bytes == 0) refuse("has a trie that is cut off");
    units_.resize(trie_bytes / 4);
    std::memcpy(units_.data(), bytes.data(), trie_bytes);
    texts_ = bytes.substr(trie_bytes);
  }

  // Calls take(key, text) for each key, in order. With `shortest`, only for short ones that do not begin with another.
  template <class Take>
  void for_each_key(bool shortest, Take take) const {
    struct Place {
      std::size_t children;
      unsigned next;  // the byte to try
    };
    std::vector<Place> path = {{offset(units_[0]), 1}};
    std::string key;
    for (std::size_t nodes = 0; !path.empty();) {
      Place &place = path.back();
      if (place.next == 256) {
        path.pop_back();
        if (!key.empty()) key.pop_back();
        continue;
      }
      const unsigned byte = place.next++;
      const std::size_t child = place.children ^ byte;
      if (child >= units_.size() || (units_[child] & 0x800000FFu) != byte) continue;
      if (++nodes > kMostNodes || key.size() == kMostKeyBytes) refuse("has too many or too long keys");
      key.push_back(static_cast<char>(byte));
      const std::size_t children = child ^ offset(units_[child]);
      if ((units_[child] >> 8 & 1) != 0) {
        if (children >= units_.size()) refuse("has a trie with a wrong offset");
        take(key, text(units_[children] & 0x7FFFFFFFu));
      }
      const bool ends = shortest && ((units_[child] >> 8 & 1) != 0 || key.size() == kMostShortKeyBytes);
      path.push_back({children, ends ? 256u : 1u});
    }
  }
  [[noreturn]] void refuse(const std::string &what) const {
    throw ConvertError(source_ + ": the precompiled charsmap " + what + "; use the tokenizer as it was published");
  }

 private:
  static std::size_t offset(std::uint32_t unit) { return std::size_t{unit >> 10} << ((unit & 1u << 9) >> 6); }
  std::string_view text(std::size_t at) const {
    if (at >= texts_.size()) refuse("has a text with a wrong offset");
    const std::string_view rest = texts_.substr(at);
    return rest.substr(0, rest.find('\0'));
  }

  const std::string &source_;
  std::vector<std::uint32_t> units_;
  std::string_view texts_;
};

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const Character character = utf8_decode(text.data() + at, static_cast<std::uint32_t>(text.size() - at));
    if (character.code_point == kInvalid) return false;
    at += character.bytes;
  }
  return true;
}

}  // namespace

CharMap read_charsmap(std::string_view bytes, bool shortest, const std::string &source) {
  const Charsmap charsmap(bytes, source);
  CharMap map;
  charsmap.for_each_key(shortest, [&](const std::string &key, std::string_view text) {
    const std::u32string characters = code_points(key);
    if (!is_utf8(key) || !is_utf8(text)) charsmap.refuse("has a key or a text that is not UTF-8");
    if (text.size() > format::normalizer::kMaxTextBytes) charsmap.refuse("has a text of more than 255 bytes");
    if (characters.size() == 1) {
      map.singles[characters[0]] = text;
    } else {
      map.sequences[characters] = text;
    }
  });
  return map;
}

}  // namespace tidbit::convert
