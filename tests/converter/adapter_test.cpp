// LoRA adapters become part of the weights, as in PEFT. lora/make_goldens.py makes the goldens.
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "converter/blob/blob_view.h"
#include "tests/converter/support.h"
#include "tests/support/cpu.h"
#include "tests/support/runner.h"

namespace tidbit::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr double kTolerance = 1e-4;

fs::path adapter(const std::string &name) { return fs::path(TIDBIT_LORA_GOLDENS) / name; }

std::string base_of(const std::string &name) {
  std::ifstream file(adapter(name) / "base.txt");
  std::string base;
  file >> base;
  return base;
}

convert::ConvertOptions options_for(const fs::path &source, const fs::path &adapter, const fs::path &output) {
  auto options = plain_options(source, output);
  options.weights = options.kv = format::Format::f32;
  options.adapter = adapter;
  return options;
}

std::vector<float> logits_of(const convert::ConvertOptions &options, const fs::path &tokens_file) {
  convert::convert(options);
  const convert::BlobView blob(options.output);
  std::ifstream file(tokens_file);
  const std::vector<std::int32_t> tokens{std::istream_iterator<std::int32_t>(file), {}};
  tidbit_options session = {};
  session.cpu = cpu_features();
  return Runner(blob.model(), session).logits_of(tokens, 5, blob.info().vocab_size);
}

void expect_equal(const std::vector<float> &got, const fs::path &file) {
  const std::string bytes = read_file(file);
  std::vector<float> expected(bytes.size() / sizeof(float));
  std::memcpy(expected.data(), bytes.data(), bytes.size());
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(got[i], expected[i], kTolerance * (1 + std::fabs(static_cast<double>(expected[i])))) << i;
  }
}

class Adapter : public testing::TestWithParam<const char *> {};

TEST_P(Adapter, IsMergedAsPeftMergesIt) {
  const Folder folder;
  const std::string base = base_of(GetParam());
  auto options = options_for(golden(base), adapter(GetParam()), folder / "x.tidbit");
  expect_equal(logits_of(options, golden(base) / "tokens.txt"), adapter(GetParam()) / "logits.f32");
  options.adapter_scale = 0.5;
  expect_equal(logits_of(options, golden(base) / "tokens.txt"), adapter(GetParam()) / "logits-half.f32");
}

TEST_P(Adapter, OfScaleZeroChangesNothing) {
  const Folder folder;
  const fs::path base = golden(base_of(GetParam()));
  auto options = options_for(base, adapter(GetParam()), folder / "x.tidbit");
  options.adapter_scale = 0;
  expect_equal(logits_of(options, base / "tokens.txt"), base / "logits.f32");
}

INSTANTIATE_TEST_SUITE_P(Peft, Adapter, testing::Values("llama", "gpt2", "pickled"));

TEST(AdapterFolder, IsNamedInTheSummaryAndInTheBlob) {
  const Folder folder;
  const auto report = convert::convert(options_for(golden("llama-gqa"), adapter("llama"), folder / "x.tidbit"));
  ASSERT_FALSE(report.notes.empty());
  EXPECT_NE(report.notes[0].find("merged the adapter llama into "), std::string::npos) << report.notes[0];
  EXPECT_NE(report.converter.find("--adapter llama --adapter-scale 1"), std::string::npos) << report.converter;
}

// A copy of an adapter that can be changed.
class CopiedAdapter {
 public:
  CopiedAdapter() {
    config = json::parse(read_file(adapter("llama") / "adapter_config.json"));
    weights_ = read_file(adapter("llama") / "adapter_model.safetensors");
  }

  json config;

  // Replaces a name by one of the same length.
  void rename(const std::string &from, const std::string &to) {
    ASSERT_EQ(from.size(), to.size());
    for (auto at = weights_.find(from); at != std::string::npos; at = weights_.find(from, at)) {
      weights_.replace(at, from.size(), to);
    }
  }

  std::string failure_of_merging(const fs::path &source = golden("llama-gqa")) const {
    const Folder folder;
    write_file(folder / "adapter_config.json", config.dump());
    write_file(folder / "adapter_model.safetensors", weights_);
    const std::string message =
        failure([&] { convert::convert(options_for(source, folder.path(), folder / "x.tidbit")); });
    EXPECT_FALSE(!message.empty() && fs::exists(folder / "x.tidbit"));
    return message;
  }

 private:
  std::string weights_;
};

TEST(AdapterFolder, ThatChangesMoreThanLinearWeightsIsRefusedByName) {
  EXPECT_EQ(CopiedAdapter().failure_of_merging(), "");
  const std::pair<const char *, json> rows[] = {
      {"peft_type", "IA3"},
      {"use_dora", true},
      {"bias", "all"},
      {"bias", "lora_only"},
      {"lora_bias", true},
      {"modules_to_save", {"lm_head"}},
      {"use_qalora", true},
      {"trainable_token_indices", {1, 2}},
      {"target_parameters", {"w"}},
      {"layer_replication", {{0, 1}}},
      {"init_lora_weights", "pissa"},
      {"init_lora_weights", "olora"},
      {"alora_invocation_tokens", {1}},
      {"something_new", true},
      {"alpha_pattern", {{"(a+)+$", 1}}},
      {"rank_pattern", {{"q_proj|v_proj", 1}}},
      {"rank_pattern", {{"q_proj", "x"}}},
      {"r", 0},
      {"r", json(std::uint64_t{1} << 60)},
      {"lora_alpha", "x"},
  };
  for (const auto &[key, value] : rows) {
    CopiedAdapter changed;
    changed.config[key] = value;
    const std::string message = changed.failure_of_merging();
    EXPECT_NE(message.find(std::string("adapter_config.json: ") + key), std::string::npos) << key << ": " << message;
  }
}

TEST(AdapterFolder, WhoseTensorsDoNotFitIsRefused) {
  CopiedAdapter other_rank;
  other_rank.config["r"] = 4;
  EXPECT_NE(other_rank.failure_of_merging().find("has the rank 3, the configuration says 4"), std::string::npos);
  CopiedAdapter zero_rank;
  zero_rank.config["rank_pattern"] = {{"q_proj", 1e300}};
  EXPECT_NE(zero_rank.failure_of_merging().find("the configuration says 0"), std::string::npos);
  CopiedAdapter turned;
  turned.config["fan_in_fan_out"] = true;
  EXPECT_NE(turned.failure_of_merging().find("is for a weight of "), std::string::npos);
  CopiedAdapter elsewhere;
  elsewhere.rename("layers.1.mlp.down_proj", "layers.9.mlp.down_proj");
  EXPECT_NE(elsewhere.failure_of_merging().find("is for a weight that the checkpoint does not have"),
            std::string::npos);
  CopiedAdapter magnitude;
  magnitude.rename("layers.1.mlp.down_proj.lora_A.weight", "layers.1.mlp.down_proj.lora_M.weight");
  EXPECT_NE(magnitude.failure_of_merging().find("has no lora_A beside it"), std::string::npos);
  CopiedAdapter embedding;
  embedding.rename("layers.0.mlp.down_proj.lora_A.weight", "layers.0.lora_embedding_A.weight1234");
  EXPECT_NE(embedding.failure_of_merging().find("is not of a linear layer's LoRA"), std::string::npos);
}

TEST(AdapterFolder, OfEmptyOrDeepTensorsIsRefused) {
  for (const char *shape : {"[3,0]", "[0,8]", "[3]", "[3,8,1]"}) {
    const Folder folder;
    write_file(folder / "adapter_config.json", R"({"peft_type":"LORA","r":3})");
    const std::string bytes = std::string(shape) == "[3]" ? "12" : std::string(shape) == "[3,8,1]" ? "96" : "0";
    const std::string name = R"("model.layers.0.self_attn.q_proj.lora_)";
    const std::string data = R"(.weight":{"dtype":"F32","shape":)" + std::string(shape) + R"(,"data_offsets":[)";
    const std::string header = "{" + name + "A" + data + "0," + bytes + "]}," + name + "B" + data + bytes + "," +
                               std::to_string(2 * std::stoi(bytes)) + "]}}";
    write_file(folder / "adapter_model.safetensors",
               safetensors(header, std::string(2 * static_cast<std::size_t>(std::stoi(bytes)), '\0')));
    const std::string message =
        failure([&] { convert::convert(options_for(golden("llama-gqa"), folder.path(), folder / "x.tidbit")); });
    EXPECT_NE(message.find("is not a plain matrix"), std::string::npos) << shape << ": " << message;
  }
}

TEST(AdapterFolder, ForAnOrderOfWeightsThatIsNotItsOwnIsRefused) {
  const fs::path stories = fs::path(TIDBIT_DATA_DIR) / "stories260K" / "stories260K.bin";
  TIDBIT_SKIP_WITHOUT(stories);
  EXPECT_NE(CopiedAdapter().failure_of_merging(stories).find("fit Hugging Face's order of weights only"),
            std::string::npos);
}

TEST(AdapterFolder, ThatIsNoneIsRefused) {
  const Folder folder;
  const auto message_for = [&](const fs::path &path) {
    return failure([&] { convert::convert(options_for(golden("llama-gqa"), path, folder / "x.tidbit")); });
  };
  EXPECT_NE(message_for(folder / "nothing").find("is not a folder"), std::string::npos);
  EXPECT_NE(message_for(folder.path()).find("adapter_config.json: cannot be opened"), std::string::npos);
}

}  // namespace
}  // namespace tidbit::test
