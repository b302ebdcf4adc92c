// The fixed-width integers, std::size_t and std::byte. Toolchains for firmware may come without a C++ library
// (riscv64-unknown-elf) or with a part of one (Zephyr), so the library includes C headers only, and here gives the
// types their C++ names where the toolchain doesn't.
#pragma once

#include <stddef.h>
#include <stdint.h>

#if __has_include(<cstddef>) && __has_include(<cstdint>)
#include <cstddef>
#include <cstdint>
#else
namespace std {
using ::int16_t;
using ::int32_t;
using ::int64_t;
using ::int8_t;
using ::size_t;
using ::uint16_t;
using ::uint32_t;
using ::uint64_t;
using ::uint8_t;
using ::uintptr_t;
}  // namespace std
#endif

#ifndef __cpp_lib_byte
namespace std {
enum class byte : unsigned char {};
}  // namespace std
#endif
