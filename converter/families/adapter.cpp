#include "converter/families/adapter.h"

#include <algorithm>
#include <cmath>

#include "converter/checkpoint/json.h"
#include "converter/checkpoint/low_rank.h"
#include "converter/checkpoint/safetensors.h"
#include "converter/checkpoint/state_dict.h"
#include "converter/checkpoint/wrappers.h"
#include "converter/error.h"
#include "converter/families/config_reader.h"

namespace tidbit::convert {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kMostRank = 1u << 16;

// Keys that do not change the result: how the adapter was trained, and what its tensors tell anyway.
constexpr const char *kHarmless[] = {
    "auto_mapping",        "base_model_name_or_path",
    "ensure_weight_tying", "exclude_modules",
    "inference_mode",      "layers_pattern",
    "layers_to_transform", "lora_dropout",
    "megatron_core",       "peft_version",
    "qalora_group_size",   "revision",
    "runtime_config",      "target_modules",
    "task_type",           "eva_config",
    "corda_config",        "lora_ga_config",
    "loftq_config",        "r",
};

// Ways to begin training that leave the model as it is. The others change its weights.
constexpr const char *kHarmlessStarts[] = {"gaussian", "orthogonal", "eva"};

bool is_nothing(const Json &value) {
  return value.is_null() || value == false || ((value.is_array() || value.is_object()) && value.empty());
}

// A number for the modules that a pattern names, {"layers.0.self_attn.q_proj": 16}: whole names or their ends.
class Patterns {
 public:
  void read(const std::string &key, ConfigReader &keys) {
    const Json *object = keys.object_or_null(key);
    if (object == nullptr) return;
    for (const auto &[pattern, value] : object->items()) {
      if (!value.is_number() || !std::isfinite(value.get<double>()))
        keys.refuse(key, "has something else than numbers");
      rows_.emplace_back(literal(pattern, key, keys), value.get<double>());
    }
  }

  double find(const std::string &module, double fallback) const {
    const auto row =
        std::find_if(rows_.begin(), rows_.end(), [&](const auto &r) { return is_end_of(module, r.first); });
    return row != rows_.end() ? row->second : fallback;
  }

 private:
  static bool is_end_of(const std::string &module, const std::string &pattern) {
    if (pattern.starts_with('^')) return module == pattern.substr(1);
    return module == pattern || module.ends_with("." + pattern);
  }

  // A pattern is a regular expression, but "\." and "." for a dot are all that is common.
  static std::string literal(const std::string &pattern, const std::string &key, const ConfigReader &keys) {
    std::string text;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      const bool escaped = pattern[i] == '\\' && i + 1 < pattern.size() && pattern[i + 1] == '.';
      if (escaped) ++i;
      const bool plain = pattern[i] == '.' || pattern[i] == '_' || pattern[i] == '-' ||
                         std::isalnum(static_cast<unsigned char>(pattern[i])) != 0 || (pattern[i] == '^' && i == 0);
      if (!plain) keys.refuse(key, "has the pattern " + in_quotes(pattern) + "; only names of modules are supported");
      text += pattern[i];
    }
    return text;
  }

  std::vector<std::pair<std::string, double>> rows_;
};

// What adapter_config.json says.
class AdapterConfig {
 public:
  AdapterConfig(const Json &object, const std::string &file) : keys_(object, file) {
    if (keys_.text_or("peft_type", "") != "LORA") keys_.refuse("peft_type", "is not LORA, which alone is supported");
    keys_.only("bias", "none");
    for (const char *flag : {"use_dora", "lora_bias", "use_qalora"}) keys_.only(flag, false);
    read_start(object);
    rank_ = keys_.count("r", kMostRank);
    alpha_ = keys_.number_or("lora_alpha", 8);
    root_ = keys_.flag_or("use_rslora", false);
    transposed_ = keys_.flag_or("fan_in_fan_out", false);
    ranks_.read("rank_pattern", keys_);
    alphas_.read("alpha_pattern", keys_);
    keys_.harmless(kHarmless);
    for (const std::string &key : keys_.finish()) {
      if (is_nothing(object.at(key))) continue;
      keys_.refuse(key, "is set, which is not supported: only adapters of linear weights are merged");
    }
  }

  bool transposed() const { return transposed_; }
  // 0 if it is none.
  std::uint32_t rank(const std::string &module) const {
    const double rank = ranks_.find(module, rank_);
    return rank >= 1 && rank <= kMostRank ? static_cast<std::uint32_t>(rank) : 0;
  }
  double scaling(const std::string &module) const {
    const double rank = this->rank(module);
    return alphas_.find(module, alpha_) / (root_ ? std::sqrt(rank) : rank);
  }

 private:
  void read_start(const Json &object) {
    const auto start = object.find("init_lora_weights");
    keys_.harmless(std::to_array({"init_lora_weights"}));
    if (start == object.end() || !start->is_string()) return;
    const bool known = std::any_of(std::begin(kHarmlessStarts), std::end(kHarmlessStarts),
                                   [&](const char *name) { return *start == name; });
    if (!known) keys_.refuse("init_lora_weights", "is " + shortened(start->dump()) + ", which changes the model, too");
  }

  ConfigReader keys_;
  std::uint32_t rank_ = 0;
  double alpha_ = 0;
  bool root_ = false, transposed_ = false;
  Patterns ranks_, alphas_;
};

class Merger {
 public:
  Merger(const fs::path &folder, double scale, Checkpoint &checkpoint)
      : file_((folder / "adapter_config.json").string()),
        object_(read_json_object(file_)),
        config_(object_, file_),
        scale_(scale),
        checkpoint_(checkpoint) {
    read_tensors(folder);
  }

  void run(const std::string &name) {
    for (const auto &[tensor, b] : tensors_) {
      std::string module = module_of(tensor, "lora_B");
      if (!module.empty()) {
        if (half(module, "lora_A") == nullptr) refuse(b, "has no lora_A beside it");
        continue;
      }
      module = module_of(tensor, "lora_A");
      if (module.empty()) refuse(b, "is not of a linear layer's LoRA; only such weights can be merged");
      const StoredTensor *other = half(module, "lora_B");
      if (other == nullptr) refuse(b, "has no lora_B beside it");
      merge(module, b, *other);
    }
    if (count_ == 0) throw ConvertError(where_ + ": has no adapter's tensors");
    checkpoint_.notes.push_back("merged the adapter " + name + " into " + std::to_string(count_) + " matrices");
  }

 private:
  [[noreturn]] void refuse(const StoredTensor &tensor, const std::string &what) const {
    throw ConvertError(where_ + ": tensor " + in_quotes(tensor.name) + " " + what);
  }

  void read_tensors(const fs::path &folder) {
    const fs::path safe = folder / "adapter_model.safetensors", pickled = folder / "adapter_model.bin";
    const bool by_torch = !is_there(safe) && is_there(pickled);
    where_ = (by_torch ? pickled : safe).string();
    by_torch ? read_state_dict(pickled, tensors_) : read_safetensors(safe, tensors_);
    see_through_wrappers(tensors_);
  }

  // The module of "MODULE.lora_A.weight"; empty for any other tensor.
  static std::string module_of(const std::string &tensor, const std::string &half) {
    for (const char *name : {".weight", ".default.weight"}) {
      const std::string end = "." + half + name;
      if (tensor.ends_with(end)) return tensor.substr(0, tensor.size() - end.size());
    }
    return "";
  }
  const StoredTensor *half(const std::string &module, const std::string &half) const {
    for (const char *name : {".weight", ".default.weight"}) {
      const auto found = tensors_.find(std::string(module).append(".").append(half).append(name));
      if (found != tensors_.end()) return &found->second;
    }
    return nullptr;
  }

  // A checkpoint may lack the first parts of the module's name, or have more of them.
  StoredTensor *weight_of(const std::string &module) const {
    for (std::size_t at = 0;;) {
      const auto found = checkpoint_.tensors.find(module.substr(at) + ".weight");
      if (found != checkpoint_.tensors.end()) return &found->second;
      const std::size_t dot = module.find('.', at);
      if (dot == std::string::npos) break;
      at = dot + 1;
    }
    for (const char *prefix : {"model.", "language_model.", "model.language_model."}) {
      const auto found = checkpoint_.tensors.find(std::string(prefix).append(module).append(".weight"));
      if (found != checkpoint_.tensors.end()) return &found->second;
    }
    return nullptr;
  }

  void merge(const std::string &module, const StoredTensor &a, const StoredTensor &b) {
    StoredTensor *weight = weight_of(module);
    if (weight == nullptr) refuse(a, "is for a weight that the checkpoint does not have");
    for (const StoredTensor *tensor : {&a, &b}) {
      check_type(*tensor);
      const bool plain = tensor->shape.size() == 2 && tensor->layout == Layout::rows && tensor->elements() != 0;
      if (!plain) refuse(*tensor, "is not a plain matrix");
    }
    const std::uint64_t rank = config_.rank(module);
    if (rank == 0 || a.shape[0] != rank || b.shape[1] != rank) {
      refuse(a, "has the rank " + std::to_string(a.shape[0]) + ", the configuration says " + std::to_string(rank));
    }
    std::vector<std::uint64_t> shape = {b.shape[0], a.shape[1]};
    if (config_.transposed()) std::swap(shape[0], shape[1]);
    if (weight->shape != shape) {
      refuse(a, "is for a weight of " + shape_text(shape) + "; " + in_quotes(weight->name) + " is " +
                    shape_text(weight->shape));
    }
    if (weight->layout != Layout::rows) refuse(*weight, "is a transposed view; save tensor.contiguous() instead");
    if (weight->update != nullptr) refuse(a, "is for a weight that has an update already");
    weight->update = std::make_shared<LowRank>(a, b, config_.scaling(module) * scale_, config_.transposed(), cache_);
    ++count_;
  }

  std::string file_;
  Json object_;
  AdapterConfig config_;
  double scale_;
  Checkpoint &checkpoint_;
  std::string where_;
  TensorMap tensors_;
  std::size_t count_ = 0;
  std::shared_ptr<FactorCache> cache_ = std::make_shared<FactorCache>();
};

}  // namespace

void merge_adapter(const fs::path &folder, double scale, Checkpoint &checkpoint) {
  if (!fs::is_directory(folder)) {
    throw ConvertError(folder.string() + ": is not a folder; an adapter is one, with adapter_config.json");
  }
  if (checkpoint.rotary_pairs_adjacent) {
    throw ConvertError(folder.string() + ": adapters fit Hugging Face's order of weights only, not that of " +
                       checkpoint.source.string());
  }
  Merger(folder, scale, checkpoint).run(fs::weakly_canonical(folder).filename().string());
}

}  // namespace tidbit::convert
