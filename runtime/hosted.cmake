# Sets tidbit_hosted: whether the target is known to have an operating system with POSIX. Any other name of a system
# (Generic, PICO, FreeRTOS, Zephyr ...) stands for firmware.
set(tidbit_hosted OFF)
if(CMAKE_SYSTEM_NAME MATCHES "^(Linux|Darwin|FreeBSD|NetBSD|OpenBSD|Android)$")
  set(tidbit_hosted ON)
endif()
