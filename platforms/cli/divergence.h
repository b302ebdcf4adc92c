// How far the predictions of one model are from those of another.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "posix/memory_region.h"

namespace tidbit::cli {

// log of the sum of exp(logits). The largest logit is subtracted first, so that exp() cannot overflow.
class LogSum {
 public:
  LogSum(const float *logits, uint32_t count);

  double log_probability(uint32_t token) const { return static_cast<double>(logits_[token]) - value_; }
  uint32_t top() const { return top_; }

 private:
  const float *logits_;
  uint32_t top_ = 0;
  double value_;
};

class Divergence {
 public:
  // Makes room for the divergence of `most` predictions. False if there is no memory.
  bool start(uint32_t vocab, uint32_t most);
  // Adds the Kullback-Leibler divergence of a prediction from the one that is expected.
  void add(const float *expected, const float *logits);

  double mean() const;
  // Sorts. The value that this part of all is at most.
  double percentile(double part);
  double same_top() const;  // how often the most likely token was the same, 0 to 1

 private:
  double *values() const { return static_cast<double *>(memory_.data()); }

  posix::MemoryRegion memory_;
  uint32_t vocab_ = 0;
  uint64_t count_ = 0, same_ = 0;
  double sum_ = 0;
};

}  // namespace tidbit::cli
