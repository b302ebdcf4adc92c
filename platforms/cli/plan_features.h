// `tidbit plan --features`: the build options that make the library run one model and no more.
#pragma once

#include "cli/console.h"
#include "cli/needs.h"

namespace tidbit::cli {

enum class FeatureSyntax { none, cmake, kconfig };

// Sets *syntax to the one with this name. Returns an exit code.
int parse_syntax(const char *name, FeatureSyntax *syntax);

void print_features(const Needs &needs, FeatureSyntax syntax, Output &out);

}  // namespace tidbit::cli
