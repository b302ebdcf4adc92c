// The section that tidbit_selftest uses to check a target: a few tokens, and the hash of the logits that the scalar
// kernels compute for them.
#pragma once

#include <functional>

#include "converter/blob/blob_view.h"
#include "format/blob_format.h"

namespace tidbit::convert {

// Tokens from all over the vocabulary, without the hash.
format::SelfTest self_test_tokens(const format::Config &config);

// Runs the tokens through the finished blob. `progress` is called with the number of steps done and their total. Memory
// use stays small, because the blob's pages are released along the way.
std::uint64_t hash_self_test(const BlobView &blob, const format::SelfTest &test,
                             const std::function<void(std::uint64_t done, std::uint64_t total)> &progress);

}  // namespace tidbit::convert
