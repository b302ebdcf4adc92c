#include "tests/support/runner.h"
#include "tests/support/tiny_model.h"

namespace tidbit::test {
namespace {

TEST(Memory, PlanNamesExactBytesOfEachPart) {
  const AlignedBytes blob = build_blob(tiny_llama());
  const tidbit_model model = opened(blob);
  tidbit_options options{};
  options.context = 33;
  options.chunk = 1;
  tidbit_plan_result plan;
  ASSERT_EQ(tidbit_plan(&model, &options, &plan), TIDBIT_OK);
  EXPECT_EQ(plan.bytes[TIDBIT_PART_STATE], 1024u);
  // 2 layers, 2 kv heads, keys and values, 48 positions (33 rounded up to tiles of 16), 8 channels, 4 bytes.
  EXPECT_EQ(plan.bytes[TIDBIT_PART_KV], 2u * 2 * 2 * 48 * 8 * 4);
  // 2 x 32 hidden, 96 inner (64 for q, k, v and 32 for the output), 2 x 16 for angles (4, rounded up to a line).
  EXPECT_EQ(plan.bytes[TIDBIT_PART_ACTIVATIONS], (2u * 32 + 96 + 2 * 16) * 4);
  EXPECT_EQ(plan.bytes[TIDBIT_PART_LOGITS], 64u * 4);
  // The scores of the two query heads that share a key head.
  EXPECT_EQ(plan.bytes[TIDBIT_PART_SCRATCH], 2u * 48 * 4);
  EXPECT_EQ(plan.total, 1024u + 12288 + 768 + 256 + 384);
}

TEST(Memory, KvFormatSetsTheCachesSize) {
  const auto kv_bytes = [](format::Format kv) {
    const AlignedBytes blob = build_blob(tiny_llama(format::Format::f32, kv));
    const tidbit_model model = opened(blob);
    tidbit_options options{};
    options.context = 64;
    tidbit_plan_result plan;
    EXPECT_EQ(tidbit_plan(&model, &options, &plan), TIDBIT_OK);
    return plan.bytes[TIDBIT_PART_KV];
  };
  EXPECT_EQ(kv_bytes(format::Format::f32), 4u * 2 * 64 * 8 * 4);
  EXPECT_EQ(kv_bytes(format::Format::f16), 4u * 2 * 64 * 8 * 2);
  EXPECT_EQ(kv_bytes(format::Format::q8), 4u * 2 * (64 * 8 + 64 * 4));
}

TEST(Memory, TooSmallPartIsNamedWithItsMissingBytes) {
  const AlignedBytes blob = build_blob(tiny_llama());
  const tidbit_model model = opened(blob);
  const tidbit_options options{};
  tidbit_plan_result plan;
  ASSERT_EQ(tidbit_plan(&model, &options, &plan), TIDBIT_OK);
  for (int part = 0; part < TIDBIT_PART_COUNT; ++part) {
    Memory memory(plan);
    memory.view.bytes[part] -= 5;
    tidbit_session *session = nullptr;
    tidbit_shortage shortage{};
    EXPECT_EQ(tidbit_init(&model, &options, &memory.view, &session, &shortage), TIDBIT_ERR_MEMORY);
    EXPECT_EQ(shortage.part, part);
    EXPECT_EQ(shortage.missing, 5u);
  }
}

TEST(Memory, OneBufferIsCutIntoParts) {
  const AlignedBytes blob = build_blob(tiny_llama());
  const tidbit_model model = opened(blob);
  const tidbit_options options{};
  tidbit_plan_result plan;
  ASSERT_EQ(tidbit_plan(&model, &options, &plan), TIDBIT_OK);
  AlignedBytes buffer(plan.total);
  tidbit_memory memory;
  std::uint64_t missing = 0;
  EXPECT_EQ(tidbit_split_memory(&plan, buffer.data(), buffer.size() - 7, &memory, &missing), TIDBIT_ERR_MEMORY);
  EXPECT_EQ(missing, 7u);
  EXPECT_EQ(tidbit_split_memory(&plan, buffer.data() + 4, buffer.size(), &memory, &missing), TIDBIT_ERR_ALIGNMENT);
  ASSERT_EQ(tidbit_split_memory(&plan, buffer.data(), buffer.size(), &memory, &missing), TIDBIT_OK);
  tidbit_session *session = nullptr;
  EXPECT_EQ(tidbit_init(&model, &options, &memory, &session, nullptr), TIDBIT_OK);
}

TEST(Memory, OptionsOutOfRangeAreRefused) {
  const AlignedBytes blob = build_blob(tiny_llama());
  const tidbit_model model = opened(blob);
  tidbit_plan_result plan;
  tidbit_options options{};
  options.context = 97;  // the model has 96
  EXPECT_EQ(tidbit_plan(&model, &options, &plan), TIDBIT_ERR_ARGUMENT);
  options = {};
  options.chunk = 257;
  EXPECT_EQ(tidbit_plan(&model, &options, &plan), TIDBIT_ERR_ARGUMENT);
  options = {};
  options.workers = 65;
  EXPECT_EQ(tidbit_plan(&model, &options, &plan), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_plan(&model, nullptr, &plan), TIDBIT_ERR_ARGUMENT);
}

TEST(Memory, InstructionSetThatIsNotThereIsRefused) {
  const AlignedBytes blob = build_blob(tiny_llama());
  const tidbit_model model = opened(blob);
  for (int isa = 0; isa <= TIDBIT_ISA_COUNT; ++isa) {
    tidbit_options options{};
    options.isa = static_cast<tidbit_isa>(isa);
    tidbit_plan_result plan;
    ASSERT_EQ(tidbit_plan(&model, &options, &plan), TIDBIT_OK);
    Memory memory(plan);
    tidbit_session *session = nullptr;
    EXPECT_EQ(tidbit_init(&model, &options, &memory.view, &session, nullptr), tidbit_isa_check(options.isa, 0));
  }
  EXPECT_EQ(tidbit_isa_check(TIDBIT_ISA_COUNT, 0), TIDBIT_ERR_ISA);
}

}  // namespace
}  // namespace tidbit::test
