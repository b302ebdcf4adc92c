// Whatever a model wants to say, what comes out is valid: random logits, drawn at temperature 2. TIDBIT_FORCE_RUNS says
// how many texts per schema and tokenizer are drawn; by default as many as fit into a test line.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/grammar/support.h"
#include "tests/grammar/validator.h"

namespace tidbit::test {
namespace {

// No number or text is without a bound, or random texts would hardly ever end.
const char *const kSchemas[] = {
    R"({"type":"boolean"})",
    R"({"type":"null"})",
    R"({"type":"integer","minimum":-5,"maximum":1234})",
    R"({"type":"number","exclusiveMinimum":0,"maximum":1.5})",
    R"({"type":"number","minimum":-273.15})",
    R"({"type":"string","minLength":1,"maxLength":8})",
    R"({"type":"string","pattern":"^[A-Z]{2}-[0-9]{3}$"})",
    R"({"type":"string","format":"date"})",
    R"({"enum":["on","off",3,null,{"a":[1]}]})",
    R"({"const":"naïve \"東京\""})",
    R"({"type":"array","items":{"type":"integer","minimum":0,"maximum":9},"minItems":2,"maxItems":5})",
    R"({"prefixItems":[{"type":"boolean"},{"enum":["x","y"]}],"items":{"type":"null"},"minItems":2,"maxItems":4,
        "type":"array"})",
    R"({"type":"object","properties":{"light":{"enum":["kitchen","hall"]},"on":{"type":"boolean"}},
        "required":["light","on"]})",
    R"({"type":"object","properties":{"a":{"type":"null"},"b":{"type":"boolean"},"c":{"const":1}}})",
    R"({"type":"object","properties":{"a":{"type":"null"}},"required":["a"],
        "additionalProperties":{"type":"string","maxLength":2}})",
    R"({"anyOf":[{"type":"string","maxLength":3},{"type":"integer","minimum":1,"maximum":3}]})",
    R"({"oneOf":[{"type":"object","properties":{"kind":{"const":"a"},"x":{"type":"boolean"}},"required":["kind"]},
        {"type":"object","properties":{"kind":{"const":"b"},"y":{"type":"null"}},"required":["kind","y"]}]})",
    R"({"$defs":{"tree":{"type":"object","properties":{"v":{"type":"boolean"},"kids":{"type":"array",
        "items":{"$ref":"#/$defs/tree"},"maxItems":2}},"required":["v"]}},"$ref":"#/$defs/tree"})",
    R"({"type":["string","null","array"],"maxLength":2,"maxItems":3,"items":{"type":"boolean"}})",
    R"({"type":"object","properties":{"name":{"type":"string","minLength":1,"maxLength":5},"tags":{"type":"array",
        "items":{"type":"string","maxLength":3},"maxItems":3},"size":{"type":"object","properties":{"w":{
        "type":"integer","minimum":1,"maximum":99},"h":{"type":"integer","minimum":1,"maximum":99}},
        "required":["w","h"]}},
        "required":["name","size"]})",
};

int runs() {
  const char *text = std::getenv("TIDBIT_FORCE_RUNS");
#ifdef TIDBIT_SANITIZED
  constexpr int kRuns = 10;
#else
  constexpr int kRuns = 170;  // 10,200 texts in all
#endif
  return text != nullptr ? std::atoi(text) : kRuns;
}

// One text, drawn until the grammar allows no more, or ends and a coin says so.
std::string draw(const TextModel &model, const SortedVocabulary &vocabulary, const Form &form, tidbit_rng &rng) {
  tidbit_grammar_state state;
  EXPECT_EQ(tidbit_grammar_start(form.get(), 1, &state), TIDBIT_OK);
  const std::uint32_t size = vocab_size(model);
  std::vector<float> logits(size);
  Ids ids;
  while (ids.size() < 100000) {
    for (float &l : logits) {
      rng.state = rng.state * 6364136223846793005u + 1442695040888963407u;
      l = static_cast<float>(rng.state >> 40) * 0x1p-21f - 4;
    }
    const bool may_end = tidbit_grammar_may_end(form.get(), &state) != 0;
    if (may_end && rng.state >> 63 != 0) break;
    const tidbit_status status =
        tidbit_grammar_mask(form.get(), vocabulary.get(), &state, logits.data(), size, nullptr);
    if (status == TIDBIT_ERR_NO_TOKEN) {
      EXPECT_TRUE(may_end) << model.decode(ids);
      break;
    }
    const std::int32_t forced = tidbit_grammar_forced(form.get(), vocabulary.get(), &state);
    const tidbit_sampling sampling = {2, 0, 0, 0, 0};
    std::int32_t token = -1;
    EXPECT_EQ(tidbit_sample(logits.data(), size, &sampling, &rng, nullptr, 0, &token), TIDBIT_OK);
    EXPECT_TRUE(forced == -1 || forced == token);
    EXPECT_EQ(tidbit_grammar_accept(form.get(), model.get(), token, &state), TIDBIT_OK);
    ids.push_back(token);
  }
  return model.decode(ids);
}

class GrammarForce : public testing::TestWithParam<const char *> {};

TEST_P(GrammarForce, RandomLogitsGiveValidTexts) {
  const TextModel model = golden(GetParam());
  const SortedVocabulary vocabulary(model.get());
  tidbit_rng rng = {1};
  for (const char *text : kSchemas) {
    const nlohmann::json schema = nlohmann::json::parse(text);
    const Form form = Form::schema(schema.is_object() ? text : "");
    for (int i = 0; i < runs(); ++i) {
      const std::string answer = draw(model, vocabulary, form, rng);
      const nlohmann::json value = nlohmann::json::parse(answer, nullptr, false);
      ASSERT_FALSE(value.is_discarded()) << text << "\n" << answer;
      ASSERT_TRUE(is_valid(value, schema, schema)) << text << "\n" << answer;
    }
  }
}

// Byte-level BPE, SentencePiece's BPE with byte tokens, and its Unigram with byte tokens.
INSTANTIATE_TEST_SUITE_P(Tokenizers, GrammarForce, testing::Values("byte_level", "pieces", "unigram_bytes"),
                         [](const auto &test) { return std::string(test.param); });

}  // namespace
}  // namespace tidbit::test
