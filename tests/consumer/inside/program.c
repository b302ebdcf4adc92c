#include <stdio.h>

int plugin_test(void);

int main(void) {
  const int status = plugin_test();
  printf("self-tests: status %d\n", status);
  return status != 0;
}
