/* A blob as read-only data of the program: `const unsigned char SYMBOL[]`, and SYMBOL_end after its last byte. Define
 *   TIDBIT_BLOB      the file, as a string
 *   TIDBIT_SYMBOL    default: model_blob
 *   TIDBIT_SECTION   default: .rodata.SYMBOL, which linker scripts put into flash
 */
#ifndef TIDBIT_SYMBOL
#define TIDBIT_SYMBOL model_blob
#endif
#define TIDBIT_JOIN_(a, b) a##b
#define TIDBIT_JOIN(a, b) TIDBIT_JOIN_(a, b)
#define TIDBIT_END TIDBIT_JOIN(TIDBIT_SYMBOL, _end)
#ifndef TIDBIT_SECTION
#define TIDBIT_SECTION TIDBIT_JOIN(.rodata., TIDBIT_SYMBOL)
#endif

#ifdef __wasm__
  .section TIDBIT_SECTION, "", @
#else
  .section TIDBIT_SECTION, "a", %progbits
#endif
  .balign 64 /* TIDBIT_ALIGNMENT */
  .global TIDBIT_SYMBOL, TIDBIT_END
TIDBIT_SYMBOL:
  .incbin TIDBIT_BLOB
  .size TIDBIT_SYMBOL, . - TIDBIT_SYMBOL
TIDBIT_END:
  .size TIDBIT_END, 0
#if defined(__linux__) && defined(__ELF__)
  .section .note.GNU-stack, "", %progbits
#endif
