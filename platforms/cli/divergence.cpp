#include "cli/divergence.h"

#include <math.h>
#include <stdlib.h>

namespace tidbit::cli {
namespace {

int compare(const void *a, const void *b) {
  const double x = *static_cast<const double *>(a), y = *static_cast<const double *>(b);
  return x < y ? -1 : x > y ? 1 : 0;
}

}  // namespace

LogSum::LogSum(const float *logits, uint32_t count) : logits_(logits) {
  for (uint32_t i = 1; i < count; ++i) {
    if (logits[i] > logits[top_]) top_ = i;
  }
  const auto highest = static_cast<double>(logits[top_]);
  double sum = 0;
  for (uint32_t i = 0; i < count; ++i) sum += exp(static_cast<double>(logits[i]) - highest);
  value_ = highest + log(sum);
}

bool Divergence::start(uint32_t vocab, uint32_t most) {
  vocab_ = vocab;
  return memory_.allocate((uint64_t{most} + 1) * sizeof(double));
}

void Divergence::add(const float *expected, const float *logits) {
  const LogSum p(expected, vocab_), q(logits, vocab_);
  double divergence = 0;
  for (uint32_t i = 0; i < vocab_; ++i) {
    const double log_p = p.log_probability(i), probability = exp(log_p);
    if (probability > 0) divergence += probability * (log_p - q.log_probability(i));
  }
  values()[count_++] = divergence;
  sum_ += divergence;
  if (p.top() == q.top()) ++same_;
}

double Divergence::mean() const { return sum_ / static_cast<double>(count_); }

double Divergence::percentile(double part) {
  qsort(values(), count_, sizeof(double), compare);
  const auto rank = static_cast<uint64_t>(ceil(part * static_cast<double>(count_)));
  return values()[rank == 0 ? 0 : rank - 1];
}

double Divergence::same_top() const { return static_cast<double>(same_) / static_cast<double>(count_); }

}  // namespace tidbit::cli
