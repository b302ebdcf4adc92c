/* The public header compiles as C99, and a C program can create its structs. */
#include "tidbit/tidbit.h"

int tidbit_opens_nothing_in_c99(void);

int tidbit_opens_nothing_in_c99(void) {
  tidbit_model model;
  tidbit_options options = {0};
  options.isa = TIDBIT_ISA_SCALAR;
  return tidbit_open(&options, sizeof options, &model, NULL) != TIDBIT_OK;
}
