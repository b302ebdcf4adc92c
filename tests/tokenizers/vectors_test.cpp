// llama.cpp's test vectors for GPT-2, Llama and Qwen2, and round trips of long texts.
#include <sstream>

#include "tests/tokenizers/support.h"

namespace tidbit::test {
namespace {

const std::string kVectors = "tokenizers/vectors/ggml-vocab-";

std::vector<std::string> vector_texts(const std::string &name) {
  const std::string all = read_file(data_file(kVectors + name + ".gguf.inp"));
  const std::string separator = "\n__ggml_vocab_test__\n";
  std::vector<std::string> texts;
  for (std::size_t at = 0; at <= all.size();) {
    const std::size_t end = std::min(all.find(separator, at), all.size());
    texts.push_back(all.substr(at, end - at));
    at = end == all.size() ? end + 1 : end + separator.size();
  }
  return texts;
}

std::vector<Ids> vector_ids(const std::string &name) {
  std::istringstream lines(read_file(data_file(kVectors + name + ".gguf.out")));
  std::vector<Ids> all;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream numbers(line);
    Ids ids;
    for (std::int32_t id; numbers >> id;) ids.push_back(id);
    all.push_back(ids);
  }
  return all;
}

void expect_vectors(const TextModel &model, const std::string &name) {
  const auto texts = vector_texts(name);
  const auto ids = vector_ids(name);
  ASSERT_LE(ids.size(), texts.size());
  ASSERT_GE(ids.size() + 1, texts.size());
  for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(model.encode(texts[i]), ids[i]) << texts[i];
}

TextModel import_gguf(const std::string &name) {
  const auto gguf = read_gguf_tokenizer(data_file(kVectors + name + ".gguf"));
  const auto tokens = static_cast<std::uint32_t>(gguf.tokens.size());
  return TextModel(convert::import_gguf_tokenizer(gguf, tokens, name), tokens);
}

void expect_round_trip(const TextModel &model, const std::string &name) {
  const std::string text = read_file(data_file(name));
  EXPECT_TRUE(model.decode(model.encode(text)) == text) << name;
}

TEST(Vectors, Gpt2FromVocabularyAndMerges) {
  NEEDS_DATA("tokenizers/gpt2/encoder.json");
  expect_vectors(import(data_file("tokenizers/gpt2/encoder.json"), 50257), "gpt-2");
}

TEST(Vectors, Gpt2FromGguf) {
  NEEDS_DATA(kVectors + "gpt-2.gguf");
  expect_vectors(import_gguf("gpt-2"), "gpt-2");
}

TEST(Vectors, LlamaFromGguf) {
  NEEDS_DATA(kVectors + "llama-spm.gguf");
  expect_vectors(import_gguf("llama-spm"), "llama-spm");
}

TEST(Vectors, Qwen2FromVocabularyAndMerges) {
  NEEDS_DATA("tokenizers/qwen2/vocab.json");
  expect_vectors(import(data_file("tokenizers/qwen2/vocab.json"), 151936), "qwen2");
}

TEST(RoundTrip, ByteLevel) {
  NEEDS_DATA("text/wiki.test.raw");
  NEEDS_DATA("tokenizers/gpt2/encoder.json");
  const TextModel model = import(data_file("tokenizers/gpt2/encoder.json"), 50257);
  expect_round_trip(model, "text/wiki.test.raw");
  expect_round_trip(model, "text/botchan.txt");
}

TEST(RoundTrip, SentencePiece) {
  NEEDS_DATA("text/wiki.test.raw");
  NEEDS_DATA("tokenizers/mistral/tokenizer.model.v1");
  const TextModel model = import(data_file("tokenizers/mistral/tokenizer.model.v1"), 32000);
  expect_round_trip(model, "text/wiki.test.raw");
  expect_round_trip(model, "text/botchan.txt");
}

TEST(RoundTrip, AnyBytes) {
  std::string text;
  for (int i = 0; i < 1024; ++i) text += static_cast<char>(i * 37 + i / 256);
  const TextModel model = golden("byte_level");
  std::string joined;
  for (const std::int32_t id : model.encode(text)) {
    char small[8];
    const char *piece = nullptr;
    std::uint32_t bytes = 0;
    ASSERT_EQ(tidbit_token_text(model.get(), id, nullptr, 0, small, &piece, &bytes), TIDBIT_OK);
    joined.append(piece, bytes);
  }
  EXPECT_EQ(joined, text);
}

}  // namespace
}  // namespace tidbit::test
