// Checkpoints of PyTorch's trainers compute what the trainers compute. torch/make_goldens.py makes the goldens.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>

#include "converter/blob/blob_view.h"
#include "converter/families/planner.h"
#include "tests/converter/support.h"
#include "tests/support/cpu.h"
#include "tests/support/runner.h"
#include "tests/support/text.h"

namespace tidbit::test {
namespace {

namespace fs = std::filesystem;
using convert::BlobView;
using convert::TokenizerChoice;

constexpr double kTolerance = 2e-4;  // in standard deviations of the logits

fs::path torch_golden(const std::string &name) { return fs::path(TIDBIT_TORCH_GOLDENS) / name; }

// The checkpoint in a golden's folder, or the folder, if Hugging Face's tools read it as a whole.
fs::path source_in(const fs::path &golden) {
  for (const auto &entry : fs::directory_iterator(golden)) {
    const std::string extension = entry.path().extension();
    if (extension == ".pt" || extension == ".pth") return entry.path();
  }
  return golden;
}

convert::ConvertOptions f32_options(const fs::path &source, const fs::path &output) {
  auto options = plain_options(source, output);
  options.weights = options.kv = format::Format::f32;
  return options;
}

std::vector<std::int32_t> read_tokens(const fs::path &path) {
  std::ifstream file(path);
  return {std::istream_iterator<std::int32_t>(file), {}};
}

std::vector<float> read_floats(const fs::path &path) {
  const std::string bytes = read_file(path);
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

std::vector<float> logits_of(const BlobView &blob, const std::vector<std::int32_t> &tokens) {
  tidbit_options options = {};
  options.cpu = cpu_features();
  Runner runner(blob.model(), options);
  return runner.logits_of(tokens, 7, blob.info().vocab_size);
}

double spread(const std::vector<float> &values) {
  double sum = 0, squares = 0;
  for (const float value : values) sum += static_cast<double>(value);
  const double mean = sum / static_cast<double>(values.size());
  for (const float value : values) squares += std::pow(static_cast<double>(value) - mean, 2);
  return std::sqrt(squares / static_cast<double>(values.size()));
}

class TorchGolden : public testing::TestWithParam<const char *> {};

TEST_P(TorchGolden, LogitsAreThoseOfTheTrainer) {
  const fs::path golden = torch_golden(GetParam());
  const Folder folder;
  convert::convert(f32_options(source_in(golden), folder / "x.tidbit"));
  const BlobView blob(folder / "x.tidbit");
  const auto expected = read_floats(golden / "logits.f32");
  const auto got = logits_of(blob, read_tokens(golden / "tokens.txt"));
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(got[i], expected[i], kTolerance * spread(expected)) << "logit " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Trainers, TorchGolden,
                         testing::Values("nanogpt", "nanogpt-course", "mingpt", "first-mingpt", "llama2c", "nanochat",
                                         "huggingface", "huggingface-shards", "transposed-views", "meta", "lightning"),
                         [](const auto &golden) {
                           std::string name = golden.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(TorchCheckpoint, ThatDoesNotTellItsActivationIsConvertedWithANote) {
  const Folder folder;
  const auto report = convert::convert(f32_options(torch_golden("nanogpt") / "ckpt.pt", folder / "x.tidbit"));
  ASSERT_FALSE(report.notes.empty());
  EXPECT_EQ(report.notes[0],
            "the activation is not in the checkpoint: assumed gelu, as in nanoGPT and minGPT; "
            "a config.json beside it may say otherwise");
}

TEST(TorchCheckpoint, TakesNumbersFromTheConfigurationBesideIt) {
  const Folder folder;
  fs::copy(torch_golden("nanogpt") / "ckpt.pt", folder / "ckpt.pt");
  write_file(folder / "config.json", R"({"activation_function":"relu","block_size":16})");
  EXPECT_TRUE(convert::convert(f32_options(folder / "ckpt.pt", folder / "x.tidbit")).notes.empty());
  write_file(folder / "config.json", R"({"block_size":17})");
  EXPECT_NE(failure([&] {
              convert::convert(f32_options(folder / "ckpt.pt", folder / "x.tidbit"));
            }).find("\"transformer.wpe.weight\" has the shape [16, 8], the configuration asks for [17, 8]"),
            std::string::npos);
}

TEST(TorchCheckpoint, WithoutANumberOfHeadsAsksForIt) {
  const Folder folder;
  fs::copy(torch_golden("mingpt") / "model.pt", folder / "model.pt");
  EXPECT_NE(failure([&] {
              convert::convert(f32_options(folder / "model.pt", folder / "x.tidbit"));
            }).find("put a config.json with {\"n_head\": NUMBER} beside it"),
            std::string::npos);
}

TEST(TorchCheckpoint, OfUnknownNamesAsksForTheConfiguration) {
  const Folder folder;
  fs::copy(torch_golden("transposed-views") / "model.pt", folder / "model.pt");
  EXPECT_NE(failure([&] {
              convert::convert(f32_options(folder / "model.pt", folder / "x.tidbit"));
            }).find("put the model's config.json beside it"),
            std::string::npos);
}

TEST(MissingTensor, IsNamedWithThoseThatAreLikeIt) {
  auto checkpoint = convert::open_checkpoint(torch_golden("huggingface"));
  auto tensor = checkpoint.tensors.extract("model.layers.1.self_attn.q_proj.weight");
  tensor.key() = "model.layers.1.self_attn.query.weight";
  checkpoint.tensors.insert(std::move(tensor));
  const std::string message = failure([&] { convert::plan_model(checkpoint); });
  EXPECT_NE(message.find("tensor \"model.layers.1.self_attn.q_proj.weight\" is missing; there is "), std::string::npos)
      << message;
  EXPECT_NE(message.find("\"model.layers.1.self_attn.query.weight\""), std::string::npos) << message;
}

TEST(PickledCharacters, OfACheckpointBecomeItsTokenizer) {
  const Folder folder;
  auto options = f32_options(torch_golden("first-mingpt") / "model.pth", folder / "x.tidbit");
  options.tokenizer = TokenizerChoice::find;
  EXPECT_NE(convert::convert(options).tokenizer.find("characters"), std::string::npos);
  const BlobView blob(folder / "x.tidbit");
  EXPECT_EQ(tokenize(blob.model(), "a\xC3\xA4\xE5\xA5\xBD\n", 0), (std::vector<int32_t>{2, 9, 10, 0}));
}

TEST(PickledCharacters, OfMetaPklBecomeTheTokenizerOfTheCheckpointBesideIt) {
  const Folder folder;
  auto options = f32_options(torch_golden("nanogpt") / "ckpt.pt", folder / "x.tidbit");
  options.tokenizer = TokenizerChoice::find;
  convert::convert(options);
  const BlobView blob(folder / "x.tidbit");
  EXPECT_EQ(tokenize(blob.model(), "\n ha.", 0), (std::vector<int32_t>{0, 1, 10, 3, 2}));
}

// ---- trained models of the test data ----

// Mean loss of the tokens from `first` on, given those in front.
double loss(const BlobView &blob, const std::vector<std::int32_t> &tokens, std::size_t first, std::size_t &count) {
  const std::vector<std::int32_t> fed(tokens.begin(), tokens.end() - 1);
  const std::vector<float> rows = logits_of(blob, fed);
  const std::size_t vocab = blob.info().vocab_size;
  double sum = 0;
  for (std::size_t i = first; i < fed.size(); ++i) {
    const float *row = rows.data() + i * vocab;
    double total = 0;
    for (std::size_t v = 0; v < vocab; ++v) total += std::exp(static_cast<double>(row[v]));
    sum += std::log(total) - static_cast<double>(row[tokens[i + 1]]);
    ++count;
  }
  return sum;
}

TEST(TrainedTorchModel, Slm4096HasItsLossOnItsCorpus) {
  const fs::path data = fs::path(TIDBIT_DATA_DIR) / "slm4096";
  TIDBIT_SKIP_WITHOUT(data);
  const Folder folder;
  auto options = f32_options(data / "ckpt.pt", folder / "x.tidbit");
  options.tokenizer = TokenizerChoice::find;  // stoi and itos in the checkpoint
  convert::convert(options);
  const BlobView blob(folder / "x.tidbit");
  const auto text = tokenize(blob.model(), read_file(data / "corpus.txt"), 0);
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t at = 0; at + 1 < text.size(); at += 128) {  // the model's context
    const std::size_t end = std::min(text.size(), at + 129);
    const std::vector<std::int32_t> window(text.begin() + static_cast<std::ptrdiff_t>(at),
                                           text.begin() + static_cast<std::ptrdiff_t>(end));
    sum += loss(blob, window, 0, count);
  }
  EXPECT_NEAR(sum / static_cast<double>(count), 0.070764, 1e-5);  // torch on the same windows
}

// Lines of a word that is repeated: predictable from its second occurrence on. Token 0 begins a line; letters follow.
TEST(TrainedTorchModel, MakemoreInductionHasItsLateLoss) {
  const fs::path data = fs::path(TIDBIT_DATA_DIR) / "makemore_induction";
  TIDBIT_SKIP_WITHOUT(data);
  const Folder folder;
  fs::copy(data / "model.pt", folder / "model.pt");
  write_file(folder / "config.json", R"({"n_head":1})");
  convert::convert(f32_options(folder / "model.pt", folder / "x.tidbit"));
  const BlobView blob(folder / "x.tidbit");
  std::ifstream lines(data / "induction-64k.txt");
  double sum = 0;
  std::size_t count = 0;
  int used = 0;
  for (std::string line; used < 200 && std::getline(lines, line) && line.size() == 31; ++used) {
    std::vector<std::int32_t> tokens = {0};
    for (const char c : line) tokens.push_back(c - 'a' + 1);
    sum += loss(blob, tokens, 16, count);
  }
  EXPECT_NEAR(sum / static_cast<double>(count), 0.008199, 1e-5);  // torch on the same lines
}

}  // namespace
}  // namespace tidbit::test
