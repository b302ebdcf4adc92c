#include "tests/tokenizers/support.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "format/model.h"
#include "text/tokenizer.h"
#include "text/tokenizer_format.h"

namespace tidbit::test {

TextModel::TextModel(const convert::ImportedTokenizer &tokenizer, std::uint32_t vocab_size)
    : section_(tokenizer.section), header_(std::make_unique<format::Header>()) {
  header_->config.vocab_size = vocab_size;
  Model view{};
  view.header = header_.get();
  view.tokenizer = section();
  view.tokenizer_bytes = section_bytes();
  std::memcpy(model_.opaque, &view, sizeof view);
}

tidbit_status TextModel::check(std::uint64_t *fault) const {
  return check_tokenizer(section(), section_bytes(), header_->config.vocab_size, fault);
}

Ids TextModel::encode(std::string_view text, std::uint32_t flags) const {
  const std::uint64_t bytes = tidbit_tokenize_bytes(&model_, text.size());
  std::vector<std::uint64_t> workspace(bytes / 8 + 1);
  Ids ids(tidbit_tokenize_most(&model_, text.size()) + 1);
  std::uint32_t count = 0;
  const tidbit_tokenize_options options{flags, 0, nullptr, nullptr};
  const tidbit_status status = tidbit_tokenize(&model_, text.data(), text.size(), &options, workspace.data(), bytes,
                                               ids.data(), static_cast<std::uint32_t>(ids.size()), &count);
  EXPECT_EQ(status, TIDBIT_OK);
  EXPECT_LE(count, tidbit_tokenize_most(&model_, text.size()));
  ids.resize(std::min<std::size_t>(count, ids.size()));
  return ids;
}

std::string TextModel::decode(const Ids &ids) const {
  tidbit_stream stream;
  const char *text = nullptr;
  std::uint32_t bytes = 0;
  std::string result;
  EXPECT_EQ(tidbit_stream_init(&stream, &model_, 1, nullptr, 0), TIDBIT_OK);
  for (const std::int32_t id : ids) {
    EXPECT_EQ(tidbit_stream_push(&stream, id, &text, &bytes), TIDBIT_OK);
    result.append(text, bytes);
  }
  EXPECT_EQ(tidbit_stream_end(&stream, &text, &bytes), TIDBIT_OK);
  return result.append(text, bytes);
}

TextModel import(const std::filesystem::path &file, std::uint32_t vocab_size) {
  return TextModel(convert::import_tokenizer(file, vocab_size), vocab_size);
}

TextModel golden(const std::string &name) {
  const std::filesystem::path file = std::filesystem::path(TIDBIT_GOLDENS) / name / "tokenizer.json";
  const std::uint32_t tokens = convert::import_tokenizer(file, 4096).vocab_size;
  return import(file, tokens);
}

TextModel from_json(const std::string &text, std::uint32_t vocab_size) {
  const auto path =
      std::filesystem::path(testing::TempDir()) / ("tidbit_tokenizer_" + std::to_string(::getpid()) + ".json");
  std::ofstream(path) << text;
  const struct Remover {
    const std::filesystem::path &path;
    ~Remover() { std::filesystem::remove(path); }
  } remover{path};
  return import(path, vocab_size);
}

void use_everything(const TextModel &model) {
  const std::string text =
      "The quick  brown <|end|>fox's 12345 naïve [[room]] \xE2\x96\x81 東京 \xFF\xF0\x9F🙂\n\n it'LL <|end|> \t x";
  std::vector<std::uint64_t> workspace(tidbit_tokenize_bytes(model.get(), text.size()) / 8);
  Ids ids(tidbit_tokenize_most(model.get(), text.size()));
  std::uint32_t count = 0;
  const tidbit_tokenize_options options{TIDBIT_TEXT_PARSE | TIDBIT_TEXT_SPECIAL, 0, nullptr, nullptr};
  tidbit_tokenize(model.get(), text.data(), text.size(), &options, workspace.data(), workspace.size() * 8, ids.data(),
                  static_cast<std::uint32_t>(ids.size()), &count);
  ASSERT_LE(count, ids.size());
  ids.resize(count);
  model.decode(ids);
  tidbit_find_token(model.get(), "fox", 3);
}

void use_damaged(TextModel &model) {
  const std::vector<std::byte> intact(model.section(), model.section() + model.section_bytes());
  std::uint32_t state = 4711;
  const auto random = [&state] { return (state = state * 1664525u + 1013904223u) >> 8; };
  for (int round = 0; round < 500; ++round) {
    std::copy(intact.begin(), intact.end(), model.section());
    for (std::uint32_t flips = 1 + random() % 64; flips > 0; --flips) {
      model.section()[random() % intact.size()] = static_cast<std::byte>(random());
    }
    std::uint64_t fault = 0;
    if (model.check(&fault) == TIDBIT_OK) use_everything(model);
    std::copy(intact.begin(), intact.end(), model.section());
    for (std::size_t i = sizeof(format::TokenizerHeader); i < intact.size(); ++i) {
      model.section()[i] = static_cast<std::byte>(random() % (round % 2 == 0 ? 256 : 4));
    }
    use_everything(model);
  }
}

std::string read_file(const std::filesystem::path &file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error("no file " + file.string());
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::filesystem::path data_file(const std::string &name) { return std::filesystem::path(TIDBIT_DATA_DIR) / name; }

namespace {

// Reads just enough of GGUF version 3 to iterate over the metadata.
class GgufReader {
 public:
  explicit GgufReader(std::string bytes) : bytes_(std::move(bytes)), at_(8) {}

  template <typename T>
  T number() {
    T value;
    std::memcpy(&value, bytes_.data() + at_, sizeof value);
    at_ += sizeof value;
    return value;
  }
  std::string text() {
    const auto size = number<std::uint64_t>();
    at_ += size;
    return bytes_.substr(at_ - size, size);
  }
  template <typename T>
  std::vector<T> numbers() {
    number<std::uint32_t>();
    std::vector<T> values(number<std::uint64_t>());
    for (T &value : values) value = number<T>();
    return values;
  }
  std::vector<std::string> texts() {
    number<std::uint32_t>();
    std::vector<std::string> values(number<std::uint64_t>());
    for (std::string &value : values) value = text();
    return values;
  }
  void skip(std::uint32_t type) {
    constexpr std::uint32_t sizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    if (type == 8) {
      text();
    } else if (type == 9) {
      const auto element = number<std::uint32_t>();
      for (auto left = number<std::uint64_t>(); left > 0; --left) skip(element);
    } else {
      at_ += sizes[type];
    }
  }

 private:
  std::string bytes_;
  std::size_t at_;
};

void read_value(GgufReader &reader, const std::string &key, std::uint32_t type, convert::GgufTokenizer &out) {
  const std::string prefix = "tokenizer.ggml.";
  const std::string name = key.starts_with(prefix) ? key.substr(prefix.size()) : "";
  if (name == "model") {
    out.model = reader.text();
  } else if (name == "pre") {
    out.pre = reader.text();
  } else if (name == "tokens") {
    out.tokens = reader.texts();
  } else if (name == "merges") {
    out.merges = reader.texts();
  } else if (name == "scores") {
    out.scores = reader.numbers<float>();
  } else if (name == "token_type") {
    out.types = reader.numbers<std::int32_t>();
  } else if (name == "bos_token_id") {
    out.bos = reader.number<std::int32_t>();
  } else if (name == "eos_token_id") {
    out.eos = reader.number<std::int32_t>();
  } else {
    reader.skip(type);
  }
}

}  // namespace

convert::GgufTokenizer read_gguf_tokenizer(const std::filesystem::path &file) {
  GgufReader reader(read_file(file));
  reader.number<std::uint64_t>();
  convert::GgufTokenizer tokenizer;
  for (auto left = reader.number<std::uint64_t>(); left > 0; --left) {
    const std::string key = reader.text();
    const auto type = reader.number<std::uint32_t>();
    read_value(reader, key, type, tokenizer);
  }
  return tokenizer;
}

}  // namespace tidbit::test
