// The formats with codes of a few bits in blocks (blocks.h). With groups of 128, a weight takes 3/8 of a bit more than
// its code.
#pragma once

#include "format/blocks.h"

namespace tidbit::format {

template <tidbit_format kFormat, std::uint32_t kBits, std::int32_t kUnit>
struct FewBits : Blocks<kBits, kUnit> {
  static constexpr Format format{kFormat};
  static constexpr const char *name = kBits == 2   ? "q2"
                                      : kBits == 3 ? "q3"
                                      : kBits == 4 ? "q4"
                                      : kBits == 5 ? "q5"
                                                   : "q6";
  static constexpr Input input = Input::codes;
};

// The units are those with the smallest errors on normally distributed weights, as far as the sum of a group allows.
using Q2 = FewBits<TIDBIT_Q2, 2, 2>;
using Q3 = FewBits<TIDBIT_Q3, 3, 3>;
using Q4 = FewBits<TIDBIT_Q4, 4, 6>;
using Q5 = FewBits<TIDBIT_Q5, 5, 8>;
using Q6 = FewBits<TIDBIT_Q6, 6, 4>;

}  // namespace tidbit::format
