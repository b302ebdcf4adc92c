// Checks that handlers of the application replace the weak ones of the startup code: one of an interrupt, from which
// the program goes on, and one of a fault.
#include "tests/baremetal/console.h"

namespace {

volatile std::uint32_t interrupts;

volatile std::uint32_t &io_register(std::uintptr_t address) { return *reinterpret_cast<std::uint32_t *>(address); }

void handle_fault() {
  const bool expected = interrupts == 1;
  tidbit::test::print(expected ? "one interrupt, then a fault\n" : "a fault, but not after one interrupt\n");
  semihosting_exit(expected ? 0 : 1);
}

}  // namespace

#ifdef __riscv

static constexpr std::uintptr_t kSoftwareInterrupt = 0x02000000;  // msip of the machine `virt`

extern "C" void software_interrupt_handler() {
  io_register(kSoftwareInterrupt) = 0;
  interrupts = interrupts + 1;
}
extern "C" void exception_handler() { handle_fault(); }

static void interrupt() {
  __asm__ volatile(
      ".option push\n\t"
      ".option arch, +zicsr\n\t"
      "csrsi mie, 8\n\t"      // software interrupts,
      "csrsi mstatus, 8\n\t"  // and interrupts at all
      ".option pop");
  io_register(kSoftwareInterrupt) = 1;
}

#else

extern "C" void SysTick_Handler() { interrupts = interrupts + 1; }
extern "C" void HardFault_Handler() { handle_fault(); }

static void interrupt() {
  io_register(0xE000ED04) = 1u << 26;  // ICSR.PENDSTSET
  __asm__ volatile("dsb\n\tisb" ::: "memory");
}

#endif

int main() {
  interrupt();
  for (int i = 0; i < 1000000 && interrupts == 0; ++i) {
  }
  __builtin_trap();
}
