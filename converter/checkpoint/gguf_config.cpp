#include "converter/checkpoint/gguf_config.h"

#include <algorithm>
#include <set>

#include "converter/error.h"

namespace tidbit::convert {
namespace {

struct Renamed {
  const char *gguf;  // behind "ARCHITECTURE."
  const char *key;   // null: means nothing to the computation
};

// What nearly all architectures have.
constexpr Renamed kCommon[] = {
    {"context_length", "max_position_embeddings"},
    {"embedding_length", "hidden_size"},
    {"block_count", "num_hidden_layers"},
    {"feed_forward_length", "intermediate_size"},
    {"attention.head_count", "num_attention_heads"},
    {"attention.head_count_kv", "num_key_value_heads"},
    {"attention.key_length", "head_dim"},
    {"attention.layer_norm_rms_epsilon", "rms_norm_eps"},
    {"attention.layer_norm_epsilon", "layer_norm_eps"},
    {"attention.sliding_window", "sliding_window"},
    {"rope.freq_base", "rope_theta"},
    {"expert_used_count", "num_experts_per_tok"},
    {"expert_feed_forward_length", "moe_intermediate_size"},
    {"attn_logit_softcapping", "attn_logit_softcapping"},
    {"final_logit_softcapping", "final_logit_softcapping"},
    {"vocab_size", nullptr},  // the embedding says it
};

class ConfigMaker;

struct Architecture {
  const char *name;
  const char *model_type;
  // llama.cpp turns channels 2i and 2i + 1 together. Its converter has moved the rows of q and k to that order, unless
  // the model has it by itself.
  bool pairs_adjacent = false;
  void (*more)(ConfigMaker &config) = nullptr;
  const char *epsilon = nullptr;  // the key of the LayerNorm's epsilon, if it is not layer_norm_eps
};

class ConfigMaker {
 public:
  ConfigMaker(const GgufFile &gguf, const Checkpoint &checkpoint, const Architecture &architecture)
      : gguf_(gguf), tensors_(checkpoint.tensors), prefix_(std::string(architecture.name) + ".") {
    json["model_type"] = architecture.model_type;
    for (const Renamed &row : kCommon) move(row.gguf, row.key);
    if (architecture.epsilon != nullptr && json.contains("layer_norm_eps")) {
      json[architecture.epsilon] = json["layer_norm_eps"];
      json.erase("layer_norm_eps");
    }
    if (json.value("sliding_window", Json()) == 0) json["sliding_window"] = nullptr;
    check_lengths();
    const StoredTensor *embedding = tensor("token_embd.weight");
    if (embedding == nullptr || embedding->shape.size() != 2) refuse("there is no tensor \"token_embd.weight\"");
    json["vocab_size"] = embedding->shape[0];
    json["tie_word_embeddings"] = tensor("output.weight") == nullptr;
    if (architecture.more != nullptr) architecture.more(*this);
    if (has_gaps) refuse("some layers have no attention, which is not supported for this architecture");
    if (const Json *causal = take("attention.causal"); causal != nullptr && *causal != true) {
      refuse_key("attention.causal", "is false, which is not supported for models that generate text");
    }
    read_rotary();
    read_tokens();
    check_rest();
  }

  Json json = Json::object();
  bool has_gaps = false;           // some layers have none of what others have
  bool has_whole_channels = true;  // YaRN's ramp begins and ends at whole channels
  double query_growth = 0;         // of Ministral 3, behind the context before scaling

  const StoredTensor *tensor(const std::string &name) const {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : &found->second;
  }
  [[noreturn]] void refuse(const std::string &what) const { throw ConvertError(gguf_.where() + ": " + what); }
  [[noreturn]] void refuse_key(const std::string &key, const std::string &what) const {
    refuse("key " + in_quotes(prefix_ + key) + " " + what);
  }

  // Takes a key of the architecture; null if it is missing.
  const Json *take(const std::string &key) {
    known_.insert(prefix_ + key);
    const auto found = gguf_.metadata().find(prefix_ + key);
    return found == gguf_.metadata().end() ? nullptr : &*found;
  }
  void move(const char *from, const char *to) {
    const Json *value = take(from);
    if (value == nullptr || to == nullptr) return;
    json[to] = value->is_array() ? of_all_layers(from, *value) : *value;
  }
  double number_or(const std::string &key, double fallback) {
    const Json *value = take(key);
    if (value == nullptr) return fallback;
    if (!value->is_number()) refuse_key(key, "is not a number");
    return value->get<double>();
  }
  std::uint64_t count(const char *key) const {
    const auto found = json.find(key);
    return found != json.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
  }
  void only(const char *key, double value) {
    if (number_or(key, value) != value) refuse_key(key, "has a value that is not supported");
  }
  // A key without the architecture in front: a number for each layer.
  const Json &of_layers(const char *key) const {
    const auto found = gguf_.metadata().find(key);
    const bool fits =
        found != gguf_.metadata().end() && found->is_array() && found->size() == count("num_hidden_layers");
    if (!fits) refuse("key " + in_quotes(key) + " does not have a number for each layer");
    return *found;
  }

  // One flag for each layer: whether it has a window. Otherwise every n-th layer has none.
  void read_pattern(std::uint64_t usual) {
    const Json *pattern = take("attention.sliding_window_pattern");
    if (pattern != nullptr && pattern->is_array()) {
      Json types = Json::array();
      for (const Json &flag : *pattern)
        types.push_back(flag == true || flag == 1 ? "sliding_attention" : "full_attention");
      json["layer_types"] = types;
      return;
    }
    if (pattern != nullptr && (!pattern->is_number_unsigned() || *pattern == 0)) {
      refuse_key("attention.sliding_window_pattern", "is not a number above 0");
    }
    const std::uint64_t every = pattern != nullptr ? pattern->get<std::uint64_t>() : usual;
    Json types = Json::array();
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(count("num_hidden_layers"), 1024); ++i) {
      types.push_back((i + 1) % every == 0 ? "full_attention" : "sliding_attention");
    }
    json["layer_types"] = types;
  }

  // Channels of a head, if all of them do not turn.
  void read_share(const char *key = "partial_rotary_factor") {
    const Json *turned = take("rope.dimension_count");
    const std::uint64_t heads = count("num_attention_heads");
    const std::uint64_t dim = count("head_dim") != 0 || heads == 0 ? count("head_dim") : count("hidden_size") / heads;
    if (turned == nullptr || !turned->is_number_unsigned() || *turned == dim || dim == 0) return;
    // Half a channel more, because the family cuts off what is behind the point.
    const double share = (turned->get<double>() + 0.5) / static_cast<double>(dim);
    if (!(share <= 1)) refuse_key("rope.dimension_count", "is more than a head has");
    json[key] = share;
  }

 private:
  // The value of all layers that have one; 0 means that a layer has none.
  Json of_all_layers(const char *key, const Json &list) {
    Json all;
    for (const Json &value : list) {
      if (value == 0) continue;
      if (!all.is_null() && value != all) refuse_key(key, "differs between layers, which is not supported");
      all = value.is_number_integer() && value > 0 ? Json(value.get<std::uint64_t>()) : value;
    }
    if (all.is_null()) refuse_key(key, "has no value for any layer");
    has_gaps = has_gaps || std::find(list.begin(), list.end(), Json(0)) != list.end();
    return all;
  }

  void check_lengths() {
    const Json *value = take("attention.value_length"), *key = take("attention.key_length");
    if (value != nullptr && key != nullptr && *value != *key) {
      refuse_key("attention.value_length", "is not attention.key_length");
    }
  }

  std::vector<float> factors(const char *name) const {
    const StoredTensor *stored = tensor(name);
    if (stored == nullptr) return {};
    if (stored->elements() > 4096) refuse(std::string("tensor \"") + name + "\" is too large");
    std::vector<float> values(stored->elements());
    read_elements(*stored, 0, values.size(), values.data());
    return values;
  }

  // The tokens that begin a text, and those that end one or a turn.
  void read_tokens() {
    const auto token = [this](const char *key) -> const Json * {
      const auto found = gguf_.metadata().find(std::string("tokenizer.ggml.") + key);
      const bool there = found != gguf_.metadata().end() && found->is_number_integer() && *found != 0xFFFFFFFFu;
      return there ? &*found : nullptr;
    };
    if (const Json *bos = token("bos_token_id"); bos != nullptr) json["bos_token_id"] = *bos;
    Json ends = Json::array();
    for (const char *key : {"eos_token_id", "eot_token_id", "eom_token_id"}) {
      const Json *end = token(key);
      if (end != nullptr && std::find(ends.begin(), ends.end(), *end) == ends.end()) ends.push_back(*end);
    }
    if (!ends.empty()) json["eos_token_id"] = ends;
  }

  // Scaled positions. A tensor with a factor for each frequency stands for Llama 3's way of scaling and for LongRoPE.
  void read_rotary() {
    if (take("rope.dimension_count") != nullptr && !json.contains("partial_rotary_factor")) read_share();
    const Json *type = take("rope.scaling.type");
    const double factor = number_or("rope.scaling.factor", number_or("rope.scale_linear", 1));
    const double old_context =
        number_or("rope.scaling.original_context_length", static_cast<double>(count("max_position_embeddings")));
    take("rope.scaling.finetuned");
    const double amplitude = number_or("rope.scaling.attn_factor", 1);
    const std::vector<float> all = factors("rope_freqs.weight"), far = factors("rope_factors_long.weight"),
                             near = factors("rope_factors_short.weight");
    const std::string name = type != nullptr && type->is_string() ? type->get<std::string>()
                             : factor != 1                        ? "linear"
                                                                  : "none";
    Json &rope = json["rope_scaling"];
    if (!all.empty() || !far.empty() || !near.empty()) {
      if (name != "none" && name != "longrope") refuse_key("rope.scaling.type", "is " + name + " beside factors");
      rope = {{"rope_type", "longrope"}, {"factor", 1.0}, {"attention_factor", amplitude}};
      rope["original_max_position_embeddings"] = old_context;
      rope["short_factor"] = near.empty() ? all : near;
      rope["long_factor"] = far.empty() ? all : far;
    } else if (name == "linear") {
      if (factor != 1) rope = {{"rope_type", "linear"}, {"factor", factor}};
    } else if (name == "yarn") {
      rope = {{"rope_type", "yarn"}, {"factor", factor}, {"original_max_position_embeddings", old_context}};
      rope["beta_fast"] = number_or("rope.scaling.yarn_beta_fast", 32);
      rope["beta_slow"] = number_or("rope.scaling.yarn_beta_slow", 1);
      if (!has_whole_channels) rope["truncate"] = false;
      only("rope.scaling.yarn_ext_factor", 1);
      only("rope.scaling.yarn_attn_factor", 1);
      only("rope.scaling.attn_factor", 1);
      if (query_growth != 0) {
        if (!(old_context >= 1 && old_context <= 1 << 30)) {
          refuse_key("rope.scaling.original_context_length", "is out of range");
        }
        rope["original_max_position_embeddings"] = static_cast<std::uint64_t>(old_context);
        rope["llama_4_scaling_beta"] = query_growth;
        rope["mscale"] = rope["mscale_all_dim"] = number_or("rope.scaling.yarn_log_multiplier", 1);
      } else {
        only("rope.scaling.yarn_log_multiplier", 0);
      }
    } else if (name != "none") {
      refuse_key("rope.scaling.type", "is " + in_quotes(name) + ", which is not supported");
    }
    if (rope.is_null()) json.erase("rope_scaling");
  }

  // Keys that describe the file, and those that belong to models which the family refuses anyway.
  void check_rest() const {
    static constexpr const char *kHarmless[] = {"pooling_type", "tensor_data_layout", "rope.freq_base_swa",
                                                "use_parallel_residual", "attention.temperature_length"};
    for (const auto &[key, value] : gguf_.metadata().items()) {
      if (!key.starts_with(prefix_) || known_.count(key) != 0) continue;
      const std::string rest = key.substr(prefix_.size());
      const bool harmless = std::find(std::begin(kHarmless), std::end(kHarmless), rest) != std::end(kHarmless);
      if (!harmless) refuse("key " + in_quotes(key) + " is not known; what it changes would be lost");
    }
  }

  const GgufFile &gguf_;
  const TensorMap &tensors_;
  std::string prefix_;
  std::set<std::string> known_;
};

void read_llama(ConfigMaker &c) {
  const Json *experts = c.take("expert_count");
  if (experts == nullptr || *experts == 0) return;
  c.json["model_type"] = "mixtral";
  c.json["num_local_experts"] = *experts;
}

// Of models with experts in all layers.
void read_experts(ConfigMaker &c) {
  c.move("expert_count", "num_experts");
  c.move("expert_shared_feed_forward_length", "shared_expert_intermediate_size");
}

void read_qwen2_moe(ConfigMaker &c) {
  read_experts(c);
  c.json["norm_topk_prob"] = false;
}
void read_qwen3_moe(ConfigMaker &c) {
  read_experts(c);
  c.json["norm_topk_prob"] = true;
}

// The scale of the scores is not in the file. llama.cpp tells the two models of 27B by their layers.
void read_query_scale(ConfigMaker &c, std::uint64_t layers_of_27b) {
  const bool by_width = c.count("num_hidden_layers") == layers_of_27b && c.count("num_attention_heads") != 0;
  c.json["query_pre_attn_scalar"] =
      by_width ? c.count("hidden_size") / c.count("num_attention_heads") : c.count("head_dim");
}
void read_gemma2(ConfigMaker &c) {
  read_query_scale(c, 46);
  c.read_pattern(2);
  for (const char *key : {"attn_logit_softcapping", "final_logit_softcapping"}) {
    if (!c.json.contains(key)) c.json[key] = nullptr;
  }
}
void read_gemma3(ConfigMaker &c) {
  read_query_scale(c, 62);
  c.read_pattern(6);
  c.json["rope_local_base_freq"] = c.number_or("rope.freq_base_swa", 10000);
}

void read_gpt2(ConfigMaker &c) {
  for (const auto &[from, to] :
       {std::pair("max_position_embeddings", "n_positions"), std::pair("hidden_size", "n_embd"),
        std::pair("num_hidden_layers", "n_layer"), std::pair("num_attention_heads", "n_head"),
        std::pair("intermediate_size", "n_inner")}) {
    if (c.json.contains(from)) c.json[to] = c.json[from];
    c.json.erase(from);
  }
  c.json.erase("num_key_value_heads");
}

void read_neox(ConfigMaker &c) {
  const Json *parallel = c.take("use_parallel_residual");
  c.json["use_parallel_residual"] = parallel == nullptr || *parallel == true;
  c.read_share("rotary_pct");
  c.json["rotary_emb_base"] = c.json.value("rope_theta", 10000.0);
  c.json.erase("num_key_value_heads");
}

void read_partial(ConfigMaker &c) { c.read_share(); }

void read_stablelm(ConfigMaker &c) {
  c.read_share();
  const Json *parallel = c.take("use_parallel_residual");
  c.json["use_parallel_residual"] =
      parallel != nullptr && *parallel == true && c.tensor("blk.0.ffn_norm.weight") == nullptr;
  c.json["qk_layernorm"] = c.tensor("blk.0.attn_q_norm.weight") != nullptr;
}

void read_granite(ConfigMaker &c) {
  for (const char *key : {"conv_kernel", "state_size", "group_count", "inner_size", "time_step_rank"}) {
    c.take(std::string("ssm.") + key);  // of layers of Mamba, which Granite 4 may have
  }
  c.move("embedding_scale", "embedding_multiplier");
  c.move("residual_scale", "residual_multiplier");
  c.move("attention.scale", "attention_multiplier");
  c.move("logit_scale", "logits_scaling");
  const Json *experts = c.take("expert_count"), *shared = c.take("expert_shared_feed_forward_length");
  const Json *turned = c.take("rope.scaling.finetuned");
  const bool has_experts = experts != nullptr && *experts != 0, has_positions = turned == nullptr || *turned != false;
  if (has_experts) c.json["num_local_experts"] = *experts;
  if (shared != nullptr && *shared != 0) {
    c.json["model_type"] = "granitemoehybrid";  // Granite 4
    c.json["shared_intermediate_size"] = *shared;
    c.json["num_local_experts"] = has_experts ? *experts : Json(0);
    c.json["position_embedding_type"] = has_positions ? "rope" : "nope";
    return;
  }
  if (!has_positions) c.refuse_key("rope.scaling.finetuned", "is false, which is not supported");
  c.json["model_type"] = has_experts ? "granitemoe" : "granite";
}

// The factors in front of the softplus; the other constants are those of all models.
void read_apertus(ConfigMaker &c) {
  c.json["xielu_alpha_p"] = c.of_layers("xielu.alpha_p");
  c.json["xielu_alpha_n"] = c.of_layers("xielu.alpha_n");
  for (const Json &beta : c.of_layers("xielu.beta")) {
    if (beta != 0.5) c.refuse("key \"xielu.beta\" is not 0.5, which is not supported");
  }
}

void read_mpt(ConfigMaker &c) {
  Json &attention = c.json["attn_config"] = {{"alibi_bias_max", c.number_or("attention.max_alibi_bias", 0)}};
  if (attention["alibi_bias_max"] == 0) attention = {{"alibi", false}};
  if (const Json *clip = c.take("attention.clamp_kqv"); clip != nullptr) attention["clip_qkv"] = *clip;
  if (c.tensor("blk.0.attn_q_norm.weight") != nullptr) attention["qk_ln"] = true;
  c.json["max_seq_len"] = c.json["max_position_embeddings"];
  c.json.erase("max_position_embeddings");
  c.json.erase("intermediate_size");
}

void read_olmo(ConfigMaker &c) { c.move("attention.clamp_kqv", "clip_qkv"); }
void read_olmoe(ConfigMaker &c) {
  read_experts(c);
  c.json["norm_topk_prob"] = false;
}

void read_cohere(ConfigMaker &c) {
  c.move("logit_scale", "logit_scale");
  c.json["use_qk_norm"] = c.tensor("blk.0.attn_q_norm.weight") != nullptr;
}
void read_cohere2(ConfigMaker &c) {
  c.move("logit_scale", "logit_scale");
  c.read_pattern(4);
}

void read_exaone4(ConfigMaker &c) {
  if (c.json.contains("sliding_window")) return c.read_pattern(4);
  c.json["sliding_window"] = nullptr;
}

// Layers without key-value heads are convolutions.
void read_lfm2(ConfigMaker &c) {
  Json types = Json::array();
  if (const Json *heads = c.take("attention.head_count_kv"); heads != nullptr && heads->is_array()) {
    for (const Json &count : *heads) types.push_back(count == 0 ? "conv" : "full_attention");
    c.json["layer_types"] = types;
  }
  c.has_gaps = false;
  c.move("shortconv.l_cache", "conv_L_cache");
  c.json["block_auto_adjust_ff_dim"] = false;
  c.json["norm_eps"] = c.json.value("rms_norm_eps", 1e-5);
  c.json.erase("rms_norm_eps");
}

// Mistral Small 3 and Ministral 3; only the latter has YaRN.
void read_mistral3(ConfigMaker &c) {
  c.query_growth = c.number_or("attention.temperature_scale", 0);
  if (c.query_growth != 0) c.json["model_type"] = "ministral3";
}

// Norms of OLMo 3 are those of OLMo 2.
void read_olmo2(ConfigMaker &c) {
  if (!c.json.contains("sliding_window")) return;
  c.json["model_type"] = "olmo3";
  c.read_pattern(4);
}

void read_gpt_oss(ConfigMaker &c) {
  c.move("expert_count", "num_local_experts");
  c.json["intermediate_size"] = c.json.value("moe_intermediate_size", c.json.value("intermediate_size", Json(0)));
  c.json.erase("moe_intermediate_size");
  c.read_pattern(2);
  c.has_whole_channels = false;
  c.json["attention_bias"] = true;
}

void read_bloom(ConfigMaker &c) {
  c.json["n_layer"] = c.json["num_hidden_layers"];
  c.json["n_head"] = c.json["num_attention_heads"];
  for (const char *key : {"num_hidden_layers", "num_attention_heads", "num_key_value_heads", "intermediate_size"}) {
    c.json.erase(key);
  }
}

// A second norm marks the new form, which Falcon 40B and 180B have.
void read_falcon(ConfigMaker &c) {
  const bool new_form = c.tensor("blk.0.attn_norm_2.weight") != nullptr || c.count("num_key_value_heads") > 1;
  c.json["new_decoder_architecture"] = new_form;
  if (new_form) {
    c.json["num_kv_heads"] = c.json["num_key_value_heads"];
    c.json["num_ln_in_parallel_attn"] = c.tensor("blk.0.attn_norm_2.weight") != nullptr ? 2u : 1u;
  } else {
    c.json["multi_query"] = true;
  }
  c.json.erase("num_key_value_heads");
  if (const StoredTensor *up = c.tensor("blk.0.ffn_up.weight"); up != nullptr) c.json["ffn_hidden_size"] = up->shape[0];
  c.json.erase("intermediate_size");
}

void read_bigcode(ConfigMaker &c) {
  c.json["multi_query"] = c.json.value("num_key_value_heads", Json(1)) == 1;
  read_gpt2(c);
}

constexpr Architecture kArchitectures[] = {
    {"llama", "llama", true, read_llama},
    {"apertus", "apertus", false, read_apertus},
    {"arcee", "arcee", true},
    {"bitnet", "bitnet"},
    {"bloom", "bloom", false, read_bloom, "layer_norm_epsilon"},
    {"chatglm", "glm", true, read_partial},
    {"cohere2", "cohere2", true, read_cohere2},
    {"command-r", "cohere", true, read_cohere},
    {"ernie4_5", "ernie4_5", true},
    {"exaone4", "exaone4", false, read_exaone4},
    {"falcon", "falcon", false, read_falcon, "layer_norm_epsilon"},
    {"gemma", "gemma"},
    {"gemma2", "gemma2", false, read_gemma2},
    {"gemma3", "gemma3_text", false, read_gemma3},
    {"glm4", "glm4", true, read_partial},
    {"gpt2", "gpt2", false, read_gpt2, "layer_norm_epsilon"},
    {"gpt-oss", "gpt_oss", false, read_gpt_oss},
    {"gptneox", "gpt_neox", false, read_neox},
    {"granite", "granite", true, read_granite},
    {"granitehybrid", "granitemoehybrid", true, read_granite},
    {"granitemoe", "granitemoe", true, read_granite},
    {"hunyuan-dense", "hunyuan_v1_dense"},
    {"lfm2", "lfm2", false, read_lfm2},
    {"mistral3", "mistral", true, read_mistral3},
    {"mpt", "mpt", false, read_mpt, "layer_norm_epsilon"},
    {"nemotron", "nemotron", false, read_partial, "norm_eps"},
    {"olmo", "olmo", true, read_olmo},
    {"olmo2", "olmo2", false, read_olmo2},
    {"olmoe", "olmoe", false, read_olmoe},
    {"phi2", "phi", false, read_partial},
    {"phi3", "phi3", false, read_partial},
    {"qwen2", "qwen2"},
    {"qwen2moe", "qwen2_moe", false, read_qwen2_moe},
    {"qwen3", "qwen3"},
    {"qwen3moe", "qwen3_moe", false, read_qwen3_moe},
    {"seed_oss", "seed_oss"},
    {"smollm3", "smollm3", true},
    {"stablelm", "stablelm", false, read_stablelm},
    {"starcoder", "gpt_bigcode", false, read_bigcode, "layer_norm_epsilon"},
    {"starcoder2", "starcoder2", false, nullptr, "norm_epsilon"},
};

const Architecture &architecture_of(const GgufFile &gguf) {
  const auto found = gguf.metadata().find("general.architecture");
  if (found == gguf.metadata().end() || !found->is_string()) {
    throw ConvertError(gguf.where() + ": has no general.architecture");
  }
  const auto name = found->get<std::string>();
  std::string known;
  for (const Architecture &row : kArchitectures) {
    if (name == row.name) return row;
    known += std::string(known.empty() ? "" : ", ") + row.name;
  }
  throw ConvertError(gguf.where() + ": the architecture " + in_quotes(name) + " is not supported; these are: " + known);
}

}  // namespace

void read_gguf_config(const GgufFile &gguf, Checkpoint &checkpoint) {
  const Architecture &architecture = architecture_of(gguf);
  checkpoint.config_name = gguf.where();
  checkpoint.config = ConfigMaker(gguf, checkpoint, architecture).json;
  checkpoint.rotary_pairs_adjacent = architecture.pairs_adjacent;
}

}  // namespace tidbit::convert
