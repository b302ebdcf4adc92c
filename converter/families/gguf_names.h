// GGUF names tensors alike for all architectures, and stores them in one order: q, k and v below each other, matrices
// [out][in], norms as they are applied. So one table of names by role serves every family.
#pragma once

#include "converter/families/family.h"

namespace tidbit::convert {

struct GgufNames {
  std::vector<GlobalRow> globals;
  std::vector<LayerRow> layers;

  // Of the roles that the family has. Throws ConvertError if GGUF has no name for one of them.
  explicit GgufNames(const Family &family);

  // Valid as long as this object.
  Names names() const;
};

}  // namespace tidbit::convert
