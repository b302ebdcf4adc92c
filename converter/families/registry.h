// The model families. To add one, add a file beside llama.cpp and its name here.
#pragma once

#include "converter/families/family.h"

namespace tidbit::convert {

extern const Family kLlama, kGpt2, kOpenAiGpt, kMarian;

inline const Family *const kFamilies[] = {&kLlama, &kGpt2, &kOpenAiGpt, &kMarian};

}  // namespace tidbit::convert
