// AArch64 with the dot product of Armv8.2.
#include "kernels/lanes_dotprod.h"

namespace tidbit {

constinit const Kernels kDotprodKernels = make_kernels<DotprodLanes>(TIDBIT_ISA_DOTPROD);

}  // namespace tidbit
