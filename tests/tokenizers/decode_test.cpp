// Decoded texts. The expected ones are those of sentencepiece 0.2.3 and tokenizers 0.23.3. TIDBIT_DECODERS may name a
// file of make_decoder_goldens.py --fuzz.
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "tests/support/failure.h"
#include "tests/support/tries.h"
#include "tests/tokenizers/support.h"

namespace tidbit::test {
namespace {

// Field of a protocol buffer.
std::string field(char number, const std::string &bytes) {
  return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())} + bytes;
}
std::string field(char number, bool value) { return {static_cast<char>(number << 3), value ? '\1' : '\0'}; }

const std::string kBlank = "\xE2\x96\x81";
enum Id : std::int32_t { kUnknown, kBegin, kOne, kThree, kOnce, kByte, kA };

std::string piece(const std::string &text, char type) { return field(1, field(1, text) + std::string{'\x18', type}); }

// A model of the pieces above; its byte pieces begin at kByte.
TextModel sentencepiece(bool add_prefix, bool trim, bool escape = true) {
  std::string model = piece("<unk>", 2) + piece("<s>", 3) + piece(kBlank, 1) + piece(kBlank + kBlank + kBlank, 1) +
                      piece(kBlank + "Once", 1) + piece("<0x20>", 6) + piece("<0x41>", 6);
  model += field(2, std::string("\x18\x02"));  // BPE
  model += field(3, field(1, std::string("identity")) + field(3, add_prefix) + field(4, trim) + field(5, escape));
  const auto file = std::filesystem::path(testing::TempDir()) / "decode_test.model";
  std::ofstream(file, std::ios::binary) << model;
  return import(file, 7);
}

TextModel huggingface(const std::string &decoder) {
  const auto file = std::filesystem::path(testing::TempDir()) / "decode_test.json";
  std::ofstream(file) << R"({"added_tokens":[{"id":1,"content":"<s>","special":true}],"normalizer":null,
    "pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true},
    "decoder":)" << decoder
                      << R"(,"model":{"type":"BPE","unk_token":"<unk>","merges":[],
    "vocab":{"<unk>":0,"<s>":1,"▁":2,"▁▁▁":3,"▁Once":4,"b":5,"A":6}}})";
  return import(file, 7);
}

struct Case {
  Ids ids;
  const char *text;
};

// Decodes with a stream, and with tidbit_token_text.
void expect_texts(const TextModel &model, const std::vector<Case> &cases) {
  for (const Case &c : cases) {
    EXPECT_EQ(model.decode(c.ids), c.text) << testing::PrintToString(c.ids);
    int first = 1;
    std::string joined;
    for (const std::int32_t id : c.ids) {
      char small[8];
      const char *text = nullptr;
      std::uint32_t bytes = 0;
      EXPECT_EQ(tidbit_token_text(model.get(), id, &first, 0, small, &text, &bytes), TIDBIT_OK);
      joined.append(text, bytes);
    }
    EXPECT_EQ(joined, c.text) << testing::PrintToString(c.ids);
  }
}

TEST(Decode, SentencePieceThatAddsABlankDropsOne) {
  expect_texts(sentencepiece(true, false), {{{kOnce}, "Once"},
                                            {{kOne, kOnce}, " Once"},
                                            {{kOne, kOne, kOnce}, "  Once"},
                                            {{kThree, kOnce}, "   Once"},
                                            {{kBegin, kOne, kOnce}, " Once"},
                                            {{kOne, kBegin, kOnce}, " Once"},
                                            {{kByte, kOnce}, "  Once"},
                                            {{kByte, kOne, kOnce}, "   Once"}});
}

TEST(Decode, SentencePieceThatTrimsDropsOneOfEachPieceBeforeTheText) {
  for (const bool add_prefix : {false, true}) {
    expect_texts(sentencepiece(add_prefix, true), {{{kOnce}, "Once"},
                                                   {{kOne, kOnce}, "Once"},
                                                   {{kOne, kOne, kOnce}, "Once"},
                                                   {{kOne, kOne}, ""},
                                                   {{kThree, kOnce}, "   Once"},
                                                   {{kThree, kOne, kOnce}, "    Once"},
                                                   {{kOne, kThree, kOnce}, "   Once"},
                                                   {{kBegin, kOne, kBegin, kOnce}, "Once"},
                                                   {{kByte, kOnce}, "  Once"},
                                                   {{kOne, kByte, kOnce}, "  Once"}});
  }
}

TEST(Decode, SentencePieceThatDoesNeitherKeepsAllBlanks) {
  expect_texts(sentencepiece(false, false), {{{kOnce}, " Once"}, {{kOne, kOnce}, "  Once"}});
}

TEST(Decode, SentencePieceThatKeepsSpacesHasNoPieceWithTheirSymbol) {
  const std::string message = failure([] { sentencepiece(true, true, false); });
  EXPECT_NE(message.find("U+2581 in its pieces although escape_whitespaces is false"), std::string::npos) << message;
}

TEST(Decode, StripDropsOneBlankOfTheText) {
  const std::string replace = R"({"type":"Replace","pattern":{"String":"▁"},"content":" "})";
  const TextModel model = huggingface(R"({"type":"Sequence","decoders":[)" + replace +
                                      R"(,{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]})");
  expect_texts(model, {{{kOnce}, "Once"},
                       {{kOne, kOnce}, " Once"},
                       {{kThree, kOnce}, "   Once"},
                       {{kBegin, kOne, kOnce}, " Once"},
                       {{kOne, kBegin, kOnce}, " Once"},
                       {{kA, kOnce}, "A Once"}});
}

TEST(Decode, AReplaceThatChangesATokenIsRefused) {
  for (const char *json : {R"({"type":"Replace","pattern":{"String":"▁"},"content":"_"})",
                           R"({"type":"Replace","pattern":{"String":"a"},"content":" "})",
                           R"({"type":"Replace","pattern":{"Regex":"▁(?=O)|b"},"content":" "})"}) {
    const std::string message = failure([json] { huggingface(json); });
    EXPECT_NE(message.find("the decoder makes \""), std::string::npos) << message;
  }
}

TEST(Decode, MetaspaceDropsAllBlanksOfTheFirstToken) {
  expect_texts(huggingface(R"({"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true})"),
               {{{kOnce}, "Once"},
                {{kOne, kOnce}, " Once"},
                {{kOne, kOne, kOnce}, "  Once"},
                {{kThree, kOnce}, " Once"},
                {{kBegin, kOne, kOnce}, " Once"}});
}

using Json = nlohmann::json;

// Tokenizers of the goldens with other decoders. Returns how many of them are not refused.
int expect_decoders(const Json &entries) {
  int made = 0;
  for (std::size_t i = 0; i < entries.size(); i += kEvery) {
    const Json &entry = entries[i];
    const auto name = entry.at("tokenizer").get<std::string>();
    Json file = Json::parse(read_file(std::filesystem::path(TIDBIT_GOLDENS) / name / "tokenizer.json"));
    file["decoder"] = entry.at("decoder");
    std::optional<TextModel> model;
    const std::string refused = failure([&] { model.emplace(from_json(file.dump(), 1024)); });
    EXPECT_TRUE(refused.empty() || refused.find("decoder") != std::string::npos) << refused;
    if (!refused.empty()) continue;
    ++made;
    for (const Json &item : entry.at("cases")) {
      EXPECT_EQ(model->decode(item[0].get<Ids>()), item[1].get<std::string>())
          << name << entry.at("decoder") << item.dump(-1, ' ', true);
    }
  }
  return made;
}

TEST(Decode, ADecoderIsFollowedExactlyOrRefused) {
  const Json entries = Json::parse(read_file(std::filesystem::path(TIDBIT_GOLDENS) / "decoders.json"));
  const int made = expect_decoders(entries);
  EXPECT_TRUE(kEvery != 1 || made == 127) << made;
}

TEST(Decode, EqualsTheLibraryForMoreDecoders) {
  const char *file = std::getenv("TIDBIT_DECODERS");
  if (file == nullptr) GTEST_SKIP() << "TIDBIT_DECODERS names no file of make_decoder_goldens.py --fuzz";
  std::cout << expect_decoders(Json::parse(read_file(file))) << " decoders are supported\n";
}

TEST(Decode, BlanksBeforeStoriesAreDropped) {
  NEEDS_DATA("stories260K/tok512.model");
  expect_texts(import(data_file("stories260K/tok512.model"), 512),
               {{{410, 410, 403}, "Once"}, {{1, 410, 403}, "Once"}, {{410, 410}, ""}, {{35, 403}, "  Once"}});
}

// llama2.c drops one after the begin token.
TEST(Decode, OneBlankBeforeStoriesOfLlama2cIsDropped) {
  NEEDS_DATA("stories260K/tok512.bin");
  expect_texts(import(data_file("stories260K/tok512.bin"), 512), {{{1, 403}, "Once"}, {{1, 410, 403}, " Once"}});
}

TEST(Decode, TextThatGoesOnKeepsItsBlanks) {
  const TextModel model = sentencepiece(true, true);
  char small[8];
  const char *text = nullptr;
  std::uint32_t bytes = 0;
  EXPECT_EQ(tidbit_token_text(model.get(), kOne, nullptr, 0, small, &text, &bytes), TIDBIT_OK);
  EXPECT_EQ(std::string(text, bytes), " ");
  tidbit_stream stream;
  EXPECT_EQ(tidbit_stream_init(&stream, model.get(), 0, nullptr, 0), TIDBIT_OK);
  EXPECT_EQ(tidbit_stream_push(&stream, kOne, &text, &bytes), TIDBIT_OK);
  EXPECT_EQ(std::string(text, bytes), " ");
}

}  // namespace
}  // namespace tidbit::test
