// A library built for q8 weights, an f16 KV cache, RMSNorm, SiLU and character tokenizers: it gives the bits of the
// whole library and refuses every model that needs more, with the offset of the field that says so.
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <set>
#include <sstream>
#include <string>

#include "tests/support/blob_file.h"
#include "tests/support/forged_blob.h"
#include "tests/support/runner.h"
#include "text/tokenizer_format.h"

namespace tidbit::test {
namespace {

std::uint64_t row_of_table(const std::string &name) {
  std::ifstream file(TIDBIT_HASHES);
  std::string row, hash;
  while (file >> row >> hash) {
    if (row == name) return std::stoull(hash, nullptr, 16);
  }
  return 0;
}

class SmallLibrary : public ::testing::Test {
 protected:
  void open(const std::string &name) { blob_ = ForgedBlob(read_blob(name).value()); }

  // Expects the blob to be refused for this field.
  void expect_unsupported(const void *field) {
    std::uint64_t fault = 0;
    EXPECT_EQ(blob_.open(&fault), TIDBIT_ERR_UNSUPPORTED);
    EXPECT_EQ(fault, blob_.offset_of(field));
  }

  ForgedBlob blob_{AlignedBytes()};
};

TEST_F(SmallLibrary, GivesTheTablesHashForAModelThatItHolds) {
  open("tiny-q8");
  tidbit_model model;
  ASSERT_EQ(tidbit_open(blob_.data(), blob_.bytes().size(), &model, nullptr), TIDBIT_OK);
  for (int isa = TIDBIT_ISA_AUTO; isa <= TIDBIT_ISA_SCALAR; ++isa) {
    tidbit_options options{};
    options.context = kShortStream;
    options.isa = static_cast<tidbit_isa>(isa);
    if (tidbit_isa_check(options.isa, options.cpu) != TIDBIT_OK) continue;
    Runner runner(model, options);
    std::uint64_t hash = 0;
    ASSERT_EQ(hash_short_stream(runner.session(), blob_.config().vocab_size, 3, &hash), TIDBIT_OK);
    EXPECT_EQ(hash, row_of_table("tiny-q8-short"));
  }
}

TEST_F(SmallLibrary, RefusesWeightsInOtherFormats) {
  for (const char *name : {"tiny-f32", "tiny-f16", "tiny-q4", "tiny-q8-16x16"}) {
    open(name);
    blob_.config().kv = format::Format::f16;
    expect_unsupported(blob_.tensors());
  }
}

TEST_F(SmallLibrary, RefusesAnotherKvFormat) {
  open("tiny-q8-kvq8");
  expect_unsupported(&blob_.config().kv);
}

TEST_F(SmallLibrary, RefusesAnotherNorm) {
  open("tiny-q8");
  blob_.kinds()[0].ffn_in_norm = format::Norm::layer;
  expect_unsupported(&blob_.kinds()[0].ffn_in_norm);
  open("tiny-q8");
  blob_.config().final_norm = format::Norm::layer;
  expect_unsupported(&blob_.config().final_norm);
}

TEST_F(SmallLibrary, RefusesAnotherActivation) {
  open("tiny-q8");
  blob_.kinds()[0].activation = format::Activation::gelu_erf;
  expect_unsupported(&blob_.kinds()[0].activation);
}

TEST_F(SmallLibrary, RefusesAnotherTokenizer) {
  open("home-q8");
  std::uint64_t fault = 0;
  EXPECT_EQ(blob_.open(&fault), TIDBIT_ERR_UNSUPPORTED);
  EXPECT_GT(fault, blob_.header().header_bytes);
}

// The tokenizer of the blob; it must have one.
format::TokenizerHeader &tokenizer_of(ForgedBlob &blob) {
  const format::Section *section = blob.sections();
  while (section->kind != format::SectionKind::tokenizer) ++section;
  return *reinterpret_cast<format::TokenizerHeader *>(blob.data() + section->offset);
}

TEST_F(SmallLibrary, RefusesATokenizerOfEveryOtherKind) {
  using format::TokenizerKind;
  open("home-q8");
  format::TokenizerHeader &tokenizer = tokenizer_of(blob_);
  for (const TokenizerKind kind : {TokenizerKind::sentencepiece, TokenizerKind::byte_level, TokenizerKind::plain,
                                   TokenizerKind::unigram, TokenizerKind::word_bpe}) {
    tokenizer.kind = kind;
    expect_unsupported(&tokenizer.kind);
  }
}

// What `tidbit plan --features cmake` prints for the blob, as "-DTIDBIT_NORMS=rms": one entry for each word.
std::set<std::string> words_of_plan(ForgedBlob &blob) {
  blob.refresh_checksum();
  const std::string path = testing::TempDir() + "features-" + std::to_string(getpid()) + ".tidbit";
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char *>(blob.data()), static_cast<std::streamsize>(blob.bytes().size()));
  std::FILE *pipe = popen((TIDBIT_PROGRAM " plan --features cmake '" + path + "'").c_str(), "r");
  char line[256];
  std::set<std::string> words;
  while (std::fgets(line, sizeof line, pipe) != nullptr) {
    const std::string text = line;
    const std::size_t equals = text.find('=');
    std::string values = text.substr(equals + 1, text.size() - equals - 2);  // without the line feed
    if (values.starts_with('"')) values = values.substr(1, values.size() - 2);
    std::istringstream list(values);
    for (std::string word; std::getline(list, word, ';');) words.insert(text.substr(0, equals + 1) + word);
  }
  EXPECT_EQ(pclose(pipe), 0);
  std::remove(path.c_str());
  return words;
}

const std::set<std::string> kBuiltWith{
    "-DTIDBIT_WEIGHTS=q8",        "-DTIDBIT_KV_FORMATS=f16", "-DTIDBIT_NORMS=rms",   "-DTIDBIT_ACTIVATIONS=silu",
    "-DTIDBIT_SPLIT_PROGRAM=OFF", "-DTIDBIT_NORMALIZER=OFF", "-DTIDBIT_HADAMARD=OFF"};

TEST_F(SmallLibrary, HasExactlyTheOptionsThatThePlanPrintsForItsModel) {
  if (std::string(TIDBIT_PROGRAM).empty()) GTEST_SKIP() << "there is no program to run";
  open("tiny-q8");
  EXPECT_EQ(words_of_plan(blob_), kBuiltWith);
  EXPECT_EQ(blob_.open(), TIDBIT_OK);
}

// One word more is needed than this library has, and that is the word that the plan adds.
TEST_F(SmallLibrary, RefusesWhatNeedsOneWordMoreInThePlan) {
  if (std::string(TIDBIT_PROGRAM).empty()) GTEST_SKIP() << "there is no program to run";
  const auto expect_one_more = [&](const std::string &word) {
    EXPECT_EQ(blob_.open(), TIDBIT_ERR_UNSUPPORTED) << word;
    std::set<std::string> wanted = kBuiltWith;
    wanted.insert(word);
    EXPECT_EQ(words_of_plan(blob_), wanted);
  };
  open("tiny-q8");
  blob_.kinds()[0].ffn_in_norm = format::Norm::layer;
  expect_one_more("-DTIDBIT_NORMS=layer");
  open("tiny-q8");
  blob_.config().final_norm = format::Norm::layer;
  expect_one_more("-DTIDBIT_NORMS=layer");
  open("home-q8");
  expect_one_more("-DTIDBIT_TOKENIZERS=byte_level");
}

// Here another word takes the place of the only one.
TEST_F(SmallLibrary, RefusesWhatNeedsAnotherWordInThePlan) {
  if (std::string(TIDBIT_PROGRAM).empty()) GTEST_SKIP() << "there is no program to run";
  const auto expect_other = [&](const std::string &old_word, const std::string &word) {
    EXPECT_EQ(blob_.open(), TIDBIT_ERR_UNSUPPORTED) << word;
    std::set<std::string> wanted = kBuiltWith;
    wanted.erase(old_word);
    wanted.insert(word);
    EXPECT_EQ(words_of_plan(blob_), wanted);
  };
  open("tiny-q8");
  blob_.kinds()[0].activation = format::Activation::gelu_erf;
  expect_other("-DTIDBIT_ACTIVATIONS=silu", "-DTIDBIT_ACTIVATIONS=gelu_erf");
  open("tiny-q8-kvq8");
  expect_other("-DTIDBIT_KV_FORMATS=f16", "-DTIDBIT_KV_FORMATS=q8");
  for (const char *format : {"f32", "f16", "q4"}) {
    open(std::string("tiny-") + format);
    blob_.config().kv = format::Format::f16;
    expect_other("-DTIDBIT_WEIGHTS=q8", std::string("-DTIDBIT_WEIGHTS=") + format);
  }
  open("tiny-q8-16x16");
  expect_other("-DTIDBIT_WEIGHTS=q8", "-DTIDBIT_WEIGHTS=q8x16");
}

TEST_F(SmallLibrary, RefusesAnObserverWhereItHasNoHook) {
  open("tiny-q8");
  tidbit_model model;
  ASSERT_EQ(tidbit_open(blob_.data(), blob_.bytes().size(), &model, nullptr), TIDBIT_OK);
  tidbit_options options{};
  tidbit_plan_result plan;
  ASSERT_EQ(tidbit_plan(&model, &options, &plan), TIDBIT_OK);
  Memory memory(plan);
  options.observe = [](void *, uint32_t, tidbit_point, uint32_t, uint32_t, uint32_t, size_t, const float *) {};
  tidbit_session *session = nullptr;
  EXPECT_EQ(tidbit_init(&model, &options, &memory.view, &session, nullptr), TIDBIT_ERR_UNSUPPORTED);
}

TEST_F(SmallLibrary, HasScalarKernelsWhereTheyAreNotLeftOut) {
  const tidbit_status expected = TIDBIT_HAS_SCALAR_KERNELS != 0 ? TIDBIT_OK : TIDBIT_ERR_ISA;
  EXPECT_EQ(tidbit_isa_check(TIDBIT_ISA_SCALAR, 0), expected);
}

TEST_F(SmallLibrary, ChecksNoSignatures) {
  open("tiny-q8");
  tidbit_model model;
  ASSERT_EQ(tidbit_open(blob_.data(), blob_.bytes().size(), &model, nullptr), TIDBIT_OK);
  const uint8_t key[32] = {};
  const auto check = [](void *, const uint8_t *, const uint8_t *, const void *, size_t) { return 0; };
  const tidbit_trust trust = {key, check, nullptr, nullptr, nullptr};
  EXPECT_EQ(tidbit_verify_signature(&model, &trust), TIDBIT_ERR_UNSUPPORTED);
}

TEST_F(SmallLibrary, HasEmptyStatusStrings) {
  EXPECT_STREQ(tidbit_status_string(TIDBIT_ERR_UNSUPPORTED), "");
  EXPECT_STREQ(tidbit_status_string(TIDBIT_OK), "");
}

}  // namespace
}  // namespace tidbit::test
