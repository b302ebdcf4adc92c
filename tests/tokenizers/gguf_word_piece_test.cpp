// GGUF's "bert": the results equal those of llama.cpp (make_gguf_goldens.py). TIDBIT_GGUF_BERT may name a file with
// more of them.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/support/failure.h"
#include "tests/tokenizers/support.h"

namespace tidbit::test {
namespace {

using Json = nlohmann::json;

const std::string kGoldens = TIDBIT_GOLDENS "/gguf_bert/";

convert::GgufTokenizer golden_gguf() { return convert::read_gguf_tokenizer(kGoldens + "tokenizer.gguf"); }

TextModel imported(const convert::GgufTokenizer &gguf) {
  const auto tokens = static_cast<std::uint32_t>(gguf.tokens.size());
  return TextModel(convert::import_gguf_tokenizer(gguf, tokens, "test"), tokens);
}

void expect_equal(const std::filesystem::path &expected) {
  std::map<std::pair<bool, bool>, TextModel> models;
  for (const bool lowercase : {false, true}) {
    for (const bool strip : {false, true}) {
      convert::GgufTokenizer gguf = golden_gguf();
      gguf.lowercase = lowercase ? 1 : 0;
      gguf.strip_accents = strip ? 1 : 0;
      models.emplace(std::pair(lowercase, strip), imported(gguf));
    }
  }
  for (const Json &item : Json::parse(read_file(expected))) {
    const TextModel &model = models.at({item.at("lowercase").get<bool>(), item.at("strip").get<bool>()});
    const auto text = item.at("text").get<std::string>();
    const auto ids = [&](const char *key) { return item.at(key).get<Ids>(); };
    EXPECT_EQ(model.encode(text), ids("plain")) << item.dump(-1, ' ', true);
    EXPECT_EQ(model.encode(text, TIDBIT_TEXT_PARSE), ids("parsed")) << item.dump(-1, ' ', true);
    EXPECT_EQ(model.encode(text, TIDBIT_TEXT_PARSE | TIDBIT_TEXT_SPECIAL), ids("affixed"));
  }
}

TEST(GgufWordPiece, EqualsLlamaCpp) { expect_equal(kGoldens + "expected.json"); }

TEST(GgufWordPiece, EqualsLlamaCppForMoreTexts) {
  const char *file = std::getenv("TIDBIT_GGUF_BERT");
  if (file == nullptr) GTEST_SKIP() << "TIDBIT_GGUF_BERT is not set";
  expect_equal(file);
}

TEST(GgufWordPiece, TextsAreLowercasedAndStrippedUnlessTheFileSaysOtherwise) {
  convert::GgufTokenizer gguf = golden_gguf();
  gguf.lowercase = gguf.strip_accents = -1;
  EXPECT_EQ(imported(gguf).encode("THÉ"), imported(gguf).encode("the"));
  gguf.lowercase = 0;
  EXPECT_NE(imported(gguf).encode("thé"), imported(gguf).encode("the"));
  gguf.strip_accents = 1;
  EXPECT_EQ(imported(gguf).encode("thé"), imported(gguf).encode("the"));
}

TEST(GgufWordPiece, DecodedTextHasSpacesBetweenWords) {
  const TextModel model = imported(golden_gguf());
  EXPECT_EQ(model.decode(model.encode("The kitchen, the light.")), "the kitchen, the light.");
}

TEST(GgufWordPiece, DamagedMetadataIsRefused) {
  const auto refusal = [](const convert::GgufTokenizer &gguf) { return failure([&] { imported(gguf); }); };
  EXPECT_EQ(refusal(golden_gguf()), "");
  convert::GgufTokenizer gguf = golden_gguf();
  gguf.types.pop_back();
  EXPECT_NE(refusal(gguf).find("tokens and types differ"), std::string::npos);
  gguf = golden_gguf();
  gguf.tokens.resize(50);
  gguf.types.resize(50);
  gguf.separator = 50;
  EXPECT_NE(refusal(gguf).find("no token behind a text"), std::string::npos);
  gguf.separator = 0;
  gguf.unknown = -1;
  EXPECT_NE(refusal(gguf).find("no token for unknown words"), std::string::npos);
  gguf = golden_gguf();
  gguf.tokens[40] = "\xE2\x96\x81" + std::string(300, 'x');
  EXPECT_NE(refusal(gguf).find("token 40 is longer than 255 bytes"), std::string::npos) << refusal(gguf);
}

}  // namespace
}  // namespace tidbit::test
