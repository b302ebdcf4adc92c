// From a blob and a buffer to a session in one call.
#include "tidbit/tidbit.h"

extern "C" tidbit_status tidbit_start(const void *blob, size_t blob_bytes, const tidbit_options *options, void *buffer,
                                      size_t buffer_bytes, tidbit_model *model, tidbit_session **session,
                                      uint64_t *detail) {
  const tidbit_options defaults{};
  if (options == nullptr) options = &defaults;
  tidbit_plan_result plan{};
  tidbit_memory memory{};
  tidbit_status status = tidbit_open(blob, blob_bytes, model, detail);
  if (status == TIDBIT_OK) status = tidbit_plan(model, options, &plan);
  if (status == TIDBIT_OK) status = tidbit_split_memory(&plan, buffer, buffer_bytes, &memory, detail);
  if (status == TIDBIT_OK) status = tidbit_init(model, options, &memory, session, nullptr);
  return status;
}
