// The trained stories260K model through both programs: text and perplexity equal those of the references.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/cli/process.h"

namespace tidbit::test {
namespace {

const std::string kData = TIDBIT_DATA_DIR;

class Stories : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string folder = kData + "/stories260K";
    if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " does not exist";
    model_ = scratch_.path("stories.tidbit");
    const Result result = run_program(
        TIDBIT_CONVERT_PROGRAM,
        {folder + "/stories260K-f32", "--tokenizer", folder + "/tok512.model", "--weights", "f32", "-o", model_});
    ASSERT_EQ(result.code, 0) << result.error;
  }
  Scratch scratch_;
  std::string model_;
};

TEST_F(Stories, GreedyTextIsTheReference) {
  const std::string golden = read_file(kData + "/stories260K/golden/stories260K.greedy256.text.txt");
  ASSERT_FALSE(golden.empty());
  EXPECT_EQ(tidbit({"run", model_, "--temp", "0", "-n", "256"}).out, golden);
}

TEST_F(Stories, ATextGoesOnWithItsBlank) {
  EXPECT_EQ(tidbit({"run", model_, "--temp", "0", "-n", "2", "-p", "Once upon a", "--echo"}).out,
            "Once upon a time,\n");
}

TEST_F(Stories, AStopStringEndsTheTextAndIsNotPrinted) {
  EXPECT_EQ(tidbit({"run", model_, "--temp", "0", "--stop", " little"}).out, "Once upon a time, there was a\n");
}

// The same windows computed with PyTorch in fp32 gave 1.916957.
TEST_F(Stories, PerplexityIsTheReference) {
  const Result result =
      tidbit({"eval", model_, "--text", kData + "/text/tinystories_sample.txt", "--context", "256", "--json"});
  ASSERT_EQ(result.code, 0) << result.error;
  const nlohmann::json score = nlohmann::json::parse(result.out);
  EXPECT_EQ(score["tokens"], 1882);
  EXPECT_NEAR(score["nll"].get<double>(), 1.916957, 1e-5);
}

}  // namespace
}  // namespace tidbit::test
