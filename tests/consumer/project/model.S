/* The model as read-only data, aligned as tidbit wants it: on a microcontroller this lies in flash. */
  .section .rodata
  .balign 64
  .global model_blob
model_blob:
  .incbin "model.tidbit"
  .section .note.GNU-stack, "", %progbits
