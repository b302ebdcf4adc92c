#include "converter/tokenizer/gguf_splits.h"

#include <algorithm>

#include "converter/checkpoint/json.h"
#include "converter/error.h"

namespace tidbit::convert {
namespace {

using Names = std::vector<std::string_view>;
using Expressions = std::vector<std::string>;

struct Row {
  Names names;
  Expressions expressions;
  bool ignore_merges = false;
  bool adds_bos = false;
};

const std::string kShort = R"((?i:'s|'t|'re|'ve|'m|'ll|'d))";
const std::string kBlanks = R"(|\s*[\r\n]+|\s+(?!\S)|\s+)";
const std::string kSymbols = R"(| ?[^\s\p{L}\p{N}]+[\r\n]*)" + kBlanks;
const std::string kGpt2 = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
const std::string kWord = R"([^\r\n\p{L}\p{N}]?\p{L}+|)";
const std::string kQwen2 = kShort + "|" + kWord + R"(\p{N})" + kSymbols;
const std::string kLlama3 = kShort + "|" + kWord + R"(\p{N}{1,3})" + kSymbols;
const std::string kDeepseek3 =
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+)";
const std::string kHanKana = R"([\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+)";
const std::string kHanHangul = R"([\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+)";

// Words with a lower case end, then words with an upper case begin. `without` is taken from the letters, and `end` may
// follow each.
std::string cased(const std::string &without, const std::string &end) {
  const std::string upper = R"([\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M})" + without + "]";
  const std::string lower = R"([\p{Ll}\p{Lm}\p{Lo}\p{M})" + without + "]";
  const std::string head = R"([^\r\n\p{L}\p{N}]?)";
  return head + upper + "*" + lower + "+" + end + "|" + head + upper + "+" + lower + "*" + end + "|";
}

// Words of DeepSeek LLM: the letters that have a case.
const std::string kDeepseekLetters =
    R"(\s?[A-Za-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba\u01bc-\u01bf\u01c4-\u0293\u0295-\u02af\u0370-\u0373)"
    R"(\u0376\u0377\u037b-\u037d\u037f\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03f5\u03f7-\u0481)"
    R"(\u048a-\u052f\u0531-\u0556\u10a0-\u10c5\u13a0-\u13f5\u13f8-\u13fd\u1c90-\u1cba\u1cbd-\u1cbf\u1d00-\u1d2b)"
    R"(\u1d6b-\u1d77\u1d79-\u1d9a\u1e00-\u1f15\u1f18-\u1f1d\u1f20-\u1f45\u1f48-\u1f4d\u1f50-\u1f57\u1f59\u1f5b)"
    R"(\u1f5d\u1f5f-\u1f7d\u1f80-\u1fb4\u1fb6-\u1fbc\u1fbe\u1fc2-\u1fc4\u1fc6-\u1fcc\u1fd0-\u1fd3\u1fd6-\u1fdb)"
    R"(\u1fe0-\u1fec\u1ff2-\u1ff4\u1ff6-\u1ffc\u2102\u2107\u210a-\u2113\u2115\u2119-\u211d\u2124\u2126\u2128)"
    R"(\u212a-\u212d\u212f-\u2134\u2139\u213c-\u213f\u2145-\u2149\u214e\u2183\u2184\u2c00-\u2c7b\u2c7e-\u2ce4)"
    R"(\u2ceb-\u2cee\u2cf2\u2cf3\ua640-\ua66d\ua680-\ua69b\ua722-\ua76f\ua771-\ua787\ua78b-\ua78e\uab70-\uabbf)"
    R"(\ufb00-\ufb06\ufb13-\ufb17\uff21-\uff3a\uff41-\uff5a\x{10400}-\x{1044f}\x{104b0}-\x{104d3})"
    R"(\x{104d8}-\x{104fb}\x{10c80}-\x{10cb2}\x{10cc0}-\x{10cf2}\x{118a0}-\x{118df}\x{1e900}-\x{1e943}]+)";

const std::vector<Row> &rows() {
  static const std::vector<Row> table = {
      {{"", "default"}, {R"([\p{P}\$\+<=>\^~\|]+)", kGpt2, R"(\p{N}+)", "[0-9][0-9][0-9]"}},
      {{"gpt-2", "phi-2", "jina-es", "jina-de", "gigachat", "jina-v2-es", "jina-v2-de", "a.x-4.0", "mellum",
        "modern-bert", "jina-v1-en", "jina-v2-code", "roberta-bpe", "mpt", "olmo", "jais", "trillion",
        "granite-docling", "exaone4"},
       {kGpt2}},
      {{"llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano"},
       {kLlama3},
       true,
       true},
      {{"dbrx", "smaug-bpe", "chatglm-bpe"}, {kLlama3}},
      {{"glm4", "glm5"}, {kLlama3}, true},
      {{"qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "megrez", "stablelm2", "hunyuan", "solar-open", "grok-2"},
       {kQwen2}},
      {{"laguna"}, {R"([^\n]+|[\n]+)", kQwen2}},
      {{"ufakzeka"}, {kWord + R"(\p{N})" + kSymbols}},
      {{"qwen35"}, {kShort + R"(|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*)" + kBlanks}},
      {{"minicpm5"}, {R"(\p{N}{1,3})", kShort + "|" + kWord + R"(\p{N}+)" + kSymbols}, true},
      {{"seed-coder"}, {kShort + "|" + kWord + R"(\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+)" + kBlanks}},
      {{"bailingmoe", "bailingmoe2", "llada-moe"},
       {R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)"}},
      {{"exaone-moe"},
       {kShort + R"(|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|)"
                 R"(\s+(?!\S)|\s+)"}},
      {{"jais-2"},
       {kShort + "|" + kWord +
        R"(\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s{512}(?!\S)|\s{256}(?!\S)|\s{128}(?!\S)|\s{64}(?!\S)|)"
        R"(\s{32}(?!\S)|\s{16}(?!\S)|\s{8}(?!\S)|\s{4}(?!\S)|\s{1,2}(?!\S)|\s{1})"}},
      {{"starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b", "mellum2"},
       {R"(\p{N})", kGpt2}},
      {{"falcon"}, {R"([\p{P}\$\+<=>\^~\|`]+)", kGpt2, "[0-9][0-9][0-9]"}},
      {{"deepseek-llm"},
       {R"([\r\n])", kDeepseekLetters, R"(\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+)", R"(\s+$)",
        kHanHangul, R"(\p{N}+)"}},
      {{"deepseek-coder"}, {R"([\r\n])", R"(\s?\p{L}+)", R"(\s?\p{P}+)", kHanHangul, R"(\p{N})"}},
      {{"deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"},
       {R"(\p{N}{1,3})", kHanKana, kDeepseek3 + R"([\r\n]*)" + kBlanks}},
      {{"spark2_5"}, {R"(\p{N}{1,3})", kHanKana, kDeepseek3 + R"(|[\r\n]|\s+(?!\S)|\s+)", R"(\p{N})"}},
      {{"youtu"},
       {R"([\uac00-\ud7a3\u3131-\u318e]+|[\uff01\u2026\u201c\u201d\u2018\u2019\u2014\uff1a\uff1b\uff0c\u3001-\u303f)"
        R"(\ufe30-\ufe4f]+|[\u3105-\u312f]+|[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+)",
        cased("", kShort + "?") + R"(\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*)" + kBlanks},
       true},
      {{"tekken"}, {cased("", "") + R"(\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*)" + kBlanks}, true, true},
      {{"gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"},
       {cased("", kShort + "?") + R"(\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*)" + kBlanks}},
      {{"granite-embed-multi-97m"},
       {cased("", kShort + "?") + R"(\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*)" + kBlanks},
       true},
      {{"kimi-k2"}, {R"(\p{Han}+|)" + cased(R"(&&[^\p{Han}])", kShort + "?") + R"(\p{N}{1,3})" + kSymbols}},
      {{"poro-chat", "bloom", "gpt3-finnish"}, {R"( ?[^(\s|.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c)]+)"}},
      {{"viking"}, {R"( ?[^(\s|.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c)]+)", R"(\p{N})"}},
      {{"chameleon"},
       {"<sentinel:[0-9]+>", "(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z", R"(([\t\n]|    |  ))", R"(\p{N})",
        R"([\p{P}!-/:-@\[-`{-~])", kGpt2},
       false,
       true},
      // These look ahead at the whole number, which the program cannot do; the compiler says so.
      {{"tiny_aya", "cohere2moe"},
       {R"(\d{1,3}(?=(?:\d{3})*\b))", cased("", kShort + "?") + R"(\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*)" + kBlanks}},
      {{"superbpe"}, {R"(\p{N}+)", R"((?=(\d{3})+(?!\d)))"}},
  };
  return table;
}

}  // namespace

GgufSplit gguf_split(std::string_view name, const std::string &source) {
  for (const Row &row : rows()) {
    if (std::find(row.names.begin(), row.names.end(), name) != row.names.end()) {
      return {row.expressions, row.ignore_merges, row.adds_bos};
    }
  }
  throw ConvertError(source + ": tokenizer.ggml.pre names the pre-tokenizer " + in_quotes(name) +
                     ", which is not supported");
}

}  // namespace tidbit::convert
