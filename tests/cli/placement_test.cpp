// Where place() puts the model and the parts, on made-up boards.
#include "cli/placement.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tidbit::test {
namespace {

using cli::Board;
using cli::MemoryKind;
using cli::place;
using cli::Placement;

enum : size_t { kFastFlash, kSlowFlash, kFastRam, kSlowRam };

constexpr cli::Basis kInferred = cli::Basis::inferred;

Board board_of(uint64_t fast_flash, uint64_t slow_flash, uint64_t fast_ram, uint64_t slow_ram) {
  return {"board",
          "a board",
          100,
          "",
          {{"fast flash", MemoryKind::flash, fast_flash, 8, 2, kInferred, "", ""},
           {"slow flash", MemoryKind::flash, slow_flash, 8, 1, kInferred, "", ""},
           {"fast RAM", MemoryKind::ram, fast_ram, 8, 8, kInferred, "", ""},
           {"slow RAM", MemoryKind::ram, slow_ram, 8, 4, kInferred, "", ""}}};
}

tidbit_plan_result plan_of(uint64_t state, uint64_t kv, uint64_t activations, uint64_t logits, uint64_t scratch) {
  return {{state, kv, activations, logits, scratch}, state + kv + activations + logits + scratch, 1, 1, 1};
}

TEST(Placement, TheModelGoesToTheFastestFlashThatHoldsIt) {
  const tidbit_plan_result plan = plan_of(1, 1, 1, 1, 1);
  EXPECT_EQ(place(board_of(1000, 2000, 9000, 9000), 1000, plan).model, kFastFlash);
  EXPECT_EQ(place(board_of(1000, 2000, 9000, 9000), 1001, plan).model, kSlowFlash);
}

TEST(Placement, AFlashWithRoomForAProgramTooComesFirst) {
  const tidbit_plan_result plan = plan_of(1, 1, 1, 1, 1);
  const uint64_t fast = cli::kProgramBytes + 1000;
  EXPECT_EQ(place(board_of(fast, 2 * fast, 9000, 9000), 1000, plan).model, kFastFlash);
  EXPECT_EQ(place(board_of(fast, 2 * fast, 9000, 9000), 1001, plan).model, kSlowFlash);
  EXPECT_EQ(place(board_of(fast, fast, 9000, 9000), 1001, plan).model, kFastFlash);
}

TEST(Placement, AModelTooLargeForFlashGoesToTheSlowestRamThatHoldsIt) {
  const tidbit_plan_result plan = plan_of(1, 1, 1, 1, 1);
  EXPECT_EQ(place(board_of(10, 20, 9000, 9000), 1000, plan).model, kSlowRam);
  EXPECT_EQ(place(board_of(10, 20, 9000, 900), 1000, plan).model, kFastRam);
}

TEST(Placement, PartsGoToTheFastestRamInTurnUntilItIsFull) {
  const Placement found = place(board_of(10, 20, 100, 100), 1, plan_of(1, 60, 50, 10, 40));
  EXPECT_EQ(found.missing, 0u);
  EXPECT_EQ(found.parts[TIDBIT_PART_ACTIVATIONS], kFastRam);
  EXPECT_EQ(found.parts[TIDBIT_PART_SCRATCH], kFastRam);
  EXPECT_EQ(found.parts[TIDBIT_PART_KV], kSlowRam);
  EXPECT_EQ(found.parts[TIDBIT_PART_LOGITS], kFastRam);
  EXPECT_EQ(found.parts[TIDBIT_PART_STATE], kSlowRam);
  EXPECT_EQ(found.used[kFastRam], 100u);
  EXPECT_EQ(found.used[kSlowRam], 61u);
}

TEST(Placement, AnEarlierPartMakesRoomForALaterOneThatFitsNowhereElse) {
  const Placement found = place(board_of(10, 20, 100, 50), 1, plan_of(0, 90, 50, 0, 0));
  EXPECT_EQ(found.missing, 0u);
  EXPECT_EQ(found.parts[TIDBIT_PART_ACTIVATIONS], kSlowRam);
  EXPECT_EQ(found.parts[TIDBIT_PART_KV], kFastRam);
}

TEST(Placement, PartsNeverLieInFlash) {
  const Placement found = place(board_of(9000, 9000, 10, 10), 1, plan_of(5, 5, 5, 5, 5));
  EXPECT_EQ(found.missing, 5u);
  for (const size_t memory : found.parts) EXPECT_GE(memory, kFastRam);
}

TEST(Placement, AsFewBytesAsPossibleAreMissing) {
  const Board board = board_of(10, 20, 100, 50);
  const Placement found = place(board, 1, plan_of(0, 120, 60, 0, 0));
  EXPECT_EQ(found.missing, 30u);
  EXPECT_EQ(missing_in(board, found, kFastRam), 20u);
  EXPECT_EQ(missing_in(board, found, kSlowRam), 10u);
}

TEST(Placement, AModelThatNoMemoryHoldsIsMissingInTheLargest) {
  const Board board = board_of(10, 200, 100, 50);
  const Placement found = place(board, 230, plan_of(1, 1, 1, 1, 1));
  EXPECT_EQ(found.missing, 30u);
  EXPECT_EQ(missing_in(board, found, kSlowFlash), 30u);
}

TEST(Placement, WeightsThatTheCacheMayHoldHaveNoBound) {
  const Board board = board_of(1000, 2000, 100, 50);
  const Placement found = place(board, 500, plan_of(1, 1, 1, 1, 1));
  EXPECT_TRUE(std::isinf(most_tokens_per_second(board, found, 100)));
  EXPECT_EQ(most_tokens_per_second(board, found, 300), 2e6 / 200);
}

}  // namespace
}  // namespace tidbit::test
