// vocab.json with merges.txt: the results equal those of transformers' classes (make_vocab_json_goldens.py).
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/failure.h"
#include "tests/tokenizers/support.h"

namespace tidbit::test {
namespace {

using Json = nlohmann::json;

const std::filesystem::path kGoldens = TIDBIT_GOLDENS "/vocab_json";

class VocabJson : public testing::Test {
 protected:
  void SetUp() override {
    path = std::filesystem::path(testing::TempDir()) / ("tidbit_vocab_json_" + std::to_string(::getpid()));
    std::filesystem::create_directories(path);
  }
  void TearDown() override { std::filesystem::remove_all(path); }

  void write(const std::string &name, const std::string &text) const {
    std::ofstream(path / name, std::ios::binary) << text;
  }
  // The vocabulary of a golden.
  void use(const std::string &folder) const {
    for (const char *name : {"vocab.json", "merges.txt"}) write(name, read_file(kGoldens / folder / name));
  }
  TextModel made() const {
    const auto file = convert::find_tokenizer(path);
    return import(file, convert::import_tokenizer(file, 4096).vocab_size);
  }
  std::string refusal() const {
    return failure([&] { made(); });
  }

  std::filesystem::path path;
};

TEST_F(VocabJson, EqualsTransformers) {
  for (const Json &entry : Json::parse(read_file(kGoldens / "expected.json"))) {
    use(entry.at("folder"));
    write("tokenizer_config.json", entry.at("config").dump());
    const TextModel model = made();
    for (const Json &item : entry.at("cases")) {
      const auto text = item.at("text").get<std::string>();
      const Ids ids = item.at("parsed").get<Ids>();
      EXPECT_EQ(model.encode(text, TIDBIT_TEXT_PARSE), ids) << entry.at("config") << item.dump(-1, ' ', true);
      EXPECT_EQ(model.encode(text, TIDBIT_TEXT_PARSE | TIDBIT_TEXT_SPECIAL), item.at("affixed").get<Ids>())
          << entry.at("config") << item.dump(-1, ' ', true);
      EXPECT_EQ(model.decode(ids), item.at("decoded").get<std::string>())
          << entry.at("config") << item.dump(-1, ' ', true);
    }
  }
}

TEST_F(VocabJson, TheClassMayFollowFromTheModel) {
  use("byte_level");
  const Ids plain = made().encode("a", TIDBIT_TEXT_SPECIAL);
  write("config.json", R"({"model_type": "roberta"})");
  const Ids around = {0, plain[0], 2};
  EXPECT_EQ(made().encode("a", TIDBIT_TEXT_SPECIAL), around);
  write("config.json", R"({"model_type": "llama"})");
  EXPECT_EQ(made().encode("a", TIDBIT_TEXT_SPECIAL), plain);
}

TEST_F(VocabJson, RefusesByName) {
  use("byte_level");
  write("tokenizer_config.json", R"({"tokenizer_class": "LukeTokenizer"})");
  EXPECT_NE(refusal().find("unknown class \"Luke"), std::string::npos) << refusal();
  write("tokenizer_config.json", R"({"tokenizer_class": "RobertaTokenizer", "cls_token": "[BOS]"})");
  EXPECT_NE(refusal().find("there is no token \"[BOS]\""), std::string::npos) << refusal();
  write("tokenizer_config.json", R"({"tokenizer_class": "Qwen2Tokenizer", "add_prefix_space": true})");
  EXPECT_NE(refusal().find("add_prefix_space after a Split"), std::string::npos) << refusal();
  write("tokenizer_config.json", R"({"tokenizer_class": "GPT2Tokenizer", "add_prefix_space": 1})");
  EXPECT_NE(refusal().find("add_prefix_space is 1"), std::string::npos) << refusal();
  use("word_ends");
  write("tokenizer_config.json", R"({"tokenizer_class": "GPT2Tokenizer"})");
  EXPECT_NE(refusal().find("the end of word \"</w>\" is supported only with"), std::string::npos) << refusal();
  write("merges.txt", "a b c\n");
  EXPECT_NE(refusal().find("\"a b c\" is not a merge of two tokens"), std::string::npos) << refusal();
  write("merges.txt", "a\xFF b\n");
  EXPECT_NE(refusal().find("uses a token that is not in the vocabulary"), std::string::npos) << refusal();
}

}  // namespace
}  // namespace tidbit::test
