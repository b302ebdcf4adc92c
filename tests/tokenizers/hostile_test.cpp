// Damaged sections are refused or harmless. Sanitizers detect if they are not.
#include <algorithm>
#include <cstring>
#include <random>

#include "tests/tokenizers/support.h"
#include "text/tokenizer_format.h"

namespace tidbit::test {
namespace {

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

// The tables of programs are checked when a blob is opened; of the others only where they are.
TEST_P(Hostile, TablesOfNoiseNeverCrash) {
  TextModel model = golden(GetParam());
  const std::vector<std::byte> intact(model.section(), model.section() + model.section_bytes());
  const auto header = *reinterpret_cast<const format::TokenizerHeader *>(model.section());
  std::mt19937 random(1234);
  for (int round = 0; round < 200; ++round) {
    for (std::size_t i = sizeof(format::TokenizerHeader); i < model.section_bytes(); ++i) {
      model.section()[i] = static_cast<std::byte>(random() % (round % 3 == 0 ? 256 : 4));
    }
    for (const auto &[table, bytes] : {std::pair(header.split_program, 2), std::pair(header.classes, 4),
                                       std::pair(header.normalizer, 4), std::pair(header.normalizer_data, 4)}) {
      std::copy_n(intact.begin() + table.offset, table.count * static_cast<std::uint32_t>(bytes),
                  model.section() + table.offset);
    }
    std::uint64_t fault = 0;
    ASSERT_EQ(model.check(&fault), TIDBIT_OK) << fault;
    use_everything(model);
  }
}

// Each piece of text between added tokens grows.
TEST(HostileGrowth, TextThatGrowsMoreThanItsNormalizerSaysDoesNotFit) {
  TextModel model = from_json(R"({"model":{"type":"WordLevel","vocab":{"b":0}},"decoder":{"type":"Fuse"},
      "normalizer":{"type":"Replace","pattern":{"String":"a"},"content":"bbbb"},
      "pre_tokenizer":{"type":"Split","pattern":{"String":""},"behavior":"Isolated"},
      "added_tokens":[{"id":1,"content":"|"}]})");
  const std::string text = "a|a|a|a|";
  EXPECT_EQ(model.encode(text).size(), 20u);
  const auto *header = reinterpret_cast<const format::TokenizerHeader *>(model.section());
  const std::uint32_t growth = 1;
  std::memcpy(model.section() + header->normalizer.offset + 4, &growth, 4);
  std::uint64_t fault = 0;
  ASSERT_EQ(model.check(&fault), TIDBIT_OK);
  std::vector<std::uint64_t> workspace(tidbit_tokenize_bytes(model.get(), text.size()) / 8);
  Ids ids(tidbit_tokenize_most(model.get(), text.size()));
  std::uint32_t count = 0;
  const tidbit_status status = tidbit_tokenize(model.get(), text.data(), text.size(), nullptr, workspace.data(),
                                               workspace.size() * 8, ids.data(), 8, &count);
  EXPECT_EQ(status, TIDBIT_ERR_MEMORY);
  EXPECT_EQ(count, 0u);
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

INSTANTIATE_TEST_SUITE_P(All, Hostile,
                         testing::Values("byte_level", "digits", "pieces", "metaspace", "characters", "unigram_bytes",
                                         "words", "word_pieces", "whole_words", "unmarked_bytes"),
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

// A table without an empty slot would make each search as long as the table.
TEST(Check, LongSearchIsRefused) {
  TextModel model = golden("byte_level");
  auto *header = reinterpret_cast<format::TokenizerHeader *>(model.section());
  std::uint64_t fault = 0;
  header->merge_probes = header->merge_slots.count = format::kMaxProbes + 1;
  EXPECT_EQ(model.check(&fault), TIDBIT_ERR_TOKENIZER);
  EXPECT_EQ(fault, offsetof(format::TokenizerHeader, merge_probes));
}

}  // namespace
}  // namespace tidbit::test
