// Prints the hash of single operations. It tests fma and subnormals, whether of the core or of the library.
#include "tests/baremetal/console.h"
#include "tests/support/logit_stream.h"

int main() {
  tidbit::test::print_hash(tidbit::test::hash_arithmetic());
  tidbit::test::print(" arithmetic\n");
  return 0;
}
