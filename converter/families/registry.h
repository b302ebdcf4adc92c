// The model families. To add one, add a file beside llama.cpp and its name here.
#pragma once

#include "converter/families/family.h"

namespace tidbit::convert {

extern const Family kApertus, kArcee, kBioGpt, kBitNet, kBloom, kCodeGen, kCohere, kCohere2, kErnie4_5, kExaone4,
    kFalcon, kGemma, kGemma2, kGemma3, kGlm, kGlm4, kGpt2, kGptBigCode, kGptJ, kGptNeo, kGptNeoX, kGptOss, kGranite,
    kGraniteMoe, kGraniteMoeHybrid, kHelium, kHunYuanDense, kLfm2, kLlama, kMarian, kMinistral, kMinistral3, kMistral,
    kMixtral, kMpt, kNanoChat, kNemotron, kOlmo, kOlmo2, kOlmo3, kOlmoe, kOpenAiGpt, kOpt, kPhi, kPhi3, kQwen2,
    kQwen2Moe, kQwen3, kQwen3Moe, kSeedOss, kSmolLm3, kStableLm, kStarcoder2, kXglm;

inline const Family *const kFamilies[] = {
    &kApertus,   &kArcee,        &kBioGpt,     &kBitNet,     &kBloom,
    &kCodeGen,   &kCohere,       &kCohere2,    &kErnie4_5,   &kExaone4,
    &kFalcon,    &kGemma,        &kGemma2,     &kGemma3,     &kGlm,
    &kGlm4,      &kGpt2,         &kGptBigCode, &kGptJ,       &kGptNeo,
    &kGptNeoX,   &kGptOss,       &kGranite,    &kGraniteMoe, &kGraniteMoeHybrid,
    &kHelium,    &kHunYuanDense, &kLfm2,       &kLlama,      &kMarian,
    &kMinistral, &kMinistral3,   &kMistral,    &kMixtral,    &kMpt,
    &kNanoChat,  &kNemotron,     &kOlmo,       &kOlmo2,      &kOlmo3,
    &kOlmoe,     &kOpenAiGpt,    &kOpt,        &kPhi,        &kPhi3,
    &kQwen2,     &kQwen2Moe,     &kQwen3,      &kQwen3Moe,   &kSeedOss,
    &kSmolLm3,   &kStableLm,     &kStarcoder2, &kXglm,
};

}  // namespace tidbit::convert
