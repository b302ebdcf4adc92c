/* The model as read-only data with the alignment that tidbit requires. On a microcontroller it is placed in flash. */
  .section .rodata
  .balign 64
  .global model_blob
model_blob:
  .incbin "model.tidbit"
  .section .note.GNU-stack, "", %progbits
