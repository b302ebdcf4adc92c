// The model families. To add one, add a file beside llama.cpp and its name here.
#pragma once

#include "converter/families/family.h"

namespace tidbit::convert {

extern const Family kGemma, kGemma2, kGemma3, kGpt2, kLlama, kMarian, kOpenAiGpt, kQwen2, kQwen3;

inline const Family *const kFamilies[] = {
    &kGemma, &kGemma2, &kGemma3, &kGpt2, &kLlama, &kMarian, &kOpenAiGpt, &kQwen2, &kQwen3,
};

}  // namespace tidbit::convert
