// Selects a kernel table: the one that the caller names, or the fastest that this build and this CPU have.
#include "base/features.h"
#include "kernels/cpu.h"
#include "kernels/isa/list.inc"
#include "kernels/kernels.h"

#ifndef TIDBIT_KERNELS_FOR_EVERY_CPU
#error "TIDBIT_SCALAR_KERNELS=OFF: this target has no other kernels that are certain to run"
#endif

namespace tidbit {

#define TIDBIT_DECLARED(name, isa, table, ...) extern const Kernels table;
#define TIDBIT_CHOICE(name, isa, table, ...) {TIDBIT_ISA_##isa, &table, {__VA_ARGS__}},
#define TIDBIT_NAMED(name, isa, ...) names.of[TIDBIT_ISA_##isa] = #name;
#define TIDBIT_OMITTED(name, isa)

TIDBIT_ISAS(TIDBIT_DECLARED, TIDBIT_OMITTED)

namespace {

struct Choice {
  tidbit_isa isa;
  const Kernels *kernels;
  CpuNeeds needs;
};

#ifdef __x86_64__
using enum CpuNeeds::Register;
#endif

// From fast to slow.
constexpr Choice kChoices[] = {TIDBIT_ISAS(TIDBIT_CHOICE, TIDBIT_OMITTED)};

struct Names {
  const char *of[TIDBIT_ISA_COUNT];
};
constexpr Names kNames = [] {
  Names names{};
  names.of[TIDBIT_ISA_AUTO] = "auto";
  TIDBIT_ISAS(TIDBIT_NAMED, TIDBIT_NAMED)
  return names;
}();

constexpr bool every_isa_is_in_the_list() {
  for (const char *name : kNames.of) {
    if (name == nullptr) return false;
  }
  return true;
}
static_assert(every_isa_is_in_the_list());

bool has(const CpuNeeds &needs, std::uint32_t cpu) { return (cpu & needs.flags) == needs.flags && cpuid_meets(needs); }

}  // namespace

const Kernels *find_kernels(tidbit_isa isa, std::uint32_t cpu) {
  for (const Choice &choice : kChoices) {
    if ((isa == TIDBIT_ISA_AUTO || isa == choice.isa) && has(choice.needs, cpu)) return choice.kernels;
  }
  return nullptr;
}

}  // namespace tidbit

using tidbit::find_kernels;
using tidbit::kNames;

extern "C" const char *tidbit_isa_name(tidbit_isa isa) {
  if constexpr (!tidbit::features::kStatusStrings) return "";
  return static_cast<unsigned>(isa) < TIDBIT_ISA_COUNT ? kNames.of[isa] : nullptr;
}

extern "C" tidbit_isa tidbit_isa_best(uint32_t cpu) { return find_kernels(TIDBIT_ISA_AUTO, cpu)->isa; }

extern "C" tidbit_status tidbit_isa_check(tidbit_isa isa, uint32_t cpu) {
  return find_kernels(isa, cpu) != nullptr ? TIDBIT_OK : TIDBIT_ERR_ISA;
}
