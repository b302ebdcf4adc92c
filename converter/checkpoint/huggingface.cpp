// A Hugging Face directory: config.json and model.safetensors or pytorch_model.bin, whole or in shards.
#include <set>

#include "converter/checkpoint/containers.h"
#include "converter/checkpoint/json.h"
#include "converter/checkpoint/safetensors.h"
#include "converter/checkpoint/sentence.h"
#include "converter/checkpoint/state_dict.h"
#include "converter/checkpoint/ternary.h"
#include "converter/checkpoint/text_model.h"
#include "converter/error.h"

namespace tidbit::convert {
namespace {

namespace fs = std::filesystem;

struct WeightFiles {
  const char *whole;
  const char *index;
  void (*read)(const fs::path &path, TensorMap &tensors);
};
// The first that are there are used.
constexpr WeightFiles kWeightFiles[] = {
    {"model.safetensors", "model.safetensors.index.json", read_safetensors},
    {"pytorch_model.bin", "pytorch_model.bin.index.json", read_state_dict},
};

constexpr std::size_t kMostShards = 512;  // each stays open until the end

// The index of a checkpoint in shards: the file of each tensor.
class ShardIndex {
 public:
  explicit ShardIndex(const fs::path &path) : path_(path), where_(path.string()) {
    const auto take = [this](const std::string &tensor, const Json &shard) { add(tensor, shard); };
    read_json_object(path, kMostIndexBytes, {{{"weight_map"}, Json::value_t::object, take}});
    if (shard_of_.empty()) throw ConvertError(where_ + ": has no weight_map that lists tensors");
  }

  void read(decltype(WeightFiles::read) read_shard, TensorMap &tensors) const {
    for (const std::string &name : shards_) read_shard(path_.parent_path() / name, tensors);
    for (const auto &[tensor, shard] : shard_of_) {
      const auto found = tensors.find(tensor);
      if (found != tensors.end() && found->second.file->name() == *shard) continue;
      throw ConvertError(where_ + ": tensor " + in_quotes(tensor) + " is not in " + shortened(*shard));
    }
  }

 private:
  void add(const std::string &tensor, const Json &shard) {
    if (!shard.is_string() || !is_plain_name(shard.get_ref<const std::string &>())) {
      throw ConvertError(where_ + ": the file of tensor " + in_quotes(tensor) + " is not a plain file name");
    }
    const auto place = shards_.insert(shard.get<std::string>()).first;
    if (!shard_of_.emplace(tensor, &*place).second) {
      throw ConvertError(where_ + ": tensor " + in_quotes(tensor) + " occurs twice");
    }
    if (shards_.size() <= kMostShards && shard_of_.size() <= kMostTensors) return;
    throw ConvertError(where_ + ": lists more than " + std::to_string(kMostShards) + " files or " +
                       std::to_string(kMostTensors) + " tensors, more than any model has");
  }

  const fs::path &path_;
  const std::string where_;
  std::set<std::string> shards_;
  std::map<std::string, const std::string *> shard_of_;
};

void read_weights(const fs::path &directory, TensorMap &tensors) {
  for (const WeightFiles &files : kWeightFiles) {
    if (is_there(directory / files.whole)) return files.read(directory / files.whole, tensors);
    if (is_there(directory / files.index)) return ShardIndex(directory / files.index).read(files.read, tensors);
  }
  throw ConvertError(directory.string() +
                     ": has neither model.safetensors nor pytorch_model.bin, nor an index of such");
}

// Older checkpoints of BERT have other names for the weights of a LayerNorm.
void rename_layer_norms(TensorMap &tensors) {
  constexpr std::pair<std::string_view, const char *> kOld[] = {{"LayerNorm.gamma", "weight"},
                                                                {"LayerNorm.beta", "bias"}};
  for (const auto &[old, now] : kOld) {
    for (auto at = tensors.begin(); at != tensors.end();) {
      const auto here = at++;
      if (!here->first.ends_with(old)) continue;
      const std::string name = here->first.substr(0, here->first.rfind('.') + 1) + now;
      if (tensors.count(name) != 0) throw ConvertError("tensor " + in_quotes(name) + " is there twice");
      auto node = tensors.extract(here);
      node.key() = node.mapped().name = name;
      tensors.insert(std::move(node));
    }
  }
}

}  // namespace

Checkpoint open_huggingface(const fs::path &directory) {
  Checkpoint checkpoint;
  checkpoint.source = directory;
  checkpoint.config_name = (directory / "config.json").string();
  if (!is_there(directory / "config.json")) {
    throw ConvertError(directory.string() + ": has no config.json, so it is not a Hugging Face checkpoint");
  }
  checkpoint.config = read_json_object(directory / "config.json");
  checkpoint.generation_config = Json::object();
  const fs::path generation = directory / "generation_config.json";
  if (is_there(generation)) checkpoint.generation_config = read_json_object(generation);
  checkpoint.dialect = Dialect::huggingface;
  read_weights(directory, checkpoint.tensors);
  rename_layer_norms(checkpoint.tensors);
  checkpoint.sentence = read_sentence(directory);
  take_text_model(checkpoint);
  read_ternary(checkpoint);
  return checkpoint;
}

}  // namespace tidbit::convert
