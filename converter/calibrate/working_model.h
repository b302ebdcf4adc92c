// The whole model in a temporary file, whose matrices can be replaced while sessions use it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "converter/blob/blob_view.h"
#include "converter/blob/blob_writer.h"
#include "format/model.h"

namespace tidbit::convert {

class WorkingModel {
 public:
  // Beside `output`. All matrices of layers are `weights`, the token embedding and the head `embeddings`, whatever the
  // plan says. `stage` is for the progress.
  WorkingModel(const ModelPlan &plan, const BlobParts &parts, format::Format weights, format::Format embeddings,
               const std::filesystem::path &output, const char *stage, const Progress &progress);

  const BlobView &view() const { return *view_; }
  const Model &model() const { return model_of(&view_->model()); }
  const format::Tensor &matrix(std::uint32_t layer, format::LayerRole role) const {
    return model().layer(layer).matrix(role);
  }

  // Replaces rows of a matrix of the model by rows[count][cols], as the file has them: transformed, if the matrix is.
  // They begin with a tile.
  void write_rows(const format::Tensor &matrix, std::uint32_t first, const float *rows, std::uint32_t count);
  // Replaces tiles by `bytes` that are packed already.
  void write_tiles(const format::Tensor &matrix, std::uint32_t first_row, const std::byte *tiles, std::uint64_t bytes);

 private:
  OutputFile file_;
  std::unique_ptr<BlobView> view_;
};

}  // namespace tidbit::convert
