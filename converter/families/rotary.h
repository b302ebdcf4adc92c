// The frequencies of rotary positions. They are computed in f32, step by step like in Hugging Face transformers,
// because models are trained with exactly those.
#pragma once

#include "converter/families/family.h"

namespace tidbit::convert {

// How one kind of layer rotates.
struct Rotary {
  std::uint8_t table = 0;  // row of the table of frequencies
  std::uint32_t dim = 0;   // channels of a head that rotate
};

// What a family knows before it reads the parameters.
struct RotaryDefaults {
  double theta = 0;                  // 0: that of the family
  bool own_theta = false;            // the configuration's rope_theta is for other layers
  bool by_alpha = false;             // "dynamic" scaling with a fixed alpha stretches theta
  const char *ignored = nullptr;     // a key of the parameters that the family reads itself
  const char *layer_type = nullptr;  // the key of the parameters, if there are several sets of them
};

// Reads the parameters from rope_parameters (transformers 5) or from rope_theta and rope_scaling (transformers 4), and
// adds a table of frequencies unless there is an equal one.
Rotary add_rotary(Reading &model, const RotaryDefaults &defaults);

// The same without scaling.
Rotary add_plain_rotary(Reading &model, double theta, std::uint32_t dim);

// Of layers with a window, in families that scale only the others: the sliding_attention of rope_parameters, or
// unscaled frequencies.
Rotary add_sliding_rotary(Reading &model, double theta);

// Refuses a Hugging Face configuration without parameters: the family's class then scales by numbers of its own.
void require_rotary_scaling(const Reading &model);

// Lets layers of this kind rotate.
void use(const Rotary &rotary, format::LayerKind &kind);

// All layers rotate alike: reads the parameters and sets the kind's numbers.
void read_rotary(Reading &model);

// The rows of the tables of frequencies and amplitudes.
ComputeRow rotary_row(const Reading &model);
ComputeRow amplitude_row(const Reading &model);

}  // namespace tidbit::convert
