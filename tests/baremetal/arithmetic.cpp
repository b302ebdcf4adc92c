// Prints the hash of single operations: with it stand or fall the core's own fma and its subnormals, or the library's.
#include "tests/baremetal/console.h"
#include "tests/support/logit_stream.h"

int main() {
  tidbit::test::print_hash(tidbit::test::hash_arithmetic());
  tidbit::test::print(" arithmetic\n");
  return 0;
}
