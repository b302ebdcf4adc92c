// What torch.save writes: a zip archive with a pickle, NAME/data.pkl, and the storages of its tensors, NAME/data/KEY.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "converter/checkpoint/pickle.h"
#include "converter/checkpoint/zip.h"

namespace tidbit::convert {

class TorchArchive {
 public:
  // Throws ConvertError.
  explicit TorchArchive(const std::filesystem::path &path);

  const std::shared_ptr<const InputFile> &file() const { return file_; }
  std::string where() const { return file_->path().string(); }
  PickleValue root() const { return pickle_->root(); }
  const ZipEntry *storage(std::string_view key) const;  // null if there is none

 private:
  std::shared_ptr<const InputFile> file_;
  ZipEntries entries_;
  std::string folder_;  // "NAME/"
  std::unique_ptr<Pickle> pickle_;
};

// The first bytes of a file of PyTorch until version 1.5: a pickled number, without an archive around it.
inline constexpr const char *kOldTorchStart = "\x80\x02\x8A\x0A\x6C\xFC\x9C\x46";

// Throws ConvertError if it is such a file.
void refuse_old_torch_file(const InputFile &file);

}  // namespace tidbit::convert
