// A written blob, mapped and opened by the runtime.
#pragma once

#include <cstddef>
#include <filesystem>

#include "tidbit/tidbit.h"

namespace tidbit::convert {

class BlobView {
 public:
  explicit BlobView(const std::filesystem::path &path);  // throws ConvertError where the runtime refuses it
  ~BlobView();
  BlobView(const BlobView &) = delete;
  BlobView &operator=(const BlobView &) = delete;

  const tidbit_model &model() const { return model_; }
  tidbit_model_info info() const;
  tidbit_plan_result plan() const;  // at the default context

 private:
  void *data_ = nullptr;
  std::size_t bytes_ = 0;
  tidbit_model model_ = {};
};

}  // namespace tidbit::convert
