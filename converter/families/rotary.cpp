#include "converter/families/rotary.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "converter/checkpoint/checkpoint.h"
#include "converter/error.h"
#include "converter/families/layer_types.h"
#include "converter/families/rotary_scaling.h"

namespace tidbit::convert {
namespace {

// Of rope_parameters or rope_scaling; what the chosen way of scaling does not use means nothing.
constexpr const char *kOfSomeTypes[] = {"type",
                                        "factor",
                                        "low_freq_factor",
                                        "high_freq_factor",
                                        "original_max_position_embeddings",
                                        "beta_fast",
                                        "beta_slow",
                                        "mscale",
                                        "mscale_all_dim",
                                        "truncate",
                                        "short_factor",
                                        "long_factor",
                                        "short_mscale",
                                        "long_mscale",
                                        "finetuned",
                                        "max_position_embeddings"};

// The runtime's sines hold up to 2^22 quarter turns.
constexpr float kMostRadians = 0x1p22f;

std::uint32_t rotated(const Reading &model, ConfigReader &rope) {
  constexpr const char *kShare = "partial_rotary_factor";
  if (model.rotary_share != 1) {  // null is all channels to some readers, and the family's share to others
    rope.refuse_null(kShare);
    model.keys.refuse_null(kShare);
  }
  const double share = rope.number_or(kShare, model.keys.number_or(kShare, model.rotary_share));
  if (!(share > 0 && share <= 1)) rope.refuse(kShare, "is outside 0 to 1");
  if (share != 1 && !model.partial_rotary) rope.refuse(kShare, "is not supported in this family");
  const std::uint32_t dim = static_cast<std::uint32_t>(model.kind.head_dim * share);
  if (dim == 0 || dim % 2 != 0 || dim > model.kind.head_dim) {
    model.keys.refuse("head_dim", "gives " + std::to_string(dim) + " channels that turn; the number must be even");
  }
  return dim;
}

Rotary add_table(Reading &model, RotaryTable table) {
  const auto found = std::find(model.rotary.begin(), model.rotary.end(), table);
  const auto place = static_cast<std::size_t>(found - model.rotary.begin());
  const auto dim = static_cast<std::uint32_t>(2 * table.frequencies.size());
  if (found == model.rotary.end()) model.rotary.push_back(std::move(table));
  if (model.rotary.size() > format::kMaxRotaryTables) {
    throw ConvertError(model.keys.file() + ": more than " + std::to_string(format::kMaxRotaryTables) +
                       " sets of rotary frequencies");
  }
  model.config.rotary_tables = static_cast<std::uint8_t>(model.rotary.size());
  model.config.rotary_pairs = std::max(model.config.rotary_pairs, dim / 2);
  return {static_cast<std::uint8_t>(place), dim};
}

// The parameters of layers of a type, or null.
const nlohmann::json *of_layers(const ConfigReader &keys, const nlohmann::json &by_type, const char *type) {
  if (!by_type.contains(kFullAttention) && !by_type.contains(kSlidingAttention)) {
    keys.refuse("rope_parameters", std::string("has neither ") + kFullAttention + " nor " + kSlidingAttention);
  }
  const auto found = by_type.find(type);
  return found == by_type.end() || found->is_null() ? nullptr : &*found;
}

}  // namespace

Rotary add_rotary(Reading &model, const RotaryDefaults &defaults) {
  ConfigReader &keys = model.keys;
  const nlohmann::json *version5 = keys.object_or_null("rope_parameters");
  const nlohmann::json *version4 = keys.object_or_null("rope_scaling");
  if (version4 != nullptr && version4->empty()) version4 = nullptr;
  const nlohmann::json *given = version4 != nullptr ? version4 : version5;
  std::string where = keys.file() + (version4 != nullptr ? ": rope_scaling" : ": rope_parameters");
  if (defaults.layer_type != nullptr && version5 != nullptr && !version5->empty()) {
    if (version4 != nullptr) keys.refuse("rope_scaling", "and rope_parameters are both given");
    given = of_layers(keys, *version5, defaults.layer_type);
    where += std::string(": ") + defaults.layer_type;
    if (given != nullptr && !given->is_object()) throw ConvertError(where + " is not an object");
  }
  nlohmann::json parameters = given != nullptr ? *given : nlohmann::json::object();
  constexpr const char *kOldContext = "original_max_position_embeddings";
  const bool by_class = model.old_context != 0 && model.checkpoint->dialect == Dialect::huggingface;
  if (by_class || keys.has(kOldContext)) {
    parameters[kOldContext] = keys.count_or(kOldContext, format::kMaxContext, model.old_context);
  }
  ConfigReader rope(parameters, where);

  double theta = defaults.theta != 0 ? defaults.theta : model.rotary_theta;
  if (!defaults.own_theta) theta = positive(keys, "rope_theta", theta);
  theta = positive(rope, "rope_theta", theta);
  const std::uint32_t dim = rotated(model, rope);
  const bool is_dynamic = rope.text_or("rope_type", rope.text_or("type", "")) == "dynamic";
  const double alpha = defaults.by_alpha ? rope.number_or("alpha", 0) : 0;
  if (is_dynamic && alpha > 0 && dim > 2) theta *= std::pow(alpha, dim / (dim - 2.0));
  RotaryTable table{plain_frequencies(theta, dim)};
  scale_rotary(rope, model, theta, dim, table);
  const auto usable = [&](float frequency) {
    return frequency * static_cast<float>(model.config.max_context) <= kMostRadians;
  };
  if (!std::all_of(table.frequencies.begin(), table.frequencies.end(), usable)) {
    rope.refuse("rope_theta", "or a factor gives frequencies that are too large");
  }
  rope.harmless(kOfSomeTypes);
  if (defaults.ignored != nullptr) rope.harmless(std::span(&defaults.ignored, 1));
  for (const std::string &key : rope.finish()) rope.refuse(key, "is not supported");
  return add_table(model, std::move(table));
}

Rotary add_plain_rotary(Reading &model, double theta, std::uint32_t dim) {
  return add_table(model, {plain_frequencies(theta, dim)});
}

Rotary add_sliding_rotary(Reading &model, double theta) {
  const nlohmann::json *given = model.keys.object_or_null("rope_parameters");
  if (given != nullptr && !given->empty()) {
    return add_rotary(model, {.theta = theta, .own_theta = true, .layer_type = kSlidingAttention});
  }
  return add_plain_rotary(model, theta, model.kind.head_dim);
}

void use(const Rotary &rotary, format::LayerKind &kind) {
  kind.rotary_dim = rotary.dim;
  kind.rotary_table = rotary.table;
}

void require_rotary_scaling(const Reading &model) {
  if (model.checkpoint->dialect != Dialect::huggingface) return;
  if (model.keys.has("rope_parameters") || model.keys.has("rope_scaling")) return;
  model.keys.refuse("rope_parameters", "is missing, and so is rope_scaling");
}

void read_rotary(Reading &model) { use(add_rotary(model, {}), model.kind); }

ComputeRow rotary_row(const Reading &model) {
  return [tables = model.rotary, pairs = model.config.rotary_pairs](std::uint32_t row, float *out) {
    const std::vector<float> &frequencies = tables[row / pairs].frequencies;
    *out = row % pairs < frequencies.size() ? frequencies[row % pairs] : 0;
  };
}

ComputeRow amplitude_row(const Reading &model) {
  return [tables = model.rotary](std::uint32_t row, float *out) { *out = tables[row].amplitude; };
}

}  // namespace tidbit::convert
