/* Memory for sessions. On a board, this is the RAM that the linker script leaves free. */
  .section .bss.free, "", @
  .balign 64 /* TIDBIT_ALIGNMENT */
  .global __free_begin
__free_begin:
  .skip 1048576
  .size __free_begin, . - __free_begin
  .global __free_end
__free_end:
  .size __free_end, 0
