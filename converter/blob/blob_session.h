// A session of the runtime with memory of its own.
#pragma once

#include <cstddef>
#include <memory>
#include <new>

#include "converter/blob/blob_view.h"

namespace tidbit::convert {

class BlobSession {
 public:
  BlobSession(const BlobView &blob, const tidbit_options &options) {
    tidbit_plan_result plan = {};
    check_status(tidbit_plan(&blob.model(), &options, &plan), "tidbit_plan");
    const auto bytes = static_cast<std::size_t>(plan.total);
    memory_.reset(static_cast<std::byte *>(::operator new (bytes, std::align_val_t{TIDBIT_ALIGNMENT})));
    tidbit_memory parts = {};
    check_status(tidbit_split_memory(&plan, memory_.get(), bytes, &parts, nullptr), "tidbit_split_memory");
    check_status(tidbit_init(&blob.model(), &options, &parts, &session_, nullptr), "tidbit_init");
  }

  tidbit_session *get() { return session_; }

 private:
  struct Release {
    void operator()(std::byte *p) const { ::operator delete (p, std::align_val_t{TIDBIT_ALIGNMENT}); }
  };
  std::unique_ptr<std::byte, Release> memory_;
  tidbit_session *session_ = nullptr;
};

}  // namespace tidbit::convert
