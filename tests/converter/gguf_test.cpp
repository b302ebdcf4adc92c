// GGUF files: those that are damaged or lie are refused with the reason; whole ones give the model of the folder that
// they were made from.
#include <array>

#include "converter/checkpoint/gguf_file.h"
#include "converter/families/planner.h"
#include "tests/converter/support.h"

namespace tidbit::test {
namespace {

namespace fs = std::filesystem;

template <class T>
std::string bytes_of(T value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}
std::string text_of(const std::string &text) { return bytes_of<std::uint64_t>(text.size()) + text; }

constexpr std::uint32_t kU32 = 4, kI32 = 5, kF32 = 6, kBool = 7, kText = 8, kArray = 9;

std::string key(const std::string &name, std::uint32_t type, const std::string &value) {
  return text_of(name) + bytes_of(type) + value;
}
std::string array(std::uint32_t type, std::uint64_t count) { return bytes_of(type) + bytes_of(count); }
std::string tensor(const std::string &name, const std::vector<std::uint64_t> &dimensions, std::uint32_t type,
                   std::uint64_t offset) {
  std::string bytes = text_of(name) + bytes_of(static_cast<std::uint32_t>(dimensions.size()));
  for (const std::uint64_t n : dimensions) bytes += bytes_of(n);
  return bytes + bytes_of(type) + bytes_of(offset);
}

struct File {
  std::vector<std::string> keys, tensors;
  std::size_t data = 0;  // bytes behind the header
  std::uint32_t version = 3;
  std::uint64_t more_keys = 0, more_tensors = 0;  // that the header counts and the file does not have

  std::string bytes() const {
    std::string all = "GGUF" + bytes_of(version) + bytes_of<std::uint64_t>(tensors.size() + more_tensors) +
                      bytes_of<std::uint64_t>(keys.size() + more_keys);
    for (const std::string &k : keys) all += k;
    for (const std::string &t : tensors) all += t;
    all.resize((all.size() + 31) / 32 * 32 + data);
    return all;
  }
};

std::string failure_of(const std::string &bytes) {
  const Folder folder;
  write_file(folder / "x.gguf", bytes);
  return failure([&] {
    const convert::GgufFile file(folder / "x.gguf");
    convert::TensorMap tensors;
    file.add_tensors(tensors);
    convert::read_elements(tensors.begin()->second, 0, 1, std::array<float, 1>().data());
  });
}

constexpr std::uint64_t kHuge = std::uint64_t{1} << 60;

TEST(Gguf, FilesThatLieAreRefusedWithTheReason) {
  const std::string plain = tensor("a", {4}, 0, 0);
  struct Row {
    const char *what;
    File file;
    const char *message;
  };
  const Row rows[] = {
      {"version", {{}, {plain}, 32, 1}, "has the GGUF version 1"},
      {"big-endian", {{}, {plain}, 32, 0x03000000}, "for big-endian machines"},
      {"count of keys", {{}, {}, 0, 3, kHuge}, "has 1152921504606846976 keys"},
      {"keys that are not there", {{}, {}, 0, 3, 2}, "a key without a name"},
      {"count of tensors", {{}, {}, 0, 3, 0, kHuge}, "has 1152921504606846976 tensors"},
      {"empty key", {{key("", kU32, bytes_of(1u))}, {plain}, 32}, "a key without a name"},
      {"key twice", {{key("k", kU32, bytes_of(1u)), key("k", kU32, bytes_of(1u))}, {plain}, 32}, "\"k\" occurs twice"},
      {"array key twice",
       {{key("k", kArray, array(kU32, 0)), key("k", kU32, bytes_of(1u))}, {plain}, 32},
       "occurs twice"},
      {"type of a key", {{key("k", 13, "")}, {plain}, 32}, "the unknown type 13"},
      {"element type", {{key("k", kArray, array(77, 1))}, {plain}, 32}, "the unknown type 77"},
      {"array of arrays", {{key("k", kArray, array(kArray, 1))}, {plain}, 32}, "array of arrays"},
      {"long array", {{key("k", kArray, array(0, kHuge))}, {plain}, 32}, "more elements than the file has room for"},
      {"array that wraps", {{key("k", kArray, array(10, kHuge * 8))}, {plain}, 32}, "more elements than the file"},
      {"texts", {{key("k", kArray, array(kText, 5000))}, {plain}, 32}, "more elements than the file"},
      {"long text", {{key("k", kText, bytes_of(kHuge))}, {plain}, 32}, "ends inside its header"},
      {"long name", {{}, {tensor(std::string(300, 'a'), {4}, 0, 0)}, 32}, "a tensor name of 300 bytes"},
      {"no dimension", {{}, {tensor("a", {}, 0, 0)}, 32}, "has 0 dimensions"},
      {"many dimensions", {{}, {tensor("a", {1, 1, 1, 1, 1}, 0, 0)}, 32}, "has 5 dimensions"},
      {"dimension of 0", {{}, {tensor("a", {4, 0}, 0, 0)}, 32}, "has a dimension of 0"},
      {"size that wraps", {{}, {tensor("a", {kHuge, 64}, 0, 0)}, 32}, "is too large"},
      {"type", {{}, {tensor("a", {4}, 99, 0)}, 32}, "has the unknown type 99"},
      {"removed type", {{}, {tensor("a", {4}, 31, 0)}, 32}, "has the unknown type 31"},
      {"half a block", {{}, {tensor("a", {48}, 2, 0)}, 64}, "no whole blocks of Q4_0"},
      {"cut off", {{}, {plain}, 15}, "ends behind the end of the file"},
      {"offset beyond the file", {{}, {tensor("a", {4}, 0, 64)}, 128}, "has a gap in front of it"},
      {"overlap", {{}, {plain, tensor("b", {4}, 0, 0)}, 128}, "\"b\" overlaps another one"},
      {"tensor twice", {{}, {plain, tensor("a", {4}, 0, 32)}, 128}, "\"a\" occurs twice"},
      {"alignment", {{key("general.alignment", kU32, bytes_of(0u))}, {plain}, 32}, "not a power of two"},
      {"odd alignment", {{key("general.alignment", kU32, bytes_of(48u))}, {plain}, 32}, "not a power of two"},
      {"alignment of another type", {{key("general.alignment", kF32, bytes_of(32.0f))}, {plain}, 32}, "not a power"},
      {"integers", {{}, {tensor("a", {4}, 26, 0)}, 32}, "has the type I32"},
  };
  for (const Row &row : rows) {
    const std::string message = failure_of(row.file.bytes());
    EXPECT_NE(message.find(row.message), std::string::npos) << row.what << ": " << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
  EXPECT_EQ(failure_of(File{{}, {plain}, 32}.bytes()), "");
}

TEST(Gguf, FilesCutAnywhereAreRefused) {
  const std::string whole = File{{key("general.alignment", kU32, bytes_of(32u)), key("t", kText, text_of("text"))},
                                 {tensor("a", {4}, 0, 0)},
                                 16}
                                .bytes();
  ASSERT_EQ(failure_of(whole), "");
  for (std::size_t bytes = 1; bytes < whole.size(); ++bytes) EXPECT_NE(failure_of(whole.substr(0, bytes)), "") << bytes;
}

std::string failure_of_model(const std::vector<std::string> &keys) {
  const Folder folder;
  write_file(folder / "x.gguf", File{keys, {tensor("token_embd.weight", {4, 5}, 0, 0)}, 96}.bytes());
  return failure([&] { convert::plan_model(convert::open_checkpoint(folder / "x.gguf")); });
}

TEST(Gguf, WhatWouldChangeTheComputationIsRefusedByName) {
  const std::string llama = key("general.architecture", kText, text_of("llama"));
  const auto has = [](const std::string &message, const char *part) {
    EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  has(failure_of_model({}), "has no general.architecture");
  has(failure_of_model({key("general.architecture", kText, text_of("rwkv7"))}), "the architecture \"rwkv7\"");
  has(failure_of_model({llama, key("llama.novelty", kU32, bytes_of(1u))}), "\"llama.novelty\" is not known");
  has(failure_of_model({llama}), "num_hidden_layers");
  has(failure_of_model({llama, key("llama.rope.scaling.type", kText, text_of("spiral"))}), "is \"spiral\"");
  has(failure_of_model(
          {llama, key("llama.attention.head_count", kArray, array(kU32, 2) + bytes_of(2u) + bytes_of(4u))}),
      "differs between layers");
  has(failure_of_model({llama, key("llama.attention.key_length", kU32, bytes_of(4u)),
                        key("llama.attention.value_length", kU32, bytes_of(8u))}),
      "is not attention.key_length");
  has(failure_of_model({llama, key("split.count", kU32, bytes_of(2u))}), "not named like ...-00001-of-00002.gguf");
  has(failure_of_model({llama, key("split.no", kU32, bytes_of(1u))}), "is not the first part");
  has(failure_of_model({llama, key("split.count", kI32, bytes_of(-2))}), "\"split.count\" is not a count");
  has(failure_of_model({llama, key("llama.attention.causal", kBool, std::string(1, '\0'))}), "attention.causal");
}

// As llama.cpp's gguf-split writes them: all metadata in the first part.
TEST(Gguf, PartsAreOneModel) {
  const Folder folder;
  const auto part = [](std::uint32_t number, std::uint32_t of) {
    std::vector<std::string> keys = {key("split.no", kU32, bytes_of(number)), key("split.count", kU32, bytes_of(of)),
                                     key("split.tensors.count", kI32, bytes_of(2))};
    if (number == 0) keys.push_back(key("general.architecture", kText, text_of("llama")));
    return File{keys, {tensor(number == 0 ? "token_embd.weight" : "output_norm.weight", {4, 5}, 0, 0)}, 96}.bytes();
  };
  write_file(folder / "m-00001-of-00002.gguf", part(0, 2));
  const auto open = [&] { return convert::open_checkpoint(folder / "m-00001-of-00002.gguf"); };
  EXPECT_NE(failure(open).find("m-00002-of-00002.gguf"), std::string::npos);
  write_file(folder / "m-00002-of-00002.gguf", part(0, 2));
  EXPECT_NE(failure(open).find("does not say that it is part 2"), std::string::npos);
  write_file(folder / "m-00002-of-00002.gguf", part(1, 2));
  EXPECT_EQ(open().tensors.size(), 2u);
}

// The hash of the logits in the blob's self-test.
std::uint64_t hash_of(const fs::path &source, const fs::path &tokenizer) {
  const Folder folder;
  convert::ConvertOptions options = plain_options(source, folder / "m.tidbit");
  options.weights = options.kv = format::Format::f32;
  options.tokenizer = tokenizer.empty() ? convert::TokenizerChoice::find : convert::TokenizerChoice::file;
  options.tokenizer_file = tokenizer;
  convert::convert(options);
  const std::string blob = read_file(folder / "m.tidbit");
  format::Header header;
  std::memcpy(&header, blob.data(), sizeof header);
  for (std::uint32_t i = 0; i < header.section_count; ++i) {
    format::Section section;
    std::memcpy(&section, blob.data() + sizeof header + i * sizeof section, sizeof section);
    if (section.kind != format::SectionKind::self_test) continue;
    format::SelfTest test;
    std::memcpy(&test, blob.data() + section.offset, sizeof test);
    return test.hash;
  }
  ADD_FAILURE() << "there is no self-test";
  return 0;
}

TEST(Gguf, Stories260KIsTheModelOfItsFolder) {
  const fs::path stories = fs::path(TIDBIT_DATA_DIR) / "stories260K";
  TIDBIT_SKIP_WITHOUT(stories / "stories260K-f32.gguf");
  EXPECT_EQ(hash_of(stories / "stories260K-f32.gguf", ""),
            hash_of(stories / "stories260K-f32", stories / "tok512.model"));
}

TEST(Gguf, DamagedFilesOfOthersAreRefused) {
  const fs::path folder = fs::path(TIDBIT_DATA_DIR) / "malformed";
  TIDBIT_SKIP_WITHOUT(folder);
  int count = 0;
  for (const auto &entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".gguf") continue;
    ++count;
    EXPECT_NE(failure([&] { convert::plan_model(convert::open_checkpoint(entry.path())); }), "") << entry.path();
  }
  EXPECT_GE(count, 4);
}

}  // namespace
}  // namespace tidbit::test
