// A Hugging Face directory: config.json and model.safetensors, whole or in shards.
#include <set>

#include "converter/checkpoint/containers.h"
#include "converter/checkpoint/json.h"
#include "converter/checkpoint/safetensors.h"
#include "converter/error.h"

namespace tidbit::convert {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char *kWhole = "model.safetensors";
constexpr const char *kIndex = "model.safetensors.index.json";

bool is_plain_name(const std::string &name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
         name.find('\\') == std::string::npos && name.find('\0') == std::string::npos;
}

void read_shards(const fs::path &index_path, TensorMap &tensors) {
  const json index = read_json_object(index_path);
  const std::string where = index_path.string();
  const auto map = index.find("weight_map");
  if (map == index.end() || !map->is_object()) throw ConvertError(where + ": has no weight_map");
  std::set<std::string> names;
  for (const auto &[tensor, shard] : map->items()) {
    if (!shard.is_string() || !is_plain_name(shard.get<std::string>())) {
      throw ConvertError(where + ": the file of tensor \"" + tensor + "\" is not a plain file name");
    }
    names.insert(shard.get<std::string>());
  }
  for (const std::string &name : names) read_safetensors(index_path.parent_path() / name, tensors);
  for (const auto &[tensor, shard] : map->items()) {
    const auto found = tensors.find(tensor);
    if (found == tensors.end() || found->second.file->name() != shard.get<std::string>()) {
      throw ConvertError(where + ": tensor \"" + tensor + "\" is not in " + shard.get<std::string>());
    }
  }
}

void read_weights(const fs::path &directory, TensorMap &tensors) {
  if (fs::exists(directory / kWhole)) return read_safetensors(directory / kWhole, tensors);
  if (fs::exists(directory / kIndex)) return read_shards(directory / kIndex, tensors);
  const bool pickled =
      fs::exists(directory / "pytorch_model.bin") || fs::exists(directory / "pytorch_model.bin.index.json");
  throw ConvertError(directory.string() + ": has neither " + kWhole + " nor " + kIndex +
                     (pickled ? "; pytorch_model.bin is not read: save it as safetensors first" : ""));
}

}  // namespace

Checkpoint open_huggingface(const fs::path &directory) {
  Checkpoint checkpoint;
  checkpoint.source = directory;
  checkpoint.config_name = (directory / "config.json").string();
  if (!fs::exists(directory / "config.json")) {
    throw ConvertError(directory.string() + ": has no config.json, so it is not a Hugging Face checkpoint");
  }
  checkpoint.config = read_json_object(directory / "config.json");
  checkpoint.generation_config = json::object();
  const fs::path generation = directory / "generation_config.json";
  if (fs::exists(generation)) checkpoint.generation_config = read_json_object(generation);
  checkpoint.dialect = Dialect::huggingface;
  read_weights(directory, checkpoint.tensors);
  return checkpoint;
}

}  // namespace tidbit::convert
