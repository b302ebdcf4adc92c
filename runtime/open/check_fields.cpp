// Checks that the numbers of the model and of its layer kinds are in range, that they fit together, and that this build
// computes them. The ranges come from format/fields.h, without the names.
#include "base/features.h"
#include "format/fields.h"
#include "open/check.h"

namespace tidbit {

void limit_is_no_power_of_two();  // not constexpr: a call from exponent_of does not compile

namespace {

using format::Config;
using format::Field;
using format::FieldType;
using format::LayerKind;

// A field in 4 bytes. The limits of counts are powers of two, stored as exponents, or 0, stored as kOnlyZero. The last
// row of a table describes the reserved bytes.
struct Range {
  std::uint8_t offset;
  std::uint8_t type;      // FieldType or kReserved, and flags
  std::uint8_t high;      // kReserved: how many bytes
  std::uint8_t computed;  // real: an index of kOnlyReals
};
constexpr std::uint8_t kReserved = 0x3F;                // in place of a type: bytes that must be zero
constexpr std::uint8_t kPositive = 0x80, kNorm = 0x40;  // flags; kNorm: a Norm, which the build may leave out
constexpr std::uint8_t kOnlyZero = 0xFF;
constexpr std::uint32_t kOnlyReals[] = {0, 0x3F800000, format::kAnyReal};  // 0, 1, anything

consteval std::uint8_t exponent_of(std::uint32_t n) {
  if (n == 0) return kOnlyZero;
  if ((n & (n - 1)) != 0) limit_is_no_power_of_two();
  return static_cast<std::uint8_t>(__builtin_ctz(n));
}

consteval bool is_same(const char *a, const char *b) {
  for (; *a == *b && *a != 0; ++a) ++b;
  return *a == *b;
}

consteval Range range_of(const Field &f) {
  Range r{static_cast<std::uint8_t>(f.offset), static_cast<std::uint8_t>(f.type), 0, 0};
  if (f.positive) r.type |= kPositive;
  if (f.values != nullptr && is_same(f.values, format::kNormNames)) r.type |= kNorm;
  if (f.type == FieldType::byte) {
    r.high = static_cast<std::uint8_t>(f.high);
    r.computed = static_cast<std::uint8_t>(f.computed);
  } else if (f.type == FieldType::count) {
    r.high = exponent_of(f.high);
    r.computed = exponent_of(f.computed);
  } else if (f.type == FieldType::real) {
    while (r.computed < 2 && kOnlyReals[r.computed] != f.computed) ++r.computed;
  }
  return r;
}

template <std::size_t n>
struct Ranges {
  Range rows[n];
};

// The last fields, if any are left out, are reserved bytes too.
template <std::size_t left_out, std::size_t n>
consteval Ranges<n + 1 - left_out> ranges_of(const Field (&fields)[n], std::size_t reserved, std::size_t end) {
  constexpr std::size_t used = n - left_out;
  Ranges<used + 1> ranges{};
  for (std::size_t i = 0; i < used; ++i) ranges.rows[i] = range_of(fields[i]);
  if (left_out != 0) reserved = fields[used].offset;
  ranges.rows[used] = {static_cast<std::uint8_t>(reserved), kReserved, static_cast<std::uint8_t>(end - reserved), 0};
  return ranges;
}

constexpr std::size_t kEncoderFields = 2;  // the last two of Config
constexpr auto kConfigRanges = ranges_of < features::has(features::LayerPart::encoder)
                                   ? 0
                                   : kEncoderFields >
                                         (format::kConfigFields, offsetof(Config, reserved), sizeof(Config));
constexpr auto kKindRanges = ranges_of<0>(format::kKindFields, offsetof(LayerKind, reserved),
                                          offsetof(LayerKind, reserved) + sizeof(LayerKind::reserved));

tidbit_status check_real(const Range &r, std::uint32_t bits) {
  constexpr std::uint32_t kExponent = 0x7F800000;  // all ones: infinite, or not a number
  const bool negative = bits > 0x80000000;
  if ((bits & kExponent) == kExponent || (negative && (r.type & kPositive) != 0)) return TIDBIT_ERR_CONFIG;
  const std::uint32_t only = kOnlyReals[r.computed];
  return only == format::kAnyReal || only == bits ? TIDBIT_OK : TIDBIT_ERR_UNSUPPORTED;
}

tidbit_status check_value(const Range &r, const std::byte *at, std::uint32_t vocab_size) {
  const auto type = static_cast<FieldType>(r.type & ~(kPositive | kNorm));
  if (r.type == kReserved) return all_zero(at, r.high) ? TIDBIT_OK : TIDBIT_ERR_CONFIG;
  std::uint32_t value;
  __builtin_memcpy(&value, at, sizeof value);
  if (type == FieldType::real) return check_real(r, value);
  if (type == FieldType::token) return value == 0xFFFFFFFF || value < vocab_size ? TIDBIT_OK : TIDBIT_ERR_CONFIG;
  std::uint32_t high = r.high, computed = r.computed;
  if (type == FieldType::byte) {
    value &= 0xFF;
  } else {
    high = 1u << high;
    computed = computed == kOnlyZero ? 0 : 1u << computed;
  }
  if (value > high || (value == 0 && (r.type & kPositive) != 0)) return TIDBIT_ERR_CONFIG;
  const auto norm = static_cast<format::Norm>(value);
  const bool built_in = (r.type & kNorm) == 0 || norm == format::Norm::none || features::has_norm(norm);
  return value <= computed && built_in ? TIDBIT_OK : TIDBIT_ERR_UNSUPPORTED;
}

class FieldCheck : Check {
 public:
  FieldCheck(Model &m, Refusal &refusal) : Check(m, refusal), c_(m.config()) {}

  bool run() {
    if (!check_ranges(kConfigRanges, &c_) || !check_config() || !check_stack(model.decoder())) return false;
    for (std::uint32_t i = 0; i < model.decoder().kinds; ++i) {
      const LayerKind &kind = model.kinds[i];
      if (!check_ranges(kKindRanges, &kind) || !check_kind(kind)) return false;
    }
    return check_layers();
  }

 private:
  template <std::size_t n>
  bool check_ranges(const Ranges<n> &ranges, const void *scope) {
    return check_ranges(ranges.rows, ranges.rows + n, static_cast<const std::byte *>(scope));
  }
  bool check_ranges(const Range *r, const Range *end, const std::byte *scope) {
    for (; r != end; ++r) {
      const tidbit_status status = check_value(*r, scope + r->offset, c_.vocab_size);
      if (status != TIDBIT_OK) return refuse(scope + r->offset, status);
    }
    return true;
  }

  bool check_config() {
    if (c_.family[sizeof c_.family - 1] != 0) return refuse(c_.family);
    if (c_.default_context > c_.max_context) return refuse(&c_.default_context);
    if ((c_.rotary_tables != 0) != (c_.rotary_pairs != 0)) return refuse(&c_.rotary_pairs);
    if constexpr (features::kAnyLayerPart && !features::has(features::LayerPart::rotary_tables)) {
      const format::Slot &slot = model.header->global_slots[static_cast<int>(format::GlobalRole::rotary_amplitudes)];
      if (slot != format::kAbsent) return refuse(&slot, TIDBIT_ERR_UNSUPPORTED);
    }
    for (std::uint32_t i = 0; i < format::kMaxEndTokens; ++i) {
      const std::int32_t &token = c_.end_tokens[i];
      const bool sound =
          i < c_.end_token_count ? token >= -1 && token < static_cast<std::int32_t>(c_.vocab_size) : token == 0;
      if (!sound) return refuse(&token);
    }
    return features::has_kv(c_.kv) || refuse(&c_.kv, TIDBIT_ERR_UNSUPPORTED);
  }

  bool check_stack(const format::Stack &s) {
    if (s.type > format::StackType::encoder) return refuse(&s.type);
    constexpr bool kEncodes = features::has(features::LayerPart::encoder);
    if (!kEncodes && s.type != format::StackType::decoder) return refuse(&s.type, TIDBIT_ERR_UNSUPPORTED);
    if (kEncodes && !check_encoder()) return false;
    if (s.kinds == 0) return refuse(&s.kinds);
    if (s.layers == 0 || s.layers > format::kMaxLayers) return refuse(&s.layers);
    if (s.reserved != 0) return refuse(&s.reserved);
    return all_zero(&model.header->stacks[1], sizeof s) || refuse(&model.header->stacks[1]);
  }

  // An encoder has vectors instead of logits, and a decoder the other way round.
  bool check_encoder() {
    using format::Head, format::Pooling;
    if (c_.head == Head::classifier) return refuse(&c_.head, TIDBIT_ERR_UNSUPPORTED);
    if (model.is_encoder() != (c_.head == Head::pooling)) return refuse(&c_.head);
    if (model.is_encoder()) return c_.tied != 0 || refuse(&c_.tied);
    if (c_.pooling != Pooling::none) return refuse(&c_.pooling);
    return c_.unit_length == 0 || refuse(&c_.unit_length);
  }

  // Every layer of an encoder sees whole texts, and no layer of a decoder does.
  bool check_mask(const LayerKind &k) {
    const bool all = k.mask == format::Mask::bidirectional;
    if (all != model.is_encoder()) return refuse(&k.mask);
    if (!all) return true;
    if (k.mixer != format::Mixer::attention) return refuse(&k.mixer, TIDBIT_ERR_UNSUPPORTED);
    if (k.window != 0) return refuse(&k.window, TIDBIT_ERR_UNSUPPORTED);
    if (k.kv_layer != 0) return refuse(&k.kv_layer, TIDBIT_ERR_UNSUPPORTED);
    if (k.alibi != format::Alibi::none) return refuse(&k.alibi, TIDBIT_ERR_UNSUPPORTED);
    return k.sinks == 0 || refuse(&k.sinks, TIDBIT_ERR_UNSUPPORTED);
  }

  bool check_kind(const LayerKind &k) {
    if (features::has(features::LayerPart::encoder) && !check_mask(k)) return false;
    if (k.heads % k.kv_heads != 0) return refuse(&k.kv_heads);
    if (k.value_dim != k.head_dim) return refuse(&k.value_dim, TIDBIT_ERR_UNSUPPORTED);
    const bool turns = k.rotary_dim % 2 == 0 && k.rotary_dim <= k.head_dim && k.rotary_dim / 2 <= c_.rotary_pairs;
    if (!turns) return refuse(&k.rotary_dim);
    if (features::kAnyLayerPart && !check_parts(k)) return false;
    return features::has_activation(k.activation) || refuse(&k.activation, TIDBIT_ERR_UNSUPPORTED);
  }

  // What a layer may have beyond Llama and GPT-2.
  bool check_parts(const LayerKind &k) {
    const bool attention = k.mixer == format::Mixer::attention, normalized = k.qk_norm != format::Norm::none;
    if (normalized != (k.qk_norm_scope != format::QkNormScope::none)) return refuse(&k.qk_norm_scope);
    if (k.rotary_dim != 0 && k.rotary_table >= c_.rotary_tables) return refuse(&k.rotary_table);
    if (attention != (k.taps == 0)) return refuse(&k.taps);
    const bool attends =
        normalized || k.window != 0 || k.alibi != format::Alibi::none || k.sinks != 0 || k.rotary_dim != 0;
    if (!attention && (attends || k.kv_layer != 0)) return refuse(&k.mixer);
    if (k.alibi == format::Alibi::rounded && k.window != 0) return refuse(&k.window, TIDBIT_ERR_UNSUPPORTED);
    if (k.projection_norm != format::Norm::none && (!attention || k.experts != 0)) return refuse(&k.projection_norm);
    if (k.activation == format::Activation::clamped_silu && k.gated == 0) return refuse(&k.gated);
    return check_residual(k) && check_experts(k);
  }

  // Parallel sublayers have no norm after the sum, and share the first norm or have two.
  bool check_residual(const LayerKind &k) {
    using format::Norm, format::Residual;
    if (k.residual == Residual::serial) return true;
    if (k.residual == Residual::parallel_one_norm && k.ffn_in_norm != Norm::none) return refuse(&k.ffn_in_norm);
    if (k.mixer_sum_norm != Norm::none) return refuse(&k.mixer_sum_norm);
    return k.ffn_sum_norm == Norm::none || refuse(&k.ffn_sum_norm);
  }

  bool check_experts(const LayerKind &k) {
    const bool there = k.experts != 0;
    if (there && k.residual != format::Residual::serial) return refuse(&k.residual, TIDBIT_ERR_UNSUPPORTED);
    if (there != (k.experts_used != 0) || k.experts_used > k.experts) return refuse(&k.experts_used);
    if (there != (k.expert_width != 0)) return refuse(&k.expert_width);
    if (there != (k.router != format::Router::none)) return refuse(&k.router);
    return there || k.shared_experts == 0 || refuse(&k.shared_experts);
  }

  // The layer whose keys and values layer `index` uses comes before it, has its own, and finds them in the same places.
  bool check_kv_layer(std::uint32_t index) {
    const LayerKind &k = model.kind(index);
    if (!features::has(features::LayerPart::shared_kv) || k.kv_layer == 0) return true;
    if (k.kv_layer > index) return refuse(&k.kv_layer);
    const LayerKind &other = model.kind(k.kv_layer - 1);
    const bool fits = other.mixer == format::Mixer::attention && other.kv_layer == 0 && other.kv_heads == k.kv_heads &&
                      other.head_dim == k.head_dim && other.window == k.window;
    return fits || refuse(&k.kv_layer);
  }

  // Each layer names a kind; the rest of the table is zeros.
  bool check_layers() {
    const std::uint32_t layers = model.layers();
    for (std::uint32_t i = 0; i < layers; ++i) {
      if (model.layer_kinds[i] >= model.decoder().kinds) return refuse(model.layer_kinds + i);
    }
    for (std::uint32_t i = 0; i < layers; ++i) {
      if (!check_kv_layer(i)) return false;
    }
    const std::byte *end = model.blob + model.header->header_bytes;
    const auto *rest = reinterpret_cast<const std::byte *>(model.layer_kinds + layers);
    return all_zero(rest, static_cast<std::size_t>(end - rest)) || refuse(rest);
  }

  const Config &c_;
};

}  // namespace

bool check_fields(Model &model, Refusal &refusal) { return FieldCheck(model, refusal).run(); }

}  // namespace tidbit
