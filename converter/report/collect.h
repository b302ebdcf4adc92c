// Collects what a report shows, from a conversion that is complete but for the names of its files.
#pragma once

#include "converter/blob/blob_view.h"
#include "converter/report/report.h"

namespace tidbit::convert {

Report collect_report(const ModelPlan &plan, const BlobParts &parts, const TensorReports &written, const BlobView &blob,
                      const ConvertOptions &options, const ConvertReport &summary);

}  // namespace tidbit::convert
