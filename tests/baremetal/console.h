// Console output and memory of the test images. Like the library, they need no C++ library.
#pragma once

#include <string.h>

#include "base/types.h"
#include "semihosting.h"
#include "tidbit/tidbit.h"

// From the linker script: the RAM that the image leaves free.
extern "C" unsigned char __free_begin[], __free_end[];

// The blob, if the image has one.
extern "C" const unsigned char model_blob[], model_blob_end[];

namespace tidbit::test {

inline void print(const char *text) { semihosting_write(text, strlen(text)); }
inline void print_number(std::uint64_t number) { semihosting_write_number(number, 10, 1); }
inline void print_hash(std::uint64_t hash) { semihosting_write_number(hash, 16, 16); }

[[noreturn]] inline void fail(const char *what) {
  print(what);
  print("\n");
  semihosting_exit(1);
}

inline void must(tidbit_status status) {
  if (status != TIDBIT_OK) fail(tidbit_status_string(status));
}

inline void open_model(tidbit_model *model) {
  must(tidbit_open(model_blob, static_cast<std::size_t>(model_blob_end - model_blob), model, nullptr));
}

// Starts a session in the free memory.
inline tidbit_session *start_session(const tidbit_model &model, const tidbit_options &options) {
  tidbit_plan_result plan;
  tidbit_memory parts;
  tidbit_session *session = nullptr;
  must(tidbit_plan(&model, &options, &plan));
  const auto bytes = static_cast<std::size_t>(__free_end - __free_begin);
  must(tidbit_split_memory(&plan, __free_begin, bytes, &parts, nullptr));
  must(tidbit_init(&model, &options, &parts, &session, nullptr));
  return session;
}

}  // namespace tidbit::test
