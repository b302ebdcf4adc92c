// Any bytes may be given as a blob. Where they open, everything that a program does with a model must stay inside them
// and succeed, and every instruction set must give the same logits.
#include <algorithm>
#include <cmath>

#include "base/arith.h"
#include "base/hash.h"
#include "tests/fuzz/forge.h"
#include "tests/support/runner.h"
#include "tests/support/text.h"

namespace tidbit::test {
namespace {

// A header of a few bytes can ask for a large model by letting its tensors overlap. That much memory and time is the
// caller's decision; here it would only slow the search down.
constexpr std::uint64_t kMostMemory = 64u << 20;
constexpr std::uint64_t kMostProducts = 50'000'000;
constexpr std::uint32_t kTokens = 40;  // more than the rings of windows of 6 and chunks of 8

// Context, chunk and instruction set differ from blob to blob.
tidbit_options options_for(const AlignedBytes &blob, const tidbit_model_info &info) {
  const std::uint64_t hash = hash64(blob.data(), blob.size());
  tidbit_options options{};
  options.context = std::min(kTokens, info.max_context);
  options.chunk = static_cast<std::uint32_t>(1 + hash % 8);
  options.workers = static_cast<std::uint32_t>(hash / 8 % 4);
  options.parallel_for = backwards;
  const auto isa = static_cast<tidbit_isa>(hash / 32 % TIDBIT_ISA_COUNT);
  options.isa = tidbit_isa_check(isa, 0) == TIDBIT_OK ? isa : TIDBIT_ISA_AUTO;
  return options;
}

bool within_bounds(const tidbit_model_info &info, const tidbit_plan_result &plan) {
  const std::uint64_t attention = std::uint64_t{info.layers} * info.heads * info.head_dim * kTokens;
  return plan.total <= kMostMemory && 2 * (info.parameters + attention) * kTokens <= kMostProducts;
}

// Of two texts, the vectors of all tokens.
std::vector<float> vectors_of(Runner &runner, const std::vector<int32_t> &tokens) {
  const auto count = static_cast<std::uint32_t>(tokens.size());
  const std::uint32_t ends[] = {(count + 2) / 3, count};
  EXPECT_EQ(tidbit_encode(runner.session(), tokens.data(), count > 1 ? ends : ends + 1, count > 1 ? 2 : 1), TIDBIT_OK);
  std::vector<float> all;
  for (std::uint32_t i = 0; i < count; ++i) {
    const float *vector = nullptr;
    std::uint32_t width = 0;
    EXPECT_EQ(tidbit_hidden(runner.session(), i, &vector, &width), TIDBIT_OK);
    all.insert(all.end(), vector, vector + width);
  }
  std::vector<float> pooled(all.size() / count);
  tidbit_embedding(runner.session(), 0, count, pooled.data(), static_cast<std::uint32_t>(pooled.size()));
  return all;
}

// The logits after the last token.
std::vector<float> logits_of(const tidbit_model &model, const tidbit_model_info &info, const tidbit_options &options) {
  Runner runner(model, options);
  const std::vector<int32_t> tokens = some_tokens(info.vocab_size, options.context);
  if (info.is_encoder != 0) return vectors_of(runner, tokens);
  std::uint32_t consumed = 0;
  EXPECT_EQ(tidbit_prefill(runner.session(), tokens.data(), options.context, 0, &consumed), TIDBIT_OK);
  EXPECT_EQ(consumed, options.context);
  float *logits = nullptr;
  EXPECT_EQ(tidbit_logits(runner.session(), &logits, nullptr), TIDBIT_OK);
  return {logits, logits + info.vocab_size};
}

// Of arbitrary weights too: where one gives NaN, the other does.
void expect_same(const std::vector<float> &a, const std::vector<float> &b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool same = float_bits(a[i]) == float_bits(b[i]) || (std::isnan(a[i]) && std::isnan(b[i]));
    EXPECT_TRUE(same) << "logit " << i << ": " << a[i] << ", " << b[i];
  }
}

void generate(const tidbit_model &model, const tidbit_model_info &info, const tidbit_options &options) {
  std::vector<float> logits = logits_of(model, info, options);
  tidbit_options reference{};
  reference.context = options.context;
  reference.isa = TIDBIT_ISA_SCALAR;
  expect_same(logits, logits_of(model, info, reference));
  if (info.is_encoder != 0) return;
  const tidbit_sampling sampling{0.8f, 5, 0.9f, 0.01f, 1.1f};
  tidbit_rng rng{1};
  const std::int32_t recent[] = {0, 1, 0};
  std::int32_t token = -1;
  const tidbit_status status = tidbit_sample(logits.data(), info.vocab_size, &sampling, &rng, recent, 3, &token);
  if (status == TIDBIT_ERR_NOT_FINITE) return;
  EXPECT_EQ(status, TIDBIT_OK);
  EXPECT_LT(static_cast<std::uint32_t>(token), info.vocab_size);
}

void use_text(const tidbit_model &model, const tidbit_model_info &info) {
  if (info.has_tokenizer == 0) return;
  for (const std::int32_t token : tokenize(model, "Turn <s>it on, [[room]] 東京 \xFF!", 7)) {
    EXPECT_LT(static_cast<std::uint32_t>(token), info.vocab_size);
    char small[8];
    int first = 1;
    const char *text = nullptr;
    std::uint32_t bytes = 0;
    EXPECT_EQ(tidbit_token_text(&model, token, &first, 1, small, &text, &bytes), TIDBIT_OK);
    tidbit_find_token(&model, text, bytes);
  }
}

void use_chat(const tidbit_model &model, const tidbit_model_info &info) {
  const tidbit_message messages[] = {{" a <s>b ", 8, TIDBIT_ROLE_SYSTEM}, {"\xE3\x80\x80\xFF", 4, TIDBIT_ROLE_USER}};
  const std::uint32_t roles = tidbit_chat_roles(&model);
  const std::uint32_t first = (roles & 1u << TIDBIT_ROLE_SYSTEM) != 0 ? 0 : 1;
  const std::uint64_t bytes = tidbit_chat_bytes(&model, TIDBIT_ROLE_NONE, messages + first, 2 - first);
  if (bytes == 0) return;
  std::vector<std::uint64_t> workspace(bytes / 8);
  std::vector<std::int32_t> tokens(tidbit_chat_most(&model, TIDBIT_ROLE_NONE, messages + first, 2 - first));
  std::uint32_t count = 0;
  EXPECT_EQ(tidbit_chat_turn(&model, TIDBIT_ROLE_NONE, messages + first, 2 - first, nullptr, workspace.data(), bytes,
                             tokens.data(), static_cast<std::uint32_t>(tokens.size()), &count),
            TIDBIT_OK);
  for (std::uint32_t i = 0; i < count; ++i) EXPECT_LT(static_cast<std::uint32_t>(tokens[i]), info.vocab_size);
  const char *stop = nullptr;
  tidbit_chat_stop(&model, &stop, &count);
}

// As an application takes the blob's own grammar: what opens never gets stuck.
void use_grammar(const tidbit_model &model, const tidbit_model_info &info) {
  std::size_t bytes = 0;
  const void *data = tidbit_model_grammar(&model, &bytes);
  tidbit_grammar grammar;
  if (info.has_tokenizer == 0 || tidbit_grammar_open(data, bytes, &grammar, nullptr) != TIDBIT_OK) return;
  std::vector<std::uint32_t> memory(tidbit_vocabulary_bytes(&model) / 4 + 1);
  tidbit_vocabulary vocabulary;
  EXPECT_EQ(tidbit_vocabulary_init(&model, memory.data(), memory.size() * 4, &vocabulary), TIDBIT_OK);
  tidbit_grammar_state state;
  EXPECT_EQ(tidbit_grammar_start(&grammar, 0, &state), TIDBIT_OK);
  std::vector<float> logits(info.vocab_size);
  for (std::uint32_t step = 0; step < 8; ++step) {
    std::uint32_t allowed = 0;
    const tidbit_status status =
        tidbit_grammar_mask(&grammar, &vocabulary, &state, logits.data(), info.vocab_size, &allowed);
    EXPECT_EQ(status, allowed > 0 ? TIDBIT_OK : TIDBIT_ERR_NO_TOKEN);
    const auto token = static_cast<std::int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
    if (allowed == 0 || tidbit_is_end(&model, token) != 0) return;
    EXPECT_EQ(tidbit_grammar_accept(&grammar, &model, token, &state), TIDBIT_OK);
    std::fill(logits.begin(), logits.end(), 0.0f);
  }
}

void use(const AlignedBytes &blob) {
  tidbit_model model;
  std::uint64_t fault = 0;
  if (tidbit_open(blob.data(), blob.size(), &model, &fault) != TIDBIT_OK) {
    EXPECT_LE(fault, blob.size());
    return;
  }
  tidbit_model_info info;
  EXPECT_EQ(tidbit_info(&model, &info), TIDBIT_OK);
  tidbit_verify(&model, nullptr, nullptr, &fault);
  use_text(model, info);
  use_chat(model, info);
  use_grammar(model, info);
  tidbit_plan_result plan;
  const tidbit_options options = options_for(blob, info);
  EXPECT_EQ(tidbit_plan(&model, &options, &plan), TIDBIT_OK);
  if (within_bounds(info, plan)) generate(model, info, options);
}

}  // namespace
}  // namespace tidbit::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  tidbit::test::use(tidbit::test::AlignedBytes(std::as_bytes(std::span(data, size))));
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t *data, std::size_t size, std::size_t most, unsigned seed) {
  size = tidbit::fuzz::mutate_with_head(data, size, most, tidbit::fuzz::header_bytes(data, size), seed);
  tidbit::fuzz::reseal_blob(data, size);
  return size;
}
