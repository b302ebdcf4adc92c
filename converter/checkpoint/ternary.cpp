#include "converter/checkpoint/ternary.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "converter/error.h"

namespace tidbit::convert {
namespace {

constexpr std::uint64_t kPiece = 16384;  // elements converted at a time
constexpr std::uint32_t kRowsInByte = 4;

void read_packed(const StoredTensor &tensor, std::uint64_t first, std::uint64_t count, float *out) {
  const std::uint64_t cols = tensor.shape[1], byte_rows = tensor.shape[0] / kRowsInByte;
  std::uint8_t piece[kPiece];
  for (std::uint64_t done = 0; done < count;) {
    const std::uint64_t row = (first + done) / cols, col = (first + done) % cols;
    const std::uint64_t n = std::min({kPiece, count - done, cols - col});
    tensor.file->read(tensor.offset + row % byte_rows * cols + col, piece, n);
    const auto shift = static_cast<std::uint32_t>(2 * (row / byte_rows));
    for (std::uint64_t i = 0; i < n; ++i) {
      const int code = piece[i] >> shift & 3;
      if (code == 3) {
        throw ConvertError(tensor.file->path().string() + ": tensor " + in_quotes(tensor.name) +
                           " has a code 3; packed ternary weights have 0, 1 and 2");
      }
      out[done + i] = static_cast<float>(code - 1) * tensor.scale;
    }
    done += n;
  }
}

void read_scaled(const StoredTensor &tensor, std::uint64_t first, std::uint64_t count, float *out) {
  tensor.base->read(tensor, first, count, out);
  for (std::uint64_t i = 0; i < count; ++i) out[i] *= tensor.scale;
}

void read_rounded(const StoredTensor &tensor, std::uint64_t first, std::uint64_t count, float *out) {
  tensor.base->read(tensor, first, count, out);
  const float inverse = 1.0f / tensor.scale;
  for (std::uint64_t i = 0; i < count; ++i) {
    out[i] = std::clamp(std::nearbyint(out[i] * inverse), -1.0f, 1.0f) / inverse;
  }
}

constexpr StoredType kPacked = {"packed ternary", nullptr, 1, 0, read_packed};
constexpr StoredType kScaled = {"scaled ternary", nullptr, 0, 0, read_scaled};
constexpr StoredType kRounded = {"rounded ternary", nullptr, 0, 0, read_rounded};

// The keys of quantization_config that matter, checked.
struct Settings {
  bool online = false;
  bool divided = false;

  Settings(const nlohmann::json &json, const std::string &file) {
    const auto text = [&](const char *key, const char *usual) {
      const auto found = json.find(key);
      if (found == json.end() || found->is_null()) return std::string(usual);
      if (!found->is_string()) throw ConvertError(file + ": quantization_config." + key + " is not a text");
      return found->get<std::string>();
    };
    const std::string mode = text("quantization_mode", "offline"), layer = text("linear_class", "bitlinear");
    if (mode != "offline" && mode != "online") refuse(file, "quantization_mode is " + in_quotes(mode));
    if (layer != "bitlinear" && layer != "autobitlinear") refuse(file, "linear_class is " + in_quotes(layer));
    divided = layer == "bitlinear";
    online = !divided && mode == "online";
    for (const char *key : {"use_rms_norm", "modules_to_not_convert"}) {
      const auto found = json.find(key);
      const bool harmless =
          found == json.end() || found->is_null() || *found == false || *found == nlohmann::json::array();
      if (!harmless) refuse(file, std::string(key) + " is " + shortened(found->dump()));
    }
  }

  [[noreturn]] static void refuse(const std::string &file, const std::string &what) {
    throw ConvertError(file + ": quantization_config." + what + ", which is not supported");
  }
};

float scale_of(const StoredTensor &stored, bool divided) {
  float scale = 0;
  if (stored.elements() == 1) read_elements(stored, 0, 1, &scale);
  const float factor = divided ? 1.0f / scale : scale;
  if (scale == 0 || !std::isfinite(factor)) {
    throw ConvertError(stored.file->path().string() + ": tensor " + in_quotes(stored.name) +
                       " is not one finite number other than 0");
  }
  return factor;
}

void use_scale(StoredTensor &weight, float scale) {
  weight.scale = scale;
  weight.base = weight.type;
  if (weight.type->safetensors != std::string_view("U8")) {
    check_type(weight);
    weight.type = &kScaled;
    return;
  }
  if (weight.shape.size() != 2 || weight.shape[0] > UINT32_MAX) {
    throw ConvertError(weight.file->path().string() + ": tensor " + in_quotes(weight.name) + " has the shape " +
                       shape_text(weight.shape) + "; packed ternary weights have two dimensions");
  }
  weight.shape[0] *= kRowsInByte;
  weight.type = &kPacked;
}

// Each "X.weight_scale" belongs to "X.weight".
void read_scales(Checkpoint &checkpoint, bool divided) {
  constexpr std::string_view kSuffix = "_scale";
  for (auto place = checkpoint.tensors.begin(); place != checkpoint.tensors.end();) {
    const std::string &name = place->first;
    if (!name.ends_with(".weight_scale")) {
      ++place;
      continue;
    }
    const auto weight = checkpoint.tensors.find(name.substr(0, name.size() - kSuffix.size()));
    if (weight == checkpoint.tensors.end()) {
      throw ConvertError(place->second.file->path().string() + ": tensor " + in_quotes(name) +
                         " has no weight beside it");
    }
    use_scale(weight->second, scale_of(place->second, divided));
    place = checkpoint.tensors.erase(place);
  }
}

float mean_magnitude(const StoredTensor &tensor) {
  std::vector<float> piece(kPiece);
  double sum = 0;
  for (std::uint64_t first = 0; first < tensor.elements(); first += kPiece) {
    const std::uint64_t n = std::min(kPiece, tensor.elements() - first);
    read_elements(tensor, first, n, piece.data());
    for (std::uint64_t i = 0; i < n; ++i) sum += std::fabs(static_cast<double>(piece[i]));
  }
  return std::max(static_cast<float>(sum / static_cast<double>(tensor.elements())), 1e-5f);
}

// All linear layers but the head.
void round_weights(Checkpoint &checkpoint) {
  for (auto &[name, tensor] : checkpoint.tensors) {
    if (tensor.shape.size() != 2 || name.find("layers.") == std::string::npos) continue;
    tensor.scale = mean_magnitude(tensor);
    tensor.base = tensor.type;
    tensor.type = &kRounded;
  }
}

}  // namespace

void read_ternary(Checkpoint &checkpoint) {
  const auto found = checkpoint.config.find("quantization_config");
  if (found == checkpoint.config.end() || !found->is_object() ||
      found->value("quant_method", nlohmann::json()) != "bitnet") {
    return;
  }
  const Settings settings(*found, checkpoint.config_name);
  if (settings.online) {
    round_weights(checkpoint);
  } else {
    read_scales(checkpoint, settings.divided);
  }
  checkpoint.config.erase(found);
}

}  // namespace tidbit::convert
