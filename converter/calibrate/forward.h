// Runs sample sequences through a model, one layer at a time, all of them through a layer before the next one, so that
// the weights of a layer can change once its inputs are known.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <vector>

#include "converter/blob/blob_session.h"
#include "converter/calibrate/samples.h"

namespace tidbit::convert {

// Vectors at a point of a layer: [vectors][width] for each expert, or one part if the point has no experts.
struct Observed {
  std::uint32_t width = 0;
  std::vector<std::vector<float>> parts;

  std::uint32_t count(std::size_t part) const {
    return static_cast<std::uint32_t>(width == 0 ? 0 : parts[part].size() / width);
  }
};

class Forward {
 public:
  // `blob` may change between calls, in its weights alone.
  Forward(const BlobView &blob, const Sequences &sequences);
  ~Forward();

  // The vectors at a point of the current layer, in the order of the sequences, a batch at a time.
  template <class Consume>
  void observe(tidbit_point point, std::uint32_t parts, Consume consume) {
    for (std::uint32_t first = 0; first < sequences_.size(); first += kBatch) {
      run_batch(first, point, parts);
      for (std::uint32_t i = first; i < sequences_.size() && i < first + kBatch; ++i) consume(observed_[i - first]);
    }
  }
  // After the last layer: the inputs of the head, a sequence at a time.
  template <class Consume>
  void observe_head(Consume consume) {
    for (std::uint32_t i = 0; i < sequences_.size(); ++i) {
      run_head(i);
      consume(observed_[0]);
    }
  }
  // Goes on to the next layer. Returns the vectors at points of the layer that have no experts: [points][sequences].
  std::vector<std::vector<Observed>> advance(std::initializer_list<tidbit_point> points);
  std::uint32_t layer() const { return layer_; }

  static constexpr std::uint32_t kBatch = 8;  // sequences whose vectors are kept at a time

 private:
  struct Runner;

  void run_batch(std::uint32_t first, tidbit_point point, std::uint32_t parts);
  void run_head(std::uint32_t sequence);
  Runner &runner_of(std::uint32_t sequence);

  const Sequences &sequences_;
  const bool keeps_all_;                          // layers use the keys and values of others: a cache per sequence
  std::vector<std::unique_ptr<Runner>> runners_;  // per sequence of a batch, or per sequence
  std::vector<std::vector<float>> hidden_;        // per sequence, the residual stream before the layer
  std::vector<Observed> observed_;                // of a batch
  std::uint32_t layer_ = 0;
};

}  // namespace tidbit::convert
