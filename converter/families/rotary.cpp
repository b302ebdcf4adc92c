#include "converter/families/rotary.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "converter/error.h"

namespace tidbit::convert {
namespace {

std::vector<float> plain_frequencies(double theta, std::uint32_t dim) {
  std::vector<float> frequencies(dim / 2);
  for (std::uint32_t i = 0; i < dim / 2; ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(dim);
    frequencies[i] = 1.0f / static_cast<float>(std::pow(theta, static_cast<double>(exponent)));
  }
  return frequencies;
}

struct Llama3 {
  double factor, low, high, old_context;
};

// Long waves are stretched by `factor`, short ones kept, those between blended.
float llama3_frequency(float frequency, const Llama3 &p) {
  const float wavelength = static_cast<float>(2 * std::numbers::pi) / frequency;
  if (wavelength < static_cast<float>(p.old_context / p.high)) return frequency;
  const auto factor = static_cast<float>(p.factor);
  if (wavelength > static_cast<float>(p.old_context / p.low)) return frequency / factor;
  const float blend =
      (static_cast<float>(p.old_context) / wavelength - static_cast<float>(p.low)) / static_cast<float>(p.high - p.low);
  return (1 - blend) * frequency / factor + blend * frequency;
}

double positive(ConfigReader &rope, const std::string &key, double fallback) {
  const double value = rope.number_or(key, fallback);
  if (!(value > 0)) rope.refuse(key, rope.has(key) ? "is not above 0" : "is missing");
  return value;
}

void scale(ConfigReader &rope, const std::string &type, std::uint32_t max_context, std::vector<float> &frequencies) {
  if (type == "default") return;
  if (type == "linear") {
    const auto factor = static_cast<float>(positive(rope, "factor", 0));
    for (float &frequency : frequencies) frequency /= factor;
    return;
  }
  if (type != "llama3") rope.refuse("rope_type", "is " + in_quotes(type) + ", which is not supported");
  const Llama3 p = {positive(rope, "factor", 0), positive(rope, "low_freq_factor", 0),
                    positive(rope, "high_freq_factor", 0),
                    positive(rope, "original_max_position_embeddings", max_context)};
  if (p.high <= p.low) rope.refuse("high_freq_factor", "is not above low_freq_factor");
  for (float &frequency : frequencies) frequency = llama3_frequency(frequency, p);
}

}  // namespace

void read_rotary(Reading &model) {
  static const nlohmann::json kEmpty = nlohmann::json::object();
  ConfigReader &keys = model.keys;
  const nlohmann::json *version5 = keys.object_or_null("rope_parameters");
  const nlohmann::json *version4 = keys.object_or_null("rope_scaling");
  if (version4 != nullptr && version4->empty()) version4 = nullptr;
  const nlohmann::json *given = version4 != nullptr ? version4 : version5;
  const std::string where = keys.file() + (version4 != nullptr ? ": rope_scaling" : ": rope_parameters");
  ConfigReader rope(given != nullptr ? *given : kEmpty, where);

  const double theta = positive(rope, "rope_theta", positive(keys, "rope_theta", 10000.0));
  const double share = rope.number_or("partial_rotary_factor", keys.number_or("partial_rotary_factor", 1.0));
  if (!(share > 0 && share <= 1)) keys.refuse("partial_rotary_factor", "is outside 0 to 1");
  const auto dim = static_cast<std::uint32_t>(model.kind.head_dim * share);
  if (dim == 0 || dim % 2 != 0) {
    keys.refuse("head_dim", "gives " + std::to_string(dim) + " channels that turn; the number must be even");
  }
  std::vector<float> frequencies = plain_frequencies(theta, dim);
  scale(rope, rope.text_or("rope_type", rope.text_or("type", "default")), model.config.max_context, frequencies);
  const auto finite = [](float frequency) { return std::isfinite(frequency); };
  if (!std::all_of(frequencies.begin(), frequencies.end(), finite)) {
    rope.refuse("rope_theta", "or the factor gives frequencies that are not finite");
  }
  static constexpr const char *kOfSomeTypes[] = {"type", "factor", "low_freq_factor", "high_freq_factor",
                                                 "original_max_position_embeddings"};
  rope.harmless(kOfSomeTypes);
  rope.only("attention_factor", 1.0);
  for (const std::string &key : rope.finish()) rope.refuse(key, "is not supported");
  model.kind.rotary_dim = dim;
  model.config.rotary_tables = 1;
  model.config.rotary_pairs = dim / 2;
  model.rotary_frequencies = std::move(frequencies);
}

ComputeRow rotary_row(const Reading &model) {
  return [values = model.rotary_frequencies](std::uint32_t row, float *out) { *out = values[row]; };
}

}  // namespace tidbit::convert
