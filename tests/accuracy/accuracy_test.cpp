// The accuracy of the sample model in each weight format, on requests with wording it has never seen. Prints the table
// for the README.
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/blob_file.h"
#include "tests/support/runner.h"
#include "tests/support/text.h"

namespace tidbit::test {
namespace {

constexpr std::uint32_t kLongestAnswer = 80;
constexpr double kLeastExact = 98.0;

struct Request {
  std::string text, answer;
};

std::vector<Request> read_requests() {
  std::ifstream file(TIDBIT_HELDOUT);
  std::vector<Request> requests;
  for (std::string line; std::getline(file, line);) {
    const std::size_t tab = line.find('\t');
    if (tab != std::string::npos) requests.push_back({line.substr(0, tab), line.substr(tab + 1)});
  }
  return requests;
}

// The share of the right answer's fields that are present with the right value.
double fields_right(const std::string &right, const std::string &given) {
  const nlohmann::json want = nlohmann::json::parse(right);
  const nlohmann::json have = nlohmann::json::parse(given, nullptr, false);
  if (!have.is_object()) return 0;
  int same = 0;
  for (const auto &[key, value] : want.items()) same += have.contains(key) && have[key] == value;
  return static_cast<double>(same) / static_cast<double>(want.size());
}

struct Score {
  double exact = 0;   // percentage of answers that are right to the byte
  double fields = 0;  // percentage of fields that are right
};

Score measure(const std::string &name) {
  const auto blob = read_blob(name);
  tidbit_model model;
  Score score;
  if (!blob || tidbit_open(blob->data(), blob->size(), &model, nullptr) != TIDBIT_OK) {
    ADD_FAILURE() << name << ".tidbit does not open";
    return score;
  }
  Runner runner(model, {});
  const std::vector<Request> requests = read_requests();
  for (const Request &r : requests) {
    tidbit_reset(runner.session());
    const std::vector<int32_t> prompt = tokenize(model, r.text, TIDBIT_TEXT_SPECIAL);
    const std::string given = greedy_text(model, runner.session(), prompt, kLongestAnswer);
    score.exact += given == r.answer;
    score.fields += fields_right(r.answer, given);
  }
  const double share = 100.0 / static_cast<double>(requests.size());
  score = {score.exact * share, score.fields * share};
  std::printf("| %s | %zu | %.2f | %.2f |\n", name.c_str(), requests.size(), score.exact, score.fields);
  return score;
}

TEST(Accuracy, SampleModelAnswersHeldOutRequests) {
  ASSERT_GE(read_requests().size(), 1000u);
  std::printf("| blob | requests | exact answers, %% | right fields, %% |\n|---|---|---|---|\n");
  const Score f32 = measure("home-f32"), f16 = measure("home-f16"), q8 = measure("home-q8"),
              kvq8 = measure("home-q8-kvq8"), q4 = measure("home-q4");
  EXPECT_GE(f32.exact, kLeastExact);
  EXPECT_GE(f16.exact, f32.exact - 0.3);
  EXPECT_GE(q8.exact, f32.exact - 0.3);
  EXPECT_GE(kvq8.exact, f32.exact - 0.5);
  EXPECT_GE(q4.exact, f32.exact - 5.0);
}

}  // namespace
}  // namespace tidbit::test
