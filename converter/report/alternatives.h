// What other formats would cost: bytes, and the error if weights are rounded to the nearest.
#pragma once

#include <vector>

#include "converter/blob/blob_writer.h"
#include "converter/report/report.h"

namespace tidbit::convert {

// For each role with matrices whose format can be chosen. Of a large matrix, tiles at equal distances are measured:
// `sampled` tells. `progress` may be empty.
std::vector<RoleAlternatives> measure_alternatives(const std::vector<ReportTensor> &tensors,
                                                   const std::vector<TensorReport> &written, std::uint32_t group,
                                                   const Progress &progress, bool &sampled);

}  // namespace tidbit::convert
