// The reference: every other table must give the same bits as this one.
#include "kernels/isa/list.inc"
#ifdef TIDBIT_FILE_SCALAR

#include "kernels/generic/table.h"
#include "kernels/isa/scalar_lanes.h"

namespace tidbit {

extern constinit const Kernels kScalarKernels = make_kernels<ScalarLanes>(TIDBIT_ISA_SCALAR);

}  // namespace tidbit

#endif  // TIDBIT_FILE_SCALAR
