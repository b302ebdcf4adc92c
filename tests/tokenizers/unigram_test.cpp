// Unigram: the sequence of pieces with the highest sum of scores. TIDBIT_UNIGRAM may name a folder with a
// tokenizer.json and an expected.json of the same form as the goldens'.
#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "converter/error.h"
#include "tests/support/failure.h"
#include "tests/tokenizers/support.h"
#include "text/tokenizer_format.h"

namespace tidbit::test {
namespace {

using Json = nlohmann::json;

Json pieces(const std::vector<std::pair<std::string, double>> &list) {
  Json vocab = Json::array();
  for (const auto &[text, score] : list) vocab.push_back(Json::array({text, score}));
  return vocab;
}

Json file_of(const Json &vocab) {
  return {{"model", {{"type", "Unigram"}, {"unk_id", 0}, {"vocab", vocab}}},
          {"pre_tokenizer", {{"type", "Metaspace"}, {"prepend_scheme", "never"}}}};
}

TextModel made(const Json &file) { return from_json(file.dump()); }
TextModel with(const Json &vocab) { return made(file_of(vocab)); }

std::string refusal(const Json &file) {
  return failure([&] { made(file); });
}

TEST(Unigram, TheHighestSumWinsAndNotTheLongestPiece) {
  const TextModel model = with(pieces({{"<unk>", 0}, {"a", -1}, {"b", -1}, {"ab", -5}, {"abab", -3}}));
  EXPECT_EQ(model.encode("ab"), (Ids{1, 2}));
  EXPECT_EQ(model.encode("abab"), (Ids{4}));
}

TEST(Unigram, AmongEqualSumsTheLongestLastPieceWins) {
  const TextModel model =
      with(pieces({{"<unk>", 0}, {"a", -1}, {"b", -1}, {"c", -1}, {"ab", -2}, {"bc", -2}, {"abc", -4}}));
  EXPECT_EQ(model.encode("ab"), (Ids{4}));
  EXPECT_EQ(model.encode("abc"), (Ids{1, 5}));
}

// The library, which reads numbers less exactly than they are written, gives 1, 2; exact sums are equal.
TEST(Unigram, ScoresAreRoundedAsTheLibraryReadsThem) {
  const TextModel model =
      with(pieces({{"<unk>", -9}, {"a", -0.76}, {"b", -1.1389821295774762}, {"ab", -1.8989821295774763}}));
  EXPECT_EQ(model.encode("ab"), (Ids{1, 2}));
}

TEST(Unigram, ARunOfUnknownCharactersIsOneToken) {
  const TextModel model = with(pieces({{"<unk>", 0}, {"a", -1}, {"b\xE6\x9D\xB1", -2}}));
  EXPECT_EQ(model.encode("axyzaa"), (Ids{1, 0, 1, 1}));
  EXPECT_EQ(model.encode("b\xE6\x9D\xB1"), (Ids{2}));
  EXPECT_EQ(model.encode("b\xE6\x9D"), (Ids{0}));
}

// The expected tokens are those of the library.
TEST(Unigram, AnUnknownTokenThatIsNotAnAddedTokenIsFoundInWords) {
  Json file = file_of(pieces({{"<unk>", 0}, {"a", -1}, {"<", -1}, {"unk", -1}, {">", -1}}));
  EXPECT_EQ(made(file).encode("a<unk>a <unk>"), (Ids{1, 0, 1, 0}));
  EXPECT_EQ(made(file).encode("a<unk>b<unk><unk"), (Ids{1, 0, 2, 3}));
  EXPECT_EQ(made(file).decode({1, 0, 1}), "a<unk>a");
  file["added_tokens"] = {{{"id", 0}, {"content", "<unk>"}, {"special", true}}};
  EXPECT_EQ(made(file).encode("a<unk>a"), (Ids{1, 2, 3, 4, 1}));
}

// As ALBERT. The expected tokens are those of the library.
TEST(Unigram, ANormalizedAddedTokenStandsBetweenWords) {
  Json file = file_of(pieces({{"<unk>", 0}, {"\u2581", -1}, {"\u2581a", -2}, {"a", -3}, {"b", -3}, {"\u2581b", -2}}));
  file["normalizer"] = {{"type", "Lowercase"}};
  file["pre_tokenizer"] = {
      {"type", "Sequence"},
      {"pretokenizers",
       {{{"type", "WhitespaceSplit"}}, {{"type", "Metaspace"}, {"prepend_scheme", "always"}, {"split", true}}}}};
  file["added_tokens"] = {{{"id", 6}, {"content", "[Room]"}, {"normalized", true}}};
  const TextModel model = made(file);
  EXPECT_EQ(model.encode("a[room]b"), (Ids{2, 6, 5}));
  EXPECT_EQ(model.encode(" A \t[ROOM]  b "), (Ids{2, 6, 5}));
  EXPECT_EQ(model.encode("[Room]"), (Ids{6}));
  EXPECT_EQ(model.encode("\u2581[room]\u2581\u2581 b"), (Ids{1, 6, 1, 1, 5}));
  EXPECT_EQ(model.encode("a [room][room] a"), (Ids{2, 6, 6, 2}));
  file["added_tokens"][0]["content"] = "the room";
  EXPECT_NE(refusal(file).find("\"the room\" has white space"), std::string::npos) << refusal(file);
}

TEST(Unigram, RefusesWhatHasNoMeaning) {
  const Json good = file_of(pieces({{"<unk>", 0}, {"a", -1}}));
  EXPECT_EQ(refusal(good), "");
  Json file = good;
  file["model"]["unk_id"] = 2;
  EXPECT_NE(refusal(file).find("not in the vocabulary"), std::string::npos);
  file["model"].erase("unk_id");
  EXPECT_NE(refusal(file).find("unk_id"), std::string::npos);
  file = good;
  file["model"]["vocab"][1] = Json::array({"a", nullptr});
  EXPECT_NE(refusal(file).find("model.vocab[1]"), std::string::npos);
  file["model"]["vocab"] = Json{{"<unk>", 0}, {"a", 1}};
  EXPECT_NE(refusal(file).find("no scores"), std::string::npos);
  file = good;
  file.erase("pre_tokenizer");
  EXPECT_NE(refusal(file).find("Metaspace"), std::string::npos);
}

// Each of the tables is refused, and named, for each of these.
TEST(Unigram, DamagedTablesAreRefused) {
  TextModel model = golden("unigram");
  auto *header = reinterpret_cast<format::TokenizerHeader *>(model.section());
  const format::TokenizerHeader good = *header;
  const auto expect_fault = [&](std::size_t fault, const char *why) {
    std::uint64_t offset = 0;
    EXPECT_EQ(model.check(&offset), TIDBIT_ERR_TOKENIZER) << why;
    EXPECT_EQ(offset, fault) << why;
    *header = good;
  };
  std::uint64_t offset = 0;
  EXPECT_EQ(model.check(&offset), TIDBIT_OK);
  for (format::Table *table : {&header->scores, &header->prefix_filter}) {
    const auto fault = static_cast<std::size_t>(reinterpret_cast<char *>(table) - reinterpret_cast<char *>(header));
    *table = {0, 0};
    expect_fault(fault, "absent");
    table->count -= 1;
    expect_fault(fault, "one element less");
    table->count += 1;
    expect_fault(fault, "one element more");
    table->count *= 0x10000;
    expect_fault(fault, "longer than the section");
    table->offset += 4;
    expect_fault(fault, "not aligned");
    table->offset = static_cast<std::uint32_t>(model.section_bytes());
    expect_fault(fault, "behind the section");
    table->offset = 0;
    expect_fault(fault, "in the header");
  }
}

TEST(Unigram, ASectionWithoutUnknownTokenIsRefused) {
  TextModel model = golden("unigram");
  reinterpret_cast<format::TokenizerHeader *>(model.section())->unknown_token = -1;
  std::uint64_t fault = 0;
  EXPECT_EQ(model.check(&fault), TIDBIT_ERR_TOKENIZER);
  EXPECT_EQ(fault, offsetof(format::TokenizerHeader, unknown_token));
}

void expect_equal(const std::filesystem::path &tokenizer, const std::filesystem::path &expected) {
  const Json cases = Json::parse(read_file(expected));
  const TextModel model = import(tokenizer, convert::import_tokenizer(tokenizer, 400000).vocab_size);
  for (const Json &item : cases) {
    const auto text = item.at("text").get<std::string>();
    const Ids ids = item.at("parsed").get<Ids>();
    EXPECT_EQ(model.encode(text, TIDBIT_TEXT_PARSE), ids) << Json(text).dump(-1, ' ', true);
    const bool unknown = std::find(ids.begin(), ids.end(), 0) != ids.end();  // SentencePiece writes U+2047
    if (item.contains("decoded") && !unknown) {
      EXPECT_EQ(model.decode(ids), item.at("decoded").get<std::string>());
    }
  }
}

TEST(Unigram, T5EqualsTheLibrary) {
  NEEDS_DATA("tokenizers/t5-small/tokenizer.json");
  expect_equal(data_file("tokenizers/t5-small/tokenizer.json"),
               std::filesystem::path(TIDBIT_GOLDENS) / "t5_small/expected.json");
}

TEST(Unigram, AModelOfSentencePieceEqualsItsLibrary) {
  const auto folder = std::filesystem::path(TIDBIT_GOLDENS) / "sp_unigram";
  expect_equal(folder / "tokenizer.model", folder / "expected.json");
}

// The space is behind the text.
TEST(Unigram, AModelWithWhitespaceAsSuffixEqualsItsLibrary) {
  for (const char *name : {"sp_suffix", "sp_suffix_bpe"}) {
    const auto folder = std::filesystem::path(TIDBIT_GOLDENS) / name;
    expect_equal(folder / "tokenizer.model", folder / "expected.json");
  }
}

// The pieces have spaces, and U+2581 is a character like others.
TEST(Unigram, AModelWithoutEscapedWhitespaceEqualsItsLibrary) {
  for (const char *name : {"sp_spaces", "sp_spaces_bpe"}) {
    const auto folder = std::filesystem::path(TIDBIT_GOLDENS) / name;
    expect_equal(folder / "tokenizer.model", folder / "expected.json");
  }
}

TEST(Unigram, EqualsTheLibraryForAFolder) {
  const char *folder = std::getenv("TIDBIT_UNIGRAM");
  if (folder == nullptr) GTEST_SKIP() << "TIDBIT_UNIGRAM is not set";
  expect_equal(convert::find_tokenizer(folder), std::filesystem::path(folder) / "expected.json");
}

}  // namespace
}  // namespace tidbit::test
