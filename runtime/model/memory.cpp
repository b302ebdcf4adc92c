#include "model/memory.h"

#include "format/formats.h"

namespace tidbit {
namespace {

using features::LayerPart;
using format::LayerKind;

constexpr std::uint32_t kFloatsPerLine = format::kAlignment / sizeof(float);

constexpr std::uint32_t larger(std::uint32_t a, std::uint32_t b) { return a > b ? a : b; }

[[gnu::noinline]] Rows take_rows(Arena &arena, std::uint32_t count, std::uint32_t width) {
  const std::uint32_t stride = format::round_up(width, kFloatsPerLine);
  return {arena.take<float>(std::uint64_t{count} * stride), stride};
}

// Codes, scales and sums of `count` vectors, large enough for every matrix in groups.
QuantizedRows take_quantized(Arena &arena, const Model &model, std::uint32_t count) {
  std::uint32_t codes = 0, groups = 0;
  for (std::uint32_t i = 0; i < model.header->tensor_count; ++i) {
    const format::Tensor &t = model.tensors[i];
    if (t.group == 0) continue;
    codes = larger(codes, format::round_up(t.cols, format::kAlignment));
    groups = larger(groups, format::round_up(format::ceil_div(t.cols, t.group), kFloatsPerLine));
  }
  return {.codes = arena.take<std::int8_t>(std::uint64_t{count} * codes),
          .scales = arena.take<float>(std::uint64_t{count} * groups),
          .sums = arena.take<CodeSums>(std::uint64_t{count} * (codes / format::kPair)),
          .code_stride = codes,
          .group_stride = groups};
}

// Floats of an inner vector: what the mixer needs of a layer of this kind, or the feed-forward.
std::uint32_t inner_width(const Model &model, const LayerKind &kind) {
  const auto size = [&](format::Dim dim) { return format::size_of(dim, model.config(), &kind); };
  const std::uint32_t mixer = has_convolution(kind) ? size(format::Dim::conv_in)
                                                    : mixed_at(size(format::Dim::qkv)) + size(format::Dim::attention);
  if (!has_experts(kind)) return larger(mixer, size(format::Dim::up));
  const std::uint32_t shared = kind.shared_experts != 0 ? size(format::Dim::up) : 0;
  return larger(mixer, larger(shared, format::expert_up_rows(kind)));
}

// What only some layers need.
void carve_parts(const Model &model, std::uint32_t chunk, Arena &arena, Activations &rows) {
  const format::Config &c = model.config();
  bool parallel = false;
  std::uint32_t experts = 0;
  for (std::uint32_t i = 0; i < model.decoder().kinds; ++i) {
    if (is_parallel(model.kinds[i])) parallel = true;
    if (has_experts(model.kinds[i])) experts = larger(experts, model.kinds[i].experts);
  }
  if (parallel || experts != 0) rows.side = take_rows(arena, chunk, c.width);
  if (experts == 0) return;
  rows.gathered = take_rows(arena, chunk, c.width);
  rows.expert = take_rows(arena, chunk, format::expert_down_rows(c));
  rows.router = take_rows(arena, chunk, 2 * experts);
}

Activations carve_activations(const Model &model, const Limits &limits, Arena (&arenas)[TIDBIT_PART_COUNT]) {
  const std::uint32_t chunk = limits.chunk;
  Arena &arena = arenas[TIDBIT_PART_ACTIVATIONS];
  std::uint32_t inner = 0;
  for (std::uint32_t i = 0; i < model.decoder().kinds; ++i) inner = larger(inner, inner_width(model, model.kinds[i]));
  const format::Config &c = model.config();
  const std::uint32_t angles =
      features::has(LayerPart::rotary_tables) ? c.rotary_tables * c.rotary_pairs : c.rotary_pairs;
  Activations rows{.hidden = model.is_encoder() ? take_rows(arenas[TIDBIT_PART_KV], limits.context, c.width)
                                                : take_rows(arena, chunk, c.width),
                   .sublayer = take_rows(arena, chunk, c.width),
                   .inner = take_rows(arena, chunk, inner),
                   .cos = take_rows(arena, chunk, angles),
                   .sin = take_rows(arena, chunk, angles),
                   .quantized = take_quantized(arena, model, chunk),
                   .side = {},
                   .gathered = {},
                   .expert = {},
                   .router = {}};
  if constexpr (features::kAnyLayerPart) carve_parts(model, chunk, arena, rows);
  return rows;
}

// Scores of one query: of all positions that a block of queries sees, from a whole tile on, and of a sink.
std::uint32_t score_width(const LayerKind &kind, const Limits &limits) {
  std::uint32_t width = format::round_up(limits.context, format::kTileRows);
  if (features::has(LayerPart::window) && kind.window != 0) {
    const std::uint32_t seen = format::round_up(kind.window + kQueryBlock - 1, format::kTileRows) + format::kTileRows;
    if (seen < width) width = seen;
  }
  return features::has(LayerPart::sinks) && kind.sinks != 0 ? width + format::kTileRows : width;
}

Scratch carve_scratch(const Model &model, const Limits &limits, Arena &arena) {
  std::uint32_t queries = limits.chunk, codes = 0, scores = 0;
  for (std::uint32_t i = 0; i < model.decoder().kinds; ++i) {
    const LayerKind &kind = model.kinds[i];
    const std::uint32_t heads = kind.heads / kind.kv_heads;
    if (heads > queries) queries = heads;
    if (model.config().kv == format::Format::q8 && code_stride(kind) > codes) codes = code_stride(kind);
    if constexpr (features::kAnyLayerPart) scores = larger(scores, score_width(kind, limits));
  }
  if (queries > kQueryBlock) queries = kQueryBlock;
  Scratch s{};
  s.score_stride = features::kAnyLayerPart ? scores : format::round_up(limits.context, format::kTileRows);
  s.score_bytes = std::uint64_t{queries} * s.score_stride * sizeof(float);
  s.stride = s.score_bytes + queries * codes;
  s.data = arena.take<std::byte>(limits.workers * s.stride);
  return s;
}

}  // namespace

std::byte *Arena::take_bytes(std::uint64_t bytes) {
  std::byte *piece = memory_ == nullptr ? nullptr : memory_ + used_;
  used_ += format::round_up(bytes, format::kAlignment);
  return piece;
}

Workspace carve(const Model &model, const Limits &limits, Arena (&arenas)[TIDBIT_PART_COUNT]) {
  arenas[TIDBIT_PART_STATE].take<std::byte>(kStateBytes);
  return {.kv = KvCache(model, limits, arenas[TIDBIT_PART_KV]),
          .activations = carve_activations(model, limits, arenas),
          .logits = arenas[TIDBIT_PART_LOGITS].take<float>(model.is_encoder() ? 1 : model.config().vocab_size),
          .scratch = carve_scratch(model, limits, arenas[TIDBIT_PART_SCRATCH])};
}

tidbit_status resolve(const Model &model, const tidbit_options &options, Limits *limits) {
  const format::Config &c = model.config();
  limits->context = options.context != 0 ? options.context : c.default_context;
  limits->chunk = options.chunk != 0 ? options.chunk : kDefaultChunk;
  limits->workers = options.workers != 0 && options.parallel_for != nullptr ? options.workers : 1;
  const std::uint32_t most = model.is_encoder() ? format::kMaxContext : c.max_context;
  const bool fits = limits->context <= most && limits->chunk <= kMaxChunk && options.workers <= kMaxWorkers;
  if (limits->chunk > limits->context) limits->chunk = limits->context;
  return fits ? TIDBIT_OK : TIDBIT_ERR_ARGUMENT;
}

}  // namespace tidbit

using namespace tidbit;

extern "C" tidbit_status tidbit_plan(const tidbit_model *model, const tidbit_options *options,
                                     tidbit_plan_result *plan) {
  if (!is_open(model) || options == nullptr || plan == nullptr) return TIDBIT_ERR_ARGUMENT;
  Limits limits{};
  if (const auto status = resolve(model_of(model), *options, &limits); status != TIDBIT_OK) return status;
  Arena arenas[TIDBIT_PART_COUNT];
  carve(model_of(model), limits, arenas);
  *plan = {};
  plan->context = limits.context;
  plan->chunk = limits.chunk;
  plan->workers = limits.workers;
  for (int part = 0; part < TIDBIT_PART_COUNT; ++part) {
    plan->bytes[part] = arenas[part].used();
    plan->total += plan->bytes[part];
  }
  return TIDBIT_OK;
}

extern "C" tidbit_status tidbit_split_memory(const tidbit_plan_result *plan, void *buffer, size_t bytes,
                                             tidbit_memory *memory, uint64_t *missing) {
  if (plan == nullptr || buffer == nullptr || memory == nullptr) return TIDBIT_ERR_ARGUMENT;
  if (reinterpret_cast<std::uintptr_t>(buffer) % TIDBIT_ALIGNMENT != 0) return TIDBIT_ERR_ALIGNMENT;
  std::uint64_t total = 0;
  for (const std::uint64_t part : plan->bytes) total += part;
  if (total != plan->total) return TIDBIT_ERR_ARGUMENT;
  if (bytes < total) {
    if (missing != nullptr) *missing = total - bytes;
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
