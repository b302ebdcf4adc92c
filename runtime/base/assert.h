// Invariants that the code relies on. A TIDBIT_ASSERT that fails is a bug in the library, whatever the input. It never
// checks untrusted data, which needs a status.
//
// The checks exist only where TIDBIT_ASSERTIONS is defined (the CMake option of that name, on in the presets sanitize
// and fuzz). Elsewhere the condition is compiled, but not evaluated, so that it can't rot.
#pragma once

#ifdef TIDBIT_ASSERTIONS
#define TIDBIT_ASSERT(condition) ((condition) ? static_cast<void>(0) : __builtin_trap())
#else
#define TIDBIT_ASSERT(condition) static_cast<void>(sizeof((condition) ? 1 : 0))
#endif
