// AVX2 with FMA and F16C.
#include "kernels/isa/list.inc"
#ifdef TIDBIT_FILE_AVX2

#include "kernels/generic/table.h"
#include "kernels/isa/avx2_lanes.h"

namespace tidbit {

extern constinit const Kernels kAvx2Kernels = make_kernels<Avx2Lanes>(TIDBIT_ISA_AVX2);

}  // namespace tidbit

#endif  // TIDBIT_FILE_AVX2
