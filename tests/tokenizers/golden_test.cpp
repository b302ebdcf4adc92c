// The results equal those of the Hugging Face library, for the tokenizers trained by make_goldens.py.
#include <nlohmann/json.hpp>

#include "tests/tokenizers/support.h"

namespace tidbit::test {
namespace {

using Json = nlohmann::json;

class Goldens : public testing::TestWithParam<const char *> {
 protected:
  Goldens() : model(golden(GetParam())) {
    cases = Json::parse(read_file(std::filesystem::path(TIDBIT_GOLDENS) / GetParam() / "expected.json"));
  }
  TextModel model;
  Json cases;
};

TEST_P(Goldens, TextWithSpecialTokensAsText) {
  for (const Json &item : cases) {
    const auto text = item.at("text").get<std::string>();
    EXPECT_EQ(model.encode(text), item.at("plain").get<Ids>()) << text;
  }
}

TEST_P(Goldens, TextWithSpecialTokensParsed) {
  for (const Json &item : cases) {
    const auto text = item.at("text").get<std::string>();
    EXPECT_EQ(model.encode(text, TIDBIT_TEXT_PARSE), item.at("parsed").get<Ids>()) << text;
  }
}

TEST_P(Goldens, WhatIsPutAroundAText) {
  for (const Json &item : cases) {
    const auto text = item.at("text").get<std::string>();
    EXPECT_EQ(model.encode(text, TIDBIT_TEXT_PARSE | TIDBIT_TEXT_SPECIAL), item.at("affixed").get<Ids>()) << text;
  }
}

TEST_P(Goldens, DecodedText) {
  for (const Json &item : cases) {
    EXPECT_EQ(model.decode(item.at("parsed").get<Ids>()), item.at("decoded").get<std::string>());
  }
}

INSTANTIATE_TEST_SUITE_P(All, Goldens,
                         testing::Values("byte_level", "digits", "prefix_space", "pieces", "metaspace", "characters",
                                         "unigram", "unigram_bytes", "words", "word_pieces", "word_pieces_as_written",
                                         "whole_words", "word_ends", "word_end_bytes", "continued_words", "both_marks",
                                         "unmarked", "unmarked_bytes"),
                         [](const auto &tested) { return std::string(tested.param); });

}  // namespace
}  // namespace tidbit::test
