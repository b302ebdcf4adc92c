// Damaged sections are refused or stay harmless. Under sanitizers these tests say so.
#include <cstring>
#include <random>

#include "tests/tokenizers/support.h"
#include "text/tokenizer_format.h"

namespace tidbit::test {
namespace {

const std::string kText =
    "The quick  brown <|end|>fox's 12345 naïve [[room]] \xE2\x96\x81 東京 \xFF\xF0\x9F🙂\n\n it'LL <|end|> \t x";

void use_everything(const TextModel &model) {
  std::vector<std::uint64_t> workspace(tidbit_tokenize_bytes(model.get(), kText.size()) / 8);
  Ids ids(tidbit_tokenize_most(model.get(), kText.size()));
  std::uint32_t count = 0;
  tidbit_tokenize(model.get(), kText.data(), kText.size(), TIDBIT_TEXT_PARSE | TIDBIT_TEXT_SPECIAL, workspace.data(),
                  workspace.size() * 8, ids.data(), static_cast<std::uint32_t>(ids.size()), &count);
  ASSERT_LE(count, ids.size());
  ids.resize(count);
  model.decode(ids);
  tidbit_find_token(model.get(), "fox", 3);
}

class Hostile : public testing::TestWithParam<const char *> {};

TEST_P(Hostile, FlippedBytesNeverCrash) {
  TextModel model = golden(GetParam());
  const std::vector<std::byte> intact(model.section(), model.section() + model.section_bytes());
  std::mt19937 random(4711);
  for (int round = 0; round < 4000; ++round) {
    std::memcpy(model.section(), intact.data(), intact.size());
    const std::size_t reach = round % 4 == 0 ? sizeof(format::TokenizerHeader) : intact.size();
    for (unsigned flips = 1 + random() % 64; flips > 0; --flips) {
      model.section()[random() % reach] = static_cast<std::byte>(random());
    }
    std::uint64_t fault = 0;
    if (model.check(&fault) == TIDBIT_OK) {
      use_everything(model);
    } else {
      EXPECT_LT(fault, sizeof(format::TokenizerHeader));
    }
  }
}

TEST_P(Hostile, TablesOfNoiseNeverCrash) {
  TextModel model = golden(GetParam());
  std::mt19937 random(1234);
  for (int round = 0; round < 200; ++round) {
    for (std::size_t i = sizeof(format::TokenizerHeader); i < model.section_bytes(); ++i) {
      model.section()[i] = static_cast<std::byte>(random() % (round % 3 == 0 ? 256 : 4));
    }
    use_everything(model);
  }
}

TEST_P(Hostile, EveryCutIsRefused) {
  const TextModel whole = golden(GetParam());
  convert::ImportedTokenizer cut;
  for (std::size_t size = 1; size + 64 < whole.section_bytes(); size += 61) {
    cut.section.assign(const_cast<TextModel &>(whole).section(), const_cast<TextModel &>(whole).section() + size);
    std::uint64_t fault = 0;
    EXPECT_EQ(TextModel(cut, 4096).check(&fault), TIDBIT_ERR_TOKENIZER) << size;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Hostile, testing::Values("byte_level", "digits", "pieces", "metaspace", "characters"),
                         [](const auto &tested) { return std::string(tested.param); });

TEST(Check, NamesTheFieldThatIsWrong) {
  TextModel model = golden("byte_level");
  auto *header = reinterpret_cast<format::TokenizerHeader *>(model.section());
  std::uint64_t fault = 0;
  EXPECT_EQ(model.check(&fault), TIDBIT_OK);
  header->merge_slots.count = 0xFFFFFFFF;
  EXPECT_EQ(model.check(&fault), TIDBIT_ERR_TOKENIZER);
  EXPECT_EQ(fault, offsetof(format::TokenizerHeader, merge_slots));
  header->unknown_token = 100000;
  EXPECT_EQ(model.check(&fault), TIDBIT_ERR_TOKENIZER);
  EXPECT_EQ(fault, offsetof(format::TokenizerHeader, unknown_token));
}

}  // namespace
}  // namespace tidbit::test
