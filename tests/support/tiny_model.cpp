#include "tests/support/tiny_model.h"

#include <cmath>
#include <random>
#include <vector>

#include "base/hash.h"
#include "format/tensor_layout.h"
#include "quant/tile.h"

namespace tidbit::test {
namespace {

using format::Config;
using format::Dtype;
using format::Header;
using format::Layout;
using format::Role;
using format::Section;
using format::Tensor;

Config common_config(Dtype weights, Dtype kv) {
  Config c{};
  c.vocab_size = 50;
  c.layers = 2;
  c.width = 32;
  c.heads = 4;
  c.kv_heads = 2;
  c.head_dim = 8;
  c.ffn_width = 44;
  c.max_context = 96;
  c.default_context = 64;
  c.norm_epsilon = 1e-5f;
  c.embedding_scale = 1;
  c.attention_scale = 1.0f / std::sqrt(8.0f);
  c.logit_scale = 1;
  c.weights = weights;
  c.kv = kv;
  c.bos_token = 1;
  c.end_token_count = 1;
  c.end_tokens[0] = 2;
  return c;
}

class Builder {
 public:
  explicit Builder(const TinyModel &model) : model_(model), random_(model.seed) { list_tensors(); }

  AlignedBytes build() {
    const std::uint64_t header_bytes = sizeof(Header) + sizeof(Section) + tensors_.size() * sizeof(Tensor);
    const std::uint64_t start = format::round_up(header_bytes, format::kAlignment);
    std::uint64_t end = start;
    for (Tensor &t : tensors_) {
      t.offset = end;
      t.bytes = format::tensor_bytes(t.dtype, t.layout, t.rows, t.cols, t.group);
      end = format::round_up(end + t.bytes, format::kAlignment);
    }
    AlignedBytes blob(end);
    for (const Tensor &t : tensors_) fill(t, blob.data() + t.offset);

    Header header{};
    std::memcpy(header.magic, format::kMagic, sizeof header.magic);
    header.version_major = format::kVersionMajor;
    header.version_minor = format::kVersionMinor;
    header.header_bytes = static_cast<std::uint32_t>(header_bytes);
    header.blob_bytes = end;
    header.section_count = 1;
    header.tensor_count = static_cast<std::uint32_t>(tensors_.size());
    header.config = model_.config;
    const Section weights{format::SectionKind::weights, 0, start, end - start,
                          hash64(blob.data() + start, end - start)};
    std::memcpy(blob.data(), &header, sizeof header);
    std::memcpy(blob.data() + sizeof header, &weights, sizeof weights);
    std::memcpy(blob.data() + sizeof header + sizeof weights, tensors_.data(), tensors_.size() * sizeof(Tensor));
    refresh_checksum(blob);
    return blob;
  }

 private:
  void add(Role role, std::uint16_t layer, Dtype dtype, Layout layout, std::uint32_t rows, std::uint32_t cols) {
    const auto group = static_cast<std::uint16_t>(format::in_groups(dtype) ? format::kDefaultGroup : 0);
    tensors_.push_back({role, layer, dtype, layout, group, rows, cols, 0, 0});
  }
  void matrix(Role role, std::uint16_t layer, std::uint32_t rows, std::uint32_t cols) {
    add(role, layer, model_.dtype, model_.layout, rows, cols);
  }
  void table(Role role, std::uint32_t rows) {
    add(role, format::kGlobal, Dtype::f32, Layout::plain, rows, model_.config.width);
  }
  void vector(Role role, std::uint16_t layer, std::uint32_t n) { add(role, layer, Dtype::f32, Layout::plain, 1, n); }

  void list_tensors() {
    const Config &c = model_.config;
    matrix(Role::token_embedding, format::kGlobal, c.vocab_size, c.width);
    if (c.position == format::Position::table) table(Role::position_embedding, c.max_context);
    if (model_.segments != 0) table(Role::segment_embedding, model_.segments);
    if (c.position == format::Position::rotary) vector(Role::rotary_frequencies, format::kGlobal, c.rotary_dim / 2);
    if (model_.final_norm) vector(Role::final_norm, format::kGlobal, c.width);
    if (model_.final_norm && model_.biases) vector(Role::final_norm_bias, format::kGlobal, c.width);
    if (model_.own_head) matrix(Role::head, format::kGlobal, c.vocab_size, c.width);
    if (model_.biases) vector(Role::head_bias, format::kGlobal, c.vocab_size);
    for (std::uint16_t layer = 0; layer < c.layers; ++layer) list_layer(layer);
  }

  void list_layer(std::uint16_t layer) {
    const Config &c = model_.config;
    const auto with_bias = [&](Role weight, std::uint32_t rows, std::uint32_t cols) {
      matrix(weight, layer, rows, cols);
      if (model_.biases) vector(static_cast<Role>(static_cast<int>(weight) + 1), layer, rows);
    };
    const auto norm = [&](Role weight) {
      vector(weight, layer, c.width);
      if (model_.biases) vector(static_cast<Role>(static_cast<int>(weight) + 1), layer, c.width);
    };
    norm(Role::attention_norm);
    with_bias(Role::qkv, (c.heads + 2 * c.kv_heads) * c.head_dim, c.width);
    with_bias(Role::attention_out, c.width, c.heads * c.head_dim);
    norm(Role::ffn_norm);
    with_bias(Role::ffn_up, c.ffn_width * (c.gated != 0 ? 2 : 1), c.width);
    with_bias(Role::ffn_down, c.width, c.ffn_width);
  }

  float draw(float spread) {
    const auto unit = static_cast<float>(static_cast<double>(random_() >> 40) * 0x1p-23 - 1.0);
    return unit * spread;
  }

  void fill(const Tensor &t, std::byte *out) {
    std::vector<float> values(std::size_t{t.rows} * t.cols);
    const bool gain = t.role == Role::final_norm || t.role == Role::attention_norm || t.role == Role::ffn_norm;
    const float spread = t.layout != Layout::plain ? 2.5f / std::sqrt(static_cast<float>(t.cols)) : 0.3f;
    for (float &v : values) v = (gain ? 1.0f : 0.0f) + draw(spread);
    if (t.role == Role::rotary_frequencies) {
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = 1.0f / static_cast<float>(1 + 3 * i);
    }
    if (t.layout == Layout::plain) return quant::pack_plain(t.dtype, values.data(), values.size(), out);
    for (std::uint32_t row = 0; row < t.rows; row += format::kTileRows) {
      const std::uint32_t count = std::min(format::kTileRows, t.rows - row);
      quant::pack_tile(t.dtype, t.layout, values.data() + std::size_t{row} * t.cols, count, t.cols, t.group, out);
      out += format::tile_bytes(t.dtype, t.layout, t.cols, t.group);
    }
  }

  const TinyModel &model_;
  std::mt19937_64 random_;
  std::vector<Tensor> tensors_;
};

}  // namespace

TinyModel tiny_llama(Dtype weights, Dtype kv) {
  TinyModel m;
  m.config = common_config(weights, kv);
  m.config.family = format::Family::llama;
  m.config.norm = format::Norm::rms_norm;
  m.config.position = format::Position::rotary;
  m.config.rotary_dim = 8;
  m.config.activation = format::Activation::silu;
  m.config.gated = 1;
  m.dtype = weights;
  return m;
}

TinyModel tiny_gpt2(Dtype weights, Dtype kv) {
  TinyModel m;
  m.config = common_config(weights, kv);
  m.config.family = format::Family::gpt2;
  m.config.position = format::Position::table;
  m.config.activation = format::Activation::gelu_tanh;
  m.config.kv_heads = 4;
  m.config.head_dim = 5;
  m.dtype = weights;
  m.biases = true;
  return m;
}

TinyModel tiny_first_gpt(Dtype weights, Dtype kv) {
  TinyModel m = tiny_gpt2(weights, kv);
  m.config.family = format::Family::openai_gpt;
  m.config.norm_place = format::NormPlace::post;
  m.config.activation = format::Activation::gelu_erf;
  m.config.head_dim = 8;
  m.final_norm = false;
  m.segments = 2;
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
