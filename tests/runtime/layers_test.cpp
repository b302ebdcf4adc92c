// Layers described one by one: kinds of layers, the table of numbers, and the hook that sees a layer's vectors.
#include <cstring>
#include <map>
#include <tuple>

#include "tests/support/runner.h"
#include "tests/support/tiny_model.h"

namespace tidbit::test {
namespace {

using format::Format;

constexpr std::uint32_t kVocab = 50;

tidbit_model open(const AlignedBytes &blob) {
  tidbit_model model;
  EXPECT_EQ(tidbit_open(blob.data(), blob.size(), &model, nullptr), TIDBIT_OK);
  return model;
}

std::vector<float> logits_of(const TinyModel &tiny, std::uint32_t chunk, std::uint32_t workers = 1,
                             std::uint32_t tokens = 60) {
  const AlignedBytes blob = build_blob(tiny);
  const tidbit_model model = open(blob);
  tidbit_options options{};
  options.chunk = chunk;
  options.workers = workers;
  options.parallel_for = backwards;
  Runner runner(model, options);
  return runner.logits_of(some_tokens(kVocab, tokens), chunk, kVocab);
}

TEST(Layers, SameNumbersAsTwoKindsGiveTheSameLogits) {
  const TinyModel one = tiny_llama(Format::q8, Format::f16);
  TinyModel two = one;
  two.kinds.push_back(two.kinds[0]);
  two.layer_kinds = {1, 0};
  EXPECT_EQ(logits_of(two, 7), logits_of(one, 7));
}

TEST(Layers, OfDifferentKindsGiveTheSameBitsInAnyChunksAndOnAnyWorkers) {
  const std::vector<float> expected = logits_of(tiny_mixed(), 1);
  for (const std::uint32_t chunk : {2u, 16u, 60u}) {
    for (const std::uint32_t workers : {1u, 3u}) EXPECT_EQ(logits_of(tiny_mixed(), chunk, workers), expected);
  }
  TinyModel other = tiny_mixed();
  other.layer_kinds = {0, 1, 0, 1};
  EXPECT_NE(logits_of(other, 1), expected) << "the order of the kinds must matter";
}

TEST(Layers, WithRoundedAlibiNeedTheKeysFromTheFirstOn) {
  TinyModel tiny = tiny_llama(Format::f32, Format::f32);
  tiny.kinds[0].alibi = format::Alibi::rounded;
  tidbit_model model;
  EXPECT_EQ(logits_of(tiny, 1), logits_of(tiny, 60));
  tiny.kinds[0].window = 8;
  const AlignedBytes blob = build_blob(tiny);
  EXPECT_EQ(tidbit_open(blob.data(), blob.size(), &model, nullptr), TIDBIT_ERR_UNSUPPORTED);
}

TEST(Layers, OfDifferentKindsAreSavedAndRestored) {
  const AlignedBytes blob = build_blob(tiny_mixed());
  const tidbit_model model = open(blob);
  const std::vector<std::int32_t> tokens = some_tokens(kVocab, 60);
  Runner whole(model, {});
  const std::vector<float> expected = whole.logits_of(tokens, 1, kVocab);
  Runner first(model, {});
  first.logits_of({tokens.begin(), tokens.begin() + 37}, 16, kVocab);
  AlignedBytes image(tidbit_save_bytes(first.session()));
  ASSERT_EQ(tidbit_save(first.session(), image.data(), image.size(), nullptr), TIDBIT_OK);
  Runner second(model, {});
  ASSERT_EQ(tidbit_restore(second.session(), image.data(), image.size()), TIDBIT_OK);
  const std::vector<float> rest = second.logits_of({tokens.begin() + 37, tokens.end()}, 1, kVocab);
  EXPECT_TRUE(std::equal(rest.begin(), rest.end(), expected.begin() + 37 * kVocab));
}

TEST(Describe, NamesEveryNumberOfTheModelAndOfEachKind) {
  const AlignedBytes blob = build_blob(tiny_mixed());
  const tidbit_model model = open(blob);
  std::map<std::pair<int, std::string>, tidbit_field> fields;
  tidbit_field field;
  std::uint32_t count = 0;
  for (; tidbit_describe(&model, count, &field) == TIDBIT_OK; ++count) fields[{field.kind, field.name}] = field;
  EXPECT_EQ(fields.size(), count) << "a name is there twice";
  EXPECT_EQ(tidbit_describe(&model, count, &field), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ((fields[{-1, "vocab_size"}].integer), 50);
  EXPECT_EQ((fields[{0, "heads"}].integer), 4);
  EXPECT_EQ((fields[{1, "heads"}].integer), 3);
  EXPECT_EQ((fields[{1, "norm_epsilon"}].is_real), 1);
  EXPECT_EQ((fields[{1, "norm_epsilon"}].real), 1e-5f);
  const tidbit_field &activation = fields[{1, "activation"}];
  EXPECT_EQ(std::string(activation.value, activation.value_bytes), "gelu_tanh");
  const tidbit_field &kv = fields[{-1, "kv"}];
  EXPECT_EQ(std::string(kv.value, kv.value_bytes), tidbit_format_name(TIDBIT_Q8));
}

TEST(Describe, FormatsHaveNames) {
  EXPECT_STREQ(tidbit_format_name(TIDBIT_F32), "f32");
  EXPECT_STREQ(tidbit_format_name(TIDBIT_Q8X16), "q8x16");
  EXPECT_EQ(tidbit_format_name(TIDBIT_FORMAT_COUNT), nullptr);
}

// What the hook saw: vectors by layer, point and token.
struct Seen {
  std::map<std::tuple<std::uint32_t, int, std::uint32_t>, std::vector<float>> vectors;
  std::uint32_t fed = 0;  // tokens before the chunk in work

  static void observe(void *user, uint32_t layer, tidbit_point point, uint32_t first, uint32_t count, uint32_t width,
                      size_t stride, const float *data) {
    auto &seen = *static_cast<Seen *>(user);
    for (std::uint32_t i = 0; i < count; ++i) {
      const float *row = data + i * stride;
      EXPECT_TRUE(
          seen.vectors
              .emplace(std::tuple(layer, int{point}, seen.fed + first + i), std::vector<float>(row, row + width))
              .second);
    }
  }
};

Seen see(const tidbit_model &model, std::uint32_t chunk) {
  Seen seen;
  tidbit_options options{};
  options.chunk = chunk;
  options.observe = Seen::observe;
  options.observe_user = &seen;
  Runner runner(model, options);
  const std::vector<std::int32_t> tokens = some_tokens(kVocab, 12);
  for (std::uint32_t at = 0; at < 12; at += chunk) {
    EXPECT_EQ(tidbit_prefill(runner.session(), tokens.data() + at, chunk, 0, nullptr), TIDBIT_OK);
    seen.fed += chunk;
  }
  return seen;
}

TEST(Observe, SeesEveryPointOfEveryLayerAndToken) {
  const AlignedBytes blob = build_blob(tiny_mixed());
  const Seen seen = see(open(blob), 4);
  EXPECT_EQ(seen.vectors.size(), 12u * (1 + 4 * (TIDBIT_POINT_LAYER_OUT - TIDBIT_POINT_EMBEDDING)));
  EXPECT_EQ(seen.vectors.at({0, TIDBIT_POINT_FFN_INNER, 3}).size(), 100u);
  EXPECT_EQ(seen.vectors.at({1, TIDBIT_POINT_FFN_INNER, 3}).size(), 44u);
  EXPECT_EQ(seen.vectors.at({0, TIDBIT_POINT_QKV, 11}).size(), 20u * 5);
}

TEST(Observe, SeesTheSameVectorsInAnyChunks) {
  const AlignedBytes blob = build_blob(tiny_mixed());
  const tidbit_model model = open(blob);
  const Seen one = see(model, 1);
  EXPECT_EQ(see(model, 4).vectors, one.vectors);
  EXPECT_EQ(see(model, 12).vectors, one.vectors);
}

TEST(Observe, ResidualStreamIsTheSumOfWhatTheLayersAdd) {
  const AlignedBytes blob = build_blob(tiny_llama());
  Seen seen = see(open(blob), 12);
  for (std::uint32_t token = 0; token < 12; ++token) {
    std::vector<float> x = seen.vectors.at({0, TIDBIT_POINT_EMBEDDING, token});
    for (std::uint32_t layer = 0; layer < 2; ++layer) {
      for (const int point : {TIDBIT_POINT_MIXER_OUT, TIDBIT_POINT_FFN_OUT}) {
        const std::vector<float> &added = seen.vectors.at({layer, point, token});
        for (std::size_t i = 0; i < x.size(); ++i) x[i] = x[i] + added[i];
      }
      EXPECT_EQ(x, seen.vectors.at({layer, TIDBIT_POINT_LAYER_OUT, token}));
    }
  }
}

// Feeds 7 tokens and gets the logits of each: the head's input is seen under the token's index.
TEST(Observe, SeesTheInputOfTheHeadUnderTheIndexOfItsToken) {
  for (const TinyModel &tiny : {tiny_llama(), tiny_first_gpt()}) {  // with a final norm, and without
    const AlignedBytes blob = build_blob(tiny);
    const tidbit_model model = open(blob);
    Seen seen;
    tidbit_options options{};
    options.observe = Seen::observe;
    options.observe_user = &seen;
    Runner runner(model, options);
    const std::vector<float> logits = runner.logits_of(some_tokens(kVocab, 7), 7, kVocab);
    EXPECT_EQ(logits, logits_of(tiny, 1, 1, 7));
    for (std::uint32_t token = 0; token < 7; ++token) {
      EXPECT_EQ(seen.vectors.count({2, TIDBIT_POINT_HEAD_IN, token}), 1u) << token;
    }
  }
}

// The same number of experts for each token; the inputs of an expert as they come, under its number.
TEST(Observe, SeesTheInputsOfEachExpert) {
  const TinyModel tiny = tiny_experts();
  const AlignedBytes blob = build_blob(tiny);
  struct Counts {
    std::map<std::tuple<std::uint32_t, int>, std::uint32_t> vectors;  // of a layer and a point
    std::uint32_t highest = 0;
  } counts;
  tidbit_options options{};
  options.chunk = 4;
  options.observe_user = &counts;
  options.observe = [](void *user, std::uint32_t layer, tidbit_point point, std::uint32_t first, std::uint32_t count,
                       std::uint32_t, std::size_t, const float *) {
    auto &c = *static_cast<Counts *>(user);
    if (point < TIDBIT_POINT_EXPERT_IN) return;
    c.vectors[{layer, point}] += count;
    c.highest = std::max(c.highest, first);
  };
  Runner runner(open(blob), options);
  const std::vector<std::int32_t> tokens = some_tokens(kVocab, 12);
  EXPECT_EQ(tidbit_prefill(runner.session(), tokens.data(), 12, 0, nullptr), TIDBIT_OK);
  std::uint32_t most = 0;
  for (std::uint32_t layer = 0; layer < tiny.layer_kinds.size(); ++layer) {
    const format::LayerKind &kind = tiny.kinds[tiny.layer_kinds[layer]];
    most = std::max(most, kind.experts);
    for (const int point : {TIDBIT_POINT_EXPERT_IN, TIDBIT_POINT_EXPERT_INNER}) {
      EXPECT_EQ((counts.vectors[{layer, point}]), kind.experts == 0 ? 0 : 12u * kind.experts_used) << layer;
    }
  }
  EXPECT_LT(counts.highest, most);
}

TEST(Observe, NeedsASingleWorker) {
  const AlignedBytes blob = build_blob(tiny_llama());
  const tidbit_model model = open(blob);
  tidbit_options options{};
  options.workers = 2;
  options.parallel_for = backwards;
  options.observe = Seen::observe;
  tidbit_plan_result plan;
  ASSERT_EQ(tidbit_plan(&model, &options, &plan), TIDBIT_OK);
  Memory memory(plan);
  tidbit_session *session = nullptr;
  EXPECT_EQ(tidbit_init(&model, &options, &memory.view, &session, nullptr), TIDBIT_ERR_ARGUMENT);
}

}  // namespace
}  // namespace tidbit::test
