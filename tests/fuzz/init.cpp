// The helpers of the tests say with EXPECT what must hold. Here a failure is an exception that nobody catches, so that
// libFuzzer keeps the input.
#include <gtest/gtest.h>

extern "C" int LLVMFuzzerInitialize(int *, char ***) {
  GTEST_FLAG_SET(throw_on_failure, true);
  return 0;
}
