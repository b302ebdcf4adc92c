// How many bytes each part of a session's memory takes. One place computes the sizes; init uses the same.
#include "model/session.h"

namespace tidbit {
namespace {

constexpr std::uint64_t kFloatsPerLine = format::kAlignment / sizeof(float);

constexpr std::uint64_t float_stride(std::uint64_t n) { return format::round_up(n, kFloatsPerLine); }

constexpr std::uint64_t larger(std::uint64_t a, std::uint64_t b) { return a > b ? a : b; }

std::uint64_t activation_bytes(const ActivationSizes &s, std::uint32_t chunk) {
  const std::uint64_t floats = 2 * s.hidden_stride + s.inner_stride + 2 * s.angle_stride;
  const std::uint64_t quantized = s.code_stride + s.group_stride * sizeof(float);
  const std::uint64_t sums = chunk * s.code_stride / format::kPair * sizeof(CodeSums);
  return chunk * (floats * sizeof(float) + quantized) + format::round_up(sums, format::kAlignment);
}

}  // namespace

ActivationSizes activation_sizes(const Model &model) {
  const format::Config &c = model.config();
  const std::uint64_t attention = std::uint64_t{c.heads} * c.head_dim;
  ActivationSizes s{};
  s.hidden_stride = float_stride(c.width);
  s.attention_at = float_stride(attention + 2ull * c.kv_heads * c.head_dim);
  s.inner_stride = float_stride(larger(s.attention_at + attention, (c.gated != 0 ? 2ull : 1ull) * c.ffn_width));
  s.angle_stride = float_stride(c.rotary_dim / 2);
  for (std::uint32_t i = 0; i < model.header->tensor_count; ++i) {
    const format::Tensor &t = model.tensors[i];
    if (t.group == 0) continue;
    s.code_stride = larger(s.code_stride, format::round_up(t.cols, format::kAlignment));
    s.group_stride = larger(s.group_stride, float_stride(format::ceil_div(t.cols, t.group)));
  }
  return s;
}

ScratchSizes scratch_sizes(const format::Config &config, const Limits &limits) {
  const std::uint64_t together = larger(limits.chunk, config.heads / config.kv_heads);
  const std::uint64_t queries = together < kQueryBlock ? together : kQueryBlock;
  const std::uint64_t codes =
      config.kv == format::Dtype::q8 ? format::round_up(config.head_dim, format::kAlignment) : 0;
  ScratchSizes s{};
  s.score_bytes = queries * score_stride(limits.context) * sizeof(float);
  s.stride = s.score_bytes + queries * codes;
  return s;
}

tidbit_status resolve(const Model &model, const tidbit_options &options, Limits *limits) {
  const format::Config &c = model.config();
  limits->context = options.context != 0 ? options.context : c.default_context;
  limits->chunk = options.chunk != 0 ? options.chunk : kDefaultChunk;
  limits->workers = options.workers != 0 && options.parallel_for != nullptr ? options.workers : 1;
  const bool fits = limits->context <= c.max_context && limits->chunk <= kMaxChunk && options.workers <= kMaxWorkers;
  if (limits->chunk > limits->context) limits->chunk = limits->context;
  return fits ? TIDBIT_OK : TIDBIT_ERR_ARGUMENT;
}

}  // namespace tidbit

using namespace tidbit;

extern "C" tidbit_status tidbit_plan(const tidbit_model *model, const tidbit_options *options,
                                     tidbit_plan_result *plan) {
  if (model == nullptr || options == nullptr || plan == nullptr) return TIDBIT_ERR_ARGUMENT;
  const Model &m = model_of(model);
  Limits limits{};
  if (const tidbit_status status = resolve(m, *options, &limits); status != TIDBIT_OK) return status;
  *plan = {};
  plan->context = limits.context;
  plan->chunk = limits.chunk;
  plan->workers = limits.workers;
  plan->bytes[TIDBIT_PART_STATE] = kStateBytes;
  plan->bytes[TIDBIT_PART_KV] = KvCache::bytes(m.config(), limits.context);
  plan->bytes[TIDBIT_PART_ACTIVATIONS] = activation_bytes(activation_sizes(m), limits.chunk);
  plan->bytes[TIDBIT_PART_LOGITS] = float_stride(m.config().vocab_size) * sizeof(float);
  plan->bytes[TIDBIT_PART_SCRATCH] = limits.workers * scratch_sizes(m.config(), limits).stride;
  for (const std::uint64_t bytes : plan->bytes) plan->total += bytes;
  return TIDBIT_OK;
}

extern "C" tidbit_status tidbit_split_memory(const tidbit_plan_result *plan, void *buffer, size_t bytes,
                                             tidbit_memory *memory, uint64_t *missing) {
  if (plan == nullptr || buffer == nullptr || memory == nullptr) return TIDBIT_ERR_ARGUMENT;
  if (reinterpret_cast<std::uintptr_t>(buffer) % TIDBIT_ALIGNMENT != 0) return TIDBIT_ERR_ALIGNMENT;
  if (bytes < plan->total) {
    if (missing != nullptr) *missing = plan->total - bytes;
    return TIDBIT_ERR_MEMORY;
  }
  auto *next = static_cast<std::byte *>(buffer);
  for (int part = 0; part < TIDBIT_PART_COUNT; ++part) {
    memory->data[part] = next;
    memory->bytes[part] = static_cast<size_t>(plan->bytes[part]);
    next += memory->bytes[part];
  }
  return TIDBIT_OK;
}
