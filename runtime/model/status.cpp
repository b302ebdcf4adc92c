// Names and facts for people: statuses, parts, the model's description.
#include "format/features.h"
#include "model/session.h"

namespace tidbit {
namespace {

constexpr const char *kStatus[TIDBIT_STATUS_COUNT] = {
    "ok",
    "the work budget is used up, call again",
    "cancelled by the poll hook",
    "an argument is null or out of range",
    "a buffer is not aligned to 64 bytes",
    "a buffer is too small",
    "this is not a tidbit blob",
    "the blob's format version is not supported by this library",
    "the blob is shorter than its header says",
    "a checksum does not match, the data is damaged",
    "a number in the blob's header is out of range",
    "a tensor of the blob is missing, misplaced or has the wrong shape",
    "the blob's tokenizer is inconsistent",
    "this build does not support what the blob needs",
    "this CPU or this build lacks the instruction set",
    "the context is full",
    "a token id is outside the vocabulary",
    "the blob has no tokenizer",
    "there are no logits yet",
    "the saved session is damaged or belongs to another model",
};

constexpr const char *kParts[TIDBIT_PART_COUNT] = {"state", "kv", "activations", "logits", "scratch"};

constexpr const char *kFamilies[] = {"", "llama", "gpt2", "openai-gpt", "marian"};

struct WeightCount {
  std::uint64_t parameters, bytes, read_per_token;
  bool any_16x16;
};

// A decoded token reads every tensor but the tables, of which it reads a row.
WeightCount count_weights(const Model &m) {
  WeightCount count{};
  for (std::uint32_t i = 0; i < m.header->tensor_count; ++i) {
    const format::Tensor &t = m.tensors[i];
    const bool trained = t.role != format::Role::rotary_frequencies;
    count.parameters += trained ? std::uint64_t{t.rows} * t.cols : 0;
    count.bytes += t.bytes;
    count.any_16x16 = count.any_16x16 || t.layout == format::Layout::tile16x16;
    const bool table = t.role <= format::Role::segment_embedding && &t != &m.head();
    count.read_per_token += table ? t.bytes / t.rows : t.bytes;
  }
  return count;
}

}  // namespace
}  // namespace tidbit

using namespace tidbit;

extern "C" const char *tidbit_status_string(tidbit_status status) {
  if constexpr (!features::kStatusStrings) return "";
  return static_cast<unsigned>(status) < TIDBIT_STATUS_COUNT ? kStatus[status] : "unknown status";
}

extern "C" const char *tidbit_part_name(tidbit_part part) {
  return static_cast<unsigned>(part) < TIDBIT_PART_COUNT ? kParts[part] : "unknown part";
}

extern "C" tidbit_status tidbit_info(const tidbit_model *model, tidbit_model_info *info) {
  if (model == nullptr || info == nullptr) return TIDBIT_ERR_ARGUMENT;
  const Model &m = model_of(model);
  const format::Config &c = m.config();
  const format::Tensor *segments = m.global(format::Role::segment_embedding);
  const WeightCount weights = count_weights(m);
  *info = {.family = kFamilies[static_cast<std::uint32_t>(c.family)],
           .source = m.source,
           .converter = m.converter,
           .vocab_size = c.vocab_size,
           .layers = c.layers,
           .width = c.width,
           .heads = c.heads,
           .kv_heads = c.kv_heads,
           .head_dim = c.head_dim,
           .ffn_width = c.ffn_width,
           .segments = segments == nullptr ? 0 : segments->rows,
           .max_context = c.max_context,
           .default_context = c.default_context,
           .weights = static_cast<tidbit_dtype>(c.weights),
           .kv = static_cast<tidbit_dtype>(c.kv),
           .layout = weights.any_16x16 ? TIDBIT_TILE16X16 : TIDBIT_TILE16,
           .bos_token = c.bos_token,
           .eos_token = c.end_token_count != 0 ? c.end_tokens[0] : -1,
           .has_tokenizer = m.tokenizer != nullptr,
           .parameters = weights.parameters,
           .blob_bytes = m.header->blob_bytes,
           .weight_bytes = weights.bytes,
           .bytes_per_token = weights.read_per_token,
           .checksum = m.header->header_checksum};
  return TIDBIT_OK;
}

extern "C" int tidbit_is_end(const tidbit_model *model, int32_t token) {
  const format::Config &c = model_of(model).config();
  for (std::uint32_t i = 0; i < c.end_token_count; ++i) {
    if (c.end_tokens[i] == token && token >= 0) return 1;
  }
  return 0;
}
