// A whole blob, mapped into memory and opened by the runtime.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "tidbit/tidbit.h"

namespace tidbit::convert {

// Throws ConvertError unless a call of the runtime with the blob succeeded.
void check_status(tidbit_status status, const char *call, std::uint64_t fault = 0,
                  const std::string &blob = "the written blob");

class BlobView {
 public:
  // Throws ConvertError, with this name of the blob, if the runtime refuses it.
  explicit BlobView(const std::filesystem::path &path, const std::string &name = "the written blob");
  ~BlobView();
  BlobView(const BlobView &) = delete;
  BlobView &operator=(const BlobView &) = delete;

  const tidbit_model &model() const { return model_; }
  std::span<const std::byte> bytes() const { return {static_cast<const std::byte *>(data_), bytes_}; }
  tidbit_model_info info() const;
  tidbit_plan_result plan() const;  // at the default context

  // Unmaps the pages that were read, which counted as this process's memory. They stay in the system's cache.
  void release_pages() const;

 private:
  void *data_ = nullptr;
  std::size_t bytes_ = 0;
  tidbit_model model_ = {};
};

}  // namespace tidbit::convert
