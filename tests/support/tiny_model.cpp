#include "tests/support/tiny_model.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <span>

#include "base/hash.h"
#include "format/formats.h"
#include "format/roles.h"
#include "quant/tile.h"

namespace tidbit::test {
namespace {

using format::Config;
using format::Format;
using format::Header;
using format::LayerKind;
using format::NamedRole;
using format::Need;
using format::Norm;
using format::Presence;
using format::RoleRow;
using format::Section;
using format::SectionKind;
using format::Slot;
using format::Tensor;
using format::TensorKind;

constexpr std::uint32_t kWidth = 32;

class Builder {
 public:
  explicit Builder(const TinyModel &model) : model_(model), random_(model.seed) {
    std::memcpy(header_.magic, format::kMagic, sizeof header_.magic);
    header_.version = format::kVersion;
    header_.config = model.config;
    std::fill_n(header_.global_slots, format::kGlobalSlots, format::kAbsent);
    list_global_tensors();
    list_layers();
  }

  AlignedBytes build() {
    const std::uint64_t tables = tables_bytes();
    place_tensors(tables);
    AlignedBytes blob(place_sections(tables));
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
      if (tensors_[i].rows != 0) fill(*rows_[i], tensors_[i], blob.data() + tensors_[i].offset);
    }
    if (model_.self_test) std::memcpy(blob.data() + sections_[1].offset, &*model_.self_test, sizeof(format::SelfTest));
    for (Section &s : sections_) s.checksum = hash64(blob.data() + s.offset, s.bytes);
    write_tables(blob.data());
    refresh_checksum(blob);
    return blob;
  }

 private:
  bool is_there(const RoleRow &row, const void *scope) const {
    const Presence p = format::presence(row, model_.config, scope);
    return p == Presence::required || (p == Presence::optional && model_.biases);
  }

  void add(const RoleRow &row, const LayerKind *kind) {
    Tensor t{};
    t.format = row.kind == TensorKind::matrix ? model_.weights : Format::f32;
    t.group = format::in_groups(t.format) ? format::kDefaultGroup : 0;
    t.rows = static_cast<std::uint32_t>(format::size_of(row.rows, model_.config, kind));
    t.cols = static_cast<std::uint32_t>(format::size_of(row.cols, model_.config, kind));
    t.bytes = row.kind == TensorKind::matrix ? format::matrix_bytes(t.format, t.rows, t.cols, t.group)
                                             : format::plain_bytes(t.format, std::uint64_t{t.rows} * t.cols);
    tensors_.push_back(t);
    rows_.push_back(&row);
  }

  void list_global_tensors() {
    for (std::size_t role = 0; role < std::size(format::kGlobalRoles); ++role) {
      const RoleRow &row = format::kGlobalRoles[role].row;
      if (!is_there(row, &model_.config)) continue;
      header_.global_slots[role] = static_cast<Slot>(tensors_.size());
      add(row, nullptr);
    }
  }

  void list_layers() {
    std::uint32_t most = 0;
    for (LayerKind kind : model_.kinds) {
      Slot next = 0;
      std::fill_n(kind.slots, format::kLayerSlots, format::kAbsent);
      for (std::size_t role = 0; role < std::size(format::kLayerRoles); ++role) {
        if (is_there(format::kLayerRoles[role].row, &kind)) kind.slots[role] = next++;
      }
      most = std::max<std::uint32_t>(most, next);
      kinds_.push_back(kind);
    }
    header_.stack_count = 1;
    header_.stacks[0].kinds = static_cast<std::uint8_t>(kinds_.size());
    header_.stacks[0].layers = static_cast<std::uint16_t>(model_.layer_kinds.size());
    header_.stacks[0].first_tensor = static_cast<std::uint32_t>(tensors_.size());
    header_.stacks[0].layer_tensors = most;
    for (const std::uint8_t index : model_.layer_kinds) list_layer(kinds_[index], tensors_.size() + most);
  }

  void list_layer(const LayerKind &kind, std::size_t end) {
    for (std::size_t role = 0; role < std::size(format::kLayerRoles); ++role) {
      if (kind.slots[role] != format::kAbsent) add(format::kLayerRoles[role].row, &kind);
    }
    tensors_.resize(end);
    rows_.resize(end);
  }

  std::size_t section_count() const { return model_.self_test ? 2 : 1; }

  std::uint64_t tables_bytes() const {
    const std::uint64_t bytes = sizeof(Header) + section_count() * sizeof(Section) + kinds_.size() * sizeof(LayerKind) +
                                tensors_.size() * sizeof(Tensor) + model_.layer_kinds.size();
    return format::round_up(bytes, format::kAlignment);
  }

  void place_tensors(std::uint64_t start) {
    end_ = start;
    for (Tensor &t : tensors_) {
      if (t.rows == 0) continue;
      t.offset = end_;
      end_ = format::round_up(end_ + t.bytes, format::kAlignment);
    }
  }

  // Returns the bytes of the blob.
  std::uint64_t place_sections(std::uint64_t start) {
    sections_.push_back({SectionKind::weights, 0, start, end_ - start, 0});
    if (model_.self_test) sections_.push_back({SectionKind::self_test, 0, end_, sizeof(format::SelfTest), 0});
    const Section &last = sections_.back();
    return format::round_up(last.offset + last.bytes, format::kAlignment);
  }

  void write_tables(std::byte *blob) {
    header_.header_bytes = static_cast<std::uint32_t>(tables_bytes());
    const Section &last = sections_.back();
    header_.blob_bytes = format::round_up(last.offset + last.bytes, format::kAlignment);
    header_.section_count = static_cast<std::uint32_t>(sections_.size());
    header_.tensor_count = static_cast<std::uint32_t>(tensors_.size());
    const auto append = [&blob](auto items) {
      std::memcpy(blob, items.data(), items.size_bytes());
      blob += items.size_bytes();
    };
    append(std::span(&header_, 1));
    append(std::span(sections_));
    append(std::span(kinds_));
    append(std::span(tensors_));
    append(std::span(model_.layer_kinds));
  }

  float draw(float spread) {
    const auto unit = static_cast<float>(static_cast<double>(random_() >> 40) * 0x1p-23 - 1.0);
    return unit * spread;
  }

  void fill(const RoleRow &row, const Tensor &t, std::byte *out) {
    std::vector<float> values(std::size_t{t.rows} * t.cols);
    const float center = row.need == Need::norm ? 1.0f : 0.0f;
    const float spread = row.kind == TensorKind::matrix ? 2.5f / std::sqrt(static_cast<float>(t.cols)) : 0.3f;
    for (float &v : values) v = center + draw(spread);
    if (row.need == Need::rotary_tables) {
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = 1.0f / static_cast<float>(1 + 3 * (i % t.cols));
    }
    if (row.kind != TensorKind::matrix) return quant::pack_plain(t.format, values.data(), values.size(), out);
    for (std::uint32_t first = 0; first < t.rows; first += format::kTileRows) {
      const std::uint32_t count = std::min(format::kTileRows, t.rows - first);
      quant::pack_tile(t.format, values.data() + std::size_t{first} * t.cols, count, t.cols, t.group, out);
      out += format::tile_bytes(t.format, t.cols, t.group);
    }
  }

  const TinyModel &model_;
  std::mt19937_64 random_;
  Header header_{};
  std::vector<Section> sections_;
  std::vector<LayerKind> kinds_;
  std::vector<Tensor> tensors_;
  std::vector<const RoleRow *> rows_;  // of each tensor; null for entries that are not used
  std::uint64_t end_ = 0;              // of the weights
};

TinyModel common_model(const char *family, Format weights, Format kv) {
  TinyModel m;
  Config &c = m.config;
  std::strncpy(c.family, family, sizeof c.family - 1);
  c.vocab_size = 50;
  c.width = kWidth;
  c.max_context = 96;
  c.default_context = 64;
  c.embedding_scale = 1;
  c.logit_scale = 1;
  c.final_norm_epsilon = 1e-5f;
  c.tied = 1;
  c.weights = m.weights = weights;
  c.kv = kv;
  c.bos_token = 1;
  c.end_token_count = 1;
  c.end_tokens[0] = 2;
  m.layer_kinds = {0, 0};
  return m;
}

LayerKind common_kind(std::uint32_t kv_heads, std::uint32_t head_dim) {
  LayerKind k{};
  k.heads = 4;
  k.kv_heads = kv_heads;
  k.head_dim = k.value_dim = head_dim;
  k.attention_scale = 1.0f / std::sqrt(8.0f);
  k.residual_scale = 1;
  k.norm_epsilon = 1e-5f;
  k.ffn_width = 44;
  return k;
}

}  // namespace

TinyModel tiny_llama(Format weights, Format kv) {
  TinyModel m = common_model("llama", weights, kv);
  m.config.rotary_tables = 1;
  m.config.rotary_pairs = 4;
  m.config.final_norm = Norm::rms;
  LayerKind k = common_kind(2, 8);
  k.rotary_dim = 8;
  k.mixer_in_norm = k.ffn_in_norm = Norm::rms;
  k.activation = format::Activation::silu;
  k.gated = 1;
  m.kinds = {k};
  return m;
}

TinyModel tiny_gpt2(Format weights, Format kv) {
  TinyModel m = common_model("gpt2", weights, kv);
  m.config.position = format::Position::table;
  m.config.final_norm = Norm::layer;
  LayerKind k = common_kind(4, 5);
  k.mixer_in_norm = k.ffn_in_norm = Norm::layer;
  k.activation = format::Activation::gelu_tanh;
  m.kinds = {k};
  m.biases = true;
  return m;
}

TinyModel tiny_first_gpt(Format weights, Format kv) {
  TinyModel m = common_model("openai-gpt", weights, kv);
  m.config.position = format::Position::table;
  m.config.segments = 2;
  LayerKind k = common_kind(4, 8);
  k.mixer_sum_norm = k.ffn_sum_norm = Norm::layer;
  k.activation = format::Activation::gelu_erf;
  m.kinds = {k};
  m.biases = true;
  return m;
}

TinyModel tiny_mixed() {
  TinyModel m = tiny_llama(Format::q8, Format::q8);
  LayerKind other = m.kinds[0];
  other.heads = 3;
  other.kv_heads = 1;
  other.head_dim = other.value_dim = 20;
  other.rotary_dim = 0;
  other.ffn_width = 100;
  other.gated = 0;
  other.activation = format::Activation::gelu_tanh;
  other.mixer_in_norm = other.ffn_in_norm = Norm::none;
  other.mixer_sum_norm = other.ffn_sum_norm = Norm::layer;
  m.kinds.push_back(other);
  m.layer_kinds = {1, 0, 1, 0};
  m.biases = true;
  return m;
}

TinyModel tiny_window(Format kv) {
  TinyModel m = tiny_llama(Format::f32, kv);
  m.config.rotary_tables = 2;
  m.config.logit_cap = 30;
  LayerKind &full = m.kinds[0];
  full.qk_norm = Norm::rms;
  full.qk_norm_scope = format::QkNormScope::per_head;
  full.mixer_out_norm = full.ffn_out_norm = Norm::rms;
  LayerKind window = full;
  window.window = 20;
  window.sinks = 1;
  window.score_cap = 5;
  window.rotary_table = 1;
  m.kinds.push_back(window);
  m.layer_kinds = {1, 0, 1};
  return m;
}

TinyModel tiny_shared(Format kv) {
  TinyModel m = tiny_window(kv);
  LayerKind full = m.kinds[0], window = m.kinds[1];
  window.kv_layer = 1;
  full.kv_layer = 2;
  m.kinds.push_back(full);
  m.kinds.push_back(window);
  m.layer_kinds = {1, 0, 2, 3};
  return m;
}

TinyModel tiny_convolution(Format kv) {
  TinyModel m = tiny_llama(Format::f32, kv);
  LayerKind convolution = m.kinds[0];
  convolution.mixer = format::Mixer::short_convolution;
  convolution.taps = 3;
  convolution.rotary_dim = 0;
  m.kinds.push_back(convolution);
  m.layer_kinds = {1, 0, 1};
  m.biases = true;
  return m;
}

TinyModel tiny_experts(Format kv) {
  TinyModel m = tiny_llama(Format::f32, kv);
  LayerKind parallel = m.kinds[0];
  parallel.rotary_dim = 0;
  parallel.alibi = format::Alibi::plain;
  LayerKind chosen = parallel;
  parallel.alibi = format::Alibi::rounded;
  parallel.residual = format::Residual::parallel_two_norms;
  chosen.window = 7;
  chosen.experts = 5;
  chosen.experts_used = 2;
  chosen.expert_width = 20;
  chosen.router = format::Router::top_k_then_softmax;
  LayerKind shared = chosen;
  shared.router = format::Router::softmax_then_top_k;
  shared.router_normalized = 1;
  shared.shared_experts = 1;
  m.kinds = {chosen, parallel, shared};
  m.layer_kinds = {0, 1, 2};
  m.biases = true;
  return m;
}

AlignedBytes build_blob(const TinyModel &model) { return Builder(model).build(); }

void refresh_checksum(AlignedBytes &blob) {
  Header header;
  std::memcpy(&header, blob.data(), sizeof header);
  if (header.header_bytes > blob.size()) return;
  header.header_checksum = 0;
  std::memcpy(blob.data(), &header, sizeof header);
  header.header_checksum = hash64(blob.data(), header.header_bytes);
  std::memcpy(blob.data(), &header, sizeof header);
}

}  // namespace tidbit::test
