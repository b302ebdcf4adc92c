#include "converter/families/planner.h"

#include <algorithm>
#include <optional>
#include <set>

#include "converter/error.h"
#include "converter/families/gguf_names.h"
#include "converter/families/read_model.h"
#include "converter/families/registry.h"
#include "converter/families/rotary.h"
#include "converter/families/tensor_finder.h"
#include "converter/families/tensor_planner.h"

namespace tidbit::convert {
namespace {

using format::Config;
using format::GlobalRole;
using format::LayerKind;

constexpr std::uint64_t kFreeElements = 1u << 20;  // of a computed tensor, however small the checkpoint

const Family &family_of(const Checkpoint &checkpoint) {
  const auto found = checkpoint.config.find("model_type");
  if (found == checkpoint.config.end() || !found->is_string()) {
    throw ConvertError(checkpoint.config_name + ": model_type is missing");
  }
  const auto type = found->get<std::string>();
  std::string known;
  for (const Family *family : kFamilies) {
    if (type == family->model_type) return *family;
    known += std::string(known.empty() ? "" : ", ") + family->model_type;
  }
  throw ConvertError(checkpoint.config_name + ": model_type " + in_quotes(type) +
                     " is not supported; these are: " + known);
}

const Names &names_in(const Family &family, Dialect dialect) {
  for (const Names &names : family.names) {
    if (names.dialect == dialect) return names;
  }
  throw ConvertError(std::string("model_type \"") + family.model_type + "\" is not known in this kind of checkpoint");
}

// The family's rows, with all names of this model's token embedding. A tied head is one of them.
std::vector<GlobalRow> global_rows(const Names &names, const Reading &model) {
  std::vector<GlobalRow> rows(names.globals.begin(), names.globals.end());
  const auto row_of = [&](GlobalRole role) {
    return std::find_if(rows.begin(), rows.end(), [&](const GlobalRow &row) { return row.role == role; });
  };
  const auto embedding = row_of(GlobalRole::token_embedding), head = row_of(GlobalRole::head);
  auto next = std::find(embedding->origin.names.begin(), embedding->origin.names.end(), nullptr);
  for (const char *copy : model.embedding_copies) *next++ = copy;
  if (model.config.tied != 0 && head != rows.end()) *next++ = head->origin.names[0];
  embedding->origin.alternatives = true;
  const auto is_scaled = [](const RotaryTable &table) { return table.amplitude != 1; };
  if (std::any_of(model.rotary.begin(), model.rotary.end(), is_scaled)) {
    rows.push_back(tensor(GlobalRole::rotary_amplitudes).or_computed(amplitude_row));
  }
  return rows;
}

// The configuration does not give the number of segments, but the stored table does.
void count_segments(const TensorFinder &finder, const Names &names, Config &config) {
  for (const GlobalRow &row : names.globals) {
    if (row.role != GlobalRole::segment_embedding) continue;
    for (const char *name : row.origin.names) {
      const StoredTensor *table = name != nullptr ? finder.find(finder.global_name(name, "weight")) : nullptr;
      if (table == nullptr || table->shape.empty()) continue;
      if (table->shape[0] > format::kMaxSegments) {
        throw ConvertError(finder.where() + ": tensor " + in_quotes(table->name) + " has more than " +
                           std::to_string(format::kMaxSegments) + " segments");
      }
      config.segments = static_cast<std::uint32_t>(table->shape[0]);
      return;
    }
  }
}

StackPlan plan_layers(const Family &family, const Names &names, TensorPlanner &planner, Reading &model) {
  StackPlan stack;
  if (model.kind.mask == format::Mask::bidirectional) stack.type = format::StackType::encoder;
  for (std::uint32_t i = 0; i < model.layers; ++i) {
    LayerKind kind = model.kind;
    if (family.read_layer != nullptr) family.read_layer(model, i, kind);
    stack.add_layer(kind, planner.layer(names.layers, i, kind));
  }
  return stack;
}

void leave_out(const Names &names, TensorFinder &finder, std::vector<std::string> &notes) {
  std::string what;
  std::size_t count = 0;
  const auto note = [&] {
    if (count != 0 && !what.empty()) notes.push_back("left out: " + what + ", " + std::to_string(count) + " tensors");
    count = 0;
  };
  for (const LeftOut &row : names.left_out) {
    const std::string next = row.note != nullptr ? row.note : "";
    if (next != what) note();
    what = next;
    count += finder.leave_out(row.pattern);
  }
  note();
}

void note_unknown_keys(const std::vector<std::string> &keys, std::vector<std::string> &notes) {
  constexpr std::size_t kShown = 16;
  if (keys.empty()) return;
  std::string note = "keys of the configuration that tidbit does not know:";
  for (std::size_t i = 0; i < std::min(keys.size(), kShown); ++i) note.append(" ").append(shortened(keys[i]));
  if (keys.size() > kShown) note += " and " + std::to_string(keys.size() - kShown) + " more";
  notes.push_back(note);
}

// A table that is computed instead of stored costs nothing in the checkpoint, whatever the configuration asks for.
void check_computed(const Family &family, const Checkpoint &checkpoint, const ModelPlan &plan) {
  std::uint64_t stored = 0;
  for (const auto &[name, tensor] : checkpoint.tensors) stored += tensor.elements();
  for (const TensorPlan &tensor : plan.globals) {
    const std::uint64_t elements = std::uint64_t{tensor.rows} * tensor.cols;
    const bool computed = tensor.role != nullptr && tensor.sources.front().stored == nullptr;
    if (!computed || elements <= std::max(stored, kFreeElements)) continue;
    throw ConvertError(checkpoint.config_name + ": " + family.shape.context.name + " is " +
                       std::to_string(plan.config.max_context) + ", which makes the computed " + tensor.name +
                       " larger than all stored tensors together; lower it");
  }
}

}  // namespace

ModelPlan plan_model(const Checkpoint &checkpoint, std::uint32_t context) {
  const Family &family = family_of(checkpoint);
  std::optional<GgufNames> gguf;
  if (checkpoint.dialect == Dialect::gguf) gguf.emplace(family);
  const Names names = gguf ? gguf->names() : names_in(family, checkpoint.dialect);
  ModelPlan plan;
  ConfigReader keys(checkpoint.config, checkpoint.config_name);
  LayerKind kind = {};
  Reading model{.keys = keys, .config = plan.config, .kind = kind, .checkpoint = &checkpoint, .context = context};
  model.pairs_adjacent = checkpoint.rotary_pairs_adjacent;
  read_model(family, names, model);
  plan.notes = checkpoint.notes;
  plan.notes.insert(plan.notes.end(), model.notes.begin(), model.notes.end());
  plan.group = family.group;
  read_special_tokens(checkpoint, keys, plan);

  TensorFinder finder(checkpoint, names);
  count_segments(finder, names, plan.config);
  TensorPlanner planner(finder, model);
  plan.globals = planner.globals(global_rows(names, model));
  check_computed(family, checkpoint, plan);
  plan.stacks.push_back(plan_layers(family, names, planner, model));
  leave_out(names, finder, plan.notes);
  note_unknown_keys(keys.finish(), plan.notes);
  finder.finish();
  return plan;
}

}  // namespace tidbit::convert
