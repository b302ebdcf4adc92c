// BPE over the characters of words, with marks at the end of a word or in front of its later pieces.
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/failure.h"
#include "tests/tokenizers/support.h"
#include "text/tokenizer_format.h"

namespace tidbit::test {
namespace {

using Json = nlohmann::json;

const Json kVocab = {{"<unk>", 0}, {"a", 1}, {"b", 2}, {"a</w>", 3}, {"b</w>", 4}, {"ab</w>", 5}, {"\xC3\xA4</w>", 6}};

// As the first GPT.
Json word_ends() {
  return {{"model",
           {{"type", "BPE"},
            {"unk_token", "<unk>"},
            {"end_of_word_suffix", "</w>"},
            {"vocab", kVocab},
            {"merges", {"a b</w>"}}}},
          {"pre_tokenizer", {{"type", "WhitespaceSplit"}}},
          {"decoder", {{"type", "BPEDecoder"}, {"suffix", "</w>"}}}};
}

Json continued() {
  return {{"model",
           {{"type", "BPE"},
            {"unk_token", "<unk>"},
            {"continuing_subword_prefix", "##"},
            {"vocab", {{"<unk>", 0}, {"a", 1}, {"##a", 2}, {"##b", 3}, {"ab", 4}, {"##aa", 5}}},
            {"merges", {"##a ##a", "a ##b"}}}},
          {"pre_tokenizer", {{"type", "WhitespaceSplit"}}},
          {"decoder", {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", false}}}};
}

TextModel made(const Json &file) {
  const auto path =
      std::filesystem::path(testing::TempDir()) / ("tidbit_word_bpe_" + std::to_string(::getpid()) + ".json");
  std::ofstream(path) << file.dump();
  return import(path, 512);
}

std::string refusal(const Json &file) {
  return failure([&] { made(file); });
}

void expect_refusal(const Json &file, const std::string &reason) {
  const std::string message = refusal(file);
  EXPECT_NE(message.find(reason), std::string::npos) << message;
}

TEST(WordBpe, TheLastCharacterOfAWordIsAnotherToken) {
  const TextModel model = made(word_ends());
  EXPECT_EQ(model.encode("a b ab ba aab"), (Ids{3, 4, 5, 2, 3, 1, 5}));
  EXPECT_EQ(model.encode("a\xC3\xA4 \xC3\xA4"), (Ids{1, 6, 6}));
  EXPECT_EQ(model.encode("a</w>"), (Ids{1, 0, 0, 0, 0}));
}

TEST(WordBpe, ACharacterWithoutATokenAtItsPlaceIsUnknown) {
  const TextModel model = made(word_ends());
  EXPECT_EQ(model.encode("\xC3\xA4z a\xC3"), (Ids{0, 0, 1, 0}));
}

TEST(WordBpe, ARunOfUnknownCharactersIsOneTokenOfEachWord) {
  Json file = word_ends();
  file["model"]["fuse_unk"] = true;
  EXPECT_EQ(made(file).encode("zz zza zzz"), (Ids{0, 0, 3, 0}));
}

TEST(WordBpe, WithoutAnUnknownTokenUnknownCharactersAreDropped) {
  Json file = word_ends();
  file["model"].erase("unk_token");
  EXPECT_EQ(made(file).encode("za azb z"), (Ids{3, 5}));
}

TEST(WordBpe, TheEndOfAWordDecodesToASpaceButNotAtTheEndOfTheText) {
  const TextModel model = made(word_ends());
  EXPECT_EQ(model.decode({1, 5, 3, 2, 4}), "aab a bb");
  EXPECT_EQ(model.decode({1}), "a");
  EXPECT_EQ(model.decode({3, 3}), "a a");
}

TEST(WordBpe, ATextThatGoesOnBehindAWordBeginsWithASpace) {
  const TextModel model = made(word_ends());
  char small[8];
  const char *text = nullptr;
  std::uint32_t bytes = 0;
  int first = 0;
  const auto next = [&](std::int32_t id) {
    EXPECT_EQ(tidbit_token_text(model.get(), id, &first, 0, small, &text, &bytes), TIDBIT_OK);
    return std::string(text, bytes);
  };
  EXPECT_EQ(next(1), " a");
  EXPECT_EQ(next(3), "a");
  EXPECT_EQ(next(2), " b");
  EXPECT_EQ(tidbit_token_text(model.get(), 5, nullptr, 0, small, &text, &bytes), TIDBIT_OK);
  EXPECT_EQ(std::string(text, bytes), " ab");
}

TEST(WordBpe, AMergeDropsThePrefixOfItsRightToken) {
  const TextModel model = made(continued());
  EXPECT_EQ(model.encode("ab aaa aaab"), (Ids{4, 1, 5, 1, 5, 3}));
  EXPECT_EQ(model.decode({4, 1, 5, 3}), "ab aaab");
}

// As CLIP. U+00E4 is the bytes C3 A4, which the byte alphabet writes as U+00C3 U+00A4.
TEST(WordBpe, BehindByteLevelTheLastByteOfAWordIsAnotherToken) {
  Json file = word_ends();
  file["model"]["vocab"]["\xC3\x83"] = 7;
  file["model"]["vocab"]["\xC2\xA4</w>"] = 8;
  file["model"]["vocab"]["\xC3\x83\xC2\xA4</w>"] = 9;
  file["model"]["merges"] = {"a b</w>", "\xC3\x83 \xC2\xA4</w>"};
  file["pre_tokenizer"] = {
      {"type", "Sequence"},
      {"pretokenizers", {{{"type", "WhitespaceSplit"}}, {{"type", "ByteLevel"}, {"add_prefix_space", false}}}}};
  file["decoder"] = {{"type", "ByteLevel"}};
  const TextModel model = made(file);
  EXPECT_EQ(model.encode("a ab b\xC3\xA4 \xC3\xA5 \xC3\xA4"), (Ids{3, 5, 2, 9, 7, 0, 9}));
  EXPECT_EQ(model.decode({3, 5, 2, 9, 1}), "a ab b\xC3\xA4 a");
  EXPECT_EQ(model.decode({7, 8}), "\xC3\xA4");
}

TEST(WordBpe, BehindByteLevelAPieceMayContinueAWord) {
  Json file = continued();
  file["pre_tokenizer"] = {{"type", "ByteLevel"}, {"add_prefix_space", false}};
  file["decoder"] = {{"type", "ByteLevel"}};
  const TextModel model = made(file);
  EXPECT_EQ(model.encode("aaab"), (Ids{1, 5, 3}));
  EXPECT_EQ(model.decode({1, 5, 3}), "a##aa##b");
}

TEST(WordBpe, UnknownCharactersBecomeBytes) {
  Json vocab = {{"<unk>", 256}, {"a", 257}, {"aa", 258}};
  for (int byte = 0; byte < 256; ++byte) {
    char name[8];
    std::snprintf(name, sizeof name, "<0x%02X>", static_cast<unsigned>(byte));
    vocab[name] = byte;
  }
  Json file = {{"model", {{"type", "BPE"}, {"byte_fallback", true}, {"vocab", vocab}, {"merges", {"a a"}}}},
               {"decoder", {{"type", "ByteFallback"}}}};
  const TextModel model = made(file);
  EXPECT_EQ(model.encode("aa\xC3\xA4 a"), (Ids{258, 0xC3, 0xA4, 0x20, 257}));
  EXPECT_EQ(model.decode({258, 0xC3, 0xA4, 0x20, 257}), "aa\xC3\xA4 a");
  file.erase("decoder");
  expect_refusal(file, "without a decoder the library makes \"<0x00>\"");
  file["decoder"] = {{"type", "ByteFallback"}};
  file["model"]["continuing_subword_prefix"] = "##";
  expect_refusal(file, "and byte_fallback");
}

TEST(WordBpe, RefusesWhatCannotBeReproduced) {
  EXPECT_EQ(refusal(word_ends()), "");
  EXPECT_EQ(refusal(continued()), "");
  Json file = word_ends();
  file["model"]["dropout"] = 0.1;
  expect_refusal(file, "dropout");
  file = word_ends();
  file["model"]["end_of_word_suffix"] = "seventeen letters";
  expect_refusal(file, "longer than 16 bytes");
  file = word_ends();
  file["pre_tokenizer"] = {{"type", "Metaspace"}};
  expect_refusal(file, "end_of_word_suffix \"</w>\", which is supported only for BPE without");
  file["pre_tokenizer"] = {{"type", "ByteLevel"}};
  expect_refusal(file, "which is not supported for byte-level BPE over words");
  file = word_ends();
  file["decoder"]["suffix"] = "@";
  expect_refusal(file, "makes \"a</w>\" of the token \"a</w>\", \"a</w>\" behind others");
  file = continued();
  file["decoder"] = {{"type", "CTC"}};
  expect_refusal(file, "the decoder \"CTC\"");
  file = word_ends();
  file["model"]["vocab"]["a</w>b"] = 7;
  expect_refusal(file, "makes \"a b\" of the token \"a</w>b\"");
}

TEST(WordBpe, MergesAndTokensThatDoNotFitAreRefused) {
  Json file = word_ends();
  file["model"]["merges"] = {"a c</w>"};
  expect_refusal(file, "uses a token that is not in the vocabulary");
  file = continued();
  file["model"]["vocab"]["b"] = 6;
  file["model"]["merges"] = {"a b"};
  expect_refusal(file, "uses a token that is not in the vocabulary");
  file = word_ends();
  file["model"]["vocab"]["c"] = 1u << 30;
  expect_refusal(file, "no valid id");
  file["model"]["vocab"]["c"] = 1;
  expect_refusal(file, "the same id");
  file = word_ends();
  file["model"]["unk_token"] = "none";
  expect_refusal(file, "not in the vocabulary");
}

TEST(WordBpe, ATokenWithoutATextIsNeverMade) {
  Json file = word_ends();
  file["model"]["vocab"][""] = 7;
  file["model"]["vocab"]["</w>"] = 8;
  const TextModel model = made(file);
  EXPECT_EQ(model.encode("a  b"), (Ids{3, 4}));
  EXPECT_EQ(model.decode({1, 8, 7, 1}), "a a");
}

TEST(WordBpe, DamageNeverCrashes) {
  Json file = word_ends();
  file["pre_tokenizer"] = nullptr;
  TextModel model = made(file);
  auto *header = reinterpret_cast<format::TokenizerHeader *>(model.section());
  header->continuing = header->word_end;
  use_damaged(model);
}

TEST(WordBpe, ADamagedTableIsRefused) {
  TextModel model = made(word_ends());
  auto *header = reinterpret_cast<format::TokenizerHeader *>(model.section());
  const format::TokenizerHeader intact = *header;
  std::uint64_t fault = 0;
  header->word_end.count = format::kMaxMark + 1;
  EXPECT_EQ(model.check(&fault), TIDBIT_ERR_TOKENIZER);
  EXPECT_EQ(fault, offsetof(format::TokenizerHeader, word_end));
  *header = intact;
  header->continuing = {intact.text.offset, format::kMaxMark + 1};
  EXPECT_EQ(model.check(&fault), TIDBIT_ERR_TOKENIZER);
  EXPECT_EQ(fault, offsetof(format::TokenizerHeader, continuing));
  *header = intact;
  header->merge_by = format::MergeBy::text;
  EXPECT_EQ(model.check(&fault), TIDBIT_ERR_TOKENIZER);
  *header = intact;
  EXPECT_EQ(model.check(&fault), TIDBIT_OK);
  use_everything(model);
}

}  // namespace
}  // namespace tidbit::test
