// Checkpoints that were made to hang the converter, or to cost more than they are worth.
#include <sys/stat.h>

#include "converter/checkpoint/checkpoint.h"
#include "converter/families/planner.h"
#include "tests/converter/support.h"

namespace tidbit::test {
namespace {

namespace fs = std::filesystem;
using convert::convert;

constexpr const char *kIndex = "model.safetensors.index.json";

std::string failure_of(const Folder &folder, convert::TokenizerChoice tokenizer = convert::TokenizerChoice::none) {
  auto options = plain_options(folder.path(), folder / "x.tidbit");
  options.tokenizer = tokenizer;
  const std::string message = failure([&] { convert::convert(options); });
  EXPECT_FALSE(fs::exists(folder / "x.tidbit"));
  return message;
}

// Without a weights file beside it, an index is read.
void put_in_place_of(const std::string &name, const Folder &folder, const fs::path &target) {
  fs::remove(folder / name);
  if (name == kIndex) fs::remove(folder / "model.safetensors");
  fs::create_symlink(target, folder / name);
}

TEST(InputFiles, ThatArePipesOrDevicesOrFoldersAreNamedAndNotRead) {
  const Folder other;
  ASSERT_EQ(::mkfifo((other / "pipe").c_str(), 0600), 0);
  const std::pair<fs::path, const char *> targets[] = {
      {other / "pipe", "is a pipe"}, {"/dev/zero", "is a device"}, {other.path(), "is a directory"}};
  for (const char *name : {"config.json", "generation_config.json", "model.safetensors", kIndex, "tokenizer.json",
                           "tokenizer_config.json", "vocab.json", "merges.txt"}) {
    for (const auto &[target, what] : targets) {
      const Folder folder;
      copy_golden("llama-gqa", folder);
      if (std::string(name) != "tokenizer.json") write_file(folder / "vocab.json", R"({"a":0})");
      put_in_place_of(name, folder, target);
      const std::string message = failure_of(folder, convert::TokenizerChoice::find);
      EXPECT_NE(message.find(std::string(name) + ": " + what), std::string::npos) << name << ": " << message;
    }
  }
}

TEST(InputFiles, ThatAreLinksToNowhereAreNotTakenForMissing) {
  for (const char *name : {"config.json", "generation_config.json", "model.safetensors", kIndex, "tokenizer.json"}) {
    const Folder folder;
    copy_golden("llama-gqa", folder);
    put_in_place_of(name, folder, folder / "nowhere");
    const std::string message = failure_of(folder, convert::TokenizerChoice::find);
    EXPECT_NE(message.find(std::string(name) + ": cannot be opened"), std::string::npos) << message;
  }
}

TEST(InputFiles, LargerThanAnyOfTheirKindAreNotRead) {
  for (const auto &[name, megabytes] : {std::pair("config.json", 5),
                                        {"generation_config.json", 5},
                                        {kIndex, 33},
                                        {"tokenizer.json", 101},
                                        {"tokenizer_config.json", 5}}) {
    const Folder folder;
    copy_golden("llama-gqa", folder);
    if (std::string(name) != "tokenizer.json") write_file(folder / "vocab.json", R"({"a":0})");
    if (std::string(name) == kIndex) fs::remove(folder / "model.safetensors");
    write_file(folder / name, "{}");
    fs::resize_file(folder / name, std::uint64_t(megabytes) << 20);  // sparse
    const std::string message = failure_of(folder, convert::TokenizerChoice::find);
    EXPECT_NE(message.find(std::string(name) + ": is larger than"), std::string::npos) << message;
  }
}

std::string failure_of_index(const std::string &weight_map) {
  const Folder folder;
  write_file(folder / "config.json", read_file(golden("llama-gqa") / "config.json"));
  write_file(folder / kIndex, "{\"weight_map\":" + weight_map + "}");
  return failure_of(folder);
}

TEST(ShardIndex, OfMoreFilesThanAModelHasIsRefused) {
  std::string map;
  for (int i = 0; i < 100000; ++i)
    map.append(",\"t").append(std::to_string(i)).append("\":\"f").append(std::to_string(i)).append("\"");
  EXPECT_NE(failure_of_index(std::string("{").append(map.substr(1)).append("}")).find("lists more than 512 files"),
            std::string::npos);
}

TEST(ShardIndex, ThatIsNoMapIsRefused) {
  for (const char *map : {"{}", "[]", "1", "null", "[\"a\"]"}) {
    EXPECT_NE(failure_of_index(map).find("has no weight_map"), std::string::npos) << map;
  }
  EXPECT_NE(failure_of_index(R"({"a":1})").find("is not a plain file name"), std::string::npos);
  EXPECT_NE(failure_of_index(R"({"a":"b","a":"c"})").find("tensor \"a\" occurs twice"), std::string::npos);
}

// A reader that looks at all tensors again for each new one would take minutes.
TEST(SafetensorsHeader, OfMoreTensorsThanAModelHasIsRefusedSoon) {
  std::string header = "{";
  for (int i = 0; i < 300000; ++i) {
    header += (i == 0 ? "\"" : ",\"") + std::to_string(i) + R"(":{"dtype":"F32","shape":[0],"data_offsets":[0,0]})";
  }
  const Folder folder;
  copy_golden("llama-gqa", folder);
  write_file(folder / "model.safetensors", safetensors(header + "}", ""));
  EXPECT_NE(failure_of(folder).find("has more than 262144 tensors"), std::string::npos);
}

void remove_positions(convert::Checkpoint &checkpoint) {
  EXPECT_EQ(checkpoint.tensors.erase("model.decoder.embed_positions.weight"), 1u);
}

// Marian's positions may be computed: then the checkpoint does not grow with them.
TEST(ComputedTable, LargerThanTheCheckpointIsRefusedByItsKey) {
  auto checkpoint = convert::open_checkpoint(golden("marian"));
  remove_positions(checkpoint);
  EXPECT_EQ(failure([&] { convert::plan_model(checkpoint); }), "");
  checkpoint.config["max_position_embeddings"] = 1000000u;
  const std::string message = failure([&] { convert::plan_model(checkpoint); });
  EXPECT_NE(message.find("max_position_embeddings is 1000000"), std::string::npos) << message;
  EXPECT_NE(message.find("lower it"), std::string::npos) << message;
}

TEST(Notes, AreFewHoweverMuchTheConfigurationAsksFor) {
  auto checkpoint = convert::open_checkpoint(golden("llama-gqa"));
  for (int i = 0; i < 1000; ++i) checkpoint.config["unknown" + std::to_string(i)] = i;
  checkpoint.config["a" + std::string(100000, 'x')] = 1;
  checkpoint.generation_config["eos_token_id"] = std::vector<int>(1000, 99);
  const auto notes = convert::plan_model(checkpoint).notes;
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_EQ(notes[0], "eos_token_id 99 and 999 more are outside the vocabulary and left out");
  EXPECT_NE(notes[1].find("and 985 more"), std::string::npos) << notes[1];
  EXPECT_LT(notes[1].size(), 1000u);
}

// 2^63 repetitions of nothing.
TEST(AttentionTypes, OfAnEmptyPatternAreRefused) {
  auto checkpoint = convert::open_checkpoint(golden("gpt_neo"));
  checkpoint.config.erase("attention_layers");
  checkpoint.config["attention_types"] = nlohmann::json::parse("[[[], 9223372036854775808]]");
  const std::string message = failure([&] { convert::plan_model(checkpoint); });
  EXPECT_NE(message.find("attention_types is not a list of patterns"), std::string::npos) << message;
}

TEST(Message, IsShortHoweverLongTheNamesAre) {
  auto checkpoint = convert::open_checkpoint(golden("llama-gqa"));
  checkpoint.config["hidden_act"] = std::string(1000000, 'x');
  const std::string message = failure([&] { convert::plan_model(checkpoint); });
  EXPECT_LT(message.size(), 1000u);
  EXPECT_NE(message.find("which is not supported"), std::string::npos) << message;
}

}  // namespace
}  // namespace tidbit::test
