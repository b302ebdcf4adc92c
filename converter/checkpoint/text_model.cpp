#include "converter/checkpoint/text_model.h"

#include <algorithm>
#include <iterator>

#include "converter/error.h"

namespace tidbit::convert {
namespace {

using Json = nlohmann::json;

// A model whose answer to text without images is its text model's.
struct Multimodal {
  const char *model_type;
  const char *usual;  // what the class of the text model fills in, and what published checkpoints leave out
};

constexpr Multimodal kMultimodal[] = {
    {"gemma3", R"({"model_type": "gemma3_text", "vocab_size": 262208, "hidden_size": 2304, "intermediate_size": 9216,
                   "num_hidden_layers": 26, "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256,
                   "max_position_embeddings": 131072})"},
    {"mistral3", "{}"},
};

constexpr const char *kTextConfig = "text_config";
constexpr const char *kTied = "tie_word_embeddings";
// Of the whole model, unless text_config has them.
constexpr const char *kOfBoth[] = {"bos_token_id", "eos_token_id", "quantization_config", kTied};
constexpr std::string_view kOfImages[] = {"vision_tower.", "multi_modal_projector.", "model.vision_tower.",
                                          "model.multi_modal_projector."};
constexpr const char *kHead = "lm_head.weight", *kInnerHead = "language_model.lm_head.weight";

void drop_images(Checkpoint &checkpoint) {
  const std::size_t dropped = std::erase_if(checkpoint.tensors, [](const auto &tensor) {
    return std::any_of(std::begin(kOfImages), std::end(kOfImages),
                       [&](std::string_view prefix) { return tensor.first.starts_with(prefix); });
  });
  if (dropped != 0) {
    checkpoint.notes.push_back("left out: the parts for images, " + std::to_string(dropped) + " tensors");
  }
}

void rename_head(TensorMap &tensors) {
  auto head = tensors.extract(kInnerHead);
  if (head.empty()) return;
  head.key() = head.mapped().name = kHead;
  const auto place = tensors.insert(std::move(head));
  if (place.inserted) return;
  throw ConvertError(place.position->second.file->path().string() + ": tensor " + in_quotes(kHead) +
                     " is there twice, also as " + in_quotes(kInnerHead));
}

}  // namespace

void take_text_model(Checkpoint &checkpoint) {
  const Json whole = checkpoint.config;
  const auto type = whole.find("model_type");
  if (type == whole.end()) return;
  const auto *row = std::find_if(std::begin(kMultimodal), std::end(kMultimodal),
                                 [&](const Multimodal &model) { return *type == model.model_type; });
  if (row == std::end(kMultimodal)) return;
  const auto text = whole.find(kTextConfig);
  if (text == whole.end() || !text->is_object()) {
    throw ConvertError(checkpoint.config_name + ": " + kTextConfig + " is missing, or not an object");
  }
  checkpoint.config = Json::parse(row->usual);
  checkpoint.config.update(*text);
  for (const char *key : kOfBoth) {
    if (whole.contains(key) && !text->contains(key)) checkpoint.config[key] = whole.at(key);
  }
  checkpoint.config_name += std::string(": ") + kTextConfig;
  drop_images(checkpoint);
  rename_head(checkpoint.tensors);
  // Versions of transformers disagree on which of the two keys counts.
  if (!checkpoint.tensors.contains(kHead)) {
    checkpoint.config[kTied] = true;
  } else if (!checkpoint.config.contains(kTied)) {
    checkpoint.config[kTied] = false;
  }
}

}  // namespace tidbit::convert
