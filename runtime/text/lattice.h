// The sequence of pieces of a word that has the highest sum of scores (Viterbi's algorithm). The sums are f64, in the
// order of the text, and a later candidate must be greater than the best one so far, so all machines agree.
#pragma once

#include "text/merge.h"

namespace tidbit {

class Lattice {
 public:
  // Finds the sequence. The word is at most as long as the workspace has units.
  Lattice(const Tables &tables, const Workspace &workspace, Steps &steps, const char *text, std::uint32_t size);

  // To visit the pieces: for (at = 0; at < size; at += span(at)). Characters without a piece are unknown_token.
  std::uint32_t span(std::uint32_t at) const { return forward_[at]; }
  std::uint32_t token(std::uint32_t at) const { return token_[at + forward_[at] - 1]; }

 private:
  double before(std::uint32_t at) const;
  void consider(std::uint32_t end, std::uint32_t span, std::uint32_t token, double sum);
  void extend(std::uint32_t at);
  void link();

  const Tables &tables_;
  Steps &steps_;
  const char *text_;
  const std::uint32_t size_;
  // Of the best sequence up to the place behind each byte: its sum, as bits; its last piece, and bytes of that, 0 if
  // there is none yet.
  std::uint64_t *sum_;
  std::uint32_t *span_;
  std::uint32_t *token_;
  std::uint32_t *forward_;  // bytes of the piece that begins at each place of the result
};

}  // namespace tidbit
