// BitNet's ternary weights: what is stored and the numbers it stands for. tests/families compares whole models.
#include "converter/checkpoint/ternary.h"

#include <nlohmann/json.hpp>

#include "converter/checkpoint/checkpoint.h"
#include "tests/converter/support.h"

namespace tidbit::test {
namespace {

using convert::Checkpoint;
using nlohmann::json;

// A checkpoint of 4 rows and 2 columns, packed into one row of two bytes, with a scale of 0.5.
constexpr const char *kHeader = R"({"a.weight":{"dtype":"U8","shape":[1,2],"data_offsets":[0,2]},)"
                                R"("a.weight_scale":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}})";

std::string bytes_of(float value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

std::string with_scale(float scale) { return "\x24\x12" + bytes_of(scale); }  // rows (0, 2), (1, 0), (2, 1), (0, 0)

json settings(const char *layer = "autobitlinear", const char *mode = "offline") {
  return {{"quant_method", "bitnet"}, {"linear_class", layer}, {"quantization_mode", mode}};
}

Checkpoint open(const json &quantization, const std::string &header, const std::string &data) {
  const Folder folder;
  write_file(folder / "config.json", json{{"quantization_config", quantization}}.dump());
  write_file(folder / "model.safetensors", safetensors(header, data));
  return convert::open_checkpoint(folder.path());
}

std::vector<float> values_of(const Checkpoint &checkpoint, const std::string &name) {
  const convert::StoredTensor &tensor = checkpoint.tensors.at(name);
  std::vector<float> values(tensor.elements());
  convert::read_elements(tensor, 0, values.size(), values.data());
  return values;
}

TEST(Ternary, CodesOfAByteBelongToRowsAQuarterApart) {
  const Checkpoint checkpoint = open(settings(), kHeader, with_scale(0.5f));
  EXPECT_EQ(checkpoint.tensors.at("a.weight").shape, (std::vector<std::uint64_t>{4, 2}));
  EXPECT_EQ(values_of(checkpoint, "a.weight"), (std::vector<float>{-0.5f, 0.5f, 0, -0.5f, 0.5f, 0, -0.5f, -0.5f}));
  EXPECT_EQ(checkpoint.tensors.size(), 1u);
  EXPECT_FALSE(checkpoint.config.contains("quantization_config"));
}

TEST(Ternary, BitLinearLayersDivideByTheScale) {
  const Checkpoint checkpoint = open(settings("bitlinear"), kHeader, with_scale(0.5f));
  EXPECT_EQ(values_of(checkpoint, "a.weight").front(), -2.0f);
}

TEST(Ternary, AnyRangeOfElementsCanBeRead) {
  const Checkpoint checkpoint = open(settings(), kHeader, with_scale(1));
  const std::vector<float> all = values_of(checkpoint, "a.weight");
  for (std::uint64_t first = 0; first < all.size(); ++first) {
    std::vector<float> rest(all.size() - first);
    convert::read_elements(checkpoint.tensors.at("a.weight"), first, rest.size(), rest.data());
    EXPECT_TRUE(std::equal(rest.begin(), rest.end(), all.begin() + static_cast<std::ptrdiff_t>(first)));
  }
}

TEST(Ternary, OnlineWeightsAreRoundedByTheMeanMagnitudeOfTheirTensor) {
  const std::string header = R"({"layers.0.a.weight":{"dtype":"F32","shape":[1,4],"data_offsets":[0,16]}})";
  const std::string data = bytes_of(0.1f) + bytes_of(-3.0f) + bytes_of(0.4f) + bytes_of(0.5f);  // mean magnitude 1
  const Checkpoint checkpoint = open(settings("autobitlinear", "online"), header, data);
  EXPECT_EQ(values_of(checkpoint, "layers.0.a.weight"), (std::vector<float>{0, -1, 0, 0}));
}

struct Broken {
  json settings;
  std::string header, data;
  const char *message;
};

TEST(Ternary, WhatIsNotIsRefusedWithTheReason) {
  const std::string alone = R"({"a.weight_scale":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  const std::string flat = R"({"a.weight":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                           R"("a.weight_scale":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}})";
  const std::string wide = R"({"a.weight":{"dtype":"U8","shape":[1,2],"data_offsets":[0,2]},)"
                           R"("a.weight_scale":{"dtype":"F32","shape":[2],"data_offsets":[2,10]}})";
  json other_norm = settings(), kept = settings();
  other_norm["use_rms_norm"] = true;
  kept["modules_to_not_convert"] = {"layers.0"};
  const Broken rows[] = {
      {settings("linear"), kHeader, with_scale(1), "linear_class is \"linear\", which is not supported"},
      {settings("bitlinear", "later"), kHeader, with_scale(1), "quantization_mode is \"later\""},
      {other_norm, kHeader, with_scale(1), "use_rms_norm is true"},
      {kept, kHeader, with_scale(1), "modules_to_not_convert is"},
      {{{"quant_method", "bitnet"}, {"linear_class", 1}}, kHeader, with_scale(1), "linear_class is not a text"},
      {settings(), alone, bytes_of(1), "has no weight beside it"},
      {settings(), flat, with_scale(1), "have two dimensions"},
      {settings(), wide, with_scale(1) + bytes_of(1), "is not one finite number other than 0"},
      {settings(), kHeader, with_scale(0), "is not one finite number other than 0"},
      {settings(), kHeader, with_scale(NAN), "is not one finite number other than 0"},
      {settings("bitlinear"), kHeader, with_scale(1e-45f), "is not one finite number other than 0"},
  };
  for (const Broken &row : rows) {
    const std::string message = failure([&] { open(row.settings, row.header, row.data); });
    EXPECT_NE(message.find(row.message), std::string::npos) << message;
  }
}

TEST(Ternary, TheFourthCodeIsRefusedWhenItIsRead) {
  const Checkpoint checkpoint = open(settings(), kHeader, "\x24\xC0" + bytes_of(1));
  const std::string message = failure([&] { values_of(checkpoint, "a.weight"); });
  EXPECT_NE(message.find("\"a.weight\" has a code 3"), std::string::npos) << message;
}

// Up to the rounding of the scale to f16.
TEST(Ternary, WeightsOfTrainedModelsAreStoredAsTheyAre) {
  const Folder folder;
  for (const char *name : {"bitnet-packed", "bitnet-divided", "bitnet-online"}) {
    auto options = plain_options(golden(name), folder / "x.tidbit");
    options.weights = format::Ternary::format;
    const auto report = convert::convert(options);
    unsigned matrices = 0;
    for (const auto &error : report.errors) {
      if (!error.name.starts_with("layer")) continue;
      EXPECT_LE(error.relative_error, 0x1p-11) << name << " " << error.name;
      ++matrices;
    }
    EXPECT_GE(matrices, 8u);
  }
}

}  // namespace
}  // namespace tidbit::test
