#include "cli/loaded_model.h"

#include <inttypes.h>
#include <string.h>

#include "posix/cpu_features.h"
#include "posix/interrupt.h"

namespace tidbit::cli {
namespace {

constexpr uint32_t kDefaultChunk = 64;

// With fewer bytes per token, more threads cost more time than they save.
constexpr uint64_t kBytesWorthThreads = uint64_t{4} << 20;

uint32_t default_threads(const LoadedModel &model) {
  if (model.info().bytes_per_token < kBytesWorthThreads) return 1;
  const uint32_t cpus = posix::cpu_count();
  return cpus < posix::ThreadPool::kMostThreads ? cpus : posix::ThreadPool::kMostThreads;
}

}  // namespace

int status_error(const char *what, tidbit_status status) {
  if (status == TIDBIT_CANCELED) return kInterrupted;
  return data_error("%s: %s", what, tidbit_status_string(status));
}

int check_logits(const LoadedModel &model, const float *logits, uint32_t position) {
  float highest = -__builtin_inff();
  bool bounded = true;
  for (uint32_t i = 0; i < model.info().vocab_size; ++i) {
    bounded &= logits[i] < __builtin_inff();  // false for NaN
    if (logits[i] > highest) highest = logits[i];
  }
  if (bounded && highest > -__builtin_inff()) return kOk;
  return data_error(
      "%s: the logits after the token at position %u are not finite; check the model with 'tidbit verify'",
      model.path(), position);
}

int LoadedModel::open(const char *path, posix::Paging paging) {
  path_ = path;
  if (*path == 0) return usage_error("the name of the model's file is empty");
  if (const char *reason = file_.map(path, paging)) return data_error("%s: %s", path, reason);
  uint64_t fault = 0;
  tidbit_status status = tidbit_open(file_.data(), file_.bytes(), &model_, &fault);
  if (status == TIDBIT_ERR_NOT_A_BLOB) {
    return data_error("%s: not a tidbit model; convert the checkpoint with tidbit-convert", path);
  }
  if (status == TIDBIT_ERR_OLD_BLOB || status == TIDBIT_ERR_VERSION)
    return status_error(path, status);  // says what to do
  if (status != TIDBIT_OK) {
    return data_error("%s: %s (at byte %" PRIu64 "); convert or copy the model again", path,
                      tidbit_status_string(status), fault);
  }
  status = tidbit_info(&model_, &info_);
  return status == TIDBIT_OK ? kOk : status_error(path, status);
}

int LoadedModel::open_with_tokenizer(const char *path, posix::Paging paging) {
  if (const int code = open(path, paging); code != kOk) return code;
  if (info_.has_tokenizer != 0) return kOk;
  return data_error("%s: has no tokenizer; pass ids with --tokens, or convert the model with a tokenizer", path);
}

int check_context(const LoadedModel &model, uint32_t context) {
  if (context <= model.info().max_context) return kOk;
  return usage_error("--context %u: %s supports at most %u positions", context, model.path(), model.info().max_context);
}

int LoadedSession::start(const LoadedModel &model, const SessionRequest &request) {
  if (model.info().is_encoder != 0 && !request.encodes) {
    return data_error("%s: turns texts into vectors and generates no text; use 'tidbit embed'", model.path());
  }
  if (!request.encodes) {
    if (const int code = check_context(model, request.context); code != kOk) return code;
  }
  threads_ = request.threads != 0 ? request.threads : default_threads(model);
  // More threads than CPUs would only take turns. The work is still divided among threads_ workers.
  const uint32_t cpus = posix::cpu_count();
  if (const int error = pool_.start(threads_ < cpus ? threads_ : cpus); error != 0) {
    return data_error("cannot start %u threads: %s; use fewer with --threads", threads_, strerror(error));
  }
  tidbit_options options = {};
  options.context = request.context;
  options.chunk = request.chunk != 0 ? request.chunk : kDefaultChunk;
  options.workers = threads_;
  options.isa = request.isa;
  options.cpu = posix::cpu_features();
  options.parallel_for = posix::ThreadPool::parallel_for;
  options.parallel_user = &pool_;
  options.poll = posix::poll_interrupt;
  options.poll_work = 1u << 28;  // rarely: Ctrl-C may take a fraction of a second
  return init(model, options);
}

int LoadedSession::init(const LoadedModel &model, const tidbit_options &options) {
  tidbit_status status = tidbit_plan(model.get(), &options, &plan_);
  if (status != TIDBIT_OK) return status_error(model.path(), status);
  if (!memory_.allocate(plan_.total)) {
    return data_error("out of memory: the session needs %" PRIu64 " bytes; use a smaller --context", plan_.total);
  }
  tidbit_memory parts = {};
  status = tidbit_split_memory(&plan_, memory_.data(), memory_.bytes(), &parts, nullptr);
  if (status == TIDBIT_OK) status = tidbit_init(model.get(), &options, &parts, &session_, nullptr);
  return status == TIDBIT_OK ? kOk : status_error(model.path(), status);
}

int LoadedSession::feed(const int32_t *tokens, uint32_t count) {
  const tidbit_status status = tidbit_prefill(session_, tokens, count, 0, nullptr);
  return status == TIDBIT_OK ? kOk : status_error("computing", status);
}

}  // namespace tidbit::cli
