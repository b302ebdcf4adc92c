// Normalizers and the options of added tokens: the ids equal those of the Hugging Face library, for the cases of
// make_normalizer_goldens.py. TIDBIT_NORMALIZERS may name a file with more of them.
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "converter/error.h"
#include "tests/support/failure.h"
#include "tests/tokenizers/support.h"
#include "text/tokenizer_format.h"

namespace tidbit::test {
namespace {

using Json = nlohmann::json;
namespace layout = format::normalizer;

const Json &goldens() {
  static const Json file = Json::parse(read_file(std::filesystem::path(TIDBIT_GOLDENS) / "normalizers/expected.json"));
  return file;
}

// One of the trained tokenizers with other settings.
TextModel changed(const Json &tokenizer, const Json &change) {
  Json file = tokenizer;
  file.update(change);
  const auto tokens = file["model"]["vocab"].size() + file["added_tokens"].size();
  return from_json(file.dump(), static_cast<std::uint32_t>(tokens));
}
TextModel with_normalizer(const Json &normalizer) {
  return changed(goldens().at("tokenizers").at("bytes"), {{"normalizer", normalizer}});
}

Ids ids_of(const std::string &line) {
  std::istringstream numbers(line);
  Ids ids;
  for (std::int32_t id; numbers >> id;) ids.push_back(id);
  return ids;
}

void expect_cases(const Json &expected) {
  for (const Json &item : expected.at("cases")) {
    const TextModel model =
        changed(expected.at("tokenizers").at(item.at("base").get<std::string>()), item.at("change"));
    std::uint64_t fault = 0;
    ASSERT_EQ(model.check(&fault), TIDBIT_OK) << item.at("name");
    for (std::size_t i = 0; i < expected.at("texts").size(); ++i) {
      const auto text = expected.at("texts")[i].get<std::string>();
      EXPECT_EQ(model.encode(text, TIDBIT_TEXT_PARSE), ids_of(item.at("ids")[i].get<std::string>()))
          << item.at("name") << ": " << Json(text).dump(-1, ' ', true);
    }
  }
}

TEST(Normalizers, EqualThoseOfHuggingFace) { expect_cases(goldens()); }

TEST(Normalizers, EqualThoseOfHuggingFaceForMoreTexts) {
  const char *file = std::getenv("TIDBIT_NORMALIZERS");
  if (file == nullptr) GTEST_SKIP() << "TIDBIT_NORMALIZERS names no file of make_normalizer_goldens.py --fuzz";
  expect_cases(Json::parse(read_file(file)));
}

TEST(Charsmaps, OfSentencePieceModelsAreFollowed) {
  const auto file = std::filesystem::path(TIDBIT_GOLDENS) / "normalizers/rules.model";
  const TextModel model = import(file, 480);
  for (std::size_t i = 0; i < goldens().at("texts").size(); ++i) {
    const auto text = goldens().at("texts")[i].get<std::string>();
    EXPECT_EQ(model.encode(text), ids_of(goldens().at("sentencepiece")[i].get<std::string>()))
        << Json(text).dump(-1, ' ', true);
  }
}

// What tokenizer_config.json and special_tokens_map.json say of a tokenizer.json.
TEST(AddedTokens, AreFoundInAllFilesOfAFolder) {
  const auto folder = std::filesystem::path(testing::TempDir()) / ("tidbit_added_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  Json tokenizer = goldens().at("tokenizers").at("bytes");
  const auto tokens = static_cast<std::uint32_t>(tokenizer["model"]["vocab"].size());
  std::ofstream(folder / "tokenizer.json") << tokenizer.dump();
  const Json first = {{"content", "<first>"}, {"rstrip", true}, {"special", true}};
  std::ofstream(folder / "tokenizer_config.json") << Json{{"added_tokens_decoder", {{std::to_string(tokens), first}}}};
  const auto pads_with = [&](const std::string &text) {
    std::ofstream(folder / "special_tokens_map.json") << Json{{"pad_token", {{"content", text}}}};
  };
  pads_with("e");
  EXPECT_THROW(import(folder / "tokenizer.json", tokens + 1), convert::ConvertError);  // the byte would be lost
  std::string pad_text;
  for (const auto &[text, id] : tokenizer["model"]["vocab"].items()) {
    if (text.size() == 2 && text[0] >= 'a' && text[1] >= 'a' && text[1] <= 'z') pad_text = text;
  }
  pads_with(pad_text);
  const TextModel model = import(folder / "tokenizer.json", tokens + 1);
  const Ids plain = import(folder / "tokenizer.json", tokens + 1).encode("x");
  std::filesystem::remove_all(folder);
  const std::int32_t pad = tokenizer["model"]["vocab"][pad_text].get<std::int32_t>();
  EXPECT_EQ(model.encode("<first>  " + pad_text + "x", TIDBIT_TEXT_PARSE),
            (Ids{static_cast<std::int32_t>(tokens), pad, plain[0]}));
  EXPECT_EQ(model.decode({static_cast<std::int32_t>(tokens), pad, plain[0]}), "x");  // both are special
}

tidbit_status encode_with(const TextModel &model, const std::string &text, std::size_t workspace_bytes,
                          std::uint32_t budget = 0) {
  const tidbit_tokenize_options options{0, budget, nullptr, nullptr};
  std::vector<std::uint64_t> workspace(workspace_bytes / 8);
  Ids ids(tidbit_tokenize_most(model.get(), text.size()));
  std::uint32_t count = 0;
  return tidbit_tokenize(model.get(), text.data(), text.size(), &options, workspace.data(), workspace_bytes, ids.data(),
                         static_cast<std::uint32_t>(ids.size()), &count);
}

std::string repeated_text(const std::string &part, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += part;
  return result;
}

Json replace(const std::string &pattern, const std::string &content) {
  return {{"type", "Replace"}, {"pattern", {{"Regex", pattern}}}, {"content", content}};
}

TEST(Normalizers, LeaveInvalidBytesAlone) {
  const TextModel plain = with_normalizer(nullptr);
  for (const char *type : {"NFC", "NFKD", "Lowercase", "Nmt", "StripAccents"}) {
    EXPECT_EQ(with_normalizer({{"type", type}}).encode("a\xFF\xC3\xE2\x82z"), plain.encode("a\xFF\xC3\xE2\x82z"));
  }
}

// U+FDFA becomes 18 characters.
TEST(Normalizers, NeedRoomForTheNormalizedText) {
  const TextModel model = with_normalizer({{"type", "NFKC"}});
  const std::string text = repeated_text("\xEF\xB7\xBA", 100);
  const std::string plain(300, 'a');
  EXPECT_EQ(tidbit_tokenize_bytes(model.get(), text.size()), TIDBIT_TOKENIZE_BYTES(11 * text.size()));
  EXPECT_EQ(encode_with(model, text, tidbit_tokenize_bytes(model.get(), text.size())), TIDBIT_OK);
  EXPECT_EQ(encode_with(model, plain, TIDBIT_TOKENIZE_BYTES(plain.size())), TIDBIT_OK);
  EXPECT_EQ(encode_with(model, plain, TIDBIT_TOKENIZE_BYTES(plain.size()) - 8), TIDBIT_ERR_MEMORY);
  for (std::size_t size = TIDBIT_TOKENIZE_BYTES(text.size()); size < TIDBIT_TOKENIZE_BYTES(11 * text.size());
       size += 1000) {
    EXPECT_EQ(encode_with(model, text, size), TIDBIT_ERR_MEMORY);
  }
}

TEST(Normalizers, ThatMakeTextGrowWithoutBoundAreStoppedByTheMemory) {
  const std::string content(255, 'x');
  const Json step = replace("x", content);
  const TextModel model = with_normalizer({{"type", "Sequence"}, {"normalizers", {step, step, step, step}}});
  const std::string text(100, 'x');
  EXPECT_EQ(encode_with(model, text, tidbit_tokenize_bytes(model.get(), text.size())), TIDBIT_ERR_MEMORY);
}

TEST(Normalizers, TakeLinearTimeWhateverTheText) {
  for (const Json &normalizer : {Json{{"type", "NFC"}}, replace("a|a*b", "c"), replace("x*", "y")}) {
    const TextModel model = with_normalizer(normalizer);
    for (const char *part : {"a", "\xCC\x81\xCC\xA3", "\xE1\x84\x80", "xa"}) {
      const std::string text = repeated_text(part, 10000);
      const std::size_t bytes = tidbit_tokenize_bytes(model.get(), text.size());
      EXPECT_EQ(encode_with(model, text, bytes, 150u * static_cast<std::uint32_t>(text.size())), TIDBIT_OK);
      EXPECT_EQ(encode_with(model, text, bytes, 5000), TIDBIT_CANCELED);
    }
  }
}

std::string refusal(const Json &normalizer) {
  return failure([&] { with_normalizer(normalizer); });
}

TEST(Normalizers, WhatCannotBeExpressedIsRefused) {
  EXPECT_NE(refusal(replace("(a)\\1", "x")).find("(a)\\1"), std::string::npos);
  EXPECT_NE(refusal({{"type", "Another"}}).find("\"Another\""), std::string::npos);
  EXPECT_NE(refusal(replace("a", std::string(1000000, 'x'))).find("longer than 255 bytes"), std::string::npos);
  EXPECT_NE(refusal({{"type", "Prepend"}, {"prepend", std::string(256, 'x')}}), "");
  EXPECT_NE(refusal({{"type", "Replace"}, {"pattern", {{"String", ""}}}, {"content", "x"}}), "");
  EXPECT_NE(refusal({{"type", "Sequence"}, {"normalizers", std::vector<Json>(40, replace("a", "b"))}}), "");
  EXPECT_NE(refusal({{"type", "Precompiled"}, {"precompiled_charsmap", "%%%%"}}), "");
}

std::string base64(const std::vector<std::uint32_t> &units, const std::string &texts) {
  const auto size = static_cast<std::uint32_t>(units.size() * 4);
  std::string bytes(reinterpret_cast<const char *>(&size), 4);
  bytes.append(reinterpret_cast<const char *>(units.data()), size).append(texts);
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes + std::string(2, 0)) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) result += digits[bits >> (count - 6) & 63];
  }
  return result;
}

Json charsmap(const std::vector<std::uint32_t> &units, const std::string &texts) {
  return {{"type", "Precompiled"}, {"precompiled_charsmap", base64(units, texts)}};
}

// The children of unit 0 are at 1 << 10 xor their byte.
TEST(Charsmaps, ThatAreDamagedAreRefused) {
  const std::uint32_t root = 1u << 10;
  std::vector<std::uint32_t> units(512);
  units[0] = root;
  units[1 ^ 'a'] = 'a' | 1u << 8 | 256u << 10;  // a leaf, whose value is at 96 ^ 256
  units[1 ^ 'a' ^ 256] = 0x80000000u;
  EXPECT_EQ(with_normalizer(charsmap(units, "b")).encode("a"), with_normalizer(nullptr).encode("b"));
  units[1 ^ 'a' ^ 256] = 0x80000000u | 1000;
  EXPECT_NE(refusal(charsmap(units, "b")).find("wrong offset"), std::string::npos);
  units[1 ^ 'a'] = 'a' | 1u << 8 | 0x1FFFFFu << 10;
  EXPECT_NE(refusal(charsmap(units, "b")).find("wrong offset"), std::string::npos);
  units[1 ^ 'a'] = 'a' | static_cast<std::uint32_t>('a') << 10;  // its children are those of unit 0
  EXPECT_EQ(refusal(charsmap(units, "b")), "");                  // keys of six bytes and more never count
  EXPECT_NE(refusal(charsmap({}, "")), "");
  EXPECT_EQ(refusal(charsmap({0}, "")), "");
}

TEST(NormalizerProgram, EveryNumberIsChecked) {
  TextModel model = with_normalizer({{"type", "Sequence"},
                                     {"normalizers",
                                      {{{"type", "NFKC"}},
                                       {{"type", "Lowercase"}},
                                       replace(" {2,}", " "),
                                       {{"type", "Strip"}, {"strip_left", true}, {"strip_right", true}}}}});
  const auto &header = *reinterpret_cast<const format::TokenizerHeader *>(model.section());
  auto *program = reinterpret_cast<std::uint32_t *>(model.section() + header.normalizer.offset);
  const auto expect_refused = [&](std::uint32_t &number, std::uint32_t value) {
    const std::uint32_t before = number;
    number = value;
    std::uint64_t fault = 0;
    EXPECT_EQ(model.check(&fault), TIDBIT_ERR_TOKENIZER) << &number - program << " " << value;
    EXPECT_EQ(fault, offsetof(format::TokenizerHeader, normalizer));
    number = before;
  };
  for (std::uint32_t i = 0; i < 4; ++i) expect_refused(program[i], 0xFFFFFFFF);
  expect_refused(program[layout::kSteps], program[layout::kSteps] - 1);
  expect_refused(program[layout::kGrowth], 0);
  for (std::uint32_t i = 0; i < program[layout::kSteps]; ++i) {
    std::uint32_t *step = program + layout::kHead + i * layout::kStep;
    expect_refused(step[0], 0);
    expect_refused(step[0], 7);
    expect_refused(step[1], 0xFFFFFF00);
  }
  std::uint64_t fault = 0;
  EXPECT_EQ(model.check(&fault), TIDBIT_OK);
}

TEST(NormalizerProgram, WithAnyNumberChangedIsHarmless) {
  for (const Json &normalizer :
       {Json{{"type", "NFC"}}, replace("a+|b", "x"), goldens().at("cases")[0]["change"]["normalizer"],
        charsmap(std::vector<std::uint32_t>(300, 1u << 10), "")}) {
    TextModel model = with_normalizer(normalizer);
    const auto &header = *reinterpret_cast<const format::TokenizerHeader *>(model.section());
    auto *data = reinterpret_cast<std::uint32_t *>(model.section() + header.normalizer_data.offset);
    const std::uint32_t count = header.normalizer_data.count;
    for (std::uint32_t i = 0; i < 60; ++i) {
      std::uint32_t &number = data[std::uint64_t{i} * 7919 % count];
      const std::uint32_t before = number;
      number = i % 3 == 0 ? 0xFFFFFFFF : i % 3 == 1 ? 0 : before ^ 1u << i % 32;
      std::uint64_t fault = 0;
      if (model.check(&fault) == TIDBIT_OK) use_everything(model);
      number = before;
    }
  }
}

}  // namespace
}  // namespace tidbit::test
