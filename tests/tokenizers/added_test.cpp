// Which of many added tokens is found, and which of many tokens a converter refuses.
#include <map>
#include <random>
#include <unordered_map>

#include "converter/error.h"
#include "tests/tokenizers/support.h"
#include "text/tokenizer_format.h"

namespace tidbit::test {
namespace {

constexpr std::int32_t kNormal = 1, kControl = 3, kUser = 4;

// A byte-level tokenizer without merges: the bytes from '!' to '~' and 162 others have the ids 0 to 255.
convert::GgufTokenizer bytes_only() {
  convert::GgufTokenizer gguf;
  gguf.model = "gpt2";
  for (unsigned c = 0x21; c < 0x144; ++c) {
    if ((c >= 0x7F && c <= 0xA0) || c == 0xAD) continue;
    gguf.tokens.push_back(c < 0x80
                              ? std::string(1, static_cast<char>(c))
                              : std::string{static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 0x3F))});
    gguf.types.push_back(kNormal);
  }
  return gguf;
}

TextModel import(const convert::GgufTokenizer &gguf) {
  const auto tokens = static_cast<std::uint32_t>(gguf.tokens.size());
  return TextModel(convert::import_gguf_tokenizer(gguf, tokens, "test"), tokens);
}

std::string refusal(const convert::GgufTokenizer &gguf) {
  try {
    import(gguf);
  } catch (const convert::ConvertError &error) {
    return error.what();
  }
  return "accepted";
}

void add(convert::GgufTokenizer &gguf, const std::string &text, std::int32_t type) {
  gguf.tokens.push_back(text);
  gguf.types.push_back(type);
}

// The longest token at each place, found by comparing with all.
Ids by_comparing(const convert::GgufTokenizer &gguf, const std::string &text, bool parse) {
  std::map<std::string, std::int32_t> bytes;
  for (std::int32_t id = 0; id < 256; ++id) bytes[gguf.tokens[static_cast<std::size_t>(id)]] = id;
  Ids ids;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t best = 0, longest = 0;
    for (std::size_t id = 256; id < gguf.tokens.size(); ++id) {
      const std::string &token = gguf.tokens[id];
      if (token.size() <= longest || (gguf.types[id] == kControl && !parse)) continue;
      if (text.compare(at, token.size(), token) != 0) continue;
      best = id;
      longest = token.size();
    }
    ids.push_back(longest == 0 ? bytes.at(text.substr(at, 1)) : static_cast<std::int32_t>(best));
    at += longest == 0 ? 1 : longest;
  }
  return ids;
}

TEST(Added, TheLongestMatchIsFoundAmongMany) {
  std::mt19937 random(1);
  const auto word = [&](std::size_t most) {
    std::string text(1 + random() % most, 'a');
    for (char &c : text) c = "abc"[random() % 3];
    return text;
  };
  for (const int count : {1, 5, 50, 2000}) {
    convert::GgufTokenizer gguf = bytes_only();
    std::map<std::string, int> seen;
    for (int i = 0; i < count; ++i) {
      const std::string text = word(2 + random() % 12);
      if (text.size() > 1 && seen[text]++ == 0) add(gguf, text, random() % 3 == 0 ? kControl : kUser);
    }
    const TextModel model = import(gguf);
    for (int round = 0; round < 200; ++round) {
      const std::string text = word(60);
      EXPECT_EQ(model.encode(text), by_comparing(gguf, text, false)) << text;
      EXPECT_EQ(model.encode(text, TIDBIT_TEXT_PARSE), by_comparing(gguf, text, true)) << text;
    }
  }
}

TEST(Added, MoreThan64ThatBeginWithOneAnotherAreRefused) {
  convert::GgufTokenizer gguf = bytes_only();
  for (std::size_t size = 2; size < 66; ++size) add(gguf, std::string(size, '<'), kControl);
  EXPECT_EQ(import(gguf).encode(std::string(65, '<'), TIDBIT_TEXT_PARSE), (Ids{319}));
  EXPECT_EQ(import(gguf).encode(std::string(66, '<'), TIDBIT_TEXT_PARSE).size(), 2u);
  add(gguf, std::string(66, '<'), kControl);
  EXPECT_NE(refusal(gguf).find("more than 64 added tokens begin with \"<<\""), std::string::npos) << refusal(gguf);
}

// Two texts of 8 bytes that take the hash from one state to the same other state.
std::pair<std::string, std::string> colliding_step(std::uint32_t &state) {
  std::unordered_map<std::uint32_t, std::string> seen;
  for (std::mt19937 random(state);;) {
    std::string text(8, ' ');
    std::uint32_t h = state;
    for (char &c : text) {
      c = static_cast<char>('A' + random() % 26);
      h = (h ^ static_cast<unsigned char>(c)) * 0x01000193u;
    }
    const auto [at, is_new] = seen.emplace(h, text);
    if (is_new || at->second == text) continue;
    state = h;
    return {at->second, text};
  }
}

// 2^steps texts with one hash.
std::vector<std::string> colliding_texts(int steps) {
  std::uint32_t state = 0x811C9DC5u;
  std::vector<std::string> texts = {""};
  for (; steps > 0; --steps) {
    const auto [a, b] = colliding_step(state);
    std::vector<std::string> longer;
    for (const std::string &text : texts) {
      longer.push_back(text + a);
      longer.push_back(text + b);
    }
    texts = longer;
  }
  return texts;
}

TEST(Import, TooManyTextsWithOneHashAreRefused) {
  const auto few = colliding_texts(3), many = colliding_texts(12);
  EXPECT_EQ(format::piece_hash(many[0].data(), many[0].size()), format::piece_hash(many[99].data(), many[99].size()));
  convert::GgufTokenizer gguf = bytes_only();
  for (const std::string &text : few) add(gguf, text, kNormal);
  const TextModel model = import(gguf);
  for (std::size_t i = 0; i < few.size(); ++i) {
    EXPECT_EQ(tidbit_find_token(model.get(), few[i].data(), few[i].size()), static_cast<std::int32_t>(256 + i));
  }
  for (const std::string &text : many) add(gguf, text, kNormal);
  EXPECT_NE(refusal(gguf).find("similar hashes"), std::string::npos) << refusal(gguf);
}

// Such as the text behind a special token, when both are tokenized at once.
TEST(AddedTokens, ATextThatGoesOnHasTheIdsThatItHasBehindOne) {
  for (const char *name : {"byte_level", "metaspace", "pieces", "prefix_space"}) {
    const TextModel model = golden(name);
    Ids both = model.encode("<|end|>turn it on", TIDBIT_TEXT_PARSE);
    both.erase(both.begin());
    EXPECT_EQ(model.encode("turn it on", TIDBIT_TEXT_CONTINUE), both) << name;
  }
}

}  // namespace
}  // namespace tidbit::test
