// Divides the work. A chunk of many tokens is cut into slices, one per worker. A worker computes all products of a
// layer for its own tokens, so that its activations stay in its own cache. Few tokens are one slice, and the workers
// share the rows of each product.
#pragma once

#include "model/session.h"

namespace tidbit {

struct Range {
  std::uint32_t begin, end;

  std::uint32_t count() const { return end - begin; }
};

// The i-th of `parts` nearly equal ranges of `count`: the first ones are longer by 1.
constexpr Range range_of(std::uint32_t count, std::uint32_t parts, std::uint32_t i) {
  const std::uint32_t each = count / parts, longer = count % parts;
  const auto at = [&](std::uint32_t k) { return each * k + (k < longer ? k : longer); };
  return {at(i), at(i + 1)};
}

// Tokens of the current chunk that are computed together.
struct TokenSlice {
  Session &s;
  Range tokens;
  bool split_rows;  // whether the workers share the rows of a product; otherwise one worker computes all rows

  template <class Body>
  void each_token(Body body) const {
    for (std::uint32_t t = tokens.begin; t < tokens.end; ++t) body(t);
  }
};

// Runs body(i) for i below `parts` on the caller's threads. If there are no others, runs them on this one, with the
// poll hook called before each of several parts, until it cancels. A single part takes about as long as `work`
// multiply-adds.
template <class Body>
void parallel(Session &s, std::uint32_t parts, std::uint64_t work, Body body) {
  if (s.parallel_for == nullptr || parts < 2) {
    const std::uint64_t each = parts < 2 ? work : ~std::uint64_t{0};
    for (std::uint32_t i = 0; i < parts && pace(s, each); ++i) body(i);
    return;
  }
  const auto task = [](void *context, std::uint32_t i) { (*static_cast<Body *>(context))(i); };
  s.parallel_for(s.parallel_user, task, &body, parts);
}

// A task is worth handing to another thread if it reads this many bytes of weights, or does as much work: about a
// microsecond.
inline constexpr std::uint64_t kLeastTaskBytes = std::uint64_t{16} << 10;

// Into how many parts a step of `units` indivisible pieces is cut: at most one per worker; or, for the poll hook, parts
// that take at most as long as poll_work multiply-adds.
inline std::uint32_t part_count(const Session &s, std::uint32_t units, std::uint64_t work) {
  const bool polled = s.poll_work != 0;
  const std::uint64_t worth = polled ? work / s.poll_work + 1 : work / kLeastTaskBytes;
  std::uint32_t parts = polled || units < s.limits.workers ? units : s.limits.workers;
  if (worth < parts) parts = static_cast<std::uint32_t>(worth);
  return parts == 0 ? 1 : parts;
}

// At most one slice per this many tokens: with more slices, each worker would read the weights for too little work.
inline constexpr std::uint32_t kLeastTokens = 16;

// The i-th of `parts` ranges of the chunk's tokens. Ranges meet at boundaries of key tiles, because the worker that
// stores the first position of a tile clears the tile.
inline Range tokens_of(const Session &s, std::uint32_t count, std::uint32_t parts, std::uint32_t i) {
  constexpr std::uint32_t kTile = format::kTileRows;
  const std::uint32_t first = s.position / kTile, end = s.position + count;
  const Range tiles = range_of((end + kTile - 1) / kTile - first, parts, i);
  const auto token = [&](std::uint32_t tile) {
    const std::uint32_t position = (first + tile) * kTile;
    return position < s.position ? 0 : position < end ? position - s.position : count;
  };
  return {token(tiles.begin), token(tiles.end)};
}

// Calls body(slice) for slices that together have all tokens of the chunk.
template <class Body>
void each_slice(Session &s, std::uint32_t count, Body body) {
  const std::uint32_t most = count / kLeastTokens;
  const std::uint32_t parts = most < s.limits.workers ? most : s.limits.workers;
  if (parts < 2) return body(TokenSlice{s, {0, count}, s.limits.workers > 1 || count < kLeastTokens});
  parallel(s, parts, 0, [&](std::uint32_t i) { body(TokenSlice{s, tokens_of(s, count, parts, i), false}); });
}

}  // namespace tidbit
