#include "converter/families/read_model.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "converter/error.h"
#include "converter/families/rotary.h"

namespace tidbit::convert {
namespace {

using format::Config;
using format::GlobalRole;
using format::LayerKind;
using format::Norm;

// Some classes of transformers accept two names for a number.
std::uint32_t count_of(ConfigReader &keys, const Key &key, std::uint32_t most) {
  if (key.other == nullptr || !keys.has(key.other)) return keys.count(key.name, most);
  const std::uint32_t count = keys.count(key.other, most);
  if (keys.count_or(key.name, most, count) != count) keys.refuse(key.name, "and " + std::string(key.other) + " differ");
  return count;
}

void read_heads(const ShapeKeys &shape, Reading &model) {
  ConfigReader &keys = model.keys;
  LayerKind &kind = model.kind;
  const std::string width_key = shape.width.name;
  kind.heads = kind.kv_heads = count_of(keys, shape.heads, format::kMaxHeads);
  if (shape.kv_heads.name != nullptr) {
    kind.kv_heads = keys.count_or(shape.kv_heads.name, format::kMaxHeads, kind.heads);
    if (kind.heads % kind.kv_heads != 0) {
      keys.refuse(shape.kv_heads.name, "does not divide " + std::string(shape.heads.name));
    }
  }
  const char *dim_key = shape.head_dim.name;
  if (dim_key != nullptr && keys.has(dim_key)) {
    kind.head_dim = keys.count(dim_key, format::kMaxHeadDim);
  } else if (model.config.width % kind.heads != 0) {
    const std::string without = dim_key != nullptr ? ", and there is no " + std::string(dim_key) : "";
    keys.refuse(shape.heads.name, "does not divide " + width_key + without);
  } else {
    kind.head_dim = model.config.width / kind.heads;
  }
  if (kind.head_dim > format::kMaxHeadDim) {
    keys.refuse(shape.heads.name, "gives heads of " + std::to_string(kind.head_dim) + " channels; at most " +
                                      std::to_string(format::kMaxHeadDim) + " are supported");
  }
  kind.value_dim = kind.head_dim;
  kind.attention_scale = static_cast<float>(1 / std::sqrt(static_cast<double>(kind.head_dim)));
}

void read_ffn(const ShapeKeys &shape, Reading &model) {
  const std::uint32_t usual = shape.ffn_times * model.config.width;
  if (shape.ffn.name == nullptr) {
    model.kind.ffn_width = usual;
  } else if (usual == 0) {
    model.kind.ffn_width = count_of(model.keys, shape.ffn, format::kMaxFfn);
  } else {
    model.kind.ffn_width = model.keys.count_or(shape.ffn.name, format::kMaxFfn, usual);
  }
}

void read_shape(const ShapeKeys &shape, Reading &model) {
  model.config.vocab_size = count_of(model.keys, shape.vocab, format::kMaxVocab);
  model.layers = count_of(model.keys, shape.layers, format::kMaxLayers);
  model.config.width = count_of(model.keys, shape.width, format::kMaxWidth);
  read_heads(shape, model);
  read_ffn(shape, model);
  if (shape.usual_context != 0 && !model.keys.has(shape.context.name)) {
    model.config.max_context = shape.usual_context;
  } else {
    model.config.max_context = count_of(model.keys, shape.context, format::kMaxContext);
  }
}

format::Activation read_activation(const Family &family, ConfigReader &keys) {
  const std::string name =
      family.activation_key != nullptr ? keys.text_or(family.activation_key, family.activation) : family.activation;
  for (const NamedActivation &row : family.activations) {
    if (name == row.name) return row.activation;
  }
  keys.refuse(family.activation_key, "is " + in_quotes(name) + ", which is not supported");
}

void set_norm(const format::RoleRow &role, Norm norm, void *scope) {
  if (role.need == format::Need::norm) std::memcpy(static_cast<std::byte *>(scope) + role.norm, &norm, sizeof norm);
}

bool names_role(const Names &names, GlobalRole role) {
  return std::any_of(names.globals.begin(), names.globals.end(), [&](const GlobalRow &r) { return r.role == role; });
}

// Sets what follows from the roles that the family names.
void read_roles(const Family &family, const Names &names, Reading &model) {
  for (const GlobalRow &row : names.globals) {
    set_norm(format::kGlobalRoles[static_cast<std::size_t>(row.role)].row, family.norm, &model.config);
  }
  for (const LayerRow &row : names.layers) {
    set_norm(format::kLayerRoles[static_cast<std::size_t>(row.role)].row, family.norm, &model.kind);
  }
  if (names_role(names, GlobalRole::position_embedding)) model.config.position = format::Position::table;
  if (!names_role(names, GlobalRole::rotary_frequencies)) return;
  (family.read_rotary != nullptr ? family.read_rotary : &read_rotary)(model);
}

// The ids that are in the vocabulary. A note tells of the others.
std::vector<std::int32_t> usable(const std::vector<std::int64_t> &ids, const std::string &key, ModelPlan &plan) {
  std::vector<std::int32_t> kept;
  std::size_t outside = 0;
  std::int64_t first = 0;
  for (const std::int64_t id : ids) {
    if (id == -1) continue;
    if (id >= 0 && id < plan.config.vocab_size) {
      kept.push_back(static_cast<std::int32_t>(id));
    } else if (outside++ == 0) {
      first = id;
    }
  }
  if (outside == 0) return kept;
  const std::string more = outside == 1 ? " is" : " and " + std::to_string(outside - 1) + " more are";
  plan.notes.push_back(key + " " + std::to_string(first) + more + " outside the vocabulary and left out");
  return kept;
}

}  // namespace

void read_model(const Family &family, const Names &names, Reading &model) {
  Config &config = model.config;
  std::strncpy(config.family, family.name != nullptr ? family.name : family.model_type, sizeof config.family - 1);
  config.embedding_scale = config.logit_scale = model.kind.residual_scale = 1;
  config.bos_token = -1;
  model.rotary_theta = family.rotary_theta;
  model.rotary_share = family.rotary_share;
  model.partial_rotary = family.partial_rotary;
  model.old_context = family.old_context;
  model.pairs_adjacent = model.pairs_adjacent || family.pairs_adjacent;
  read_shape(family.shape, model);
  read_roles(family, names, model);
  model.kind.norm_epsilon = static_cast<float>(family.epsilon);
  if (family.epsilon_key != nullptr) {
    model.kind.norm_epsilon = model.keys.epsilon_or(family.epsilon_key, family.epsilon);
  }
  if (config.final_norm != Norm::none) config.final_norm_epsilon = model.kind.norm_epsilon;
  model.kind.activation = read_activation(family, model.keys);
  model.kind.gated = family.gated ? 1 : 0;
  config.tied = model.keys.flag_or("tie_word_embeddings", family.tied) ? 1 : 0;
  model.keys.harmless(family.harmless);
  if (family.read != nullptr) family.read(model);
}

void read_special_tokens(const Checkpoint &checkpoint, ConfigReader &keys, ModelPlan &plan) {
  const std::string generation_name = (checkpoint.source / "generation_config.json").string();
  ConfigReader generation(checkpoint.generation_config, generation_name);
  auto begin = usable(keys.ids("bos_token_id"), "bos_token_id", plan);
  if (begin.empty()) begin = usable(generation.ids("bos_token_id"), "bos_token_id", plan);
  plan.config.bos_token = begin.empty() ? -1 : begin.front();
  for (ConfigReader *reader : {&keys, &generation}) {
    add_end_tokens(usable(reader->ids("eos_token_id"), "eos_token_id", plan), plan.config);
  }
}

void add_end_tokens(const std::vector<std::int32_t> &ids, Config &config) {
  for (const std::int32_t id : ids) {
    std::int32_t *end = config.end_tokens + config.end_token_count;
    if (std::find(config.end_tokens, end, id) != end) continue;
    if (config.end_token_count == format::kMaxEndTokens) {
      throw ConvertError("more than " + std::to_string(format::kMaxEndTokens) + " tokens end a text (eos_token_id)");
    }
    config.end_tokens[config.end_token_count++] = id;
  }
}

}  // namespace tidbit::convert
