// Layers that use the keys and values of another layer.
#include <cstring>

#include "format/roles.h"
#include "tests/support/forged_blob.h"
#include "tests/support/runner.h"
#include "tests/support/tiny_model.h"

namespace tidbit::test {
namespace {

using format::LayerRole;

// The bytes of a layer's tensor.
std::span<std::byte> tensor(ForgedBlob &blob, std::uint32_t layer, LayerRole role) {
  const format::LayerKind &kind = blob.kinds()[blob.layer_kinds()[layer]];
  const format::Stack &stack = blob.stack();
  const format::Tensor &t =
      blob.tensors()[stack.first_tensor + layer * stack.layer_tensors + kind.slots[static_cast<std::size_t>(role)]];
  return {blob.data() + t.offset, static_cast<std::size_t>(t.bytes)};
}

void copy(std::span<std::byte> to, std::span<std::byte> from) {
  std::memcpy(to.data(), from.data(), std::min(to.size(), from.size()));
}

// A layer that adds nothing to the residual stream.
void silence(ForgedBlob &blob, std::uint32_t layer) {
  for (const LayerRole role : {LayerRole::attention_out, LayerRole::ffn_down}) {
    std::ranges::fill(tensor(blob, layer, role), std::byte{0});
  }
}

std::vector<float> logits_of(ForgedBlob &blob) {
  EXPECT_EQ(blob.open(), TIDBIT_OK);
  return Runner(opened(blob.bytes()), {}).logits_of(some_tokens(50, 60), 16, 50);
}

// The first layer adds nothing, so the second one sees the same vectors. If it has the same norm and the same matrices
// of keys and values, it computes what the first one stored.
TEST(SharedKeysAndValues, AreThoseThatALayerWithTheSameWeightsComputes) {
  TinyModel tiny = tiny_llama();
  ForgedBlob own(build_blob(tiny));
  tiny.kinds.push_back(tiny.kinds[0]);
  tiny.kinds[1].kv_layer = 1;
  tiny.layer_kinds = {0, 1};
  ForgedBlob shared(build_blob(tiny));
  silence(own, 0);
  silence(shared, 0);
  copy(tensor(own, 1, LayerRole::mixer_in_norm), tensor(own, 0, LayerRole::mixer_in_norm));
  const auto q = tensor(shared, 1, LayerRole::qkv), first = tensor(own, 0, LayerRole::qkv),
             second = tensor(own, 1, LayerRole::qkv);
  copy(second.subspan(q.size()), first.subspan(q.size()));
  std::memcpy(shared.data() + shared.tensors()[0].offset, own.data() + own.tensors()[0].offset, own.tensors()[0].bytes);
  for (std::uint32_t role = 0; role < static_cast<std::uint32_t>(LayerRole::count); ++role) {
    if (own.kinds()[0].slots[role] == format::kAbsent) continue;
    for (const std::uint32_t layer : {0u, 1u}) {
      copy(tensor(shared, layer, static_cast<LayerRole>(role)), tensor(own, layer, static_cast<LayerRole>(role)));
    }
  }
  for (std::uint32_t i = 1; i < own.stack().first_tensor; ++i) {
    std::memcpy(shared.data() + shared.tensors()[i].offset, own.data() + own.tensors()[i].offset,
                own.tensors()[i].bytes);
  }
  EXPECT_EQ(logits_of(shared), logits_of(own));
}

TEST(SharedKeysAndValues, TakeNoMemory) {
  TinyModel tiny = tiny_shared();
  const AlignedBytes shared = build_blob(tiny);
  tiny.layer_kinds = {1, 0};
  const AlignedBytes half = build_blob(tiny);
  tidbit_options options{};
  tidbit_plan_result plans[2]{};
  const tidbit_model models[] = {opened(shared), opened(half)};
  for (int i = 0; i < 2; ++i) ASSERT_EQ(tidbit_plan(&models[i], &options, &plans[i]), TIDBIT_OK);
  EXPECT_EQ(plans[0].bytes[TIDBIT_PART_KV], plans[1].bytes[TIDBIT_PART_KV]);
}

struct Misfit {
  const char *what;
  void (*make)(TinyModel &model);
};

constexpr Misfit kMisfits[] = {
    {"of the layer itself", [](TinyModel &m) { m.kinds[3].kv_layer = 4; }},
    {"of a later layer",
     [](TinyModel &m) {
       m.layer_kinds = {1, 2, 0, 3};
     }},
    {"of a layer that there is not", [](TinyModel &m) { m.kinds[3].kv_layer = 5; }},
    {"of a layer that shares them", [](TinyModel &m) { m.kinds[3].kv_layer = 3; }},
    {"with another window", [](TinyModel &m) { m.kinds[3].window = 21; }},
    {"without the window", [](TinyModel &m) { m.kinds[3].window = 0; }},
    {"of other heads", [](TinyModel &m) { m.kinds[3].kv_heads = 1; }},
    {"of another size", [](TinyModel &m) { m.kinds[3].head_dim = m.kinds[3].value_dim = 16; }},
    {"of a convolution",
     [](TinyModel &m) {
       format::LayerKind &k = m.kinds[1];
       k = tiny_convolution().kinds[1];
     }},
};

TEST(SharedKeysAndValues, ThatDoNotFitAreRefused) {
  ASSERT_EQ(ForgedBlob(build_blob(tiny_shared())).open(), TIDBIT_OK);
  for (const Misfit &misfit : kMisfits) {
    TinyModel tiny = tiny_shared();
    misfit.make(tiny);
    ForgedBlob blob(build_blob(tiny));
    std::uint64_t fault = 0;
    EXPECT_EQ(blob.open(&fault), TIDBIT_ERR_CONFIG) << misfit.what;
    EXPECT_EQ((fault - blob.offset_of(blob.kinds())) % sizeof(format::LayerKind), offsetof(format::LayerKind, kv_layer))
        << misfit.what;
  }
}

}  // namespace
}  // namespace tidbit::test
