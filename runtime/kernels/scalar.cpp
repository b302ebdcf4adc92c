// The reference: every other table must give the same bits as this one.
#include "kernels/scalar_lanes.h"

namespace tidbit {

constinit const Kernels kScalarKernels = make_kernels<ScalarLanes>(TIDBIT_ISA_SCALAR);

}  // namespace tidbit
