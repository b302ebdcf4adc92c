// Of a model that also sees images, the text model is taken. The goldens *-images compare its logits.
#include "converter/checkpoint/checkpoint.h"
#include "converter/families/planner.h"
#include "tests/converter/support.h"

namespace tidbit::test {
namespace {

using nlohmann::json;

// A golden with another config.json.
class Images {
 public:
  explicit Images(const char *name) {
    copy_golden(name, folder_);
    config = json::parse(read_file(folder_ / "config.json"));
  }

  convert::Checkpoint open() const {
    write_file(folder_ / "config.json", config.dump());
    return convert::open_checkpoint(folder_.path());
  }

  json config;

 private:
  Folder folder_;
};

TEST(TextModel, OfGemma3HasTheNumbersThatPublishedConfigurationsLeaveOut) {
  Images images("gemma3-images");
  images.config["text_config"] = json::parse(R"({"hidden_size": 2560, "rope_scaling": null})");
  images.config["eos_token_id"] = json::parse("[1, 106]");
  const json config = images.open().config;
  EXPECT_EQ(config.at("model_type"), "gemma3_text");
  EXPECT_EQ(config.at("hidden_size"), 2560);
  EXPECT_EQ(config.at("num_attention_heads"), 8);
  EXPECT_EQ(config.at("vocab_size"), 262208);
  EXPECT_EQ(config.at("eos_token_id").size(), 2u);
}

TEST(TextModel, HasAHeadOfItsOwnIfOneIsStored) {
  Images images("mistral-images");
  images.config.erase("tie_word_embeddings");
  images.config["text_config"].erase("tie_word_embeddings");
  const convert::Checkpoint untied = images.open();
  EXPECT_EQ(untied.config.at("tie_word_embeddings"), false);
  EXPECT_TRUE(untied.tensors.contains("lm_head.weight"));
  EXPECT_EQ(Images("gemma3-images").open().config.at("tie_word_embeddings"), true);
}

TEST(TextModel, SaysWhatIsLeftOut) {
  const auto notes = Images("mistral-images").open().notes;
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_NE(notes[0].find("the parts for images, 15 tensors"), std::string::npos) << notes[0];
}

TEST(TextModel, ThatIsMissingOrHasBadNumbersIsRefused) {
  Images images("gemma3-images");
  images.config["text_config"] = 7;
  EXPECT_NE(failure([&] { images.open(); }).find("text_config is missing"), std::string::npos);
  images.config["text_config"] = json::parse(R"({"vocab_size": 0})");
  const std::string message = failure([&] { convert::plan_model(images.open()); });
  EXPECT_NE(message.find("text_config: vocab_size is 0"), std::string::npos) << message;
  images.config["model_type"] = "llava";
  EXPECT_NE(failure([&] { convert::plan_model(images.open()); }).find("\"llava\" is not supported"), std::string::npos);
}

}  // namespace
}  // namespace tidbit::test
