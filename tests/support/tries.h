// How much of a long test runs.
#pragma once

namespace tidbit::test {

// Of the cases of a long loop, all, or each seventh under sanitizers, which take ten times as long. The fuzz targets
// try more.
#if defined(TIDBIT_SANITIZED)
inline constexpr unsigned kEvery = 7;
#else
inline constexpr unsigned kEvery = 1;
#endif

// Rounds of a test that draws its cases.
constexpr int tries(int all) { return all / static_cast<int>(kEvery); }

}  // namespace tidbit::test
