// A file of torch.save. Directories of Hugging Face read their pytorch_model.bin without this.
#include "converter/checkpoint/containers.h"
#include "converter/checkpoint/json.h"
#include "converter/checkpoint/state_dict.h"
#include "converter/checkpoint/torch_dialects.h"
#include "converter/checkpoint/wrappers.h"

namespace tidbit::convert {

Checkpoint open_pytorch(const std::filesystem::path &path) {
  const TorchArchive archive(path);
  Checkpoint checkpoint;
  checkpoint.source = path;
  checkpoint.generation_config = Json::object();
  add_state_dict(archive, find_state_dict(archive), checkpoint.tensors);
  see_through_wrappers(checkpoint.tensors);
  recognize_trainer(archive.root(), checkpoint);
  const std::filesystem::path generation = path.parent_path() / "generation_config.json";
  if (checkpoint.dialect == Dialect::huggingface && is_there(generation)) {
    checkpoint.generation_config = read_json_object(generation);
  }
  return checkpoint;
}

}  // namespace tidbit::convert
