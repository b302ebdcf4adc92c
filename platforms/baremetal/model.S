/* The blob as read-only data in the section .model. The board's linker script sets its address. */
#ifdef __wasm__
  .section .rodata.model, "", @
#else
  .section .model, "a", %progbits
#endif
  .balign 64 /* TIDBIT_ALIGNMENT */
  .global model_blob, model_blob_end
model_blob:
  .incbin TIDBIT_BLOB
  .size model_blob, . - model_blob
model_blob_end:
  .size model_blob_end, 0
