// How much an error in one matrix changes a model's predictions.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "converter/blob/blob_session.h"
#include "converter/calibrate/samples.h"

namespace tidbit::convert {

class Influence {
 public:
  // Keeps the predictions of the model as it is now. Its weights may change afterwards.
  Influence(const BlobView &blob, const Sequences &sequences);

  // How far the predictions of the model are from those that were kept: the mean of half the variance of the change of
  // the logits, each weighted with its probability. For small changes that is the Kullback-Leibler divergence.
  double measure();

 private:
  // The most likely tokens at a position.
  struct Likely {
    std::vector<std::int32_t> tokens;
    std::vector<float> logits, shares;  // the shares' sum is 1
  };

  static Likely likely_of(const float *logits, std::uint32_t vocab);
  static double change_of(const Likely &kept, const float *logits);
  // Calls body(position, logits) for each position of a sequence.
  template <class Body>
  void run(std::uint32_t sequence, Body body);

  const Sequences &sequences_;
  const std::uint32_t vocab_;
  std::vector<std::unique_ptr<BlobSession>> sessions_;  // per sequence
  std::vector<std::vector<Likely>> kept_;               // per sequence and position
};

}  // namespace tidbit::convert
