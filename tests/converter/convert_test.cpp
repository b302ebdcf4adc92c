// The whole conversion: what it writes, and that it leaves nothing behind if it fails.
#include <signal.h>
#include <sys/resource.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "converter/blob/blob_view.h"
#include "converter/sign.h"
#include "converter/summary.h"
#include "tests/converter/support.h"

namespace tidbit::test {
namespace {

namespace fs = std::filesystem;
using convert::convert;
using format::Format;

TEST(Conversion, WritesTheSameBytesEachTime) {
  const Folder folder;
  convert(plain_options(golden("llama-gqa"), folder / "a.tidbit"));
  convert(plain_options(golden("llama-gqa"), folder / "b.tidbit"));
  EXPECT_EQ(read_file(folder / "a.tidbit"), read_file(folder / "b.tidbit"));
  EXPECT_EQ(folder.files(), 2u);
}

TEST(Conversion, WritesABlobWhoseChecksumsHold) {
  const Folder folder;
  for (const Format weights : {Format::f32, Format::f16, Format::q8, Format::q4}) {
    auto options = plain_options(golden("gpt2-untied-by-layer"), folder / "x.tidbit");
    options.weights = weights;
    convert(options);
    const convert::BlobView blob(options.output);
    std::uint64_t fault = 0;
    EXPECT_EQ(tidbit_verify(&blob.model(), nullptr, nullptr, &fault), TIDBIT_OK) << fault;
    EXPECT_EQ(blob.info().blob_bytes, fs::file_size(options.output));
  }
}

TEST(Conversion, WritesTheFormatThatWasAskedForAndSaysSo) {
  const Folder folder;
  auto options = plain_options(golden("llama-gqa"), folder / "x.tidbit");
  EXPECT_EQ(convert(options).info.weights, TIDBIT_Q8);
  options.weights = Format::q8x16;
  const auto report = convert(options);
  EXPECT_EQ(report.info.weights, TIDBIT_Q8X16);
  EXPECT_NE(report.converter.find(" --weights q8x16 "), std::string::npos) << report.converter;
  EXPECT_NE(convert::summary(report, options).find("q8x16, "), std::string::npos);
}

TEST(Conversion, ReplacesAnOlderBlob) {
  const Folder folder;
  write_file(folder / "x.tidbit", "old");
  convert(plain_options(golden("llama-gqa"), folder / "x.tidbit"));
  EXPECT_GT(fs::file_size(folder / "x.tidbit"), 1000u);
  EXPECT_EQ(folder.files(), 1u);
}

// The tables of some become a line longer, those of others do not.
TEST(Signing, LaterGivesTheSameBytesAsWhileConverting) {
  const Folder folder;
  write_file(folder / "key", kTestKey);
  unsigned moved = 0, kept = 0;
  for (const char *name : {"llama-gqa", "gpt2-odd-heads", "gpt2-untied-by-layer", "openai-gpt-segments", "marian"}) {
    auto options = plain_options(golden(name), folder / "plain");
    convert(options);
    options.output = folder / "signed";
    options.sign_key = folder / "key";
    convert(options);
    convert::sign_blob(folder / "plain", folder / "later", folder / "key");
    EXPECT_TRUE(read_file(folder / "later") == read_file(folder / "signed")) << name;
    const std::uint64_t added = fs::file_size(folder / "later") - fs::file_size(folder / "plain");
    ++(added > format::round_up(sizeof(format::Signature), format::kAlignment) ? moved : kept);
  }
  EXPECT_GT(moved, 0u);
  EXPECT_GT(kept, 0u);
}

TEST(Provenance, HoldsNamesButNoPaths) {
  const Folder folder;
  const auto report = convert(plain_options(golden("llama-gqa") / "", folder / "x.tidbit"));
  EXPECT_EQ(report.source, "llama-gqa");
  EXPECT_EQ(report.converter.find('/'), std::string::npos);
  EXPECT_NE(report.converter.find("--weights q8 --kv f16 --context 64 --tokenizer none"), std::string::npos)
      << report.converter;
}

TEST(Context, IsTheDefaultOfTheBlob) {
  const Folder folder;
  auto options = plain_options(golden("llama-gqa"), folder / "x.tidbit");
  EXPECT_EQ(convert(options).info.default_context, 64u);
  options.context = 17;
  EXPECT_EQ(convert(options).memory.context, 17u);
  options.context = 65;
  EXPECT_NE(failure([&] { convert(options); }).find("--context 65 is more than the 64"), std::string::npos);
}

TEST(Summary, NamesTheLargestErrorsAndTheMemory) {
  const Folder folder;
  const auto options = plain_options(golden("marian-translation"), folder / "x.tidbit");
  const std::string text = summary(convert(options), options);
  for (const char *part : {"marian", "bits each", "bytes at context 32", "largest relative RMS", "cross attention"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

TEST(Message, IsOneLineOfPrintableCharacters) {
  EXPECT_EQ(convert::one_line("tensor \"a\n\x1B[2J\" \xC3\xA9"), "tensor \"a??[2J\" \xC3\xA9");
}

// Expects the conversion to fail with this message and to leave the folder unchanged.
void expect_refused(const convert::ConvertOptions &options, const Folder &folder, const std::string &message) {
  const std::size_t before = folder.files();
  const std::string got = failure([&] { convert(options); });
  EXPECT_NE(got.find(message), std::string::npos) << got;
  EXPECT_EQ(folder.files(), before);
}

TEST(Output, ThatCanNotBeAFileIsRefused) {
  const Folder folder;
  copy_golden("llama-gqa", folder);
  const auto to = [&](const fs::path &output) { return plain_options(folder.path(), output); };
  expect_refused(to(folder.path()), folder, "is a directory");
  expect_refused(to(folder / "no/x.tidbit"), folder, "there is no directory");
  expect_refused(to(folder / "model.safetensors"), folder, "is an input file");
  expect_refused(to(folder / "config.json"), folder, "is an input file");
  expect_refused(to("/dev/null"), folder, "is not a regular file");
  EXPECT_EQ(read_file(folder / "config.json"), read_file(golden("llama-gqa") / "config.json"));
}

TEST(Output, ReplacesNoFileBesideTheCheckpointButABlob) {
  const Folder folder;
  copy_golden("llama-gqa", folder);
  for (const char *name : {"model.safetensors.index.json", "generation_config.json", "tokenizer.json"}) {
    write_file(folder / name, "{}        ");
    expect_refused(plain_options(folder.path(), folder / name), folder, "is in the checkpoint's folder");
  }
  write_file(folder / "x.tidbit", "");
  convert(plain_options(folder.path(), folder / "x.tidbit"));
  convert(plain_options(folder.path(), folder / "x.tidbit"));
}

// As in the cache of Hugging Face, whose folders hold links only.
TEST(Output, ReplacesNoFileThatTheCheckpointLinksTo) {
  const Folder folder, files;
  copy_golden("llama-gqa", folder);
  for (const char *name : {"generation_config.json", "tokenizer.json"}) {
    write_file(files / name, "{}        ");
    fs::create_symlink(files / name, folder / name);
    expect_refused(plain_options(folder.path(), files / name), files, "is in the checkpoint's folder");
    EXPECT_EQ(read_file(files / name), "{}        ");
  }
}

TEST(Output, IsNotLeftBehindWhereAWeightIsNotANumber) {
  const float values[] = {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()};
  for (const float value : values) {
    const Folder folder;
    copy_golden("llama-gqa", folder);
    std::string bytes = read_file(folder / "model.safetensors");
    std::memcpy(bytes.data() + bytes.size() - 4, &value, 4);
    write_file(folder / "model.safetensors", bytes);
    const auto options = plain_options(folder.path(), folder / "x.tidbit");
    expect_refused(options, folder, std::isnan(value) ? "holds NaN" : "holds an infinity");
  }
}

TEST(Output, IsNotLeftBehindWhereTheLogitsAreNotNumbers) {
  const Folder folder;
  copy_golden("llama-gqa", folder);
  std::string bytes = read_file(folder / "model.safetensors");
  std::uint64_t header = 0;
  std::memcpy(&header, bytes.data(), 8);
  const float large = 300;  // values of some millions, which are infinite in a cache of f16
  for (std::size_t at = 8 + header; at < bytes.size(); at += 4) std::memcpy(bytes.data() + at, &large, 4);
  write_file(folder / "model.safetensors", bytes);
  auto options = plain_options(folder.path(), folder / "x.tidbit");
  options.weights = Format::f32;
  options.kv = Format::f16;
  expect_refused(options, folder, "try --kv f32");
  options.kv = Format::f32;
  EXPECT_EQ(failure([&] { convert(options); }), "");
}

TEST(Output, IsNotLeftBehindWhereAWeightIsTooLargeForItsFormat) {
  const Folder folder;
  copy_golden("gpt2-unscaled-relu", folder);
  std::string bytes = read_file(folder / "model.safetensors");
  std::uint64_t header = 0;
  std::memcpy(&header, bytes.data(), 8);
  for (std::size_t at = 8 + header; at + 4 <= bytes.size(); at += 4) {
    const float value = 1e30f;
    std::memcpy(bytes.data() + at, &value, 4);
  }
  write_file(folder / "model.safetensors", bytes);
  auto options = plain_options(folder.path(), folder / "x.tidbit");
  for (const Format weights : {Format::f16, Format::q8, Format::q4}) {
    options.weights = weights;
    expect_refused(options, folder, "too large for the chosen number format");
  }
}

// Applies `change` to each weight of a checkpoint's tensors.
template <class Change>
void change_weights(const Folder &folder, Change change) {
  std::string bytes = read_file(folder / "model.safetensors");
  std::uint64_t header = 0;
  std::memcpy(&header, bytes.data(), 8);
  for (std::size_t at = 8 + header; at + 4 <= bytes.size(); at += 4) {
    float value = 0;
    std::memcpy(&value, bytes.data() + at, 4);
    value = change(value);
    std::memcpy(bytes.data() + at, &value, 4);
  }
  write_file(folder / "model.safetensors", bytes);
}

TEST(Output, IsNotLeftBehindWhereWeightsAreTooSmallForTheirScales) {
  const Folder folder;
  copy_golden("llama-gqa", folder);
  change_weights(folder, [](float w) { return w * 1e-7f; });
  auto options = plain_options(folder.path(), folder / "x.tidbit");
  for (const Format weights : {Format::q8, Format::q4, format::Ternary::format}) {
    options.weights = weights;
    options.embeddings = weights;
    expect_refused(options, folder, "too small for scales in f16");
  }
  options.weights = Format::f32;
  options.embeddings = Format::f32;
  EXPECT_EQ(failure([&] { convert(options); }), "");
}

TEST(Output, ThatDoesNotFitTheDiskIsRefusedAndRemoved) {
  const Folder folder;
  rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 4096;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string message = failure([&] { convert(plain_options(golden("llama-gqa"), folder / "x.tidbit")); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, handler);
  EXPECT_NE(message.find("cannot be written"), std::string::npos) << message;
  EXPECT_EQ(folder.files(), 0u);
}

TEST(Sources, ThatAreNotCheckpointsAreNamed) {
  const Folder folder;
  const auto message_of = [&](const std::string &bytes) {
    write_file(folder / "source", bytes);
    return failure([&] { convert(plain_options(folder / "source", folder / "x.tidbit")); });
  };
  EXPECT_NE(message_of("").find("shorter than any checkpoint"), std::string::npos);
  EXPECT_NE(message_of("GGUF....").find("GGUF"), std::string::npos);
  EXPECT_NE(message_of("PK\3\4....").find("PyTorch"), std::string::npos);
  EXPECT_NE(message_of(std::string(4096, 'x')).find("is not a llama2.c checkpoint"), std::string::npos);
  EXPECT_NE(failure([&] { convert(plain_options(folder / "none", folder / "x")); }).find("does not exist"),
            std::string::npos);
  EXPECT_NE(failure([&] { convert(plain_options(folder.path(), folder / "x")); }).find("has no config.json"),
            std::string::npos);
  EXPECT_EQ(folder.files(), 1u);
}

TEST(Tokenizer, ThatIsNotFoundIsAnErrorThatNamesTheOption) {
  const Folder folder;
  auto options = plain_options(golden("llama-gqa"), folder / "x.tidbit");
  options.tokenizer = convert::TokenizerChoice::find;
  expect_refused(options, folder, "give --tokenizer FILE or --tokenizer none");
}

}  // namespace
}  // namespace tidbit::test
