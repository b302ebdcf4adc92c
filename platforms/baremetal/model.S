/* The blob as read-only data in the section .model, which the board's linker script places. */
  .section .model, "a", %progbits
  .balign 64 /* TIDBIT_ALIGNMENT */
  .global model_blob, model_blob_end
model_blob:
  .incbin TIDBIT_BLOB
model_blob_end:
