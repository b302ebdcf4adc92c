#include "converter/blob/blob_view.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "converter/error.h"

namespace tidbit::convert {
namespace {

void *map_file(const std::filesystem::path &path, std::size_t bytes) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw ConvertError(path.string() + ": cannot be opened");
  void *data = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, descriptor, 0);
  ::close(descriptor);
  if (data == MAP_FAILED) throw ConvertError(path.string() + ": cannot be mapped");
  return data;
}

}  // namespace

void check_status(tidbit_status status, const char *call, std::uint64_t fault, const std::string &blob) {
  if (status == TIDBIT_OK) return;
  throw ConvertError(blob + " is refused by " + call + ": " + tidbit_status_string(status) + " (byte " +
                     std::to_string(fault) + ")");
}

BlobView::BlobView(const std::filesystem::path &path, const std::string &name)
    : data_(map_file(path, std::filesystem::file_size(path))), bytes_(std::filesystem::file_size(path)) {
  std::uint64_t fault = 0;
  const tidbit_status status = tidbit_open(data_, bytes_, &model_, &fault);
  if (status != TIDBIT_OK) ::munmap(data_, bytes_);
  check_status(status, "tidbit_open", fault, name);
}

BlobView::~BlobView() { ::munmap(data_, bytes_); }

void BlobView::release_pages() const { ::madvise(data_, bytes_, MADV_DONTNEED); }

tidbit_model_info BlobView::info() const {
  tidbit_model_info info = {};
  check_status(tidbit_info(&model_, &info), "tidbit_info");
  return info;
}

tidbit_plan_result BlobView::plan() const {
  const tidbit_options options = {};
  tidbit_plan_result plan = {};
  check_status(tidbit_plan(&model_, &options, &plan), "tidbit_plan");
  return plan;
}

}  // namespace tidbit::convert
