#include "converter/families/plan_builder.h"

#include <algorithm>
#include <array>

#include "converter/error.h"

namespace tidbit::convert {
namespace {

using format::Activation;
using format::Role;

// Two stored tensors of one shape with the same values?
bool are_equal(const StoredTensor &a, const StoredTensor &b) {
  std::array<float, 4096> left, right;
  const std::uint64_t count = a.elements();
  for (std::uint64_t first = 0; first < count; first += left.size()) {
    const std::uint64_t n = std::min<std::uint64_t>(left.size(), count - first);
    read_elements(a, first, n, left.data());
    read_elements(b, first, n, right.data());
    if (!std::equal(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(n), right.begin())) return false;
  }
  return true;
}

// Those of `ids` that the vocabulary has, without repetition.
std::vector<std::int32_t> usable(const std::vector<std::int64_t> &ids, const std::string &key, ModelPlan &plan) {
  std::vector<std::int32_t> kept;
  for (const std::int64_t id : ids) {
    if (id == -1) continue;
    if (id < 0 || id >= plan.config.vocab_size) {
      plan.notes.push_back(key + " " + std::to_string(id) + " is outside the vocabulary and left out");
      continue;
    }
    kept.push_back(static_cast<std::int32_t>(id));
  }
  return kept;
}

}  // namespace

RowSource part_of(const StoredTensor &tensor, std::uint32_t first, std::uint32_t rows) {
  RowSource source;
  source.stored = &tensor;
  source.first = first;
  source.rows = rows;
  return source;
}

RowSource as_stored(const StoredTensor &tensor) {
  return part_of(tensor, 0, static_cast<std::uint32_t>(tensor.shape.at(0)));
}

RowSource transposed(const StoredTensor &tensor, std::uint32_t first, std::uint32_t rows) {
  RowSource source = part_of(tensor, first, rows);
  source.transposed = true;
  return source;
}

RowSource computed(std::uint32_t rows, std::function<void(std::uint32_t row, float *out)> compute) {
  RowSource source;
  source.rows = rows;
  source.compute = std::move(compute);
  return source;
}

void PlanBuilder::matrix(Role role, std::uint32_t cols, std::vector<RowSource> sources) {
  TensorPlan plan{.role = role, .layer = layer_, .cols = cols};
  for (const RowSource &source : sources) plan.rows += source.rows;
  plan.sources = std::move(sources);
  plan_.tensors.push_back(std::move(plan));
}

void PlanBuilder::vector(Role role, std::vector<RowSource> sources) {
  matrix(role, 1, std::move(sources));
  plan_.tensors.back().is_vector = true;
}

void add_embedding_and_head(PlanBuilder &builder, TensorFinder &tensors, const format::Config &config,
                            const EmbeddingNames &names, bool tied) {
  const TensorFinder::Shape shape = {config.vocab_size, config.width};
  const StoredTensor *head = tensors.take_bare_if(names.head, shape);
  if (!tied && head == nullptr) {
    throw ConvertError(tensors.where() + ": tensor \"" + names.head +
                       "\" is missing, and tie_word_embeddings is false");
  }
  std::vector<const StoredTensor *> same = {tensors.take_if(names.embedding, shape)};
  for (const char *copy : names.copies) same.push_back(tensors.take_bare_if(copy, shape));
  if (tied) same.push_back(head);
  std::erase(same, nullptr);
  if (same.empty()) same.push_back(&tensors.take(names.embedding, shape));
  for (const StoredTensor *other : same) {
    if (other == same.front() || are_equal(*other, *same.front())) continue;
    throw ConvertError(tensors.where() + ": by the configuration \"" + same.front()->name + "\" and \"" + other->name +
                       "\" are one tensor (tie_word_embeddings), but they differ");
  }
  builder.matrix(Role::token_embedding, config.width, {as_stored(*same.front())});
  if (!tied) builder.matrix(Role::head, config.width, {as_stored(*head)});
}

Activation activation_named(const ConfigReader &config, const std::string &key, const std::string &name) {
  static const struct {
    const char *name;
    Activation activation;
  } kRows[] = {
      {"relu", Activation::relu},
      {"gelu", Activation::gelu_erf},
      {"gelu_python", Activation::gelu_erf},
      {"gelu_new", Activation::gelu_tanh},
      {"gelu_fast", Activation::gelu_tanh},
      {"gelu_pytorch_tanh", Activation::gelu_tanh},
      {"gelu_accurate", Activation::gelu_tanh},
      {"gelu_python_tanh", Activation::gelu_tanh},
      {"silu", Activation::silu},
      {"swish", Activation::silu},
  };
  for (const auto &row : kRows) {
    if (name == row.name) return row.activation;
  }
  config.refuse(key, "is \"" + name + "\", which is not supported");
}

void set_special_tokens(const Checkpoint &checkpoint, ConfigReader &config, ModelPlan &plan) {
  const std::string generation_name = (checkpoint.source / "generation_config.json").string();
  ConfigReader generation(checkpoint.generation_config, generation_name);
  auto begin = usable(config.ids("bos_token_id"), "bos_token_id", plan);
  if (begin.empty()) begin = usable(generation.ids("bos_token_id"), "bos_token_id", plan);
  plan.config.bos_token = begin.empty() ? -1 : begin.front();
  for (ConfigReader *reader : {&config, &generation}) {
    add_end_tokens(usable(reader->ids("eos_token_id"), "eos_token_id", plan), plan.config);
  }
}

void add_end_tokens(const std::vector<std::int32_t> &ids, format::Config &config) {
  for (const std::int32_t id : ids) {
    std::int32_t *end = config.end_tokens + config.end_token_count;
    if (std::find(config.end_tokens, end, id) != end) continue;
    if (config.end_token_count == format::kMaxEndTokens) {
      throw ConvertError("more than " + std::to_string(format::kMaxEndTokens) + " tokens end a text (eos_token_id)");
    }
    config.end_tokens[config.end_token_count++] = id;
  }
}

void finish_plan(ConfigReader &config, const TensorFinder &tensors, ModelPlan &plan) {
  const auto unknown = config.finish();
  if (!unknown.empty()) {
    std::string note = "keys of the configuration that tidbit does not know:";
    for (const std::string &key : unknown) note += " " + key;
    plan.notes.push_back(note);
  }
  tensors.finish();
  const auto place = [](const TensorPlan &t) {
    return std::pair(t.layer == format::kGlobal ? -1 : int{t.layer}, static_cast<int>(t.role));
  };
  std::sort(plan.tensors.begin(), plan.tensors.end(),
            [&](const TensorPlan &a, const TensorPlan &b) { return place(a) < place(b); });
}

}  // namespace tidbit::convert
