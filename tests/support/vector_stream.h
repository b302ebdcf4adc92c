// The same as logit_stream.h for encoders, which a build of the library may leave out.
#pragma once

#include "tests/support/logit_stream.h"

namespace tidbit::test {

// Encodes the tokens as two texts and hashes the vectors of all.
inline tidbit_status hash_vectors(tidbit_session *session, const std::int32_t *tokens, std::uint32_t count,
                                  std::uint64_t *hash) {
  const std::uint32_t ends[] = {count * 2 / 3, count};
  if (const auto s = tidbit_encode(session, tokens, ends, 2); s != TIDBIT_OK) return s;
  Hash64 rows;
  for (std::uint32_t i = 0; i < count; ++i) {
    const float *vector = nullptr;
    std::uint32_t width = 0;
    if (const auto s = tidbit_hidden(session, i, &vector, &width); s != TIDBIT_OK) return s;
    rows.update(vector, width * sizeof(float));
  }
  *hash = rows.digest();
  return TIDBIT_OK;
}

// Of the tokens of hash_short_stream.
inline tidbit_status hash_short_vectors(tidbit_session *session, std::uint32_t vocab, std::uint64_t *hash) {
  TokenWalk walk(vocab);
  std::int32_t tokens[kShortStream];
  for (std::int32_t &token : tokens) token = walk.next();
  return hash_vectors(session, tokens, kShortStream, hash);
}

}  // namespace tidbit::test
