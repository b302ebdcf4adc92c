// A Hugging Face folder. The input is its texts: config.json, generation_config.json, model.safetensors.index.json,
// then the header of model.safetensors, or where there is an index those of a.safetensors, b.safetensors and so on. The
// data behind a header are zeros, as many as it asks for.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/fuzz/checkpoints.h"

namespace {

using tidbit::fuzz::Folder;

constexpr std::uint64_t kMostData = 1u << 26;  // the file is sparse
constexpr std::size_t kMostShards = 4;

std::uint64_t end_of_data(const std::string &header) {
  const auto json = nlohmann::json::parse(header, nullptr, false);
  std::uint64_t end = 0;
  if (!json.is_object()) return end;
  for (const auto &tensor : json) {
    if (!tensor.is_object() || !tensor.contains("data_offsets")) continue;
    const auto &range = tensor.at("data_offsets");
    if (range.is_array() && range.size() == 2 && range[1].is_number_unsigned()) {
      end = std::max(end, range[1].get<std::uint64_t>());
    }
  }
  return std::min(end, kMostData);
}

void write_shard(const Folder &folder, const std::string &name, const std::string &header) {
  const std::uint64_t bytes = header.size();
  folder.write(name, std::string(reinterpret_cast<const char *>(&bytes), sizeof bytes) + header);
  std::filesystem::resize_file(folder / name, sizeof bytes + bytes + end_of_data(header));
}

void write_or_remove(const Folder &folder, const std::string &name, const std::string &text) {
  if (text.empty()) return folder.remove(name);
  folder.write(name, text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  static const Folder folder, output;
  std::vector<std::string> texts = tidbit::fuzz::split_files(data, size);
  texts.resize(std::clamp<std::size_t>(texts.size(), 4, 3 + kMostShards));
  folder.write("config.json", texts[0]);
  write_or_remove(folder, "generation_config.json", texts[1]);
  write_or_remove(folder, "model.safetensors.index.json", texts[2]);
  folder.remove("model.safetensors");
  for (std::size_t i = 3; i < texts.size(); ++i) {
    const std::string letter(1, static_cast<char>('a' + i - 3));
    write_shard(folder, texts[2].empty() ? "model.safetensors" : letter + ".safetensors", texts[i]);
  }
  tidbit::fuzz::check_checkpoint(folder.path(), output / "model.tidbit");
  return 0;
}
