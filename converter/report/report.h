// What a report shows: plain numbers, without a thought of how they are drawn.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/boards.h"
#include "cli/placement.h"
#include "converter/convert.h"
#include "quant/error_measure.h"

namespace tidbit::convert {

enum class TensorGroup : std::uint8_t { embedding, mixer, feed_forward, small };

// Rows of a matrix with a name of their own: "q", "gate", or the name of the role for all of them.
struct ErrorPart {
  std::string name;
  quant::ErrorMeasure error = {};
};

struct ReportTensor {
  std::string name;         // "layer 3 ffn_up"
  std::string role;         // "ffn_up"
  std::int32_t layer = -1;  // -1: of the model
  TensorGroup group = TensorGroup::small;
  bool matrix = false;
  format::Tensor entry = {};
  std::uint64_t bytes = 0;            // in the blob, up to the next tensor
  double error = 0;                   // relative RMS
  std::vector<ErrorPart> parts = {};  // of a matrix
};

// The matrices of a role, or of the whole model, in one format.
struct Alternative {
  format::Format format = format::Format::f32;
  bool possible = true;     // false: a weight is out of its range
  std::uint64_t bytes = 0;  // of the matrices; those of the blob, if it is the whole model
  quant::ErrorMeasure error = {};
};

struct RoleAlternatives {
  std::string role;
  format::Format stored = format::Format::f32;
  std::vector<Alternative> formats = {};  // all roles have the same ones, in the same order
};

struct ReportSection {
  std::string name;
  std::uint64_t bytes;
};

struct Report {
  ConvertReport summary = {};
  std::vector<ReportTensor> tensors = {};    // in the order of the blob
  std::vector<ReportSection> sections = {};  // all else in the blob; with the tensors, these are all its bytes
  std::uint32_t layers = 0;
  std::vector<RoleAlternatives> alternatives = {};
  bool sampled = false;               // whether the alternatives were measured on a part of the weights
  const cli::Board *board = nullptr;  // null: none was named
  cli::Placement placement = {};
};

}  // namespace tidbit::convert
