// Tokenizing and generating text, for tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tidbit/tidbit.h"

namespace tidbit::test {

inline std::vector<int32_t> tokenize(const tidbit_model &model, const std::string &text, std::uint32_t flags) {
  std::vector<std::uint64_t> workspace(tidbit_tokenize_bytes(&model, text.size()) / 8 + 1);
  std::vector<int32_t> tokens(tidbit_tokenize_most(&model, text.size()));
  std::uint32_t count = 0;
  const tidbit_tokenize_options options{flags, 0, nullptr, nullptr};
  EXPECT_EQ(tidbit_tokenize(&model, text.data(), text.size(), &options, workspace.data(), workspace.size() * 8,
                            tokens.data(), static_cast<std::uint32_t>(tokens.size()), &count),
            TIDBIT_OK);
  tokens.resize(count);
  return tokens;
}

// The text that greedy decoding generates after the tokens in `feed`: at most `most` tokens, or up to an end token.
inline std::string greedy_text(const tidbit_model &model, tidbit_session *session, std::vector<int32_t> feed,
                               std::uint32_t most) {
  tidbit_model_info info;
  EXPECT_EQ(tidbit_info(&model, &info), TIDBIT_OK);
  tidbit_stream stream;
  EXPECT_EQ(tidbit_stream_init(&stream, &model, feed.size() == 1 ? 1 : 0, nullptr, 0), TIDBIT_OK);
  const tidbit_sampling greedy{};
  const char *piece = nullptr;
  std::uint32_t bytes = 0;
  std::string text;
  for (std::uint32_t i = 0; i < most; ++i) {
    float *logits = nullptr;
    if (tidbit_prefill(session, feed.data(), static_cast<std::uint32_t>(feed.size()), 0, nullptr) != TIDBIT_OK) break;
    EXPECT_EQ(tidbit_logits(session, &logits, nullptr), TIDBIT_OK);
    feed.resize(1);
    tidbit_sample(logits, info.vocab_size, &greedy, nullptr, nullptr, 0, feed.data());
    if (tidbit_is_end(&model, feed[0])) break;
    EXPECT_EQ(tidbit_stream_push(&stream, feed[0], &piece, &bytes), TIDBIT_OK);
    text.append(piece, bytes);
  }
  EXPECT_EQ(tidbit_stream_end(&stream, &piece, &bytes), TIDBIT_OK);
  return text.append(piece, bytes);
}

}  // namespace tidbit::test
