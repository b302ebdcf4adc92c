// AArch64 with the dot product of Armv8.2.
#include "kernels/isa/list.inc"
#ifdef TIDBIT_FILE_DOTPROD

#include "kernels/generic/table.h"
#include "kernels/isa/dotprod_lanes.h"

namespace tidbit {

extern constinit const Kernels kDotprodKernels = make_kernels<DotprodLanes>(TIDBIT_ISA_DOTPROD);

}  // namespace tidbit

#endif  // TIDBIT_FILE_DOTPROD
