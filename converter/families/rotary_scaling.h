// The ways to stretch rotary frequencies for a longer context (modeling_rope_utils.py of transformers).
#pragma once

#include <string>
#include <vector>

#include "converter/families/family.h"

namespace tidbit::convert {

// Radians per position of `dim` channels without scaling: theta^(-2i / dim).
std::vector<float> plain_frequencies(double theta, std::uint32_t dim);

// Stretches the table by the way that `rope` names: default, linear, dynamic, llama3, yarn, longrope. Where a way has
// two sets of frequencies, the context of the conversion decides.
void scale_rotary(ConfigReader &rope, Reading &model, double theta, std::uint32_t dim, RotaryTable &table);

// A number above 0. `fallback` 0 means that the key is required.
double positive(ConfigReader &rope, const std::string &key, double fallback);

}  // namespace tidbit::convert
