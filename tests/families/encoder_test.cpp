// Encoders: texts that are encoded together, vectors of texts, and what is refused.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "converter/blob/blob_view.h"
#include "converter/convert.h"
#include "converter/error.h"
#include "tests/support/cpu.h"
#include "tests/support/runner.h"

namespace tidbit::test {
namespace {

namespace fs = std::filesystem;
using convert::BlobView;
using format::Format;

// A copy of a golden, whose files a test may add to, and its blob.
class Encoder {
 public:
  explicit Encoder(const char *golden = "bert")
      : folder_(fs::path(testing::TempDir()) / ("encoder_" + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::create_directory(folder_);
    fs::copy(fs::path(TIDBIT_GOLDENS_DIR) / golden, folder_ / "model", fs::copy_options::recursive);
  }
  ~Encoder() { fs::remove_all(folder_); }
  Encoder(const Encoder &) = delete;
  Encoder &operator=(const Encoder &) = delete;

  void write(const fs::path &name, const std::string &text) const {
    fs::create_directories((folder_ / "model" / name).parent_path());
    std::ofstream(folder_ / "model" / name) << text;
  }
  // What sentence-transformers writes beside a checkpoint.
  void pool(const std::string &mode, bool normalize) const {
    write("modules.json", R"([{"idx": 0, "path": "", "type": "sentence_transformers.models.Transformer"},
                              {"idx": 1, "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"})" +
                              std::string(normalize ? R"(, {"path": "2", "type": "a.models.Normalize"}])" : "]"));
    write("1_Pooling/config.json", R"({"pooling_mode_weightedmean_tokens": false, ")" + mode + R"(": true})");
  }
  BlobView blob(Format weights = Format::f32, Format kv = Format::f32) const {
    convert::ConvertOptions options{.source = folder_ / "model", .output = folder_ / "x.tidbit"};
    options.tokenizer = convert::TokenizerChoice::none;
    options.weights = weights;
    options.kv = kv;
    convert::convert(options);
    return BlobView(folder_ / "x.tidbit");
  }
  std::string refusal() const {
    try {
      blob();
    } catch (const convert::ConvertError &error) {
      return error.what();
    }
    return "";
  }

 private:
  fs::path folder_;
};

using Texts = std::vector<std::vector<std::int32_t>>;

// Five texts that begin and end inside tiles of 16 positions, and at their edges.
Texts some_texts() {
  Texts texts;
  std::int32_t next = 3;
  for (const std::size_t length : {1u, 17u, 14u, 16u, 23u}) {
    texts.emplace_back();
    for (std::size_t i = 0; i < length; ++i) texts.back().push_back(next = (next * 7 + 5) % 41);
  }
  return texts;
}

tidbit_options options_with(std::uint32_t chunk, std::uint32_t workers = 1, tidbit_isa isa = TIDBIT_ISA_AUTO) {
  tidbit_options options = {};
  options.context = 96;
  options.chunk = chunk;
  options.workers = workers;
  options.isa = isa;
  options.cpu = cpu_features();
  options.parallel_for = backwards;
  return options;
}

tidbit_status encode(tidbit_session *session, const Texts &texts) {
  std::vector<std::int32_t> tokens;
  std::vector<std::uint32_t> ends;
  for (const auto &text : texts) {
    tokens.insert(tokens.end(), text.begin(), text.end());
    ends.push_back(static_cast<std::uint32_t>(tokens.size()));
  }
  return tidbit_encode(session, tokens.data(), ends.data(), static_cast<std::uint32_t>(ends.size()));
}

// The vectors of all tokens.
std::vector<float> vectors_of(const BlobView &blob, const Texts &texts, const tidbit_options &options) {
  Runner runner(blob.model(), options);
  EXPECT_EQ(encode(runner.session(), texts), TIDBIT_OK);
  std::vector<float> all;
  const float *vector = nullptr;
  std::uint32_t width = 0;
  for (std::uint32_t i = 0; tidbit_hidden(runner.session(), i, &vector, &width) == TIDBIT_OK; ++i) {
    all.insert(all.end(), vector, vector + width);
  }
  return all;
}

std::vector<float> embedding_of(const BlobView &blob, const std::vector<std::int32_t> &text) {
  Runner runner(blob.model(), options_with(64));
  EXPECT_EQ(encode(runner.session(), {text}), TIDBIT_OK);
  std::vector<float> vector(blob.info().width);
  EXPECT_EQ(
      tidbit_embedding(runner.session(), 0, static_cast<std::uint32_t>(text.size()), vector.data(), blob.info().width),
      TIDBIT_OK);
  return vector;
}

TEST(Encoder, TextsTogetherHaveTheBitsThatTheyHaveAlone) {
  const Encoder encoder;
  for (const Format kv : {Format::f32, Format::f16, Format::q8}) {
    const BlobView blob = encoder.blob(kv == Format::f32 ? Format::f32 : Format::q8, kv);
    std::vector<float> alone;
    for (const auto &text : some_texts()) {
      const auto vectors = vectors_of(blob, {text}, options_with(64, 1, TIDBIT_ISA_SCALAR));
      alone.insert(alone.end(), vectors.begin(), vectors.end());
    }
    ASSERT_EQ(alone.size(), 71u * 24);
    for (tidbit_isa isa = TIDBIT_ISA_SCALAR; isa < TIDBIT_ISA_COUNT; ++isa) {
      if (tidbit_isa_check(isa, cpu_features()) != TIDBIT_OK) continue;
      for (const std::uint32_t chunk : {1u, 5u, 16u, 40u, 96u}) {
        for (const std::uint32_t workers : {1u, 3u}) {
          EXPECT_EQ(vectors_of(blob, some_texts(), options_with(chunk, workers, isa)), alone)
              << tidbit_isa_name(isa) << ", chunk " << chunk << ", workers " << workers;
        }
      }
    }
  }
}

TEST(Encoder, EncodesAgainAfterAnotherText) {
  const Encoder encoder;
  const BlobView blob = encoder.blob();
  const Texts texts = some_texts();
  Runner runner(blob.model(), options_with(16));
  ASSERT_EQ(encode(runner.session(), {texts[4]}), TIDBIT_OK);
  ASSERT_EQ(encode(runner.session(), {texts[1]}), TIDBIT_OK);
  const float *vector = nullptr;
  std::vector<float> again;
  for (std::uint32_t i = 0; tidbit_hidden(runner.session(), i, &vector, nullptr) == TIDBIT_OK; ++i) {
    again.insert(again.end(), vector, vector + 24);
  }
  EXPECT_EQ(again, vectors_of(blob, {texts[1]}, options_with(16)));
}

TEST(Encoder, PoolsAsTheCheckpointSays) {
  const std::vector<std::int32_t> text = some_texts()[1];
  const auto near = [](float a, double b) { return std::fabs(static_cast<double>(a) - b) < 1e-6; };
  const Encoder encoder;
  const auto rows = vectors_of(encoder.blob(), {text}, options_with(64));
  for (const char *mode : {"pooling_mode_mean_tokens", "pooling_mode_cls_token", "pooling_mode_lasttoken"}) {
    for (const bool normalize : {false, true}) {
      encoder.pool(mode, normalize);
      const auto vector = embedding_of(encoder.blob(), text);
      std::vector<double> expected(24);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::size_t token = i / 24;
        const bool counts = std::string(mode) == "pooling_mode_mean_tokens" || token == (mode[13] == 'c' ? 0u : 16u);
        if (counts) expected[i % 24] += static_cast<double>(rows[i]) / (mode[13] == 'm' ? 17 : 1);
      }
      double length = 0;
      for (const double x : expected) length += x * x;
      for (std::size_t i = 0; i < 24; ++i) {
        EXPECT_TRUE(near(vector[i], normalize ? expected[i] / std::sqrt(length) : expected[i])) << mode << " " << i;
      }
    }
  }
}

TEST(Encoder, ModulesThatAreNotSupportedAreRefusedByName) {
  const Encoder encoder;
  encoder.pool("pooling_mode_max_tokens", false);
  EXPECT_NE(encoder.refusal().find("the pooling max is not supported"), std::string::npos) << encoder.refusal();
  encoder.write("modules.json", R"([{"path": "2_Dense", "type": "sentence_transformers.models.Dense"}])");
  EXPECT_NE(encoder.refusal().find("Dense\" is not supported"), std::string::npos) << encoder.refusal();
  encoder.write("modules.json", R"([{"path": "../..", "type": "a.Pooling"}])");
  EXPECT_NE(encoder.refusal().find("plain name"), std::string::npos) << encoder.refusal();
  encoder.write("modules.json", "{}");
  EXPECT_NE(encoder.refusal().find("is not a JSON list"), std::string::npos) << encoder.refusal();
}

TEST(Encoder, OldNamesOfLayerNormsAreKnown) {
  const Encoder encoder;
  const auto expected = vectors_of(encoder.blob(), some_texts(), options_with(96));
  std::ifstream file(fs::path(TIDBIT_GOLDENS_DIR) / "bert" / "model.safetensors", std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  for (const auto &[now, old] :
       {std::pair("LayerNorm.weight\"", "LayerNorm.gamma\" "), {"LayerNorm.bias\"", "LayerNorm.beta\""}}) {
    for (std::size_t at = 0; (at = bytes.find(now, at)) != std::string::npos;)
      bytes.replace(at, std::string(now).size(), old);
  }
  encoder.write("model.safetensors", bytes);
  EXPECT_EQ(vectors_of(encoder.blob(), some_texts(), options_with(96)), expected);
}

TEST(Encoder, RefusesWhatItCannotEncode) {
  const Encoder encoder;
  const BlobView blob = encoder.blob();
  Runner runner(blob.model(), options_with(16));
  tidbit_session *s = runner.session();
  const std::vector<std::int32_t> zeros(100);
  const auto status = [&](std::vector<std::uint32_t> ends) {
    return tidbit_encode(s, zeros.data(), ends.data(), static_cast<std::uint32_t>(ends.size()));
  };
  EXPECT_EQ(status({60}), TIDBIT_OK);
  EXPECT_EQ(status({65}), TIDBIT_ERR_CONTEXT_FULL);      // max_context is 64
  EXPECT_EQ(status({48, 97}), TIDBIT_ERR_CONTEXT_FULL);  // the session's context is 96
  EXPECT_EQ(status({48, 48}), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(status({48, 40}), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(status({0}), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(status({}), TIDBIT_ERR_ARGUMENT);
  for (const std::int32_t token : {-1, 41}) {
    const std::uint32_t end = 1;
    EXPECT_EQ(tidbit_encode(s, &token, &end, 1), TIDBIT_ERR_TOKEN);
  }
  const float *vector = nullptr;
  EXPECT_EQ(tidbit_hidden(s, 59, &vector, nullptr), TIDBIT_OK);  // what failed changed nothing
  EXPECT_EQ(tidbit_hidden(s, 60, &vector, nullptr), TIDBIT_ERR_NO_LOGITS);
  float pooled[24];
  EXPECT_EQ(tidbit_embedding(s, 0, 60, pooled, 24), TIDBIT_ERR_UNSUPPORTED);  // no modules.json
  EXPECT_EQ(tidbit_embedding(s, 0, 60, pooled, 23), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_embedding(s, 5, 5, pooled, 24), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_embedding(s, 0, 61, pooled, 24), TIDBIT_ERR_NO_LOGITS);
  EXPECT_EQ(tidbit_prefill(s, zeros.data(), 1, 0, nullptr), TIDBIT_ERR_UNSUPPORTED);
  float *logits = nullptr;
  EXPECT_EQ(tidbit_logits(s, &logits, nullptr), TIDBIT_ERR_NO_LOGITS);
  EXPECT_EQ(tidbit_selftest(s), TIDBIT_OK);
  EXPECT_EQ(tidbit_hidden(s, 0, &vector, nullptr), TIDBIT_ERR_NO_LOGITS);  // the self-test has reset the session
}

TEST(Encoder, ADecoderDoesNotEncode) {
  const Encoder encoder("llama-gqa");
  const BlobView blob = encoder.blob();
  tidbit_options options = options_with(16);
  options.context = 0;
  Runner runner(blob.model(), options);
  const std::int32_t token = 1;
  const std::uint32_t end = 1;
  EXPECT_EQ(tidbit_encode(runner.session(), &token, &end, 1), TIDBIT_ERR_UNSUPPORTED);
}

TEST(Encoder, CanBeCanceledInEachStep) {
  const Encoder encoder;
  const BlobView blob = encoder.blob();
  bool finished = false;
  for (int calls = 0; calls < 100000 && !finished; calls += 37) {
    int left = calls;
    tidbit_options options = options_with(16);
    options.poll_work = 64;
    options.poll_user = &left;
    options.poll = [](void *user) { return (*static_cast<int *>(user))-- <= 0 ? 1 : 0; };
    Runner runner(blob.model(), options);
    const tidbit_status status = encode(runner.session(), some_texts());
    finished = status == TIDBIT_OK;
    const float *vector = nullptr;
    EXPECT_EQ(tidbit_hidden(runner.session(), 0, &vector, nullptr), finished ? TIDBIT_OK : TIDBIT_ERR_NO_LOGITS);
    ASSERT_EQ(status, finished ? TIDBIT_OK : TIDBIT_CANCELED);
    left = 1 << 30;
    ASSERT_EQ(encode(runner.session(), some_texts()), TIDBIT_OK);
  }
  EXPECT_TRUE(finished);
}

}  // namespace
}  // namespace tidbit::test
