// A model loaded from a file, and a session in memory from the operating system. Failures print an error.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "cli/console.h"
#include "posix/mapped_file.h"
#include "posix/memory_region.h"
#include "posix/thread_pool.h"
#include "tidbit/tidbit.h"

namespace tidbit::cli {

class LoadedModel {
 public:
  // Returns an exit code. Prints an error unless it is kOk.
  int open(const char *path, posix::Paging paging = posix::Paging::on_use);
  // The same, but refuses a model without a tokenizer.
  int open_with_tokenizer(const char *path, posix::Paging paging = posix::Paging::on_use);

  const tidbit_model *get() const { return &model_; }
  const tidbit_model_info &info() const { return info_; }
  const char *path() const { return path_; }
  const void *data() const { return file_.data(); }  // the blob

 private:
  const char *path_ = "";
  posix::MappedFile file_;
  tidbit_model model_ = {};
  tidbit_model_info info_ = {};
};

// As given on the command line; 0 means the default.
struct SessionRequest {
  uint32_t context = 0;
  uint32_t chunk = 0;
  uint32_t threads = 0;
  tidbit_isa isa = TIDBIT_ISA_AUTO;
  bool encodes = false;  // for an encoder; otherwise encoders are refused
};

// Refuses a context longer than the model supports.
int check_context(const LoadedModel &model, uint32_t context);

class LoadedSession {
 public:
  int start(const LoadedModel &model, const SessionRequest &request);

  tidbit_session *get() const { return session_; }
  const tidbit_plan_result &plan() const { return plan_; }
  uint32_t threads() const { return threads_; }
  posix::ThreadPool &pool() { return pool_; }

  // Feeds all tokens. Returns kInterrupted, without printing anything, if Ctrl-C came first.
  int feed(const int32_t *tokens, uint32_t count);

 private:
  int init(const LoadedModel &model, const tidbit_options &options);

  posix::MemoryRegion memory_;
  posix::ThreadPool pool_;
  tidbit_plan_result plan_ = {};
  tidbit_session *session_ = nullptr;
  uint32_t threads_ = 1;
};

// Prints "tidbit: WHAT: status text".
int status_error(const char *what, tidbit_status status);

// Refuses logits of which one is NaN or +infinity, or none is finite. `position` is that of the last token fed.
int check_logits(const LoadedModel &model, const float *logits, uint32_t position);

}  // namespace tidbit::cli
