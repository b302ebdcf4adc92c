// tidbit plan --board: the table of boards and the report.
#include "cli/boards.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli/process.h"

namespace tidbit::test {
namespace {

using cli::Board;
using cli::Memory;
using cli::MemoryKind;

const std::string kModel = TIDBIT_SAMPLE_BLOB;

Words board_names() {
  char list[512];
  cli::list_boards(list, sizeof list);
  Words names;
  std::istringstream words(list);
  for (std::string name; words >> name;) names.push_back(name.substr(0, name.find(',')));
  return names;
}

nlohmann::json plan_of(const Words &more) {
  Words words{"plan", kModel, "--json"};
  words.insert(words.end(), more.begin(), more.end());
  const Result result = tidbit(words);
  EXPECT_EQ(result.code, 0) << result.error;
  return nlohmann::json::parse(result.out);
}

TEST(Boards, EachHasASourceForEveryFigure) {
  ASSERT_FALSE(board_names().empty());
  for (const std::string &name : board_names()) {
    const Board *board = cli::find_board(name.c_str());
    ASSERT_NE(board, nullptr) << name;
    EXPECT_GT(std::strlen(board->cache_source), 0u) << name;
    ASSERT_GT(board->memory_count(), 0u) << name;
    for (size_t i = 0; i < board->memory_count(); ++i) {
      EXPECT_GT(std::strlen(board->memories[i].size_source), 0u) << name << " " << board->memories[i].name;
      EXPECT_GT(std::strlen(board->memories[i].bus_source), 0u) << name << " " << board->memories[i].name;
      EXPECT_GT(board->memories[i].bytes_per_second(), 0u) << name << " " << board->memories[i].name;
    }
  }
}

// A source that contains an assumption says "assumed", and no other does.
TEST(Boards, AnInferredBusSaysSoInItsSource) {
  size_t documented = 0;
  for (const std::string &name : board_names()) {
    const Board *board = cli::find_board(name.c_str());
    for (size_t i = 0; i < board->memory_count(); ++i) {
      const Memory &memory = board->memories[i];
      const bool is_documented = memory.basis == cli::Basis::documented;
      const bool says_so = std::strstr(memory.bus_source, "assumed: ") != nullptr;
      EXPECT_NE(is_documented, says_so) << name << " " << memory.name;
      documented += is_documented;
    }
  }
  EXPECT_GT(documented, 0u);
}

TEST(Boards, ThePlanSaysWhichBusesAreDocumentedAndWhichInferred) {
  const nlohmann::json memories = plan_of({"--board", "pico2"})["board"]["memories"];
  EXPECT_EQ(memories["QSPI flash"]["bus"], "documented");
  EXPECT_EQ(memories["SRAM"]["bus"], "inferred");
  const std::string plain = tidbit({"plan", kModel, "--board", "pico2"}).out;
  EXPECT_NE(plain.find("PICO_FLASH_SPI_CLKDIV 2 (documented)\n"), std::string::npos) << plain;
  EXPECT_NE(plain.find("a core (inferred)\n"), std::string::npos) << plain;
}

// The internal flash of the nRF5340 is many times faster than the external flash chip.
TEST(Boards, AModelThatFitsTheInternalFlashLiesThere) {
  const nlohmann::json board = plan_of({"--context", "32", "--board", "nrf5340-dk"})["board"];
  ASSERT_LT(plan_of({})["blob_bytes"].get<uint64_t>(), uint64_t{(1024 - 60) << 10});
  EXPECT_EQ(board["placement"]["model"], "flash");
}

// place() relies on the order: flash from fast to slow, then RAM from fast to slow.
TEST(Boards, MemoriesAreListedFromFastToSlow) {
  for (const std::string &name : board_names()) {
    const Board *board = cli::find_board(name.c_str());
    EXPECT_EQ(board->memories[board->memory_count() - 1].kind, MemoryKind::ram) << name;
    for (size_t i = 1; i < board->memory_count(); ++i) {
      const Memory &before = board->memories[i - 1], &memory = board->memories[i];
      EXPECT_LE(before.kind, memory.kind) << name;
      if (before.kind != memory.kind) continue;
      EXPECT_LE(memory.bytes_per_second(), before.bytes_per_second()) << name << " " << memory.name;
    }
  }
}

TEST(Boards, ABandwidthIsWidthTimesRate) {
  constexpr cli::Basis kAny = cli::Basis::inferred;
  EXPECT_EQ((Memory{"", MemoryKind::flash, 1, 4, 75, kAny, "", ""}.bytes_per_second()), 37500000u);
  EXPECT_EQ((Memory{"", MemoryKind::ram, 1, 32, 4267, kAny, "", ""}.bytes_per_second()), 17068000000u);
}

TEST(Boards, CaseOfANameDoesNotMatter) {
  EXPECT_EQ(cli::find_board("PICO2"), cli::find_board("pico2"));
  EXPECT_EQ(tidbit({"plan", kModel, "--board", "Pico2"}).out, tidbit({"plan", kModel, "--board", "pico2"}).out);
}

TEST(Boards, TheSampleModelFitsEachWithASmallContext) {
  for (const std::string &name : board_names()) {
    const Result result = tidbit({"plan", kModel, "--context", "32", "--board", name});
    EXPECT_EQ(result.code, 0) << result.error;
    EXPECT_NE(result.out.find("fits " + name), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("source: "), std::string::npos) << result.out;
  }
}

TEST(Boards, WhatIsUsedOfTheMemoriesIsTheModelAndThePlansParts) {
  for (const std::string &name : board_names()) {
    const nlohmann::json plan = plan_of({"--context", "48", "--chunk", "4", "--board", name});
    std::map<std::string, uint64_t> used;
    used[plan["board"]["placement"]["model"]] += plan["blob_bytes"].get<uint64_t>();
    for (const auto &[part, bytes] : plan["bytes"].items()) {
      used[plan["board"]["placement"][part]] += bytes.get<uint64_t>();
    }
    uint64_t sum = 0;
    for (const auto &[memory, figures] : plan["board"]["memories"].items()) {
      EXPECT_EQ(figures["used"], used[memory]) << name << " " << memory;
      EXPECT_LE(figures["used"], figures["bytes"]) << name << " " << memory;
      sum += figures["used"].get<uint64_t>();
    }
    EXPECT_EQ(sum, plan["total"].get<uint64_t>() + plan["blob_bytes"].get<uint64_t>()) << name;
  }
}

TEST(Boards, TheRateIsThatOfTheMemoryWithTheModel) {
  const nlohmann::json board = plan_of({"--board", "pico2"})["board"];
  const double bytes = board["bytes_per_token"].get<double>() - board["cache_bytes"].get<double>();
  ASSERT_GT(bytes, 0);
  EXPECT_NEAR(board["most_tokens_per_second"].get<double>() * bytes, 37.5e6, 1);
}

TEST(Boards, WithoutABoardThePlanIsAsItWas) {
  EXPECT_FALSE(plan_of({}).contains("board"));
  const std::string plain = tidbit({"plan", kModel}).out;
  EXPECT_EQ(tidbit({"plan", kModel, "--board", "pi-5"}).out.rfind(plain, 0), 0u);
}

TEST(Boards, WhatDoesNotFitIsOneLineWithTheMissingBytesAndNoOutput) {
  const Scratch scratch;
  // 32 workers need hundreds of kilobytes more than the SRAM has.
  const Words plan{"plan", kModel, "--chunk", "256", "--threads", "32"};
  Words words = plan;
  words.insert(words.end(), {"--board", "pico2", "--header", scratch.path("plan.h")});
  const Result result = tidbit(words);
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(scratch.file_count(), 0u);
  const uint64_t total = plan_of({plan.begin() + 2, plan.end()})["total"];
  const std::string missing = std::to_string(total - 520 * 1024) + " bytes are missing in SRAM\n";
  EXPECT_EQ(result.error, "tidbit: " + kModel + ": does not fit pico2: " + missing);
}

TEST(Boards, AnUnknownOneIsRefusedWithTheNames) {
  for (const Words &words : {Words{"plan", kModel, "--board", "pico3"}, {"plan", "/nonexistent", "--board", ""}}) {
    const Result result = tidbit(words);
    EXPECT_EQ(result.code, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(std::count(result.error.begin(), result.error.end(), '\n'), 1) << result.error;
    for (const std::string &name : board_names()) EXPECT_NE(result.error.find(name), std::string::npos) << name;
  }
}

TEST(Boards, HelpListsTheNames) {
  const std::string help = tidbit({"plan", "--help"}).out;
  for (const std::string &name : board_names()) EXPECT_NE(help.find(name), std::string::npos) << name;
}

}  // namespace
}  // namespace tidbit::test
