#include "converter/checkpoint/gguf_file.h"
#include "converter/error.h"
#include "converter/tokenizer/gguf.h"

namespace tidbit::convert {
namespace {

class Metadata {
 public:
  explicit Metadata(const GgufFile &gguf) : gguf_(gguf) {}

  std::string text(const char *key) const {
    const Json *value = find(key);
    if (value == nullptr) return "";
    if (!value->is_string()) refuse(key, "is not a text");
    return value->get<std::string>();
  }
  // -1 if it is missing, or marked as missing.
  std::int32_t token(const char *key) const {
    const Json *value = find(key);
    if (value == nullptr || *value == 0xFFFFFFFFu) return -1;
    if (!value->is_number_integer() || *value > INT32_MAX || *value < -1) refuse(key, "is not a token");
    return value->get<std::int32_t>();
  }
  int flag(const char *key) const {
    const Json *value = find(key);
    if (value == nullptr) return -1;
    if (!value->is_boolean()) refuse(key, "is not a flag");
    return value->get<bool>() ? 1 : 0;
  }

 private:
  const Json *find(const char *key) const {
    const auto found = gguf_.metadata().find(std::string("tokenizer.ggml.") + key);
    return found == gguf_.metadata().end() ? nullptr : &*found;
  }
  [[noreturn]] void refuse(const char *key, const char *what) const {
    throw ConvertError(gguf_.where() + ": key \"tokenizer.ggml." + key + "\" " + what);
  }

  const GgufFile &gguf_;
};

}  // namespace

GgufTokenizer read_gguf_tokenizer(const std::filesystem::path &file) {
  const GgufFile gguf(file);
  const Metadata metadata(gguf);
  GgufTokenizer tokenizer;
  tokenizer.model = metadata.text("model");
  if (tokenizer.model.empty()) throw ConvertError(gguf.where() + ": has no tokenizer; give --tokenizer FILE or none");
  tokenizer.pre = metadata.text("pre");
  tokenizer.tokens = gguf.texts("tokenizer.ggml.tokens");
  tokenizer.scores = gguf.floats("tokenizer.ggml.scores");
  tokenizer.types = gguf.integers("tokenizer.ggml.token_type");
  tokenizer.merges = gguf.texts("tokenizer.ggml.merges");
  tokenizer.bos = metadata.token("bos_token_id");
  tokenizer.eos = metadata.token("eos_token_id");
  tokenizer.unknown = metadata.token("unknown_token_id");
  tokenizer.separator = metadata.token("seperator_token_id");  // as GGUF spells it
  tokenizer.add_bos = metadata.flag("add_bos_token");
  tokenizer.add_eos = metadata.flag("add_eos_token");
  tokenizer.add_space_prefix = metadata.flag("add_space_prefix");
  tokenizer.remove_extra_whitespaces = metadata.flag("remove_extra_whitespaces");
  tokenizer.lowercase = metadata.flag("normalizer.lowercase");
  tokenizer.strip_accents = metadata.flag("normalizer.strip_accents");
  tokenizer.charsmap = gguf.bytes("tokenizer.ggml.precompiled_charsmap");
  return tokenizer;
}

}  // namespace tidbit::convert
