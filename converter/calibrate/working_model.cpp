#include "converter/calibrate/working_model.h"

#include <algorithm>
#include <vector>

#include "converter/parallel.h"
#include "format/formats.h"
#include "quant/tile.h"

namespace tidbit::convert {

using format::kTileRows;

WorkingModel::WorkingModel(const ModelPlan &plan, const BlobParts &parts, format::Format weights,
                           format::Format embeddings, const std::filesystem::path &output, const char *stage,
                           const Progress &progress)
    : file_(output) {
  ModelPlan changed = plan;
  changed.each_tensor([](TensorPlan &tensor) { tensor.format.reset(); });
  changed.config.weights = weights;
  changed.config.kv = format::Format::f32;
  BlobParts unfinished = parts;
  unfinished.embeddings = embeddings;
  unfinished.key = nullptr;
  unfinished.self_test = false;
  Progress staged;
  if (progress) {
    staged = [&](const char *, std::uint64_t done, std::uint64_t total) { progress(stage, done, total); };
  }
  write_blob(changed, unfinished, file_, staged);
  view_ = std::make_unique<BlobView>(file_.temporary());
}

void WorkingModel::write_rows(const format::Tensor &matrix, std::uint32_t first, const float *rows,
                              std::uint32_t count) {
  const std::uint64_t bytes = format::tile_bytes(matrix.format, matrix.cols, matrix.group);
  const std::uint32_t tiles = format::tile_count(count);
  std::vector<std::byte> packed(tiles * bytes);
  in_parallel(tiles, [&](std::uint32_t i) {
    const std::uint32_t row = i * kTileRows;
    quant::pack_tile(matrix.format, rows + std::uint64_t{row} * matrix.cols, std::min(kTileRows, count - row),
                     matrix.cols, matrix.group, packed.data() + i * bytes);
  });
  write_tiles(matrix, first, packed.data(), packed.size());
}

void WorkingModel::write_tiles(const format::Tensor &matrix, std::uint32_t first_row, const std::byte *tiles,
                               std::uint64_t bytes) {
  const std::uint64_t tile_bytes = format::tile_bytes(matrix.format, matrix.cols, matrix.group);
  file_.write(matrix.offset + first_row / kTileRows * tile_bytes, tiles, bytes);
}

}  // namespace tidbit::convert
