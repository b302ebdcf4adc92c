/* The public header is C99, and its structs can be made by a C program. */
#include "tidbit/tidbit.h"

int tidbit_opens_nothing_in_c99(void);

int tidbit_opens_nothing_in_c99(void) {
  tidbit_model model;
  tidbit_options options = {0};
  options.isa = TIDBIT_ISA_SCALAR;
  return tidbit_open(&options, sizeof options, &model, NULL) != TIDBIT_OK;
}
