#include "converter/families/config_reader.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "converter/error.h"

namespace tidbit::convert {
namespace {

using nlohmann::json;

// Keys that do not affect the logits, in any family.
constexpr const char *kHarmless[] = {
    "architectures",
    "model_type",
    "transformers_version",
    "torch_dtype",
    "dtype",
    "_name_or_path",
    "_commit_hash",
    "auto_map",
    "attn_implementation",
    "_attn_implementation",
    "use_cache",
    "initializer_range",
    "init_std",
    "gradient_checkpointing",
    "pad_token_id",
    "bos_token_id",
    "eos_token_id",
    "sep_token_id",
    "cls_token_id",
    "mask_token_id",
    "unk_token_id",
    "decoder_start_token_id",
    "forced_bos_token_id",
    "forced_eos_token_id",
    "bad_words_ids",
    "suppress_tokens",
    "begin_suppress_tokens",
    "max_length",
    "min_length",
    "max_new_tokens",
    "num_beams",
    "num_beam_groups",
    "do_sample",
    "early_stopping",
    "temperature",
    "top_k",
    "top_p",
    "typical_p",
    "repetition_penalty",
    "length_penalty",
    "diversity_penalty",
    "no_repeat_ngram_size",
    "encoder_no_repeat_ngram_size",
    "num_return_sequences",
    "remove_invalid_values",
    "exponential_decay_length_penalty",
    "output_attentions",
    "output_hidden_states",
    "output_scores",
    "return_dict",
    "return_dict_in_generate",
    "torchscript",
    "use_bfloat16",
    "chunk_size_feed_forward",
    "finetuning_task",
    "id2label",
    "label2id",
    "num_labels",
    "problem_type",
    "task_specific_params",
    "prefix",
    "tokenizer_class",
    "is_decoder",
    "is_encoder_decoder",
    "tf_legacy_loss",
    "language",
    "license",
    "summary_type",
    "summary_use_proj",
    "summary_activation",
    "summary_proj_to_labels",
    "summary_first_dropout",
    "embd_pdrop",
    "resid_pdrop",
    "attn_pdrop",
    "dropout",
    "attention_dropout",
    "activation_dropout",
    "hidden_dropout",
    "classifier_dropout",
    "classif_dropout",
    "layerdrop",
    "pretraining_tp",
};

struct Dangerous {
  const char *key;
  const char *harmless;  // the value that changes nothing, as JSON; null is always harmless
};

constexpr Dangerous kDangerous[] = {
    {"quantization_config", "null"},
    {"compression_config", "null"},
    {"sliding_window", "null"},
    {"use_sliding_window", "false"},
    {"attention_chunk_size", "null"},
    {"layer_types", "null"},
    {"pruned_heads", "{}"},
    {"attn_logit_softcapping", "null"},
    {"final_logit_softcapping", "null"},
    {"attn_logit_softcap", "null"},
    {"query_pre_attn_scalar", "null"},
    {"attention_multiplier", "null"},
    {"clip_qkv", "null"},
    {"qk_norm", "false"},
    {"use_qk_norm", "false"},
    {"qk_layernorm", "false"},
    {"qk_layer_norm", "false"},
    {"use_qk_layernorm", "false"},
    {"rotary_pct", "1.0"},
    {"rotary_dim", "null"},
    {"rotary_emb_base", "null"},
    {"use_rotary_embedding", "null"},
    {"rope_interleave", "null"},
    {"no_rope_layers", "null"},
    {"no_rope_layer_interval", "null"},
    {"original_max_position_embeddings", "null"},
    {"alibi", "false"},
    {"use_alibi", "false"},
    {"position_embedding_type", "null"},
    {"parallel_attn", "false"},
    {"parallel_residual", "false"},
    {"use_parallel_residual", "false"},
    {"multi_query", "false"},
    {"num_experts", "0"},
    {"num_local_experts", "0"},
    {"n_routed_experts", "0"},
    {"num_experts_per_tok", "0"},
    {"moe_intermediate_size", "null"},
    {"logit_scale", "1.0"},
    {"logits_scaling", "1.0"},
    {"logits_scale", "1.0"},
    {"lm_head_multiplier", "1.0"},
    {"embedding_multiplier", "1.0"},
    {"residual_multiplier", "1.0"},
    {"embedding_scale", "1.0"},
    {"scale_emb", "1.0"},
    {"scale_depth", "null"},
    {"dim_model_base", "null"},
    {"mup_denominator", "null"},
    {"residual_scale", "1.0"},
    {"apply_residual_connection_post_layernorm", "false"},
    {"normalize_before", "false"},
    {"normalize_embedding", "false"},
    {"do_layer_norm_before", "false"},
    {"add_final_layer_norm", "false"},
    {"word_embed_proj_dim", "null"},
    {"embedding_size", "null"},
    {"kv_lora_rank", "null"},
    {"q_lora_rank", "null"},
    {"is_causal", "true"},
    {"cross_attention_layers", "null"},
    {"add_cross_attention", "false"},
    {"lm_head_bias", "false"},
    {"tie_encoder_decoder", "false"},
    {"use_bias", "null"},
    {"qkv_bias", "null"},
    {"per_layer_config", "null"},
    {"rope_scaling", "null"},
    {"rope_parameters", "null"},
    {"attention_sinks", "null"},
};

bool is_same(const json &value, const json &wanted) {
  if (value.is_number() && wanted.is_number()) return value.get<double>() == wanted.get<double>();
  return value == wanted;
}

}  // namespace

const json *ConfigReader::take(const std::string &key) {
  known_.insert(key);
  const auto found = object_.find(key);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

bool ConfigReader::has(const std::string &key) const {
  const auto found = object_.find(key);
  return found != object_.end() && !found->is_null();
}

bool ConfigReader::contains(const std::string &key) const { return object_.find(key) != object_.end(); }

void ConfigReader::refuse(const std::string &key, const std::string &why) const {
  throw ConvertError(file_ + ": " + key + " " + why);
}

std::uint32_t ConfigReader::count(const std::string &key, std::uint32_t most) {
  if (!has(key)) refuse(key, "is missing");
  return count_or(key, most, 0);
}

std::uint32_t ConfigReader::count_or(const std::string &key, std::uint32_t most, std::uint32_t fallback) {
  const json *value = take(key);
  if (value == nullptr) return fallback;
  if (!value->is_number_unsigned()) refuse(key, "is " + shortened(value->dump()) + ", not a whole number above 0");
  const auto number = value->get<std::uint64_t>();
  if (number < 1 || number > most)
    refuse(key, "is " + shortened(value->dump()) + ", outside 1 to " + std::to_string(most));
  return static_cast<std::uint32_t>(number);
}

double ConfigReader::number_or(const std::string &key, double fallback) {
  const json *value = take(key);
  if (value == nullptr) return fallback;
  if (!value->is_number()) refuse(key, "is " + shortened(value->dump()) + ", not a number");
  const auto number = value->get<double>();
  if (!(std::abs(number) <= std::numeric_limits<float>::max()))
    refuse(key, "is " + shortened(value->dump()) + ", too large");
  if (number != 0 && std::abs(number) < std::numeric_limits<float>::min())
    refuse(key, "is " + shortened(value->dump()) + ", too close to 0");
  return number;
}

float ConfigReader::epsilon_or(const std::string &key, double fallback) {
  const double number = number_or(key, fallback);
  if (number < 0) refuse(key, "is negative");
  return static_cast<float>(number);
}

bool ConfigReader::flag_or(const std::string &key, bool fallback) {
  const json *value = take(key);
  if (value == nullptr) return fallback;
  if (!value->is_boolean()) refuse(key, "is " + shortened(value->dump()) + ", neither true nor false");
  return value->get<bool>();
}

std::string ConfigReader::text_or(const std::string &key, const std::string &fallback) {
  const json *value = take(key);
  if (value == nullptr) return fallback;
  if (!value->is_string()) refuse(key, "is " + shortened(value->dump()) + ", not a string");
  return value->get<std::string>();
}

const json *ConfigReader::object_or_null(const std::string &key) {
  const json *value = take(key);
  if (value != nullptr && !value->is_object()) refuse(key, "is not an object");
  return value;
}

std::vector<double> ConfigReader::numbers(const std::string &key) {
  const json *list = take(key);
  if (list == nullptr || !list->is_array()) refuse(key, list == nullptr ? "is missing" : "is not a list");
  std::vector<double> numbers;
  for (const json &item : *list) {
    if (!item.is_number()) refuse(key, "has " + shortened(item.dump()) + ", not a number");
    numbers.push_back(item.get<double>());
    if (!(std::abs(numbers.back()) <= std::numeric_limits<float>::max())) refuse(key, "has a number that is too large");
  }
  return numbers;
}

std::vector<std::string> ConfigReader::texts(const std::string &key) {
  const json *list = take(key);
  if (list == nullptr) return {};
  if (!list->is_array()) refuse(key, "is not a list");
  std::vector<std::string> texts;
  for (const json &item : *list) {
    if (!item.is_string()) refuse(key, "has " + shortened(item.dump()) + ", not a string");
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

std::vector<std::int64_t> ConfigReader::ids(const std::string &key) {
  const json *value = take(key);
  if (value == nullptr) return {};
  const json list = value->is_array() ? *value : json::array({*value});
  std::vector<std::int64_t> ids;
  for (const json &id : list) {
    if (!id.is_number_integer()) refuse(key, "is " + shortened(value->dump()) + ", not a token id or a list of them");
    const bool huge = id.is_number_unsigned() && id.get<std::uint64_t>() > INT64_MAX;
    ids.push_back(huge ? INT64_MAX : id.get<std::int64_t>());
  }
  return ids;
}

void ConfigReader::only(const std::string &key, std::nullptr_t) { only_json(key, nullptr); }
void ConfigReader::only(const std::string &key, bool value) { only_json(key, value); }
void ConfigReader::only(const std::string &key, double value) { only_json(key, value); }
void ConfigReader::only(const std::string &key, const char *value) { only_json(key, value); }

void ConfigReader::only_json(const std::string &key, const json &value) {
  const json *found = take(key);
  if (found == nullptr || is_same(*found, value)) return;
  refuse(key, "is " + shortened(found->dump()) + ", which is not supported" +
                  (value.is_null() ? "" : "; only " + value.dump() + " is"));
}

void ConfigReader::refuse_null(const std::string &key) const {
  if (contains(key) && !has(key)) refuse(key, "is null; give a value or leave it out");
}

void ConfigReader::harmless(std::span<const char *const> keys) { known_.insert(keys.begin(), keys.end()); }

std::vector<std::string> ConfigReader::finish() {
  for (const Dangerous &row : kDangerous) {
    if (known_.count(row.key) == 0) only_json(row.key, json::parse(row.harmless));
  }
  known_.insert(std::begin(kHarmless), std::end(kHarmless));
  std::vector<std::string> unknown;
  for (const auto &[key, value] : object_.items()) {
    if (known_.count(key) == 0) unknown.push_back(key);
  }
  return unknown;
}

}  // namespace tidbit::convert
