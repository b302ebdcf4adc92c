#include "converter/checkpoint/torch_archive.h"

#include <algorithm>

#include "converter/error.h"

namespace tidbit::convert {
namespace {

constexpr std::string_view kPickle = "data.pkl";

std::string contents(const InputFile &file, const ZipEntry &entry) {
  std::string bytes(entry.bytes, '\0');
  file.read(entry.offset, bytes.data(), bytes.size());
  return bytes;
}

// The folder in the archive that has the pickle. Its name is that of the file when it was saved.
std::string folder_of(const ZipEntries &entries, const std::string &where) {
  std::string found;
  std::size_t count = 0;
  for (const auto &[name, entry] : entries) {
    if (!name.ends_with(kPickle)) continue;
    const std::string folder = name.substr(0, name.size() - kPickle.size());
    if (!folder.empty() && folder.find('/') != folder.size() - 1) continue;
    found = folder;
    ++count;
  }
  if (count != 1) {
    throw ConvertError(where + ": is a zip archive, but not one of torch.save: it has " +
                       (count == 0 ? "no data.pkl" : "several data.pkl"));
  }
  return found;
}

}  // namespace

TorchArchive::TorchArchive(const std::filesystem::path &path) : file_(std::make_shared<InputFile>(path)) {
  refuse_old_torch_file(*file_);
  entries_ = read_zip(*file_);
  folder_ = folder_of(entries_, where());
  if (entries_.contains(folder_ + "constants.pkl")) {
    throw ConvertError(where() + ": is a TorchScript archive, a program; save the model's state_dict with torch.save");
  }
  const auto order = entries_.find(folder_ + "byteorder");
  if (order != entries_.end() && (order->second.bytes > 16 || contents(*file_, order->second) != "little")) {
    throw ConvertError(where() + ": was saved on a big-endian machine, which is not supported");
  }
  const ZipEntry &pickle = entries_.at(folder_ + std::string(kPickle));
  if (pickle.bytes > kMostIndexBytes) {
    throw ConvertError(where() + ": its data.pkl is larger than " + std::to_string(kMostIndexBytes >> 20) +
                       " MB; save the state_dict alone");
  }
  pickle_ = std::make_unique<Pickle>(contents(*file_, pickle), where());
}

const ZipEntry *TorchArchive::storage(std::string_view key) const {
  const auto found = entries_.find(std::string(folder_).append("data/").append(key));
  return found == entries_.end() ? nullptr : &found->second;
}

void refuse_old_torch_file(const InputFile &file) {
  std::string start(std::min<std::uint64_t>(file.size(), 8), '\0');
  file.read(0, start.data(), start.size());
  if (start != kOldTorchStart) return;
  throw ConvertError(file.path().string() +
                     ": is in the format that PyTorch used until version 1.5; load it and save it again, " +
                     "torch.save(torch.load(FILE, weights_only=True), NEW)");
}

}  // namespace tidbit::convert
