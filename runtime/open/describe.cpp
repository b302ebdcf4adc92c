// Describes a model to people and programs: names of formats, facts, every number of the configuration.
#include "base/features.h"
#include "format/fields.h"
#include "format/model.h"

namespace tidbit {
namespace {

using format::Field;
using format::FieldType;
using format::GlobalRole;
using format::Tensor;

struct WeightCount {
  std::uint64_t parameters, bytes, read_per_token;
};

// A token reads one row of each lookup table, and all of every other tensor.
WeightCount count_weights(const Model &m) {
  WeightCount count{};
  const Tensor *head = &m.head();
  for (std::uint32_t i = 0; i < m.header->tensor_count; ++i) {
    const Tensor &t = m.tensors[i];
    if (t.rows == 0) continue;  // an entry that the layer's kind does not use
    const bool trained = &t != m.global(GlobalRole::rotary_frequencies);
    const bool looked_up = (&t == m.global(GlobalRole::token_embedding) && &t != head) ||
                           &t == m.global(GlobalRole::position_embedding) ||
                           &t == m.global(GlobalRole::segment_embedding);
    count.parameters += trained ? std::uint64_t{t.rows} * t.cols : 0;
    count.bytes += t.bytes;
    count.read_per_token += looked_up ? t.bytes / t.rows : t.bytes;
  }
  return count;
}

// Finds word `index` of a list of words separated by spaces.
void find_word(const char *list, std::uint64_t index, tidbit_field *field) {
  for (; index > 0 && *list != 0; ++list) index -= *list == ' ' ? 1 : 0;
  field->value = list;
  while (*list != 0 && *list != ' ') ++list;
  field->value_bytes = static_cast<std::uint32_t>(list - field->value);
}

template <class T>
T read(const void *at) {
  T value;
  __builtin_memcpy(&value, at, sizeof value);
  return value;
}

void fill(const Field &row, const void *scope, std::int32_t kind, tidbit_field *field) {
  const auto *at = static_cast<const std::byte *>(scope) + row.offset;
  *field = {};
  field->name = row.name;
  field->kind = kind;
  field->is_real = row.type == FieldType::real ? 1 : 0;
  switch (row.type) {
    case FieldType::byte:
      field->integer = read<std::uint8_t>(at);
      break;
    case FieldType::count:
      field->integer = read<std::uint32_t>(at);
      break;
    case FieldType::token:
      field->integer = read<std::int32_t>(at);
      break;
    case FieldType::real:
      field->real = read<float>(at);
      break;
  }
  if (row.values != nullptr) find_word(row.values, static_cast<std::uint64_t>(field->integer), field);
}

}  // namespace
}  // namespace tidbit

using namespace tidbit;

extern "C" const char *tidbit_format_name(tidbit_format format) {
  if constexpr (!features::kStatusStrings) return "";
  return static_cast<unsigned>(format) < TIDBIT_FORMAT_COUNT ? format::kFormatNames.of[format] : nullptr;
}

extern "C" tidbit_status tidbit_info(const tidbit_model *model, tidbit_model_info *info) {
  if (!is_open(model) || info == nullptr) return TIDBIT_ERR_ARGUMENT;
  const Model &m = model_of(model);
  const format::Config &c = m.config();
  const format::LayerKind &first = m.kind(0);
  const WeightCount weights = count_weights(m);
  *info = {.parameters = weights.parameters,
           .blob_bytes = m.header->blob_bytes,
           .weight_bytes = weights.bytes,
           .bytes_per_token = weights.read_per_token,
           .checksum = m.header->header_checksum,
           .vocab_size = c.vocab_size,
           .layers = m.layers(),
           .layer_kinds = m.decoder().kinds,
           .width = c.width,
           .heads = first.heads,
           .kv_heads = first.kv_heads,
           .head_dim = first.head_dim,
           .ffn_width = first.ffn_width,
           .segments = c.segments,
           .max_context = c.max_context,
           .default_context = c.default_context,
           .weights = static_cast<tidbit_format>(c.weights),
           .kv = static_cast<tidbit_format>(c.kv),
           .bos_token = c.bos_token,
           .eos_token = c.end_token_count != 0 ? c.end_tokens[0] : -1,
           .has_tokenizer = m.tokenizer != nullptr,
           .has_selftest = m.self_test != nullptr,
           .is_encoder = m.is_encoder(),
           .family = c.family,
           .source = m.source,
           .converter = m.converter};
  return TIDBIT_OK;
}

extern "C" tidbit_status tidbit_describe(const tidbit_model *model, uint32_t index, tidbit_field *field) {
  if (!is_open(model) || field == nullptr) return TIDBIT_ERR_ARGUMENT;
  if constexpr (!features::kInspect) return TIDBIT_ERR_UNSUPPORTED;
  constexpr std::uint32_t kGlobal = sizeof format::kConfigFields / sizeof(Field);
  constexpr std::uint32_t kOfKind = sizeof format::kKindFields / sizeof(Field);
  const Model &m = model_of(model);
  if (index < kGlobal) {
    fill(format::kConfigFields[index], &m.config(), -1, field);
    return TIDBIT_OK;
  }
  const std::uint32_t kind = (index - kGlobal) / kOfKind;
  if (kind >= m.decoder().kinds) return TIDBIT_ERR_ARGUMENT;
  fill(format::kKindFields[(index - kGlobal) % kOfKind], m.kinds + kind, static_cast<std::int32_t>(kind), field);
  return TIDBIT_OK;
}

extern "C" int tidbit_is_end(const tidbit_model *model, int32_t token) {
  return is_open(model) && format::is_end(model_of(model).config(), token) ? 1 : 0;
}
