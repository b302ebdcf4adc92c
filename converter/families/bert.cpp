// Encoders of BERT's shape: BERT, RoBERTa and those that are like it, ELECTRA, DistilBERT. LayerNorm after each
// residual sum, learned positions, all tokens see each other. Devlin et al. 2018.
#include "converter/checkpoint/checkpoint.h"
#include "converter/families/registry.h"

namespace tidbit::convert {
namespace {

constexpr GlobalRow kGlobals[] = {
    tensor(Global::token_embedding, "embeddings.word_embeddings.weight"),
    tensor(Global::position_embedding, "embeddings.position_embeddings.weight"),
    tensor(Global::segment_embedding, "embeddings.token_type_embeddings.weight"),
    tensor(Global::embedding_norm, "embeddings.LayerNorm.*").biased(),
};
// RoBERTa's first positions belong to padding.
constexpr std::uint32_t kPaddingPositions = 2;
constexpr GlobalRow kRobertaGlobals[] = {kGlobals[0], kGlobals[1].skipping(kPaddingPositions), kGlobals[2],
                                         kGlobals[3]};
constexpr GlobalRow kDistilGlobals[] = {kGlobals[0], kGlobals[1], kGlobals[3]};

constexpr LayerRow kLayers[] = {
    tensor(Layer::qkv, "attention.self.query.*", "attention.self.key.*", "attention.self.value.*").biased(),
    tensor(Layer::attention_out, "attention.output.dense.*").biased(),
    tensor(Layer::mixer_sum_norm, "attention.output.LayerNorm.*").biased(),
    tensor(Layer::ffn_up, "intermediate.dense.*").biased(),
    tensor(Layer::ffn_down, "output.dense.*").biased(),
    tensor(Layer::ffn_sum_norm, "output.LayerNorm.*").biased(),
};
constexpr LayerRow kDistilLayers[] = {
    tensor(Layer::qkv, "attention.q_lin.*", "attention.k_lin.*", "attention.v_lin.*").biased(),
    tensor(Layer::attention_out, "attention.out_lin.*").biased(),
    tensor(Layer::mixer_sum_norm, "sa_layer_norm.*").biased(),
    tensor(Layer::ffn_up, "ffn.lin1.*").biased(),
    tensor(Layer::ffn_down, "ffn.lin2.*").biased(),
    tensor(Layer::ffn_sum_norm, "output_layer_norm.*").biased(),
};

constexpr LeftOut kLeftOut[] = {
    {"*embeddings.position_ids", nullptr},
    {"*embeddings.token_type_ids", nullptr},
    {"*pooler.*", "the pooler"},
    {"cls.*", "the head for pretraining"},
    {"lm_head.*", "the head for pretraining"},
    {"vocab_*", "the head for pretraining"},
    {"generator_*", "the head for pretraining"},
    {"discriminator_predictions.*", "the head for pretraining"},
    {"*classifier.*", "the classifier"},
    {"qa_outputs.*", "the head for answers"},
};

template <std::size_t prefixes, std::size_t globals, std::size_t layers>
constexpr Names names_of(const char *const (&prefix)[prefixes], const char *layer, const GlobalRow (&global)[globals],
                         const LayerRow (&of_layer)[layers]) {
  return {Dialect::huggingface, prefix, layer, global, of_layer, kLeftOut};
}
constexpr const char *kBertPrefixes[] = {"bert.", ""}, *kRobertaPrefixes[] = {"roberta.", "model.", ""},
                     *kElectraPrefixes[] = {"electra.", ""}, *kDistilPrefixes[] = {"distilbert.", ""};
constexpr Names kBertNames[] = {names_of(kBertPrefixes, "encoder.layer.#.", kGlobals, kLayers)};
constexpr Names kRobertaNames[] = {names_of(kRobertaPrefixes, "encoder.layer.#.", kRobertaGlobals, kLayers)};
constexpr Names kElectraNames[] = {names_of(kElectraPrefixes, "encoder.layer.#.", kGlobals, kLayers)};
constexpr Names kDistilNames[] = {names_of(kDistilPrefixes, "transformer.layer.#.", kDistilGlobals, kDistilLayers)};

// Of training and of heads.
constexpr const char *kHarmless[] = {"type_vocab_size",
                                     "classifier_dropout",
                                     "hidden_dropout_prob",
                                     "summary_type",
                                     "summary_use_proj",
                                     "summary_activation",
                                     "summary_last_dropout",
                                     "seq_classif_dropout",
                                     "qa_dropout",
                                     "sinusoidal_pos_embds",
                                     "directionality",
                                     "pooler_fc_size",
                                     "pooler_num_attention_heads",
                                     "pooler_num_fc_layers",
                                     "pooler_size_per_head",
                                     "pooler_type",
                                     "output_past"};

void read(Reading &model) {
  model.config.head = format::Head::pooling;
  model.config.tied = 1;
  model.config.final_norm_epsilon = model.kind.norm_epsilon;  // of the embedding
  model.kind.mask = format::Mask::bidirectional;
  if (const auto &sentence = model.checkpoint->sentence; sentence) {
    model.config.pooling = sentence->pooling;
    model.config.unit_length = sentence->unit_length ? 1 : 0;
  }
  model.keys.only("position_embedding_type", "absolute");
  model.keys.only("is_decoder", false);
  model.keys.only("add_cross_attention", false);
  model.keys.only("embedding_size", static_cast<double>(model.config.width));
}
void read_roberta(Reading &model) {
  read(model);
  model.keys.only("pad_token_id", 1.0);
  if (model.config.max_context <= kPaddingPositions) model.keys.refuse("max_position_embeddings", "is too small");
  model.config.max_context -= kPaddingPositions;
}

constexpr Family bert_like(const char *model_type, std::span<const Names> names) {
  return {.model_type = model_type,
          .shape = {.ffn = "intermediate_size"},
          .norm = format::Norm::layer,
          .epsilon_key = "layer_norm_eps",
          .epsilon = 1e-12,
          .activation_key = "hidden_act",
          .activation = "gelu",
          .tied = true,
          .harmless = kHarmless,
          .read = read,
          .names = names};
}
constexpr Family roberta_like(const char *model_type) {
  Family family = bert_like(model_type, kRobertaNames);
  family.read = read_roberta;
  return family;
}

}  // namespace

constexpr Family kBert = bert_like("bert", kBertNames), kElectra = bert_like("electra", kElectraNames),
                 kRoberta = roberta_like("roberta"), kXlmRoberta = roberta_like("xlm-roberta"),
                 kCamembert = roberta_like("camembert");
constexpr Family kDistilBert = [] {
  Family family = bert_like("distilbert", kDistilNames);
  family.shape = {.layers = "n_layers", .width = "dim", .heads = "n_heads", .ffn = "hidden_dim"};
  family.epsilon_key = nullptr;
  family.activation_key = "activation";
  return family;
}();

}  // namespace tidbit::convert
