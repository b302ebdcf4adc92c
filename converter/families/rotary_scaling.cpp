#include "converter/families/rotary_scaling.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "converter/error.h"
#include "converter/families/planner.h"

namespace tidbit::convert {
namespace {

// Positions that channel i takes for one radian.
float period(double theta, std::uint32_t i, std::uint32_t dim) {
  const float exponent = static_cast<float>(2 * i) / static_cast<float>(dim);
  return static_cast<float>(std::pow(theta, static_cast<double>(exponent)));
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

void scale_llama3(ConfigReader &rope, const Reading &model, RotaryTable &table) {
  const Llama3 p = {positive(rope, "factor", 0), positive(rope, "low_freq_factor", 0),
                    positive(rope, "high_freq_factor", 0),
                    positive(rope, "original_max_position_embeddings", model.config.max_context)};
  if (p.high <= p.low) rope.refuse("high_freq_factor", "is not above low_freq_factor");
  for (float &frequency : table.frequencies) frequency = llama3_frequency(frequency, p);
}

// Of YaRN (Peng et al. 2023): the channel that makes `turns` turns within the old context.
double turning_channel(double turns, double theta, std::uint32_t dim, double old_context) {
  return dim * std::log(old_context / (turns * 2 * std::numbers::pi)) / (2 * std::log(theta));
}

double yarn_mscale(double factor, double mscale) { return factor <= 1 ? 1 : 0.1 * mscale * std::log(factor) + 1; }

float amplitude(ConfigReader &rope, double usual) {
  const bool usable = usual > 0 && usual <= std::numeric_limits<float>::max();
  if (!usable && !rope.has("attention_factor"))
    rope.refuse("factor", "and the other numbers give no amplitude above 0");
  return static_cast<float>(positive(rope, "attention_factor", usual));
}

float yarn_amplitude(ConfigReader &rope, double factor) {
  const double mscale = rope.number_or("mscale", 0), of_all = rope.number_or("mscale_all_dim", 0);
  const double usual =
      mscale != 0 && of_all != 0 ? yarn_mscale(factor, mscale) / yarn_mscale(factor, of_all) : yarn_mscale(factor, 1);
  return amplitude(rope, usual);
}

// Channels that turn often keep their frequency, slow ones are stretched, with a ramp between them.
void scale_yarn(ConfigReader &rope, const Reading &model, double theta, std::uint32_t dim, RotaryTable &table) {
  const double old_context = positive(rope, "original_max_position_embeddings", model.config.max_context);
  const double factor = positive(rope, "factor", model.config.max_context / old_context);
  rope.refuse_null("truncate");
  const bool truncate = rope.flag_or("truncate", true);
  double low = turning_channel(positive(rope, "beta_fast", 32), theta, dim, old_context);
  double high = turning_channel(positive(rope, "beta_slow", 1), theta, dim, old_context);
  low = std::max(truncate ? std::floor(low) : low, 0.0);
  high = std::min(truncate ? std::ceil(high) : high, dim - 1.0);
  if (low == high) high += 0.001;
  for (std::uint32_t i = 0; i < dim / 2; ++i) {
    const float ramp = (static_cast<float>(i) - static_cast<float>(low)) / static_cast<float>(high - low);
    const float kept = 1 - std::clamp(ramp, 0.0f, 1.0f);
    table.frequencies[i] =
        1.0f / (static_cast<float>(factor) * period(theta, i, dim)) * (1 - kept) + table.frequencies[i] * kept;
  }
  table.amplitude = yarn_amplitude(rope, factor);
}

// LongRoPE (Ding et al. 2024) has a factor for each frequency, one set for sequences up to the old context and one for
// longer ones. A blob has one of them: all keys in a cache must be rotated alike.
void scale_longrope(ConfigReader &rope, Reading &model, double theta, std::uint32_t dim, RotaryTable &table) {
  const double old_context = positive(rope, "original_max_position_embeddings", model.config.max_context);
  const double factor = positive(rope, "factor", model.config.max_context / old_context);
  const std::uint32_t wanted = model.context != 0 ? model.context : std::min(model.config.max_context, kUsualContext);
  const bool is_long = wanted > old_context;
  const char *key = is_long ? "long_factor" : "short_factor";
  const std::vector<double> factors = rope.numbers(key);
  rope.numbers(is_long ? "short_factor" : "long_factor");
  if (factors.size() != dim / 2) {
    rope.refuse(key,
                "has " + std::to_string(factors.size()) + " numbers for " + std::to_string(dim / 2) + " frequencies");
  }
  for (std::uint32_t i = 0; i < dim / 2; ++i) {
    if (!(factors[i] > 0)) rope.refuse(key, "has a number that is not above 0");
    table.frequencies[i] = 1.0f / (static_cast<float>(factors[i]) * period(theta, i, dim));
  }
  const double usual = factor <= 1 ? 1 : std::sqrt(1 + std::log(factor) / std::log(old_context));
  table.amplitude = amplitude(rope, usual);
  if (old_context >= model.config.max_context) return;
  const std::string old = std::to_string(static_cast<std::uint32_t>(old_context));
  if (is_long) {
    model.notes.push_back("rotary factors for long texts; for texts up to " + old +
                          " positions, transformers takes others, and so does --context " + old);
    return;
  }
  model.config.max_context = static_cast<std::uint32_t>(old_context);
  model.notes.push_back("rotary factors for short texts, up to " + old +
                        " positions; --context above that takes those for long texts");
}

}  // namespace

std::vector<float> plain_frequencies(double theta, std::uint32_t dim) {
  std::vector<float> frequencies(dim / 2);
  for (std::uint32_t i = 0; i < dim / 2; ++i) frequencies[i] = 1.0f / period(theta, i, dim);
  return frequencies;
}

double positive(ConfigReader &rope, const std::string &key, double fallback) {
  const double value = rope.number_or(key, fallback);
  if (!(value > 0)) rope.refuse(key, rope.has(key) ? "is not above 0" : "is missing");
  return value;
}

void scale_rotary(ConfigReader &rope, Reading &model, double theta, std::uint32_t dim, RotaryTable &table) {
  const std::string type = rope.text_or("rope_type", rope.text_or("type", "default"));
  // "dynamic" changes the frequencies only beyond max_position_embeddings, which no session exceeds.
  const bool scales_amplitude = type == "yarn" || type == "longrope" || type == "su";
  if (!scales_amplitude) rope.only("attention_factor", 1.0);
  if (type == "default" || type == "dynamic") return;
  if (type == "linear") {
    const auto factor = static_cast<float>(positive(rope, "factor", 0));
    for (float &frequency : table.frequencies) frequency /= factor;
    return;
  }
  if (type == "llama3") return scale_llama3(rope, model, table);
  if (type == "yarn") return scale_yarn(rope, model, theta, dim, table);
  if (type == "longrope" || type == "su") return scale_longrope(rope, model, theta, dim, table);
  rope.refuse("rope_type", "is " + in_quotes(type) + ", which is not supported");
}

}  // namespace tidbit::convert
