// The model families. To add one, add a file beside llama.cpp and its name here.
#pragma once

#include "converter/families/family.h"

namespace tidbit::convert {

extern const Family kArcee, kErnie4_5, kGemma, kGemma2, kGemma3, kGlm, kGlm4, kGpt2, kGranite, kHelium, kHunYuanDense,
    kLlama, kMarian, kMinistral, kMinistral3, kMistral, kOpenAiGpt, kPhi, kPhi3, kQwen2, kQwen3, kSeedOss, kSmolLm3;

inline const Family *const kFamilies[] = {
    &kArcee,     &kErnie4_5, &kGemma,        &kGemma2, &kGemma3, &kGlm,       &kGlm4,       &kGpt2,
    &kGranite,   &kHelium,   &kHunYuanDense, &kLlama,  &kMarian, &kMinistral, &kMinistral3, &kMistral,
    &kOpenAiGpt, &kPhi,      &kPhi3,         &kQwen2,  &kQwen3,  &kSeedOss,   &kSmolLm3,
};

}  // namespace tidbit::convert
