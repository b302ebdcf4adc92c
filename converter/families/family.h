// How a model family is described. A family is data: the keys of its config.json, and a table with the tensor names for
// each role of format/roles.h. Shapes come from the role table. To add a family, add a file beside llama.cpp and a row
// to registry.h.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <type_traits>
#include <vector>

#include "converter/checkpoint/dialect.h"
#include "converter/families/config_reader.h"
#include "format/roles.h"

namespace tidbit::convert {

struct Checkpoint;

// A row of the table of rotary frequencies.
struct RotaryTable {
  std::vector<float> frequencies;  // radians per position
  float amplitude = 1;             // of cosine and sine
  bool operator==(const RotaryTable &) const = default;
};

// A model's configuration while it is being read.
struct Reading {
  ConfigReader &keys;
  format::Config &config;
  format::LayerKind &kind;  // of all layers, unless Family::read_layer changes it
  const Checkpoint *checkpoint = nullptr;
  std::uint32_t context = 0;  // that the user asked for; 0: no wish
  std::uint32_t layers = 0;
  std::uint32_t layer = 0;                    // whose tensor a function of Row::or_computed computes
  double rotary_theta = 0, rotary_share = 0;  // defaults of the family
  bool partial_rotary = false;                // Family::partial_rotary
  std::uint32_t old_context = 0;              // Family::old_context
  bool pairs_adjacent = false;                // channels 2i and 2i + 1 of a head turn together, not i and i + half
  std::vector<RotaryTable> rotary = {};
  std::vector<std::string> layer_types = {};        // for families whose layers differ (layer_types.h)
  std::vector<const char *> embedding_copies = {};  // other names of the token embedding
  std::vector<std::string> notes = {};              // for the summary
};

// Fills row `row` of a tensor.
using ComputeRow = std::function<void(std::uint32_t row, float *out)>;

// Where the tensor of a role comes from. In a name, '#' stands for the layer's number, '@' for that of an expert or a
// head, and '*' for "weight" or "bias". Names are relative to the checkpoint's prefix, and those of layers also to
// Names::layer; a leading '/' marks a complete name. The tensor of a role for experts is either one tensor per expert,
// or one for all with the expert as its first dimension.
struct Origin {
  enum class Bias : std::uint8_t { none, always, by_key, if_stored };
  // The order of rows in a tensor that has all parts of a role.
  enum class Order : std::uint8_t {
    parts,        // q, k, v; gate, up
    groups,       // for each key-value head its queries, its key, its value
    interleaved,  // gate 0, up 0, gate 1, up 1, ...
    quarters,     // CodeGen: four times a quarter of q, of v, of k
  };

  // Either one tensor for the whole role or one for each part: q, k and v; gate and up.
  std::array<const char *, 4> names = {};
  bool alternatives = false;  // the names are synonyms instead; if several are stored, they must be equal
  bool transposed = false;
  bool optional = false;
  bool drop_zeros = false;
  std::array<float (*)(float), 2> maps = {};  // of the weights of each part
  Order order = Order::parts;
  Bias bias = Bias::none;
  const char *bias_key = nullptr;
  bool bias_default = false;                         // if the key is missing
  std::uint32_t skipped = 0;                         // rows of the stored tensor in front of those that are used
  ComputeRow (*compute)(const Reading &) = nullptr;  // may return null: then the tensor is stored
  bool always_computed = false;
};

template <class Role>
struct Row {
  Role role;
  Origin origin;

  // Also has a bias, whose role is the next one.
  constexpr Row biased() const { return with(&Origin::bias, Origin::Bias::always); }
  // Also has a bias if this key of the configuration is true.
  constexpr Row biased_if(const char *key) const {
    return with(&Origin::bias, Origin::Bias::by_key).with(&Origin::bias_key, key);
  }
  // The same, and also if the key is missing.
  constexpr Row biased_unless_false(const char *key) const { return biased_if(key).with(&Origin::bias_default, true); }
  // The weights, but not the bias, are stored minus 1.
  constexpr Row plus_one() const {
    return mapped([](float x) { return x + 1; });
  }
  // Each weight goes through a function, which the second part may have of its own.
  constexpr Row mapped(float (*first)(float), float (*second)(float) = nullptr) const {
    return with(&Origin::maps, {first, second != nullptr ? second : first});
  }
  constexpr Row in_order(Origin::Order order) const { return with(&Origin::order, order); }
  // Matrices are stored [in][out].
  constexpr Row transposed() const { return with(&Origin::transposed, true); }
  // Left out if it is missing or all zeros.
  constexpr Row unless_zero() const { return with(&Origin::optional, true).with(&Origin::drop_zeros, true); }
  // Computed if it is not stored.
  constexpr Row or_computed(ComputeRow (*function)(const Reading &)) const { return with(&Origin::compute, function); }
  // Computed although it is stored, unless the function returns null.
  constexpr Row computed(ComputeRow (*function)(const Reading &)) const {
    return or_computed(function).with(&Origin::always_computed, true);
  }
  constexpr Row skipping(std::uint32_t rows) const { return with(&Origin::skipped, rows); }

  template <class Value>
  constexpr Row with(Value Origin::*member, std::type_identity_t<Value> value) const {
    Row copy = *this;
    copy.origin.*member = value;
    return copy;
  }
};

using Global = format::GlobalRole;
using Layer = format::LayerRole;
using GlobalRow = Row<Global>;
using LayerRow = Row<Layer>;

template <class Role, class... Name>
constexpr Row<Role> tensor(Role role, Name... names) {
  return {role, {.names = {names...}}};
}
template <class Role, class... Name>
constexpr Row<Role> one_of(Role role, Name... names) {
  return {role, {.names = {names...}, .alternatives = true}};
}

// Tensors that do not go into the blob.
struct LeftOut {
  const char *pattern;  // matches the complete name; '*' stands for any text
  const char *note;     // what they are, for the summary; null if they are of no interest
};

// The names of a family's tensors in one dialect. The roles listed here also decide which norms a layer has, and
// whether positions are a table or rotary. If a role has several rows, the first one whose tensors are stored counts.
struct Names {
  Dialect dialect;
  std::span<const char *const> prefixes;  // the one with most tensors of layer 0 is used
  const char *layer;                      // "layers.#."
  std::span<const GlobalRow> globals;
  std::span<const LayerRow> layers;
  std::span<const LeftOut> left_out = {};
};

// A key of the configuration, and a synonym. If both are present, they must agree.
struct Key {
  const char *name = nullptr;
  const char *other = nullptr;

  constexpr Key() = default;
  constexpr Key(const char *key, const char *synonym = nullptr) : name(key), other(synonym) {}
};

struct ShapeKeys {
  Key vocab = "vocab_size";
  Key layers = "num_hidden_layers";
  Key width = "hidden_size";
  Key heads = "num_attention_heads";
  Key kv_heads = {};  // if null, as many as heads
  Key head_dim = {};  // if null, width / heads
  Key ffn = {};       // if null, ffn_times * width
  std::uint32_t ffn_times = 0;
  Key context = "max_position_embeddings";
  std::uint32_t usual_context = 0;  // if the key is missing; 0: that is an error
};

struct NamedActivation {
  const char *name;
  format::Activation activation;
};

// Hugging Face's ACT2FN.
inline constexpr NamedActivation kActivations[] = {
    {"relu", format::Activation::relu},
    {"gelu", format::Activation::gelu_erf},
    {"gelu_python", format::Activation::gelu_erf},
    {"gelu_new", format::Activation::gelu_tanh},
    {"gelu_fast", format::Activation::gelu_tanh},
    {"gelu_pytorch_tanh", format::Activation::gelu_tanh},
    {"gelu_accurate", format::Activation::gelu_tanh},
    {"gelu_python_tanh", format::Activation::gelu_tanh},
    {"silu", format::Activation::silu},
    {"swish", format::Activation::silu},
    {"relu2", format::Activation::relu_squared},
};

struct Family {
  const char *model_type;      // of config.json
  const char *name = nullptr;  // in the blob; null: the model_type
  ShapeKeys shape;
  format::Norm norm;
  const char *epsilon_key;     // null: always the default
  double epsilon;              // the default
  const char *activation_key;  // null: always the default
  const char *activation;      // the default
  std::span<const NamedActivation> activations = kActivations;
  bool gated = false;
  bool tied;                                    // the default of tie_word_embeddings
  std::span<const char *const> harmless = {};   // keys to ignore, in addition to those ignored for all families
  double rotary_theta = 10000;                  // the default of rope_theta
  double rotary_share = 1;                      // the default of partial_rotary_factor
  bool partial_rotary = false;                  // whether that key means anything to the family
  std::uint32_t old_context = 0;                // the default of original_max_position_embeddings; 0: it has none
  bool pairs_adjacent = false;                  // Reading::pairs_adjacent
  std::uint32_t group = format::kDefaultGroup;  // ModelPlan::group
  void (*read_rotary)(Reading &) = nullptr;     // null: all layers rotate alike (rotary.h)
  void (*read)(Reading &) = nullptr;            // reads what is special
  void (*read_layer)(Reading &, std::uint32_t layer, format::LayerKind &) = nullptr;
  std::span<const Names> names;
};

}  // namespace tidbit::convert
