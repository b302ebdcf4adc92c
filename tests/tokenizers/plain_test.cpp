// WordPiece and WordLevel. TIDBIT_PLAIN may name a folder of folders with a tokenizer.json and an expected.json, for
// example of make_class_tokenizers.py.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

#include "converter/error.h"
#include "tests/support/failure.h"
#include "tests/tokenizers/support.h"
#include "text/tokenizer_format.h"

namespace tidbit::test {
namespace {

using Json = nlohmann::json;

Json word_piece(const Json &vocab) {
  return {{"model", {{"type", "WordPiece"}, {"unk_token", "[UNK]"}, {"max_input_chars_per_word", 5}, {"vocab", vocab}}},
          {"pre_tokenizer", {{"type", "WhitespaceSplit"}}},
          {"decoder", {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}}}};
}
const Json kVocab = {{"[UNK]", 0}, {"a", 1},      {"ab", 2}, {"##b", 3}, {"##bc", 4},
                     {"##", 5},    {"abcdef", 6}, {".", 7},  {"n't", 8}, {"##\xE6\x9D\xB1", 9}};

TextModel made(const Json &file) { return from_json(file.dump()); }

std::string refusal(const Json &file) {
  return failure([&] { made(file); });
}

TEST(WordPiece, TheLongestPieceAtEachPlaceWins) {
  const TextModel model = made(word_piece(kVocab));
  EXPECT_EQ(model.encode("ab abb  a"), (Ids{2, 2, 3, 1}));
  EXPECT_EQ(model.encode("a\xE6\x9D\xB1"), (Ids{1, 9}));
}

TEST(WordPiece, AWordIsUnknownIfAPlaceHasNoPiece) {
  const TextModel model = made(word_piece(kVocab));
  EXPECT_EQ(model.encode("abx a abc xab"), (Ids{0, 1, 0, 0}));
  EXPECT_EQ(model.encode("a\xE6\x9D"), (Ids{0}));
}

TEST(WordPiece, AWordWithTooManyCharactersIsUnknownEvenIfItIsAPiece) {
  const TextModel model = made(word_piece(kVocab));
  EXPECT_EQ(model.encode("abbbb abbbbb abcdef"), (Ids{2, 3, 3, 3, 0, 0}));
  EXPECT_EQ(model.encode("a\xE6\x9D\xB1\xE6\x9D\xB1\xE6\x9D\xB1\xE6\x9D\xB1"), (Ids{1, 9, 9, 9, 9}));
}

TEST(WordPiece, APrefixInTheTextIsTheStartOfAWord) {
  const TextModel model = made(word_piece(kVocab));
  EXPECT_EQ(model.encode("##b ## ###"), (Ids{3, 5, 0}));
}

TEST(WordPiece, ASpaceStandsBetweenWordsThatAreNotJoined) {
  const TextModel model = made(word_piece(kVocab));
  EXPECT_EQ(model.decode({1, 3, 2, 7, 8, 1}), "ab ab.n't a");
  EXPECT_EQ(model.decode({3, 3, 5, 1}), "##bb a");
  EXPECT_EQ(model.decode({0, 1, 0, 3}), "[UNK] a [UNK]b");
}

TEST(WordPiece, AnUnknownTokenThatIsSpecialDecodesToNothing) {
  Json file = word_piece(kVocab);
  file["added_tokens"] = {{{"id", 0}, {"content", "[UNK]"}, {"special", true}}};
  EXPECT_EQ(made(file).decode({0, 1, 0, 3}), "ab");
  file["added_tokens"][0]["special"] = false;
  EXPECT_EQ(made(file).decode({0, 1, 0, 3}), "[UNK] a [UNK]b");
}

TEST(WordPiece, AWordOfAnyLengthTakesAtMost16StepsPerByte) {
  Json file = word_piece(kVocab);
  file["model"]["max_input_chars_per_word"] = 1u << 20;
  file["model"]["vocab"]["a" + std::string(250, 'b')] = 10;
  file["pre_tokenizer"] = nullptr;
  const TextModel model = made(file);
  std::string text(20000, 'b');
  text[0] = 'a';
  std::vector<std::uint64_t> workspace(tidbit_tokenize_bytes(model.get(), text.size()) / 8);
  Ids ids(text.size());
  tidbit_tokenize_options options{0, static_cast<std::uint32_t>(16 * text.size() + 16), nullptr, nullptr};
  const auto run = [&](std::uint32_t *count) {
    return tidbit_tokenize(model.get(), text.data(), text.size(), &options, workspace.data(), workspace.size() * 8,
                           ids.data(), static_cast<std::uint32_t>(ids.size()), count);
  };
  std::uint32_t count = 0;
  EXPECT_EQ(run(&count), TIDBIT_OK);
  EXPECT_EQ(count, text.size() - 250);
  options.budget = TIDBIT_TOKENIZE_STEPS;
  EXPECT_EQ(run(&count), TIDBIT_CANCELED);
  EXPECT_EQ(count, 0u);
}

TEST(WordPiece, ATextIsFoundWithoutTheSpace) {
  const TextModel model = made(word_piece(kVocab));
  EXPECT_EQ(tidbit_find_token(model.get(), "##bc", 4), 4);
  EXPECT_EQ(tidbit_find_token(model.get(), " ab", 3), -1);
}

TEST(WordPiece, RefusesWhatCannotBeReproduced) {
  const Json good = word_piece(kVocab);
  EXPECT_EQ(refusal(good), "");
  Json file = good;
  file["model"]["unk_token"] = "none";
  EXPECT_NE(refusal(file).find("not in the vocabulary"), std::string::npos);
  file = good;
  file["model"]["max_input_chars_per_word"] = -1;
  EXPECT_NE(refusal(file).find("not a number of characters"), std::string::npos);
  file = good;
  file["decoder"]["prefix"] = "@@";
  EXPECT_EQ(made(file).decode({1, 3}), "a ##b");
  file["model"]["vocab"]["@@b"] = 10;
  EXPECT_NE(refusal(file).find("of the token \"@@b\", \"b\" behind others"), std::string::npos);
  file["model"]["vocab"].erase("@@b");
  file["decoder"] = {{"type", "CTC"}};
  EXPECT_NE(refusal(file).find("the decoder \"CTC\""), std::string::npos);
  file = good;
  file["model"]["vocab"]["a ."] = 10;
  EXPECT_NE(refusal(file).find("\"a .\""), std::string::npos);
  file = good;
  file["pre_tokenizer"] = {{"type", "Metaspace"}};
  EXPECT_NE(refusal(file).find("WordPiece"), std::string::npos);
}

TEST(WordPiece, ADamagedTableIsRefused) {
  TextModel model = made(word_piece(kVocab));
  auto *header = reinterpret_cast<format::TokenizerHeader *>(model.section());
  std::uint64_t fault = 0;
  EXPECT_EQ(model.check(&fault), TIDBIT_OK);
  header->continuing.count = 1u << 20;
  EXPECT_EQ(model.check(&fault), TIDBIT_ERR_TOKENIZER);
  EXPECT_EQ(fault, offsetof(format::TokenizerHeader, continuing));
  header->continuing = {0, 0};
  EXPECT_EQ(model.check(&fault), TIDBIT_OK);
  use_everything(model);
  header->merge_by = format::MergeBy::pair;
  EXPECT_EQ(model.check(&fault), TIDBIT_ERR_TOKENIZER);
}

TEST(WordPiece, DamageNeverCrashes) {
  Json file = word_piece(kVocab);
  file["pre_tokenizer"] = nullptr;
  TextModel model = made(file);
  use_damaged(model);
}

TEST(WordLevel, AWordIsAPieceOrUnknown) {
  Json file = word_piece({{"[UNK]", 0}, {"a", 1}, {"b", 2}, {"ab", 3}});
  file["model"]["type"] = "WordLevel";
  file.erase("decoder");
  const TextModel model = made(file);
  EXPECT_EQ(model.encode("ab b aa"), (Ids{3, 2, 0}));
  EXPECT_EQ(model.decode({3, 2, 1}), "ab b a");
}

// Tokenizers of any kind. Those that are refused are named.
TEST(Plain, EqualsTheLibraryForFolders) {
  const char *folders = std::getenv("TIDBIT_PLAIN");
  if (folders == nullptr) GTEST_SKIP() << "TIDBIT_PLAIN is not set";
  for (const auto &folder : std::filesystem::directory_iterator(folders)) {
    const auto file = folder.path() / "tokenizer.json";
    std::uint32_t tokens = 0;
    const std::string refused = failure([&] { tokens = convert::import_tokenizer(file, 400000).vocab_size; });
    if (!refused.empty()) {
      std::cout << refused << std::endl;
      continue;
    }
    const TextModel model = import(file, tokens);
    for (const Json &item : Json::parse(read_file(folder.path() / "expected.json"))) {
      const auto text = item.at("text").get<std::string>();
      const Ids ids = item.at("parsed").get<Ids>();
      ASSERT_EQ(model.encode(text, TIDBIT_TEXT_PARSE), ids) << folder.path() << Json(text).dump(-1, ' ', true);
      ASSERT_EQ(model.encode(text, TIDBIT_TEXT_PARSE | TIDBIT_TEXT_SPECIAL), item.at("affixed").get<Ids>())
          << folder.path();
      ASSERT_EQ(model.decode(ids), item.at("decoded").get<std::string>()) << folder.path();
    }
  }
}

}  // namespace
}  // namespace tidbit::test
