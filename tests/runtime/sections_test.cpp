// Sections: where they may be, what the small ones may hold, and that unknown ones are left alone.
#include <cstring>
#include <vector>

#include "format/grammar_format.h"
#include "tests/support/forged_blob.h"
#include "tests/support/runner.h"
#include "tests/support/tiny_model.h"

namespace tidbit::test {
namespace {

using format::SectionKind;

// The tiny Llama with a section of this content at the end. It takes the place of a self-test, whose table entry is
// given another kind and another size.
ForgedBlob with_section(SectionKind kind, const void *content, std::size_t bytes) {
  TinyModel model = tiny_llama();
  model.self_test = format::SelfTest{.token_count = 1, .reserved = 0, .hash = 0, .tokens = {1}};
  ForgedBlob blob(build_blob(model));
  format::Section &section = blob.sections()[1];
  EXPECT_LE(bytes, sizeof(format::SelfTest));
  std::memcpy(blob.data() + section.offset, content, bytes);
  section.kind = kind;
  section.bytes = bytes;
  return blob;
}

template <class T>
tidbit_status status_of(SectionKind kind, const T &content) {
  return with_section(kind, &content, sizeof content).open();
}

TEST(Sections, UnknownKindIsLeftAlone) {
  const char anything[] = "anything";
  EXPECT_EQ(status_of(static_cast<SectionKind>(77), anything), TIDBIT_OK);
}

TEST(Sections, KindThatIsThereTwiceIsRefused) {
  const char anything[] = "anything";
  EXPECT_EQ(status_of(SectionKind::weights, anything), TIDBIT_ERR_CONFIG);
}

TEST(Sections, PlacesOutsideOrOverEachOtherAreRefused) {
  const char anything[] = "anything";
  const auto refused = [&](auto change) {
    ForgedBlob blob = with_section(static_cast<SectionKind>(77), anything, sizeof anything);
    change(blob.sections());
    std::uint64_t fault = 0;
    EXPECT_EQ(blob.open(&fault), TIDBIT_ERR_CONFIG);
    EXPECT_GE(fault, sizeof(format::Header));
  };
  refused([](format::Section *s) { s[1].offset += 8; });
  refused([](format::Section *s) { s[1].offset = s[0].offset; });
  refused([](format::Section *s) { s[1].bytes = ~std::uint64_t{0}; });
  refused([](format::Section *s) { s[1].offset = ~std::uint64_t{63}; });
  refused([](format::Section *s) { s[0].offset = 0; });
}

// Both strings of the provenance end inside the section.
TEST(Sections, ProvenanceWithoutItsZerosIsRefused) {
  const char good[] = {'a', 0, 'b', 0}, cut[] = {'a', 0, 'b', 'c'}, one[] = {'a', 'b', 'c', 0}, none[] = {'a'};
  EXPECT_EQ(status_of(SectionKind::provenance, good), TIDBIT_OK);
  EXPECT_EQ(status_of(SectionKind::provenance, cut), TIDBIT_ERR_CONFIG);
  EXPECT_EQ(status_of(SectionKind::provenance, one), TIDBIT_ERR_CONFIG);
  EXPECT_EQ(status_of(SectionKind::provenance, none), TIDBIT_ERR_CONFIG);
}

TEST(Sections, ProvenanceWithMoreThanTwoStringsIsRefused) {
  const char empty[] = {0, 0}, three[] = {'a', 0, 'b', 0, 'c', 0}, padded[] = {'a', 0, 'b', 0, 0};
  EXPECT_EQ(status_of(SectionKind::provenance, empty), TIDBIT_OK);
  EXPECT_EQ(status_of(SectionKind::provenance, three), TIDBIT_ERR_CONFIG);
  EXPECT_EQ(status_of(SectionKind::provenance, padded), TIDBIT_ERR_CONFIG);
}

TEST(Sections, SelfTestOutOfRangeIsRefused) {
  const auto status = [](auto change) {
    format::SelfTest test{.token_count = 2, .reserved = 0, .hash = 0, .tokens = {1, 49}};
    change(test);
    return status_of(SectionKind::self_test, test);
  };
  EXPECT_EQ(status([](format::SelfTest &) {}), TIDBIT_OK);
  EXPECT_EQ(status([](format::SelfTest &t) { t.token_count = 0; }), TIDBIT_ERR_CONFIG);
  EXPECT_EQ(status([](format::SelfTest &t) { t.token_count = 17; }), TIDBIT_ERR_CONFIG);
  EXPECT_EQ(status([](format::SelfTest &t) { t.tokens[1] = 50; }), TIDBIT_ERR_CONFIG);
  EXPECT_EQ(status([](format::SelfTest &t) { t.tokens[0] = -1; }), TIDBIT_ERR_CONFIG);
  EXPECT_EQ(status([](format::SelfTest &t) { t.tokens[15] = 1; }), TIDBIT_ERR_CONFIG);
  EXPECT_EQ(status([](format::SelfTest &t) { t.reserved = 1; }), TIDBIT_ERR_CONFIG);
}

struct OneRecord {
  format::Records head{1, 0};
  format::Record record{1, 24, 8, 0};
  char content[8] = {};
};

TEST(Sections, RecordsOutsideOfTheirSectionAreRefused) {
  for (const SectionKind kind : {SectionKind::chat_template, SectionKind::grammars, SectionKind::adapters}) {
    const auto status = [&](auto change) {
      OneRecord one;
      change(one);
      return status_of(kind, one);
    };
    EXPECT_EQ(status([](OneRecord &) {}), TIDBIT_OK);
    EXPECT_EQ(status([](OneRecord &r) { r.record.offset = 23; }), TIDBIT_ERR_CONFIG);
    EXPECT_EQ(status([](OneRecord &r) { r.record.offset = 33; }), TIDBIT_ERR_CONFIG);
    EXPECT_EQ(status([](OneRecord &r) { r.record.bytes = 9; }), TIDBIT_ERR_CONFIG);
    EXPECT_EQ(status([](OneRecord &r) { r.record.bytes = 0xFFFFFFFF; }), TIDBIT_ERR_CONFIG);
    EXPECT_EQ(status([](OneRecord &r) { r.record.reserved = 1; }), TIDBIT_ERR_CONFIG);
    EXPECT_EQ(status([](OneRecord &r) { r.head.reserved = 1; }), TIDBIT_ERR_CONFIG);
    EXPECT_EQ(status([](OneRecord &r) { r.head.count = 2; }), TIDBIT_ERR_CONFIG);
    EXPECT_EQ(status([](OneRecord &r) { r.head.count = 0xFFFFFFFF; }), TIDBIT_ERR_CONFIG);
    const char short_one[4] = {};
    EXPECT_EQ(status_of(kind, short_one), TIDBIT_ERR_CONFIG);
  }
}

// The smallest grammar, as the record of a section: one state that accepts the empty text.
struct GrammarRecord {
  format::Records head{1, 0};
  format::Record record{format::kAnswerGrammar, 24, 41, 0};
  format::GrammarHeader grammar{format::kGrammarMagic, format::kGrammarVersion, 1, 0, 0, 0, {0, 0}};
  std::uint32_t first_edge[2] = {0, 0};
  std::uint8_t state[4] = {format::grammar_state::kAccepts};
};

TEST(Sections, AGrammarIsGivenAsItIsStored) {
  const auto bytes_of = [](auto change, bool *opens = nullptr) {
    GrammarRecord record;
    change(record);
    ForgedBlob blob = with_section(SectionKind::grammars, &record, sizeof record);
    blob.refresh_checksum();
    tidbit_model model;
    EXPECT_EQ(tidbit_open(blob.data(), blob.bytes().size(), &model, nullptr), TIDBIT_OK);
    std::size_t bytes = 99;
    const void *grammar = tidbit_model_grammar(&model, &bytes);
    EXPECT_EQ(grammar == nullptr, bytes == 0);
    tidbit_grammar view;
    const tidbit_status status = tidbit_grammar_open(grammar, bytes, &view, nullptr);
    if (opens != nullptr) *opens = status == TIDBIT_OK;
    return bytes;
  };
  bool opens = false;
  EXPECT_EQ(bytes_of([](GrammarRecord &) {}, &opens), 41u);
  EXPECT_TRUE(opens);
  EXPECT_EQ(bytes_of([](GrammarRecord &r) { r.record.bytes = 40; }, &opens), 40u);
  EXPECT_FALSE(opens);
  EXPECT_EQ(bytes_of([](GrammarRecord &r) { r.grammar.start = 1; }, &opens), 41u);
  EXPECT_FALSE(opens);
  // Neither another kind nor a place that is not aligned is one.
  EXPECT_EQ(bytes_of([](GrammarRecord &r) { r.record.kind = 2; }), 0u);
  EXPECT_EQ(bytes_of([](GrammarRecord &r) { r.record.offset = 26; }), 0u);
}

TEST(Sections, ABlobWithoutAGrammarGivesNone) {
  const TinyModel tiny = tiny_llama();
  const auto blob = build_blob(tiny);
  tidbit_model model;
  ASSERT_EQ(tidbit_open(blob.data(), blob.size(), &model, nullptr), TIDBIT_OK);
  std::size_t bytes = 99;
  EXPECT_EQ(tidbit_model_grammar(&model, &bytes), nullptr);
  EXPECT_EQ(bytes, 0u);
  EXPECT_EQ(tidbit_model_grammar(&model, nullptr), nullptr);
  EXPECT_EQ(tidbit_model_grammar(nullptr, &bytes), nullptr);
}

TEST(Sections, SignatureIsTheLastSectionAndOfAKnownKind) {
  format::Signature signature{.algorithm = 1, .reserved = 0, .key_id = {}, .signature = {}};
  EXPECT_EQ(status_of(SectionKind::signature, signature), TIDBIT_OK);
  ForgedBlob first = with_section(static_cast<SectionKind>(77), &signature, sizeof signature);
  first.sections()[0].kind = SectionKind::signature;
  EXPECT_EQ(first.open(), TIDBIT_ERR_CONFIG);
  signature.algorithm = 2;
  EXPECT_EQ(status_of(SectionKind::signature, signature), TIDBIT_ERR_CONFIG);
}

TEST(Sections, BlobWithoutWeightsIsRefused) {
  const char anything[] = "anything";
  ForgedBlob blob = with_section(static_cast<SectionKind>(77), anything, sizeof anything);
  blob.sections()[0].kind = static_cast<SectionKind>(78);
  EXPECT_EQ(blob.open(), TIDBIT_ERR_TENSOR);
}

}  // namespace
}  // namespace tidbit::test
