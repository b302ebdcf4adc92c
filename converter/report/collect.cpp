#include "converter/report/collect.h"

#include <algorithm>
#include <map>
#include <utility>

#include "converter/report/alternatives.h"
#include "format/model.h"
#include "format/roles.h"

namespace tidbit::convert {
namespace {

using format::GlobalRole;
using format::LayerKind;
using format::LayerRole;
using format::SectionKind;

// Consecutive rows with a name. A matrix of experts repeats them. An empty name: padding.
using Runs = std::vector<std::pair<const char *, std::uint32_t>>;

Runs runs_of(LayerRole role, const format::Config &config, const LayerKind &kind) {
  switch (role) {
    case LayerRole::qkv:
      return {{"q", format::q_rows(kind)}, {"k", format::k_rows(kind)}, {"v", format::v_rows(kind)}};
    case LayerRole::ffn_up:
      if (kind.gated != 0) return {{"ffn_gate", kind.ffn_width}, {"ffn_up", kind.ffn_width}};
      break;
    case LayerRole::expert_up:
      if (kind.gated == 0) break;
      return {{"expert_gate", kind.expert_width},
              {"expert_up", kind.expert_width},
              {"", format::expert_up_rows(kind) - 2 * kind.expert_width}};
    case LayerRole::conv_in:
      return {{"conv_b", config.width}, {"conv_c", config.width}, {"conv_x", config.width}};
    default:
      break;
  }
  return {};
}

std::vector<ErrorPart> parts_of(const TensorReport &written, Runs runs, const std::string &role) {
  const auto total = static_cast<std::uint32_t>(written.rows.size());
  if (runs.empty()) runs = {{role.c_str(), total}};
  std::vector<ErrorPart> parts;
  for (const auto &[name, rows] : runs) parts.push_back({name});
  for (std::uint32_t row = 0; row < total;) {
    const std::uint32_t start = row;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const std::uint32_t end = std::min(row + runs[i].second, total);
      for (; row < end; ++row) parts[i].error.add(written.rows[row]);
    }
    if (row == start) break;
  }
  std::erase_if(parts, [](const ErrorPart &part) { return part.name.empty() || part.error.signal == 0; });
  return parts;
}

TensorGroup group_of(LayerRole role) {
  switch (role) {
    case LayerRole::qkv:
    case LayerRole::attention_out:
    case LayerRole::conv_in:
    case LayerRole::conv_out:
      return TensorGroup::mixer;
    case LayerRole::ffn_up:
    case LayerRole::ffn_down:
    case LayerRole::expert_up:
    case LayerRole::expert_down:
      return TensorGroup::feed_forward;
    default:
      return TensorGroup::small;
  }
}

TensorGroup group_of(GlobalRole role) {
  const bool embedding = role == GlobalRole::token_embedding || role == GlobalRole::head ||
                         role == GlobalRole::position_embedding || role == GlobalRole::segment_embedding;
  return embedding ? TensorGroup::embedding : TensorGroup::small;
}

// What the plan says of each of its tensors.
class Places {
 public:
  explicit Places(const ModelPlan &plan) {
    for (std::size_t i = 0; i < plan.globals.size(); ++i) {
      places_[&plan.globals[i]] = {format::kGlobalRoles[i].name, -1, group_of(static_cast<GlobalRole>(i)), {}};
    }
    std::int32_t layer = 0;
    for (const StackPlan &stack : plan.stacks) {
      for (std::size_t l = 0; l < stack.layers.size(); ++l, ++layer) {
        const LayerKind &kind = stack.kinds[stack.layer_kinds[l]];
        for (std::size_t i = 0; i < stack.layers[l].size(); ++i) {
          const auto role = static_cast<LayerRole>(i);
          places_[&stack.layers[l][i]] = {format::kLayerRoles[i].name, layer, group_of(role),
                                          runs_of(role, plan.config, kind)};
        }
      }
    }
  }

  ReportTensor tensor(const TensorReport &written) const {
    const Place &place = places_.at(written.plan);
    ReportTensor tensor = {.name = written.name, .role = place.role, .layer = place.layer, .group = place.group};
    tensor.entry = written.entry;
    tensor.bytes = format::round_up(written.entry.bytes, format::kAlignment);
    tensor.error = written.relative_error;
    tensor.matrix = written.plan->role->kind == format::TensorKind::matrix;
    if (tensor.matrix) tensor.parts = parts_of(written, place.runs, tensor.role);
    return tensor;
  }

 private:
  struct Place {
    std::string role;
    std::int32_t layer;
    TensorGroup group;
    Runs runs;
  };
  std::map<const TensorPlan *, Place> places_;
};

const char *name_of(SectionKind kind) {
  switch (kind) {
    case SectionKind::tokenizer:
      return "tokenizer";
    case SectionKind::chat_template:
      return "chat template";
    case SectionKind::provenance:
      return "provenance";
    case SectionKind::self_test:
      return "self-test";
    case SectionKind::signature:
      return "signature";
    default:
      return "other";
  }
}

std::vector<ReportSection> sections_of(const Model &model) {
  std::vector<ReportSection> sections = {{"header and tables", model.header->header_bytes}};
  for (std::uint32_t i = 0; i < model.header->section_count; ++i) {
    const format::Section &section = model.sections[i];
    if (section.kind == SectionKind::weights) continue;
    sections.push_back({name_of(section.kind), format::round_up(section.bytes, format::kAlignment)});
  }
  return sections;
}

std::uint32_t layers_of(const ModelPlan &plan) {
  std::size_t layers = 0;
  for (const StackPlan &stack : plan.stacks) layers += stack.layers.size();
  return static_cast<std::uint32_t>(layers);
}

}  // namespace

Report collect_report(const ModelPlan &plan, const BlobParts &parts, const TensorReports &written, const BlobView &blob,
                      const ConvertOptions &options, const ConvertReport &summary) {
  Report report = {.summary = summary};
  const Places places(plan);
  for (const TensorReport &tensor : written) report.tensors.push_back(places.tensor(tensor));
  report.sections = sections_of(model_of(&blob.model()));
  report.layers = layers_of(plan);
  report.alternatives = measure_alternatives(report.tensors, written, parts.group, options.progress, report.sampled);
  report.board = options.board.empty() ? nullptr : cli::find_board(options.board.c_str());
  if (report.board != nullptr) report.placement = cli::place(*report.board, summary.info.blob_bytes, summary.memory);
  return report;
}

}  // namespace tidbit::convert
