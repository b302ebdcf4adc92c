// What is imported, and what is refused by name.
#include <fstream>
#include <limits>

#include "converter/error.h"
#include "tests/tokenizers/support.h"
#include "text/tokenizer_format.h"

namespace tidbit::test {
namespace {

const std::filesystem::path kSentencePiece = TIDBIT_GOLDENS "/sp_unigram/tokenizer.model";

std::string refusal(const std::filesystem::path &file) {
  try {
    convert::import_tokenizer(file, 200000);
  } catch (const convert::ConvertError &error) {
    return error.what();
  }
  return "accepted";
}

void expect_refused(const std::filesystem::path &file, const std::string &because) {
  const std::string reason = refusal(file);
  EXPECT_NE(reason.find(because), std::string::npos) << reason;
  EXPECT_NE(reason.find(file.string()), std::string::npos) << reason;
}

class Folder : public testing::Test {
 protected:
  void SetUp() override {
    path = std::filesystem::path(testing::TempDir()) /
           ("tokenizers_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
  }
  void TearDown() override { std::filesystem::remove_all(path); }
  std::filesystem::path write(const std::string &name, const std::string &text) {
    std::ofstream(path / name, std::ios::binary) << text;
    return path / name;
  }
  // A copy of a golden tokenizer.json with `from` replaced by `to`.
  std::filesystem::path changed(const std::string &golden, const std::string &from, const std::string &to) {
    std::string json = read_file(std::filesystem::path(TIDBIT_GOLDENS) / golden / "tokenizer.json");
    const std::size_t at = json.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return write("tokenizer.json", json.replace(at, from.size(), to));
  }
  std::filesystem::path path;
};

TEST(Import, Phi2KeepsItsBlankTokens) {
  NEEDS_DATA("tokenizers/phi-2/tokenizer.json");
  const TextModel model = import(data_file("tokenizers/phi-2/tokenizer.json"), 51200);
  EXPECT_EQ(model.encode("\t\t\t"), (Ids{50293}));
  EXPECT_EQ(model.encode(std::string(31, ' ')), (Ids{50257}));
}

TEST(Import, SampleModelEndsItsPromptsWithItsToken) {
  if (!std::filesystem::exists(TIDBIT_SAMPLE_TOKENIZER)) GTEST_SKIP() << "no sample model";
  const TextModel model = import(TIDBIT_SAMPLE_TOKENIZER, 1024);
  const Ids plain = model.encode("lights on");
  Ids with = model.encode("lights on", TIDBIT_TEXT_SPECIAL);
  EXPECT_EQ(with.back(), tidbit_find_token(model.get(), "<|json|>", 8));
  with.pop_back();
  EXPECT_EQ(with, plain);
  EXPECT_EQ(model.encode("lights on", TIDBIT_TEXT_BOS), plain);
}

TEST(Import, Llama2cEqualsItsSentencePieceModel) {
  NEEDS_DATA("stories260K/tok512.bin");
  const TextModel binary = import(data_file("stories260K/tok512.bin"), 512);
  const TextModel model = import(data_file("stories260K/tok512.model"), 512);
  const std::string text = "Once upon a time, there was a little girl named Lily.\nShe saw 3 über-birds.";
  EXPECT_EQ(binary.encode(text), model.encode(text));
  EXPECT_EQ(binary.encode("x", TIDBIT_TEXT_SPECIAL)[0], 1);
  EXPECT_EQ(binary.decode(binary.encode(text)), text);
}

TEST(Import, RefusesByName) {
  NEEDS_DATA("tokenizers/gpt1/encoder_bpe_40000.json");
  expect_refused(data_file("tokenizers/gpt1/encoder_bpe_40000.json"), "</w>");
}

TEST_F(Folder, RefusesWhatCantBeFollowedExactly) {
  expect_refused(changed("byte_level", "\"normalizer\":null", "\"normalizer\":{\"type\":\"Other\"}"), "\"Other\"");
  expect_refused(changed("digits", "{1,3}", "\\\\b"), "\\b");
  expect_refused(changed("byte_level", "\"type\":\"ByteLevel\"", "\"type\":\"Whitespace\""),
                 "at the end, which is not supported for BPE over characters");
  expect_refused(changed("byte_level", "\"type\":\"BPE\"", "\"type\":\"Other\""), "Other");
  expect_refused(changed("pieces", "\"dropout\":null", "\"dropout\":0.1"), "dropout");
  expect_refused(changed("prefix_space", "processor\":{\"type\":\"ByteLevel\"", "processor\":{\"type\":\"Other\""),
                 "\"Other\"");
}

TEST_F(Folder, PostProcessorsOfBertAndRobertaAreATokenInFrontAndOneBehind) {
  const std::string from = "processor\":{\"type\":\"ByteLevel\"";
  for (const std::string type : {"BertProcessing", "RobertaProcessing"}) {
    const std::string to = "processor\":{\"type\":\"" + type + R"(","cls":["a",1],"sep":["b",2])";
    const TextModel model = import(changed("prefix_space", from, to), 1000);
    Ids plain = model.encode("Hello");
    plain.insert(plain.begin(), 1);
    plain.push_back(2);
    EXPECT_EQ(model.encode("Hello", TIDBIT_TEXT_SPECIAL), plain) << type;
    const std::string no_id = "processor\":{\"type\":\"" + type + R"(","cls":["a"],"sep":["b",2])";
    expect_refused(changed("prefix_space", from, no_id), "cls is not a list of a token and its id");
    const std::string unknown = "processor\":{\"type\":\"" + type + R"(","cls":["a",999999],"sep":["b",2])";
    expect_refused(changed("prefix_space", from, unknown), "not in the vocabulary");
  }
}

TEST_F(Folder, ASecondPostProcessorThatAddsTokensIsRefused) {
  const std::string bert = R"({"type":"BertProcessing","cls":["a",1],"sep":["b",2]})";
  const std::string to = "processor\":{\"type\":\"Sequence\",\"processors\":[" + bert + "," + bert + "]";
  expect_refused(changed("prefix_space", "processor\":{\"type\":\"ByteLevel\"", to), "behind one that adds tokens");
}

TEST_F(Folder, RefusesDamagedFiles) {
  expect_refused(write("empty", ""), "empty");
  expect_refused(write("a.json", "{\"model\": {"), "ends too early");
  expect_refused(write("b.json", "{\"a\": -1}"), "id");
  expect_refused(write("c.model", "\x0A\xFF\xFF\xFF\xFF\x0F"), "SentencePiece");
  expect_refused(path / "missing", "opened");
  expect_refused(write("d.json", "{\"a\": 0, \"bc\": 1}"), "single character");
  expect_refused(changed("byte_level", "tokens\":[{\"id\":0", "tokens\":[{\"id\":4294967296"), "id of a token");
  expect_refused(path, "regular file");
}

std::string repeated(const std::string &text, int times) {
  std::string all;
  while (times-- > 0) all += text;
  return all;
}

TEST(Import, ScoreThatIsNoNumberIsRefused) {
  convert::GgufTokenizer gguf;
  gguf.model = "llama";
  gguf.tokens = {"\xE2\x96\x81", "a", "b"};
  gguf.scores = {0, std::numeric_limits<float>::quiet_NaN(), -1};
  EXPECT_THROW(convert::import_gguf_tokenizer(gguf, 3, "x"), convert::ConvertError);
  gguf.scores[1] = 1;
  EXPECT_NO_THROW(convert::import_gguf_tokenizer(gguf, 3, "x"));
}

std::string bytes_of(const auto &value) { return {reinterpret_cast<const char *>(&value), sizeof value}; }

// llama2.c's tokenizer.bin with these texts after the bytes, in falling order of their scores.
std::string llama2c(const std::vector<std::string> &texts) {
  std::vector<std::string> all = {"<unk>", "<s>", "</s>"};
  for (unsigned byte = 0; byte < 256; ++byte) {
    constexpr const char *kDigits = "0123456789ABCDEF";
    all.push_back(std::string("<0x") + kDigits[byte / 16] + kDigits[byte % 16] + ">");
  }
  all.insert(all.end(), texts.begin(), texts.end());
  std::string file = bytes_of(0xFFFFFFFFu);
  float score = 0;
  for (const std::string &text : all) {
    file += bytes_of(score--) + bytes_of(static_cast<std::uint32_t>(text.size())) + text;
  }
  return file;
}

TEST_F(Folder, PiecesOfAMegabyteAreRefused) {
  for (const char *part : {" ", "a", "\xE2\x96\x81"}) {
    expect_refused(write("tokenizer.bin", llama2c({" ", repeated(part, 1 << 20)})),
                   "token 260 is longer than 256 bytes");
  }
}

TEST_F(Folder, ALlama2cFileOfCharactersHasNoByteFallback) {
  std::string file = bytes_of(5u);
  for (const std::string text : {"<unk>", "<s>", "</s>", "春", "风"}) {
    file += bytes_of(0.0f) + bytes_of(static_cast<std::uint32_t>(text.size())) + text;
  }
  const TextModel model = import(write("tokenizer.bin", file), 5);
  EXPECT_EQ(model.encode("春风x"), (Ids{0, 3, 4, 0}));  // the blank in front is unknown as well
  EXPECT_EQ(model.decode({3, 4}), "春风");
}

// Each of them would take millions of steps if finding a merge took time proportional to the length of the piece.
TEST_F(Folder, LongPiecesEncodeToThemselvesIfTheirMergesLeadThere) {
  std::vector<std::string> texts = {" ", "a", "b"};
  for (std::size_t size = 2; size <= 128; size *= 2) texts.push_back(repeated("ab", static_cast<int>(size / 2)));
  const std::string whole = texts.back();
  for (std::size_t i = 0; i < 1000; ++i) {
    std::string text = whole + whole.substr(0, 100) + std::to_string(i);
    texts.push_back(text);
  }
  const auto tokens = static_cast<std::uint32_t>(259 + texts.size());
  const TextModel model = import(write("tokenizer.bin", llama2c(texts)), tokens);
  const auto *header = reinterpret_cast<const format::TokenizerHeader *>(model.section());
  const std::byte *attributes = model.section() + header->attributes.offset;
  const auto is_whole = [&](std::size_t text) {
    return (static_cast<std::uint8_t>(attributes[259 + text]) & format::attribute::kWhole) != 0;
  };
  for (std::size_t text = 0; text < 10; ++text) EXPECT_TRUE(is_whole(text)) << text;
  for (std::size_t text = 10; text < texts.size(); ++text) EXPECT_FALSE(is_whole(text)) << text;
}

// Each reader would call itself for each level.
TEST_F(Folder, DeepNestingIsRefused) {
  constexpr int kLevels = 5000;
  for (const auto &[key, steps] : {std::pair("normalizer", "normalizers"),
                                   {"pre_tokenizer", "pretokenizers"},
                                   {"post_processor", "processors"},
                                   {"decoder", "decoders"}}) {
    const std::string step = std::string(R"({"type":"Sequence",")") + steps + "\":[";
    const std::string deep = repeated(step, kLevels) + repeated("]}", kLevels);
    const std::string start = std::string("\"") + key + "\":";
    expect_refused(changed("byte_level", start, start + deep + ",\"x\":"), "nested deeper");
  }
  const std::string ids = std::string(100000, '[') + std::string(100000, ']');
  expect_refused(changed("byte_level", "tokens\":[{\"id\":0", "tokens\":[{\"id\":" + ids), "nested deeper");
  write("tokenizer_config.json", "{\"x\":" + ids + "}");
  write("merges.txt", "");
  EXPECT_NE(refusal(write("a.json", "{\"a\":0}")).find("tokenizer_config.json: is nested deeper"), std::string::npos);
}

// A tokenizer.json with the given settings and model.
std::string tokenizer_json(const std::string &settings, const std::string &model) {
  return R"({"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false})" + settings + R"(,"model":{"type":"BPE",)" +
         model + "}}";
}

constexpr const char *kModel = R"("vocab":{"a":0,"b":1,"ab":2},"merges":["a b"])";

TEST_F(Folder, WhatIsOfTheWrongTypeIsNamedByItsPlace) {
  const struct {
    const char *settings, *model, *message;
  } rows[] = {
      {"", R"("vocab":{"a":0},"merges":{})", "model.merges is not a list"},
      {"", R"("vocab":{"a":0},"merges":[1])", "model.merges[0] is 1, not a string"},
      {"", R"("vocab":{"a":0},"merges":[["a"]])", "model.merges[0] is not a merge of two tokens"},
      {"", R"("vocab":{"a":0},"merges":[["a",1]])", "model.merges[0][1] is 1, not a string"},
      {"", R"("vocab":{"a":0},"merges":["aa"])", "\"aa\" is not a merge of two tokens"},
      {"", R"("vocab":{"a":0},"merges":["a b"])", "the merge of \"a\" and \"b\" uses a token that is not"},
      {"", R"("vocab":[],"merges":[])", "the vocabulary is not a map from tokens to ids"},
      {"", R"("vocab":{"a":-1})", "token \"a\" has no valid id"},
      {"", R"("vocab":{"a":1048576})", "token \"a\" has no valid id"},
      {"", R"("vocab":{"a":0},"unk_token":1)", "model.unk_token is 1, not a string"},
      {"", R"("vocab":{"a":0},"ignore_merges":1)", "model.ignore_merges is 1, neither true nor false"},
      {R"(,"decoder":1)", kModel, "decoder must not be a number"},
      {R"(,"decoder":{})", kModel, "decoder has no \"type\""},
      {R"(,"decoder":{"type":"Sequence","decoders":{}})", kModel, "decoder.decoders is not a list"},
      {R"(,"post_processor":[])", kModel, "post_processor is not an object"},
      {R"(,"post_processor":{"type":"TemplateProcessing","single":[1]})", kModel, "single[0] is not an object"},
      {R"(,"normalizer":{"type":1})", kModel, "normalizer.type is 1, not a string"},
      {R"(,"added_tokens":{})", kModel, "added_tokens is not a list"},
      {R"(,"added_tokens":[{"id":3}])", kModel, "added_tokens[0] has no \"content\""},
      {R"(,"added_tokens":[{"id":1048576,"content":"x"}])", kModel, "added_tokens[0].id is 1048576, which is not"},
  };
  for (const auto &row : rows) expect_refused(write("t.json", tokenizer_json(row.settings, row.model)), row.message);
}

TEST_F(Folder, ASecondTextForAnIdIsRefused) {
  expect_refused(write("t.json", tokenizer_json("", R"("vocab":{"a":0,"b":1,"c":1})")), "have the same id 1");
  expect_refused(write("v.json", R"({"a":0,"b":1,"c":1})"), "have the same id 1");
  expect_refused(write("t.json", tokenizer_json(R"(,"added_tokens":[{"id":1,"content":"x"}])", kModel)),
                 "added_tokens[0] has the text \"x\", but the vocabulary has \"b\"");
  const std::string twice = R"(,"added_tokens":[{"id":3,"content":"x"},{"id":3,"content":"y"}])";
  expect_refused(write("t.json", tokenizer_json(twice, kModel)), "added_tokens[1] has the id 3, as another");
}

TEST_F(Folder, WhatOccursTwiceIsRefused) {
  expect_refused(write("t.json", tokenizer_json("", R"("vocab":{"a":0,"a":1})")), "token \"a\" occurs twice");
  expect_refused(write("v.json", R"({"a":0,"a":1})"), "token \"a\" occurs twice");
  expect_refused(write("t.json", tokenizer_json(R"(,"decoder":null,"decoder":null)", kModel)), "\"decoder\" occurs");
  expect_refused(write("t.json", tokenizer_json(R"(,"x":1,"x":2)", kModel)), "\"x\" occurs twice");
  expect_refused(write("t.json", tokenizer_json(R"(,"decoder":{"type":"Fuse","type":"Fuse"})", kModel)),
                 "\"decoder.type\" occurs twice");
}

TEST_F(Folder, TheOrderOfTheKeysDoesNotMatter) {
  const auto usual = convert::import_tokenizer(write("t.json", tokenizer_json("", kModel)), 8);
  const std::string sorted =
      R"({"added_tokens":[],"model":{"merges":["a b"],"type":"BPE","vocab":{"ab":2,"b":1,"a":0}},)"
      R"("pre_tokenizer":{"add_prefix_space":false,"type":"ByteLevel"}})";
  EXPECT_EQ(convert::import_tokenizer(write("t.json", sorted), 8).section, usual.section);
}

TEST_F(Folder, WordsOfATokenizerJsonMayBeTokens) {
  const TextModel model = import(write("vocab.json", R"({"a":0,"<unk>":1,"[model]":2,"[decoder]":3})"), 4);
  EXPECT_EQ(model.encode("a"), (Ids{0}));
  expect_refused(write("v.json", R"({"a":0,"model":1,"decoder":2})"), "\"model\" is not");
}

TEST_F(Folder, TokensLongerThanABlobHoldsAreRefused) {
  const std::string text(2000000, 'x');
  expect_refused(write("v.json", "{\"" + text + "\":0}"), "is longer than 256 bytes");
  expect_refused(write("t.json", tokenizer_json(R"(,"added_tokens":[{"id":3,"content":")" + text + "\"}]", kModel)),
                 "is longer than 256 bytes");
}

TEST_F(Folder, MorePiecesThanABlobHoldsAreRefused) {
  expect_refused(write("a.model", repeated(std::string("\x0A\0", 2), 1100000)), "more pieces than a blob can hold");
  expect_refused(write("a.bin", std::string(4, '\0') + std::string(8 * 1100000, '\0')), "is neither");
  EXPECT_THROW(convert::import_tokenizer(write("v.json", R"({"a":0})"), 1u << 20), convert::ConvertError);
}

TEST_F(Folder, DamagedProtocolBuffersAreRefused) {
  const std::string piece("\x0A\x03\x0A\x01x", 5);
  for (const std::string &end :
       {std::string("\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 11),  // a length of 2^64 - 1
        repeated("\x0B", 100000),                                         // groups, never closed
        repeated("\xFF", 11),                                             // an endless number
        std::string("\x0A\x05\x0A", 3)}) {                                // beyond the end
    expect_refused(write("a.model", piece + end), "SentencePiece");
  }
}

TEST_F(Folder, MoreTokensThanTheModelHasAreRefused) {
  const auto file = std::filesystem::path(TIDBIT_GOLDENS) / "pieces" / "tokenizer.json";
  EXPECT_THROW(convert::import_tokenizer(file, 100), convert::ConvertError);
  const TextModel padded = import(file, 5000);
  const char *text = nullptr;
  char small[8];
  std::uint32_t bytes = 1;
  EXPECT_EQ(tidbit_token_text(padded.get(), 4999, nullptr, 1, small, &text, &bytes), TIDBIT_OK);
  EXPECT_EQ(bytes, 0u);
}

TEST_F(Folder, CharacterTable) {
  const TextModel dropping = import(write("vocab.json", R"({"a": 0, "b": 1, "é": 2})"), 3);
  EXPECT_EQ(dropping.encode("abxé\xFF"), (Ids{0, 1, 2}));
  EXPECT_EQ(dropping.decode({2, 0}), "éa");
  const TextModel unknown = import(write("vocab.json", R"({"a": 0, "<unk>": 1})"), 2);
  EXPECT_EQ(unknown.encode("ax<unk>"), (Ids{0, 1, 1, 1, 1, 1, 1}));
  EXPECT_EQ(unknown.encode("a<unk>", TIDBIT_TEXT_PARSE), (Ids{0, 1}));
}

TEST_F(Folder, FindsTheTokenizerOfACheckpoint) {
  EXPECT_EQ(convert::find_tokenizer(path), "");
  const auto model = write("tok512.model", "x");
  EXPECT_EQ(convert::find_tokenizer(path), model);
  EXPECT_EQ(convert::find_tokenizer(path / "checkpoint.bin"), model);
  const auto json = write("tokenizer.json", "x");
  EXPECT_EQ(convert::find_tokenizer(path), json);
}

TEST_F(Folder, TokenizerConfigNamesBeginAndEnd) {
  std::filesystem::copy(std::filesystem::path(TIDBIT_GOLDENS) / "prefix_space" / "tokenizer.json",
                        path / "tokenizer.json");
  write("tokenizer_config.json",
        R"({"bos_token": {"content": "<|end|>"}, "eos_token": "<|end|>", "add_bos_token": true})");
  const auto imported = convert::import_tokenizer(path / "tokenizer.json", 1000);
  EXPECT_EQ(imported.bos_token, 0);
  EXPECT_EQ(imported.end_tokens, (Ids{0}));
  EXPECT_EQ(TextModel(imported, 1000).encode("x", TIDBIT_TEXT_BOS)[0], 0);
}

// A SentencePiece model of <unk>, <s>, the blank, "a" and both.
std::string sentencepiece_model() {
  const auto field = [](char number, const std::string &bytes) {
    return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())} + bytes;
  };
  std::string model;
  for (const auto &[text, type] : {std::pair("<unk>", '\2'), {"<s>", '\3'}, {"▁", '\1'}, {"a", '\1'}, {"▁a", '\1'}}) {
    model += field(1, field(1, text) + std::string{'\x18', type});
  }
  return model + field(2, "\x18\x02");  // BPE
}

void expect_added_tokens(const std::filesystem::path &file) {
  const TextModel model = import(file, 7);
  EXPECT_EQ(model.encode("<x>a<y>a", TIDBIT_TEXT_PARSE), (Ids{5, 4, 6, 4}));
  EXPECT_EQ(model.encode("a<y>"), (Ids{4, 6}));  // <y> is not special
  EXPECT_NE(model.encode("<x>"), (Ids{5}));
}

TEST_F(Folder, AddedTokensBesideASentencePieceModelAreTokens) {
  const auto file = write("tokenizer.model", sentencepiece_model());
  write("tokenizer_config.json", R"({"added_tokens_decoder": {"1": {"content": "<s>", "special": true},
    "5": {"content": "<x>", "special": true}, "6": {"content": "<y>", "special": false}}})");
  expect_added_tokens(file);
  write("tokenizer_config.json", "{}");
  write("added_tokens.json", R"({"<x>": 5, "<y>": 6})");
  write("special_tokens_map.json", R"({"unk_token": "<unk>", "additional_special_tokens": [{"content": "<x>"}]})");
  expect_added_tokens(file);
}

TEST_F(Folder, AddedTokensBesideVocabJsonAreTokens) {
  std::string vocab = "{";
  for (unsigned id = 0; id < 256; ++id) {  // the characters that stand for bytes
    const unsigned c = id < 94 ? id + 33 : id < 106 ? id + 67 : id + 68;
    vocab += (id == 0 ? "\"" : ",\"") + std::string(c == '"' || c == '\\' ? "\\" : "");
    vocab += c < 128 ? std::string(1, static_cast<char>(c))
                     : std::string{static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 63))};
    vocab += "\":" + std::to_string(id);
  }
  const auto file = write("vocab.json", vocab + "}");
  write("merges.txt", "#version: 0.2\n");
  write("added_tokens.json", R"({"<x>": 256, "<y>": 257})");
  write("special_tokens_map.json", R"({"additional_special_tokens": ["<x>"]})");
  const TextModel model = import(file, 258);
  EXPECT_EQ(model.encode("<x>a<y>", TIDBIT_TEXT_PARSE), (Ids{256, 64, 257}));
  EXPECT_EQ(model.encode("a<y>"), (Ids{64, 257}));
  write("added_tokens.json", R"({"<x>": -1})");
  EXPECT_NE(refusal(file).find("added_tokens.json: <x> is -1"), std::string::npos) << refusal(file);
}

TEST_F(Folder, NormalizedAddedTokensAreFoundInNormalizedText) {
  const std::string plain = R"("normalized":false,"special":false)",
                    normalized = R"("normalized":true,"special":false)";
  const TextModel usual = golden("metaspace");
  const TextModel model = import(changed("metaspace", plain, normalized), 1000);
  for (const char *text : {"[[room]] and [[room]]", "x[[room]]"}) EXPECT_EQ(model.encode(text), usual.encode(text));
  const TextModel prefixed = import(changed("pieces", plain, normalized), 1000);
  const auto room = static_cast<std::int32_t>(tidbit_find_token(prefixed.get(), "[[room]]", 8));
  EXPECT_EQ(prefixed.encode("[[room]]"), Ids{room});
  EXPECT_NE(prefixed.encode("x[[room]]").back(), room);  // there is no space in front of it
}

TEST_F(Folder, FlagsForBeginAndEndCountOnlyForTheClassesThatHeedThem) {
  const auto file = path / "tokenizer.json";
  std::filesystem::copy(std::filesystem::path(TIDBIT_GOLDENS) / "prefix_space" / "tokenizer.json", file);
  const auto begins = [&](const std::string &name) {
    write("tokenizer_config.json",
          R"({"bos_token": "<|end|>", "add_bos_token": true, "tokenizer_class": ")" + name + "\"}");
    return import(file, 1000).encode("x", TIDBIT_TEXT_SPECIAL)[0] == 0;
  };
  EXPECT_TRUE(begins("LlamaTokenizerFast"));
  EXPECT_TRUE(begins("GemmaTokenizerFast"));
  EXPECT_FALSE(begins("GPT2TokenizerFast"));
  EXPECT_FALSE(begins("PreTrainedTokenizerFast"));
}

TEST_F(Folder, ASentencePieceModelWhoseClassHasOtherIdsIsRefusedByName) {
  const auto file = write("sentencepiece.bpe.model", read_file(kSentencePiece));
  EXPECT_EQ(convert::find_tokenizer(path), file);
  EXPECT_EQ(refusal(file), "accepted");
  write("config.json", R"({"model_type": "xlm-roberta"})");
  expect_refused(file, "XLMRobertaTokenizer");
  write("tokenizer_config.json", R"({"tokenizer_class": "LlamaTokenizer"})");
  EXPECT_EQ(refusal(file), "accepted");
  for (const std::string name : {"XGLMTokenizer", "CamembertTokenizer", "PegasusTokenizer", "AlbertTokenizer"}) {
    write("tokenizer_config.json", R"({"tokenizer_class": ")" + name + R"(Fast"})");
    expect_refused(file, name);
  }
}

TEST_F(Folder, T5PutsTheEndBehindATextAndNothingInFront) {
  const auto file = write("spiece.model", read_file(kSentencePiece));
  const TextModel plain = import(file, 1000);
  write("tokenizer_config.json", R"({"tokenizer_class": "T5Tokenizer", "extra_ids": 0})");
  const TextModel t5 = import(convert::find_tokenizer(path), 1000);
  Ids ids = plain.encode("the fox");
  EXPECT_EQ(t5.encode("the fox"), ids);
  ids.push_back(2);
  EXPECT_EQ(t5.encode("the fox", TIDBIT_TEXT_SPECIAL), ids);
  write("tokenizer_config.json", R"({"tokenizer_class": "T5Tokenizer"})");
  expect_refused(file, "extra_ids");
}

}  // namespace
}  // namespace tidbit::test
