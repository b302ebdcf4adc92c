#include "cli/plan_features.h"

#include <string.h>

namespace tidbit::cli {
namespace {

// The words are those of runtime/features.cmake, separated by spaces.
struct Feature {
  const char *name, *words;
  uint32_t needed;
};

constexpr size_t kFeatureCount = 6;

void list_features(const Needs &needs, Feature (&features)[kFeatureCount]) {
  const Feature list[kFeatureCount] = {{"WEIGHTS", TIDBIT_WORDS_WEIGHTS, needs.weights},
                                       {"KV_FORMATS", TIDBIT_WORDS_KV_FORMATS, needs.kv_formats},
                                       {"NORMS", TIDBIT_WORDS_NORMS, needs.norms},
                                       {"ACTIVATIONS", TIDBIT_WORDS_ACTIVATIONS, needs.activations},
                                       {"LAYER_PARTS", TIDBIT_WORDS_LAYER_PARTS, needs.layer_parts},
                                       {"TOKENIZERS", TIDBIT_WORDS_TOKENIZERS, needs.tokenizers}};
  memcpy(features, list, sizeof list);
}

// Calls on_word(text, length, needed) for each word.
template <class OnWord>
void each_word(const Feature &feature, OnWord on_word) {
  const char *word = feature.words;
  for (uint32_t set = feature.needed; *word != 0; set >>= 1) {
    const size_t length = strcspn(word, " ");
    on_word(word, static_cast<int>(length), (set & 1) != 0);
    word += length + (word[length] != 0 ? 1 : 0);
  }
}

// -DTIDBIT_WEIGHTS="f16;q8": the quotes are for the shell.
void print_cmake(const Feature &feature, Output &out) {
  out.print("-DTIDBIT_%s=\"", feature.name);
  bool first = true;
  each_word(feature, [&](const char *word, int length, bool needed) {
    if (!needed) return;
    out.print("%s%.*s", first ? "" : ";", length, word);
    first = false;
  });
  out.print("\"\n");
}

// CONFIG_TIDBIT_WEIGHTS_Q8=y
void print_kconfig(const Feature &feature, Output &out) {
  each_word(feature, [&](const char *word, int length, bool needed) {
    char symbol[32] = "";
    for (int i = 0; i < length && i + 1 < static_cast<int>(sizeof symbol); ++i) {
      symbol[i] = word[i] >= 'a' && word[i] <= 'z' ? static_cast<char>(word[i] - 'a' + 'A') : word[i];
    }
    out.print("CONFIG_TIDBIT_%s_%s=%c\n", feature.name, symbol, needed ? 'y' : 'n');
  });
}

// -DTIDBIT_HADAMARD=ON, CONFIG_TIDBIT_HADAMARD=y
void print_switch(const char *name, bool needed, FeatureSyntax syntax, Output &out) {
  if (syntax == FeatureSyntax::cmake) return out.print("-DTIDBIT_%s=%s\n", name, needed ? "ON" : "OFF");
  out.print("CONFIG_TIDBIT_%s=%c\n", name, needed ? 'y' : 'n');
}

}  // namespace

int parse_syntax(const char *name, FeatureSyntax *syntax) {
  *syntax = FeatureSyntax::cmake;
  if (strcmp(name, "cmake") == 0) return kOk;
  *syntax = FeatureSyntax::kconfig;
  if (strcmp(name, "kconfig") == 0) return kOk;
  return usage_error("--features: unknown build system '%s'; use cmake or kconfig", name);
}

void print_features(const Needs &needs, FeatureSyntax syntax, Output &out) {
  Feature features[kFeatureCount];
  list_features(needs, features);
  for (const Feature &feature : features) {
    if (syntax == FeatureSyntax::cmake) {
      print_cmake(feature, out);
    } else {
      print_kconfig(feature, out);
    }
  }
  print_switch("SPLIT_PROGRAM", needs.split_program, syntax, out);
  print_switch("NORMALIZER", needs.normalizer, syntax, out);
  print_switch("HADAMARD", needs.hadamard, syntax, out);
}

}  // namespace tidbit::cli
