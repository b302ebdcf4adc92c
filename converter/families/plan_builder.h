// Puts a ModelPlan together; what the families have in common.
#pragma once

#include <string>

#include "converter/families/config_reader.h"
#include "converter/families/model_plan.h"
#include "converter/families/tensor_finder.h"

namespace tidbit::convert {

// All rows of a matrix stored [rows][cols], or all elements of a vector.
RowSource as_stored(const StoredTensor &tensor);
// Rows [first, first + rows) of it.
RowSource part_of(const StoredTensor &tensor, std::uint32_t first, std::uint32_t rows);
// Rows [first, first + rows) of the transpose of a matrix stored [in][out].
RowSource transposed(const StoredTensor &tensor, std::uint32_t first, std::uint32_t rows);
RowSource computed(std::uint32_t rows, std::function<void(std::uint32_t row, float *out)> compute);

class PlanBuilder {
 public:
  explicit PlanBuilder(ModelPlan &plan) : plan_(plan) {}

  void layer(std::uint32_t index) { layer_ = static_cast<std::uint16_t>(index); }  // of the tensors added from now on

  // Sources one below the other.
  void matrix(format::Role role, std::uint32_t cols, std::vector<RowSource> sources);
  // Sources one after another; in the plan a vector is a matrix of one column.
  void vector(format::Role role, std::vector<RowSource> sources);

 private:
  ModelPlan &plan_;
  std::uint16_t layer_ = format::kGlobal;
};

// Where the embedding and the head are stored. `embedding` is a name under the finder's prefix, the others stand
// without.
struct EmbeddingNames {
  const char *embedding;
  const char *head;
  std::vector<const char *> copies = {};  // other names of the embedding
};

// The embedding, and the head unless it is tied to it. What is stored more than once must be equal.
void add_embedding_and_head(PlanBuilder &builder, TensorFinder &tensors, const format::Config &config,
                            const EmbeddingNames &names, bool tied);

// "gelu_new" and so on, as Hugging Face's ACT2FN names them; refuses others by `key`.
format::Activation activation_named(const ConfigReader &config, const std::string &key, const std::string &name);

// Begin and end of text by configuration and generation_config.json; ids outside the vocabulary become notes.
void set_special_tokens(const Checkpoint &checkpoint, ConfigReader &config, ModelPlan &plan);

// Appends what is not there yet; more than format::kMaxEndTokens are an error.
void add_end_tokens(const std::vector<std::int32_t> &ids, format::Config &config);

// Orders the tensors, reports unknown keys, refuses keys and tensors that are left.
void finish_plan(ConfigReader &config, const TensorFinder &tensors, ModelPlan &plan);

}  // namespace tidbit::convert
