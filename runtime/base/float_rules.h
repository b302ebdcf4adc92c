// Refuses compiler options that change the results of float arithmetic in silence. The library's CMake files turn them
// off for the library, after the options of the project that contains it.
#pragma once

#if defined(__FAST_MATH__) || __FINITE_MATH_ONLY__ + 0 != 0 || defined(__ASSOCIATIVE_MATH__) || \
    defined(__RECIPROCAL_MATH__) || defined(__NO_SIGNED_ZEROS__)
#error "compile tidbit without -ffast-math and its parts (end the options with -fno-fast-math -ffp-contract=off)"
#endif
#if __FLT_EVAL_METHOD__ + 0 < 0 || __FLT_EVAL_METHOD__ + 0 == 1 || __FLT_EVAL_METHOD__ + 0 == 2
#error "tidbit needs floats that are computed as floats (on 32-bit x86: -msse2 -mfpmath=sse)"
#endif

// Clang has no macro for some of these options, and they can't be undone behind it, but a pragma outranks them. It
// holds to the end of the file that includes this.
#if defined(__clang__) && !defined(__apple_build_version__) && __clang_major__ >= 18
#pragma clang fp contract(off) reassociate(off) reciprocal(off)
#endif
