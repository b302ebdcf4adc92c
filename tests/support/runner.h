// A session that owns its memory, for tests: plan, init, feed, hash.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "tests/support/aligned.h"
#include "tests/support/logit_stream.h"

namespace tidbit::test {

// The blob must outlive the model.
inline tidbit_model opened(const AlignedBytes &blob) {
  tidbit_model model;
  EXPECT_EQ(tidbit_open(blob.data(), blob.size(), &model, nullptr), TIDBIT_OK);
  return model;
}

struct Memory {
  std::array<AlignedBytes, TIDBIT_PART_COUNT> parts;
  tidbit_memory view{};

  // Each part is a separate allocation, so that a sanitizer detects access to a neighboring part.
  explicit Memory(const tidbit_plan_result &plan) {
    for (int i = 0; i < TIDBIT_PART_COUNT; ++i) {
      parts[static_cast<std::size_t>(i)] = AlignedBytes(plan.bytes[i]);
      view.data[i] = parts[static_cast<std::size_t>(i)].data();
      view.bytes[i] = plan.bytes[i];
      std::memset(view.data[i], 0xFF, view.bytes[i]);  // NaNs
    }
  }
};

// Runs the tasks in reverse order, because the order must not matter.
inline void backwards(void *, tidbit_task task, void *context, uint32_t count) {
  while (count-- > 0) task(context, count);
}

class Runner {
 public:
  Runner(const tidbit_model &model, tidbit_options options) : options_(options), memory_(plan(model, options)) {
    EXPECT_EQ(tidbit_init(&model, &options_, &memory_.view, &session_, nullptr), TIDBIT_OK);
  }

  tidbit_session *session() { return session_; }

  // Feeds the tokens `step` at a time and returns the logits after each, row after row.
  std::vector<float> logits_of(const std::vector<int32_t> &tokens, std::uint32_t step, std::uint32_t vocab) {
    std::vector<float> rows;
    for (std::size_t at = 0; at < tokens.size(); at += step) {
      const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(step, tokens.size() - at));
      EXPECT_EQ(tidbit_prefill(session_, tokens.data() + at, count, 0, nullptr), TIDBIT_OK);
      EXPECT_EQ(tidbit_chunk_size(session_), count);
      for (std::uint32_t i = 0; i < count; ++i) append_row(i, vocab, rows);
    }
    return rows;
  }

 private:
  static tidbit_plan_result plan(const tidbit_model &model, const tidbit_options &options) {
    tidbit_plan_result result{};
    EXPECT_EQ(tidbit_plan(&model, &options, &result), TIDBIT_OK);
    return result;
  }

  void append_row(std::uint32_t index, std::uint32_t vocab, std::vector<float> &rows) {
    float *logits = nullptr;
    ASSERT_EQ(tidbit_logits_at(session_, index, &logits, nullptr), TIDBIT_OK);
    rows.insert(rows.end(), logits, logits + vocab);
  }

  tidbit_options options_;
  Memory memory_;
  tidbit_session *session_ = nullptr;
};

inline std::uint64_t hash_of(const std::vector<float> &values) {
  return tidbit_hash(values.data(), values.size() * sizeof(float));
}

// The first `count` tokens of a TokenWalk.
inline std::vector<int32_t> some_tokens(std::uint32_t vocab, std::uint32_t count) {
  std::vector<int32_t> tokens(count);
  TokenWalk walk(vocab);
  for (int32_t &token : tokens) token = walk.next();
  return tokens;
}

}  // namespace tidbit::test
