#include "converter/checkpoint/torch_dialects.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "converter/checkpoint/json.h"
#include "converter/error.h"
#include "format/blob_format.h"

namespace tidbit::convert {
namespace {

namespace fs = std::filesystem;

using Shape = std::vector<std::uint64_t>;

// A trainer's word for a number, and Hugging Face's.
struct Renamed {
  const char *from;
  const char *to;
};

constexpr Renamed kGptNumbers[] = {
    {"n_layers", "n_layer"},        {"num_layers", "n_layer"},
    {"n_heads", "n_head"},          {"num_heads", "n_head"},
    {"n_embed", "n_embd"},          {"d_model", "n_embd"},
    {"embed_dim", "n_embd"},        {"dim", "n_embd"},
    {"block_size", "n_positions"},  {"context_length", "n_positions"},
    {"max_seq_len", "n_positions"}, {"seq_len", "n_positions"},
};
constexpr Renamed kLlamaNumbers[] = {
    {"dim", "hidden_size"},
    {"hidden_dim", "intermediate_size"},
    {"n_layers", "num_hidden_layers"},
    {"n_heads", "num_attention_heads"},
    {"n_kv_heads", "num_key_value_heads"},
    {"max_seq_len", "max_position_embeddings"},
    {"norm_eps", "rms_norm_eps"},
};
constexpr Renamed kNanochatNumbers[] = {
    {"n_embd", "hidden_size"},
    {"n_layer", "num_hidden_layers"},
    {"n_head", "num_attention_heads"},
    {"n_kv_head", "num_key_value_heads"},
    {"sequence_len", "max_position_embeddings"},
};

// minGPT's names of sizes, from which it takes the number of heads.
struct Size {
  const char *name;
  std::uint32_t heads;
};
constexpr Size kMinGptSizes[] = {{"openai-gpt", 12}, {"gpt2", 12},     {"gpt2-medium", 16},
                                 {"gpt2-large", 20}, {"gpt2-xl", 25},  {"gopher-44m", 16},
                                 {"gpt-mini", 6},    {"gpt-micro", 4}, {"gpt-nano", 3}};

// Where settings are in a checkpoint, and what they must have to be the model's.
constexpr std::array kSettingsKeys = {"model_args", "model_config",     "config", "args",
                                      "hparams",    "hyper_parameters", "cfg"};
constexpr std::array kHeadsKeys = {"n_head", "n_heads", "num_heads", "num_attention_heads"};

constexpr std::size_t kMostSettings = 1024;
constexpr std::size_t kMostTextBytes = 256;

// ---- settings ----

bool is_plain(std::string_view text) {
  return text.size() <= kMostTextBytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// Numbers, flags and short texts; anything else is null.
Json scalar_of(const PickleValue &value) {
  if (const auto flag = value.boolean()) return *flag;
  if (const auto number = value.integer()) {
    return *number < 0 ? Json(*number) : Json(static_cast<std::uint64_t>(*number));
  }
  if (const auto number = value.real()) return *number;
  if (value.is(PickleKind::text) && is_plain(value.text())) return std::string(value.text());
  return nullptr;
}

bool has_heads(const PickleValue &map) {
  return map.is_map() && map.size() <= kMostSettings &&
         std::any_of(kHeadsKeys.begin(), kHeadsKeys.end(), [&](const char *key) { return map.find(key).has_value(); });
}

std::optional<PickleValue> find_settings(const PickleValue &root) {
  if (has_heads(root)) return root;
  for (const char *key : kSettingsKeys) {
    const auto outer = root.find(key);
    if (!outer) continue;
    if (has_heads(*outer)) return outer;
    for (const char *inner_key : {"model", "model_args", "model_config"}) {
      const auto inner = outer->find(inner_key);
      if (inner && has_heads(*inner)) return inner;
    }
  }
  return std::nullopt;
}

Json settings_of(const PickleValue &root) {
  Json settings = Json::object();
  const auto map = find_settings(root);
  for (std::size_t i = 0; map && i < map->size(); ++i) {
    if (!map->key(i).is(PickleKind::text) || !is_plain(map->key(i).text())) continue;
    settings[std::string(map->key(i).text())] = scalar_of(map->value(i));
  }
  return settings;
}

// The name of nanochat's model_000650.pt is meta_000650.json.
fs::path nanochat_meta(const fs::path &file) {
  const std::string stem = file.stem().string();
  return stem.starts_with("model_") ? file.parent_path() / ("meta_" + stem.substr(6) + ".json") : fs::path();
}

// The file of settings beside a checkpoint; empty if there is none.
fs::path settings_beside(const fs::path &file) {
  for (const fs::path &path :
       {file.parent_path() / "config.json", file.parent_path() / "params.json", nanochat_meta(file)}) {
    if (!path.empty() && is_there(path)) return path;
  }
  return {};
}

// minGPT and nanochat write more than the model's settings.
Json read_settings(const fs::path &path) {
  Json settings = read_json_object(path);
  for (const char *key : {"model", "model_config"}) {
    const auto inner = settings.find(key);
    if (inner != settings.end() && inner->is_object()) return Json(*inner);
  }
  return settings;
}

// ---- trainers ----

// What a trainer's function has to go by.
struct Source {
  const TensorMap &tensors;
  std::string prefix;  // of the tensors, "transformer."
  const Json &settings;
  std::string where;
  bool own_settings;  // that are in the checkpoint itself

  const StoredTensor *find(const std::string &name) const {
    const auto found = tensors.find(name);
    return found == tensors.end() ? nullptr : &found->second;
  }
  Shape shape(const std::string &name) const {
    const StoredTensor *tensor = find(prefix + name);
    return tensor != nullptr ? tensor->shape : Shape{};
  }
};

// Numbers under Hugging Face's names. What is null is as good as missing.
Json renamed(const Json &settings, std::span<const Renamed> names) {
  Json config = Json::object();
  for (const auto &item : settings.items()) {
    const std::string &key = item.key();
    const auto row = std::find_if(names.begin(), names.end(), [&](const Renamed &r) { return key == r.from; });
    if (item.value().is_null() || key == "model_type") continue;
    config[row != names.end() ? row->to : key] = item.value();
  }
  return config;
}

void set_default(Json &config, const char *key, const Json &value) {
  if (!config.contains(key)) config[key] = value;
}

// Sets a number to that of a tensor's dimension, counted from the end.
void infer(Json &config, const char *key, const Shape &shape, std::size_t from_end) {
  if (shape.size() >= from_end) set_default(config, key, shape[shape.size() - from_end]);
}

// `in_layer` is the name of a tensor that each layer has.
void infer_layers(Json &config, const char *key, const Source &source, const std::string &layer,
                  const std::string &in_layer) {
  std::uint32_t count = 0;
  while (count < format::kMaxLayers &&
         source.find(source.prefix + layer + std::to_string(count) + "." + in_layer) != nullptr) {
    ++count;
  }
  set_default(config, key, count);
}

// Whether the head is missing, or the embedding itself.
bool is_tied(const Source &source, const std::string &embedding, const std::string &head) {
  const StoredTensor *a = source.find(source.prefix + embedding), *b = source.find(head);
  return b == nullptr || (a != nullptr && a->offset == b->offset && a->bytes() == b->bytes() && b->bytes() != 0);
}

void require_heads(const Json &config, const char *key, const char *word, const Source &source) {
  if (config.contains(key)) return;
  throw ConvertError(source.where + ": does not say how many heads the model has; put a config.json with {\"" +
                     std::string(word) + "\": NUMBER} beside it");
}

struct GptNames {
  std::string layer, embedding, positions, head, norm_bias, ffn;
};

Json gpt_config(const Source &source, const GptNames &names, const char *activation) {
  Json config = renamed(source.settings, kGptNumbers);
  const auto size = source.settings.find("model_type");
  for (const Size &row : kMinGptSizes) {
    const bool named = size != source.settings.end() && size->is_string() && *size == row.name;
    // In a config.json, "gpt2" is the family.
    if (named && std::string_view(row.name) != "gpt2") set_default(config, "n_head", row.heads);
  }
  require_heads(config, "n_head", "n_head", source);
  infer(config, "vocab_size", source.shape(names.embedding), 2);
  infer(config, "n_embd", source.shape(names.embedding), 1);
  infer(config, "n_positions", source.shape(names.positions), 2);
  infer(config, "n_inner", source.shape(names.layer + "0." + names.ffn), 2);
  infer_layers(config, "n_layer", source, names.layer, names.ffn);
  set_default(config, "bias", source.find(source.prefix + names.layer + "0." + names.norm_bias) != nullptr);
  set_default(config, "activation_function", activation);
  set_default(config, "tie_word_embeddings", is_tied(source, names.embedding, names.head));
  config["model_type"] = "gpt2";
  return config;
}

// nanoGPT has the exact GELU. minGPT and makemore have the tanh form, and give themselves away by a head of its own and
// masks; so have those that follow the video course, whose settings know neither biases nor dropout.
Json nanogpt_config(const Source &source) {
  const bool masks = !source.shape("h.0.attn.bias").empty();
  const bool own_head = !is_tied(source, "wte.weight", "lm_head.weight");
  const bool course = source.own_settings && !source.settings.contains("bias") && !source.settings.contains("dropout");
  const char *activation = (masks && own_head) || course ? "gelu_new" : "gelu";
  return gpt_config(source, {"h.", "wte.weight", "wpe.weight", "lm_head.weight", "ln_1.bias", "mlp.c_fc.weight"},
                    activation);
}

Json mingpt_config(const Source &source) {
  const bool first = source.shape("blocks.0.mlp.c_fc.weight").empty();
  const std::string positions = source.shape("pos_emb.weight").empty() ? "pos_emb" : "pos_emb.weight";
  const std::string norm = source.shape("blocks.0.ln1.weight").empty() ? "ln_1.bias" : "ln1.bias";
  return gpt_config(source,
                    {"blocks.", "tok_emb.weight", positions, source.prefix + "head.weight", norm,
                     first ? "mlp.0.weight" : "mlp.c_fc.weight"},
                    "gelu");
}

Json llama_config(const Source &source) {
  Json config = renamed(source.settings, kLlamaNumbers);
  require_heads(config, "num_attention_heads", "n_heads", source);
  for (const char *key : {"multiple_of", "ffn_dim_multiplier"}) config.erase(key);  // the shape says what follows
  if (config.value("vocab_size", Json(1)) == -1) config.erase("vocab_size");
  infer(config, "vocab_size", source.shape("tok_embeddings.weight"), 2);
  infer(config, "hidden_size", source.shape("tok_embeddings.weight"), 1);
  infer(config, "intermediate_size", source.shape("layers.0.feed_forward.w1.weight"), 2);
  infer_layers(config, "num_hidden_layers", source, "layers.", "attention.wq.weight");
  set_default(config, "max_position_embeddings", 2048u);
  set_default(config, "rms_norm_eps", 1e-5);
  set_default(config, "rope_theta", 10000.0);
  set_default(config, "tie_word_embeddings", is_tied(source, "tok_embeddings.weight", "output.weight"));
  set_default(config, "bos_token_id", 1);
  set_default(config, "eos_token_id", Json::array({2, 1}));  // llama2.c separates its stories with their first token
  config["model_type"] = "llama";
  return config;
}

Json nanochat_config(const Source &source) {
  Json config = renamed(source.settings, kNanochatNumbers);
  require_heads(config, "num_attention_heads", "n_head", source);
  infer(config, "vocab_size", source.shape("wte.weight"), 2);
  infer(config, "hidden_size", source.shape("wte.weight"), 1);
  infer(config, "intermediate_size", source.shape("h.0.mlp.c_fc.weight"), 2);
  infer_layers(config, "num_hidden_layers", source, "h.", "attn.c_q.weight");
  set_default(config, "max_position_embeddings", 2048u);
  set_default(config, "tie_word_embeddings", false);
  config["model_type"] = "nanochat";
  return config;
}

struct Trainer {
  Dialect dialect;
  std::uint32_t wide;  // how many times as many rows as columns the marker has; 0: any number
  const char *marker;  // a matrix of layer 0 that no other trainer has
  Json (*config)(const Source &source);
  const char *activation;  // whose activation is assumed, because no setting says it; null: there is only one
};

constexpr Trainer kTrainers[] = {
    {Dialect::nanogpt, 3, "h.0.attn.c_attn.weight", nanogpt_config, "nanoGPT and minGPT"},
    {Dialect::nanochat, 0, "h.0.attn.c_q.weight", nanochat_config, nullptr},
    {Dialect::mingpt, 3, "blocks.0.attn.c_attn.weight", mingpt_config, "the first minGPT"},
    {Dialect::mingpt, 0, "blocks.0.attn.query.weight", mingpt_config, "the first minGPT"},
    {Dialect::llama, 0, "layers.0.attention.wq.weight", llama_config, nullptr},
};

bool has_marker(const Trainer &trainer, const StoredTensor &tensor) {
  if (tensor.shape.size() != 2) return false;
  return trainer.wide == 0 || tensor.shape[0] == trainer.wide * tensor.shape[1];
}

// `prefix` becomes what is in front of the trainer's names.
const Trainer *find_trainer(const TensorMap &tensors, std::string &prefix) {
  for (const char *in_front : {"transformer.", ""}) {
    for (const Trainer &trainer : kTrainers) {
      const auto found = tensors.find(std::string(in_front) + trainer.marker);
      if (found == tensors.end() || !has_marker(trainer, found->second)) continue;
      prefix = in_front;
      return &trainer;
    }
  }
  return nullptr;
}

void set_huggingface(const fs::path &beside, Checkpoint &checkpoint) {
  if (beside.filename() != "config.json") {
    throw ConvertError(
        checkpoint.source.string() + ": its tensors have the names of no trainer that tidbit knows" +
        (checkpoint.tensors.empty() ? "" : ", for example " + in_quotes(checkpoint.tensors.begin()->first)) +
        "; put the model's config.json beside it");
  }
  checkpoint.dialect = Dialect::huggingface;
  checkpoint.config = read_json_object(beside);
}

}  // namespace

void recognize_trainer(const PickleValue &root, Checkpoint &checkpoint) {
  const fs::path beside = settings_beside(checkpoint.source);
  checkpoint.config_name = (beside.empty() ? checkpoint.source : beside).string();
  std::string prefix;
  const Trainer *trainer = find_trainer(checkpoint.tensors, prefix);
  if (trainer == nullptr) return set_huggingface(beside, checkpoint);
  Json settings = settings_of(root);
  const bool own = !settings.empty();
  if (!beside.empty()) settings.update(read_settings(beside));
  checkpoint.dialect = trainer->dialect;
  checkpoint.rotary_pairs_adjacent = trainer->dialect == Dialect::llama;
  checkpoint.config = trainer->config({checkpoint.tensors, prefix, settings, checkpoint.source.string(), own});
  if (settings.contains("activation_function") || trainer->activation == nullptr) return;
  checkpoint.notes.push_back("the activation is not in the checkpoint: assumed " +
                             checkpoint.config.value("activation_function", std::string()) + ", as in " +
                             trainer->activation + "; a config.json beside it may say otherwise");
}

}  // namespace tidbit::convert
