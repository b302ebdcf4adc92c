#include "text/lattice.h"

#include "text/starts.h"
#include "text/tokenizer_features.h"

#if TIDBIT_FEATURE_TOKENIZERS & 16

namespace tidbit {

using namespace format;

static_assert(features::has(TokenizerKind::unigram));

Lattice::Lattice(const Tables &tables, const Workspace &workspace, Steps &steps, const char *text, std::uint32_t size)
    : tables_(tables),
      steps_(steps),
      text_(text),
      size_(size),
      sum_(workspace.heap),
      span_(workspace.span),
      token_(workspace.token),
      forward_(workspace.rank) {
  for (std::uint32_t at = 0; at < size; ++at) {
    if (at % kLookupsPerStep == 0 && !steps_.take()) break;
    span_[at] = 0;
  }
  for (std::uint32_t at = 0; at < size && steps_.take();) {
    extend(at);
    at += utf8_decode(text + at, size - at).bytes;
  }
  link();
}

double Lattice::before(std::uint32_t at) const { return at == 0 ? 0.0 : __builtin_bit_cast(double, sum_[at - 1]); }

void Lattice::consider(std::uint32_t end, std::uint32_t span, std::uint32_t token, double sum) {
  const std::uint32_t last = end - 1;
  if (tables_.has(flag::kRoundSums)) sum = static_cast<double>(static_cast<float>(sum));
  if (span_[last] != 0 && !(sum > before(end))) return;
  sum_[last] = __builtin_bit_cast(std::uint64_t, sum);
  span_[last] = span;
  token_[last] = token;
}

// Considers all pieces that begin at a place, and the unknown token if none of them is a single character.
void Lattice::extend(std::uint32_t at) {
  const std::uint32_t first = utf8_decode(text_ + at, size_ - at).bytes;
  const std::uint32_t most = tables_.header().longest_piece < size_ - at ? tables_.header().longest_piece : size_ - at;
  const double sum = before(at);
  bool single = false;
  Starts starts(text_ + at, size_ - at, most, kFnvStart, steps_);
  while (starts.next()) {
    const std::uint32_t hash = starts.hash();
    if (!tables_.begins_piece(hash)) break;
    const std::uint32_t token = tables_.find_hashed(text_ + at, starts.bytes(), hash);
    const bool unknown = std::int64_t{token} == tables_.header().unknown_token;
    if (token == kNoToken || (unknown && !tables_.has(flag::kUnknownPiece))) continue;
    const double score = unknown ? 0.0 : tables_.score(token);
    if (score != score) continue;
    consider(at + starts.bytes(), starts.bytes(), token, score + sum);
    single = single || starts.bytes() == first;
  }
  if (single) return;
  const auto unknown = static_cast<std::uint32_t>(tables_.header().unknown_token);
  consider(at + first, first, unknown, tables_.score(unknown) + sum);
}

// Follows the best sequence back from the end. Where a call was canceled, nothing is read.
void Lattice::link() {
  for (std::uint32_t end = size_; end > 0 && steps_.take();) {
    const std::uint32_t span = span_[end - 1];
    TIDBIT_ASSERT(span > 0 && span <= end);
    forward_[end - span] = span;
    end -= span;
  }
}

}  // namespace tidbit

#endif
