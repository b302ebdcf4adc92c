// Any bytes may be a text. Input: which tokenizer; flags, and in the high bits a budget; length of the stop string, the
// stop string, the text.
#include <algorithm>

#include "tests/tokenizers/support.h"
#include "text/tokenizer_format.h"
#include "text/utf8.h"

namespace tidbit::test {
namespace {

constexpr const char *kGoldens[] = {"byte_level", "digits",        "prefix_space", "pieces",        "metaspace",
                                    "characters", "unigram_bytes", "both_marks",   "unmarked_bytes"};

const TextModel &model_at(std::size_t index) {
  static const std::vector<TextModel> models = [] {
    std::vector<TextModel> all;
    for (const char *name : kGoldens) all.push_back(golden(name));
    return all;
  }();
  return models[index % models.size()];
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const Character c = utf8_decode(text.data() + at, static_cast<std::uint32_t>(text.size() - at));
    if (c.code_point == kInvalid) return false;
    at += c.bytes;
  }
  return true;
}

bool is_lossless(const TextModel &model) {
  const auto *header = reinterpret_cast<const format::TokenizerHeader *>(model.section());
  return header->kind == format::TokenizerKind::byte_level && (header->flags & format::flag::kPrefixBlank) == 0;
}

std::string decode_until(const TextModel &model, const Ids &ids, const std::string &stop) {
  tidbit_stream stream;
  const char *stops[] = {stop.c_str()};
  EXPECT_EQ(tidbit_stream_init(&stream, model.get(), 1, stops, 1), TIDBIT_OK);
  const char *text = nullptr;
  std::uint32_t bytes = 0;
  std::string result;
  for (const std::int32_t id : ids) {
    EXPECT_EQ(tidbit_stream_push(&stream, id, &text, &bytes), TIDBIT_OK);
    result.append(text, bytes);
  }
  EXPECT_EQ(tidbit_stream_end(&stream, &text, &bytes), TIDBIT_OK);
  return result.append(text, bytes);
}

// What ends early gives nothing, and what does not end early gives what it gives without a budget.
void expect_budget(const TextModel &model, std::string_view text, std::uint32_t flags, std::uint32_t budget,
                   const Ids &expected) {
  std::vector<std::uint64_t> workspace(tidbit_tokenize_bytes(model.get(), text.size()) / 8);
  Ids ids(expected.size());
  std::uint32_t count = 1;
  const tidbit_tokenize_options options{flags, budget, nullptr, nullptr};
  const tidbit_status status =
      tidbit_tokenize(model.get(), text.data(), text.size(), &options, workspace.data(), workspace.size() * 8,
                      ids.data(), static_cast<std::uint32_t>(ids.size()), &count);
  if (status == TIDBIT_CANCELED) {
    EXPECT_LT(budget, 16 * text.size() + 16);
    EXPECT_EQ(count, 0u);
  } else {
    EXPECT_EQ(status, TIDBIT_OK);
    EXPECT_EQ(ids, expected);
  }
}

void use(std::size_t which, std::uint32_t flags, std::uint32_t budget, const std::string &stop, std::string_view text) {
  const TextModel &model = model_at(which);
  const Ids ids = model.encode(text, flags);
  expect_budget(model, text, flags, budget, ids);
  expect_budget(model, text, flags, static_cast<std::uint32_t>(16 * text.size() + 16), ids);
  const std::string decoded = model.decode(ids);
  EXPECT_TRUE(is_utf8(decoded));
  if (flags == 0 && is_lossless(model) && is_utf8(text)) EXPECT_EQ(decoded, text);
  if (!stop.empty()) EXPECT_EQ(decode_until(model, ids, stop), decoded.substr(0, decoded.find(stop)));
}

}  // namespace
}  // namespace tidbit::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  constexpr std::size_t kLongestStop = 128;
  if (size < 3) return 0;
  std::string_view text(reinterpret_cast<const char *>(data) + 3, size - 3);
  const std::size_t length = std::min({std::size_t{data[2]}, text.size(), kLongestStop});
  const std::string stop(text.substr(0, length).substr(0, text.find('\0')));
  const std::uint32_t budget = (data[1] >> 3) * (data[1] >> 3) * 4u + 1;
  tidbit::test::use(data[0], data[1] & 7u, budget, stop, text.substr(length));
  return 0;
}
