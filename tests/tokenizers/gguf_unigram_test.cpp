// GGUF's "t5": the results equal those of llama.cpp (make_gguf_goldens.py). TIDBIT_GGUF_T5 may name a file with more
// of them.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "converter/error.h"
#include "tests/support/failure.h"
#include "tests/tokenizers/support.h"
#include "text/tokenizer_format.h"

namespace tidbit::test {
namespace {

using Json = nlohmann::json;

convert::GgufTokenizer golden_gguf() {
  return convert::read_gguf_tokenizer(std::filesystem::path(TIDBIT_GOLDENS) / "gguf_t5" / "tokenizer.gguf");
}

TextModel imported(const convert::GgufTokenizer &gguf) {
  const auto tokens = static_cast<std::uint32_t>(gguf.tokens.size());
  return TextModel(convert::import_gguf_tokenizer(gguf, tokens, "test"), tokens);
}

void expect_equal(const std::filesystem::path &expected) {
  std::map<std::pair<bool, bool>, TextModel> models;
  for (const bool prefix : {false, true}) {
    for (const bool merge : {false, true}) {
      convert::GgufTokenizer gguf = golden_gguf();
      gguf.add_space_prefix = prefix ? 1 : 0;
      gguf.remove_extra_whitespaces = merge ? 1 : 0;
      models.emplace(std::pair(prefix, merge), imported(gguf));
    }
  }
  for (const Json &item : Json::parse(read_file(expected))) {
    const TextModel &model = models.at({item.at("prefix").get<bool>(), item.at("merge").get<bool>()});
    const auto text = item.at("text").get<std::string>();
    const auto ids = [&](const char *key) { return item.at(key).get<Ids>(); };
    EXPECT_EQ(model.encode(text), ids("plain")) << item.dump(-1, ' ', true);
    EXPECT_EQ(model.encode(text, TIDBIT_TEXT_PARSE), ids("parsed")) << item.dump(-1, ' ', true);
    EXPECT_EQ(model.encode(text, TIDBIT_TEXT_PARSE | TIDBIT_TEXT_SPECIAL), ids("affixed"));
  }
}

TEST(GgufUnigram, EqualsLlamaCpp) { expect_equal(std::filesystem::path(TIDBIT_GOLDENS) / "gguf_t5" / "expected.json"); }

TEST(GgufUnigram, EqualsLlamaCppForMoreTexts) {
  const char *file = std::getenv("TIDBIT_GGUF_T5");
  if (file == nullptr) GTEST_SKIP() << "TIDBIT_GGUF_T5 is not set";
  expect_equal(file);
}

TEST(GgufUnigram, TheSpaceInFrontIsDroppedWhereItWasAdded) {
  convert::GgufTokenizer gguf = golden_gguf();
  const TextModel model = imported(gguf);
  EXPECT_EQ(model.decode(model.encode("the fox")), "the fox");
  gguf.add_space_prefix = 0;
  const TextModel other = imported(gguf);
  EXPECT_EQ(other.decode(other.encode("the fox")), " the fox");
}

std::string refusal(const convert::GgufTokenizer &gguf) {
  return failure([&] { imported(gguf); });
}

TEST(GgufUnigram, DamagedMetadataIsRefused) {
  convert::GgufTokenizer gguf = golden_gguf();
  gguf.scores.pop_back();
  EXPECT_NE(refusal(gguf).find("tokens and scores differ"), std::string::npos);
  gguf = golden_gguf();
  gguf.scores[9] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_NE(refusal(gguf).find("token 9 is not a number"), std::string::npos);
  gguf = golden_gguf();
  gguf.unknown = static_cast<std::int32_t>(gguf.tokens.size());
  EXPECT_NE(refusal(gguf).find("no unknown token"), std::string::npos);
  gguf = golden_gguf();
  gguf.charsmap.resize(gguf.charsmap.size() / 2);
  EXPECT_NE(refusal(gguf).find("charsmap"), std::string::npos);
}

}  // namespace
}  // namespace tidbit::test
