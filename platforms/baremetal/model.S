/* The blob as read-only data in the section .model. The board's linker script sets its address. Under another name,
 * .rodata.model, linker scripts place it with the constants. */
#ifdef __wasm__
  .section .rodata.model, "", @
#elif defined(TIDBIT_MODEL_SECTION)
  .section TIDBIT_MODEL_SECTION, "a", %progbits
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
