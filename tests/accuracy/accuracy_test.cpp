// What the sample model gets right of requests whose wording it never saw, in each weight format. Prints README's table.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/runner.h"

namespace tidbit::test {
namespace {

constexpr std::uint32_t kLongestAnswer = 80;

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

AlignedBytes read_blob(const std::string &name) {
  std::ifstream file(std::string(TIDBIT_BLOB_DIR) + "/" + name + ".tidbit", std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  return AlignedBytes(std::as_bytes(std::span(text)));
}

std::vector<int32_t> tokenize(const tidbit_model &model, const std::string &text) {
  std::vector<std::uint64_t> workspace(tidbit_tokenize_bytes(&model, text.size()) / 8 + 1);
  std::vector<int32_t> tokens(tidbit_tokenize_most(&model, text.size()));
  std::uint32_t count = 0;
  EXPECT_EQ(tidbit_tokenize(&model, text.data(), text.size(), TIDBIT_TEXT_SPECIAL, workspace.data(),
                            workspace.size() * 8, tokens.data(), static_cast<std::uint32_t>(tokens.size()), &count),
            TIDBIT_OK);
  tokens.resize(count);
  return tokens;
}

std::string answer(const tidbit_model &model, tidbit_session *session, const std::string &request) {
  tidbit_model_info info;
  tidbit_info(&model, &info);
  std::vector<int32_t> feed = tokenize(model, request);
  tidbit_stream stream;
  EXPECT_EQ(tidbit_stream_init(&stream, &model, nullptr, 0), TIDBIT_OK);
  std::string text;
  tidbit_reset(session);
  for (std::uint32_t i = 0; i < kLongestAnswer; ++i) {
    float *logits = nullptr;
    const auto count = static_cast<std::uint32_t>(feed.size());
    if (tidbit_prefill(session, feed.data(), count, 0, nullptr) != TIDBIT_OK) break;
    EXPECT_EQ(tidbit_logits(session, &logits), TIDBIT_OK);
    const tidbit_sampling greedy{};
    feed.resize(1);
    tidbit_sample(logits, info.vocab_size, &greedy, nullptr, nullptr, 0, feed.data());
    if (tidbit_is_end(&model, feed[0])) break;
    const char *piece = nullptr;
    std::uint32_t bytes = 0;
    tidbit_stream_push(&stream, feed[0], &piece, &bytes);
    text.append(piece, bytes);
  }
  return text;
}

// How many of the fields of the right answer are there with the right value.
double fields_right(const std::string &right, const std::string &given) {
  const nlohmann::json want = nlohmann::json::parse(right);
  const nlohmann::json have = nlohmann::json::parse(given, nullptr, false);
  if (!have.is_object()) return 0;
  int same = 0;
  for (const auto &[key, value] : want.items()) same += have.contains(key) && have[key] == value;
  return static_cast<double>(same) / static_cast<double>(want.size());
}

struct Score {
  double exact = 0;   // per cent of answers that are right to the byte
  double fields = 0;  // per cent of fields that are right
};

Score measure(const std::string &name) {
  const AlignedBytes blob = read_blob(name);
  tidbit_model model;
  Score score;
  EXPECT_EQ(tidbit_open(blob.data(), blob.size(), &model, nullptr), TIDBIT_OK) << name;
  if (::testing::Test::HasFailure()) return score;
  Runner runner(model, {});
  const std::vector<Request> requests = read_requests();
  for (const Request &r : requests) {
    const std::string given = answer(model, runner.session(), r.text);
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
              kvq8 = measure("home-q8-kvq8");
  EXPECT_GE(f32.exact, 98.0);
  EXPECT_GE(f16.exact, f32.exact - 0.3);
  EXPECT_GE(q8.exact, f32.exact - 0.3);
  EXPECT_GE(kvq8.exact, f32.exact - 0.5);
}

}  // namespace
}  // namespace tidbit::test
