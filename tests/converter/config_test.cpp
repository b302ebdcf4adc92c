// A config value that changes the computation is either converted or refused by name, never ignored.
#include <cmath>
#include <cstring>
#include <ostream>

#include "converter/checkpoint/checkpoint.h"
#include "converter/families/planner.h"
#include "tests/converter/support.h"

namespace tidbit::test {
namespace {

using convert::Checkpoint;
using nlohmann::json;

struct Case {
  const char *golden;
  const char *key;
  const char *value;  // JSON; if empty, the key is removed
  const char *message;
};

std::ostream &operator<<(std::ostream &out, const Case &c) {
  return out << c.golden << " " << c.key << " = " << c.value;
}

Checkpoint changed(const Case &c) {
  Checkpoint checkpoint = convert::open_checkpoint(golden(c.golden));
  checkpoint.config.erase(c.key);
  if (*c.value != 0) checkpoint.config[c.key] = json::parse(c.value);
  return checkpoint;
}

constexpr const char *kLlama = "llama-gqa";

class Refused : public testing::TestWithParam<Case> {};

TEST_P(Refused, NamesTheKey) {
  const Checkpoint checkpoint = changed(GetParam());
  const std::string message = failure([&] { convert::plan_model(checkpoint); });
  EXPECT_NE(message.find(GetParam().key), std::string::npos) << message;
  EXPECT_NE(message.find(GetParam().message), std::string::npos) << message;
}

INSTANTIATE_TEST_SUITE_P(
    Computation, Refused,
    testing::Values(
        Case{kLlama, "sliding_window", "16", "not supported"},
        Case{kLlama, "attn_logit_softcapping", "50.0", "not supported"},
        Case{kLlama, "final_logit_softcapping", "30.0", "not supported"},
        Case{kLlama, "quantization_config", R"({"quant_method":"gptq"})", "gptq"},
        Case{kLlama, "num_experts", "8", "not supported"}, Case{kLlama, "num_local_experts", "8", "not supported"},
        Case{kLlama, "qk_norm", "true", "not supported"}, Case{kLlama, "logit_scale", "0.5", "not supported"},
        Case{kLlama, "parallel_attn", "true", "not supported"}, Case{kLlama, "alibi", "true", "not supported"},
        Case{kLlama, "hidden_act", "\"tanh\"", "\"tanh\""},
        Case{kLlama, "model_type", "\"mamba\"", "\"mamba\" is not supported"},
        Case{kLlama, "partial_rotary_factor", "1.5", "outside 0 to 1"},
        Case{kLlama, "partial_rotary_factor", "0.7", "is below 1"},
        Case{"glm4", "partial_rotary_factor", "null", "is null"},
        Case{kLlama, "rope_parameters", R"({"rope_type":"yarn","factor":4,"truncate":null})", "truncate is null"},
        Case{kLlama, "pruned_heads", R"({"0":[1]})", "not supported"},
        Case{"gpt2-odd-heads", "num_attention_heads", "5", "n_head and"},
        Case{"openai-gpt", "num_hidden_layers", "1", "n_layer and"},
        Case{"gpt2-odd-heads", "add_cross_attention", "true", "not supported"},
        Case{"gpt2-odd-heads", "activation_function", "\"quick_gelu\"", "\"quick_gelu\""},
        Case{"openai-gpt", "afn", "\"gelu_new\"", "not supported"}, Case{kLlama, "is_causal", "false", "only true is"},
        Case{"apertus", "rope_parameters", "", "is missing"}, Case{"gpt_oss", "rope_parameters", "", "is missing"},
        Case{"ministral3", "rope_parameters", "", "is missing"},
        Case{"granite", "partial_rotary_factor", "0.5", "not supported in this family"},
        Case{"gptj", "rope_theta", "100.0", "only 10000.0 is"},
        Case{"gpt_neox-serial", "rope_parameters", R"({"partial_rotary_factor":1.5})", "outside 0 to 1"},
        Case{"gemma3", "rope_parameters", R"({"rope_type":"linear","factor":2.0})", "has neither full_attention"},
        Case{"olmo3", "rope_parameters", R"({"rope_type":"default","rope_theta":77.0})", "has neither full_attention"},
        Case{"olmo3", "rope_parameters", R"({"sliding_attention":7})", "sliding_attention is not an object"},
        Case{"olmo3", "rope_scaling", R"({"rope_type":"linear","factor":2.0})", "both given"},
        Case{"olmo", "clip_qkv", "0.0", "not above 0"}, Case{"gemma2", "final_logit_softcapping", "0.0", "not above 0"},
        Case{"nanochat", "final_logit_softcapping", "0.0", "not above 0"},
        Case{"gemma", "hidden_activation", "\"relu\"", "hidden_act gives"},
        Case{"mpt", "attn_config", R"({"alibi_bias_max":16})", "alibi_bias_max"},
        Case{"smollm3-window", "use_sliding_window", "false", "layer_types has a window"},
        Case{"qwen2_moe", "layer_types", R"(["sliding_attention","full_attention"])", "use_sliding_window"},
        Case{"marian", "normalize_before", "true", "not supported"},
        Case{"marian", "normalize_embedding", "true", "not supported"},
        Case{"marian", "add_final_layer_norm", "true", "not supported"},
        Case{"marian", "static_position_embeddings", "false", "only true is"}));

INSTANTIATE_TEST_SUITE_P(Shape, Refused,
                         testing::Values(Case{kLlama, "vocab_size", "", "is missing"},
                                         Case{kLlama, "vocab_size", "0", "outside 1 to"},
                                         Case{kLlama, "vocab_size", "-1", "not a whole number"},
                                         Case{kLlama, "vocab_size", "45.5", "not a whole number"},
                                         Case{kLlama, "vocab_size", "\"45\"", "not a whole number"},
                                         Case{kLlama, "vocab_size", "99999999999999999999", "not a whole number"},
                                         Case{kLlama, "num_hidden_layers", "1025", "outside 1 to 1024"},
                                         Case{kLlama, "num_key_value_heads", "3", "does not divide"},
                                         Case{kLlama, "head_dim", "512", "outside 1 to 256"},
                                         Case{kLlama, "head_dim", "7", "must be even"},
                                         Case{kLlama, "attention_bias", "1", "neither true nor false"},
                                         Case{kLlama, "rms_norm_eps", "\"x\"", "not a number"},
                                         Case{kLlama, "rms_norm_eps", "-1e-5", "is negative"},
                                         Case{kLlama, "rms_norm_eps", "1e39", "too large"},
                                         Case{kLlama, "rms_norm_eps", "1e-39", "too close to 0"},
                                         Case{"gemma2", "query_pre_attn_scalar", "1e-308", "too close to 0"},
                                         Case{"gpt2-odd-heads", "layer_norm_epsilon", "-1", "is negative"},
                                         Case{kLlama, "eos_token_id", "\"x\"", "not a token id"},
                                         Case{"gpt2-odd-heads", "n_head", "4", "does not divide n_embd"},
                                         Case{"marian", "decoder_attention_heads", "4", "does not divide d_model"}));

// Values that do not change the computation.
TEST(Accepted, AreValuesWithoutEffect) {
  for (const Case &c :
       {Case{kLlama, "sliding_window", "null", ""}, Case{kLlama, "attn_logit_softcapping", "null", ""},
        Case{kLlama, "qk_norm", "false", ""}, Case{kLlama, "logit_scale", "1", ""},
        Case{kLlama, "pretraining_tp", "2", ""}, Case{kLlama, "partial_rotary_factor", "1.0", ""},
        Case{kLlama, "pruned_heads", "{}", ""}, Case{"gpt2-odd-heads", "hidden_size", "15", ""},
        Case{"gpt_neox", "num_key_value_heads", "1", ""}, Case{"marian", "normalize_before", "false", ""},
        Case{"marian", "add_bias_logits", "true", ""}, Case{"marian", "extra_pos_embeddings", "43", ""},
        Case{"gpt2-odd-heads", "task_specific_params", "{\"a\":1}", ""}}) {
    const Checkpoint checkpoint = changed(c);
    EXPECT_EQ(failure([&] {
                for (const std::string &note : convert::plan_model(checkpoint).notes) {
                  EXPECT_EQ(note.find(c.key), std::string::npos) << note;
                }
              }),
              "")
        << c;
  }
}

TEST(Gpt2, MayHaveTheNamesThatOtherFamiliesUse) {
  for (const char *name : {"gpt2-odd-heads", "openai-gpt"}) {
    Checkpoint checkpoint = convert::open_checkpoint(golden(name));
    const auto config = convert::plan_model(checkpoint).config;
    for (const auto &[key, other] :
         {std::pair("n_embd", "hidden_size"), std::pair("n_head", "num_attention_heads"),
          std::pair("n_layer", "num_hidden_layers"), std::pair("n_positions", "max_position_embeddings")}) {
      checkpoint.config[other] = checkpoint.config.at(key);
      checkpoint.config.erase(key);
    }
    const auto renamed = convert::plan_model(checkpoint);
    EXPECT_TRUE(renamed.notes.empty());
    EXPECT_EQ(std::memcmp(&config, &renamed.config, sizeof config), 0) << name;
  }
}

TEST(Ministral3, IsLimitedToTheOldContextWhereverItsScalingIs) {
  for (const char *name : {"rope_parameters", "rope_scaling"}) {
    Checkpoint checkpoint = convert::open_checkpoint(golden("ministral3"));
    const json rope = checkpoint.config.at("rope_parameters");
    checkpoint.config.erase("rope_parameters");
    checkpoint.config[name] = rope;
    EXPECT_EQ(convert::plan_model(checkpoint).config.max_context, 40u) << name;
  }
}

TEST(Cohere2, WithoutAWindowDoesNotRotate) {
  const auto plan = convert::plan_model(changed({"cohere2", "sliding_window", "null", ""}));
  for (const format::LayerKind &kind : plan.stacks.front().kinds) EXPECT_EQ(kind.rotary_dim, 0u);
}

TEST(Gemma, ReadsItsActivationLikeTransformers) {
  const auto activation = [](const char *name) {
    return convert::plan_model(changed({"gemma", "hidden_act", name, ""})).stacks.front().kinds.front().activation;
  };
  EXPECT_EQ(activation("\"gelu\""), format::Activation::gelu_tanh);
  EXPECT_EQ(activation("\"relu\""), format::Activation::relu);
}

TEST(Gemma3, NotesThatItsCapOfScoresIsIgnored) {
  const auto plan = convert::plan_model(changed({"gemma3", "attn_logit_softcapping", "2.0", ""}));
  EXPECT_EQ(plan.stacks.front().kinds.front().score_cap, 0);
  ASSERT_EQ(plan.notes.size(), 1u);
  EXPECT_NE(plan.notes[0].find("attn_logit_softcapping"), std::string::npos);
}

TEST(Gemma3, HasAWindowInFiveOfSixLayersWhateverVersion4Calculated) {
  Checkpoint checkpoint = changed({"gemma3", "_sliding_window_pattern", "1", ""});
  checkpoint.config.erase("layer_types");
  const auto plan = convert::plan_model(checkpoint);
  EXPECT_TRUE(plan.notes.empty());
  ASSERT_EQ(plan.stacks.front().kinds.size(), 1u);
  EXPECT_EQ(plan.stacks.front().kinds.front().window, 9u);
}

// Of a layer, the frequency of channel 1.
float frequency(const Checkpoint &checkpoint, std::size_t layer) {
  const auto plan = convert::plan_model(checkpoint);
  const auto &stack = plan.stacks.front();
  const auto table = plan.globals[static_cast<std::size_t>(format::GlobalRole::rotary_frequencies)];
  float value = 0;
  const std::uint32_t row = stack.kinds[stack.layer_kinds[layer]].rotary_table * plan.config.rotary_pairs + 1;
  table.sources.front().compute(row, &value);
  return value;
}

// Layers 0 and 1 of the goldens are sliding and full.
TEST(RotaryByLayerType, HasTheClassesNumbersWhereATypeIsLeftOut) {
  Checkpoint gemma = changed({"gemma3", "rope_parameters", R"({"full_attention":{"rope_theta":50.0}})", ""});
  gemma.config["rope_local_base_freq"] = 70.0;
  gemma.config["rope_theta"] = 90.0;
  const float share = 2.0f / gemma.config.at("head_dim").get<float>();
  EXPECT_FLOAT_EQ(frequency(gemma, 0), std::pow(70.0f, -share));
  EXPECT_FLOAT_EQ(frequency(gemma, 1), std::pow(50.0f, -share));
  gemma.config["rope_parameters"] = json::parse(R"({"sliding_attention":{"rope_type":"default"}})");
  EXPECT_FLOAT_EQ(frequency(gemma, 0), std::pow(70.0f, -share));
  EXPECT_FLOAT_EQ(frequency(gemma, 1), std::pow(90.0f, -share));
}

// The configurations that came with the models are older than the class.
TEST(Lfm2, MayHaveTheNamesOfItsFirstConfigurations) {
  Checkpoint checkpoint = convert::open_checkpoint(golden("lfm2"));
  const auto kind = [&] { return convert::plan_model(checkpoint).stacks.front().kinds.front(); };
  const format::LayerKind expected = kind();
  checkpoint.config["block_ff_dim"] = checkpoint.config.at("intermediate_size");
  checkpoint.config["intermediate_size"] = 1;
  EXPECT_EQ(kind().ffn_width, expected.ffn_width);
  checkpoint.config.erase("intermediate_size");
  EXPECT_EQ(kind().ffn_width, expected.ffn_width);
  checkpoint.config.erase("block_ff_dim");
  EXPECT_NE(failure(kind).find("intermediate_size is missing"), std::string::npos);
  checkpoint.config.erase("rope_parameters");
  checkpoint.config["theta"] = 77.0;
  EXPECT_NE(failure(kind).find("theta is 77"), std::string::npos);
}

TEST(Olmo3, HasNoRopeThetaThatVersionsReadDifferently) {
  Checkpoint checkpoint = changed({"olmo3", "rope_parameters", "", ""});
  checkpoint.config["rope_theta"] = 500000.0;
  EXPECT_EQ(failure([&] { convert::plan_model(checkpoint); }), "");
  checkpoint.config["rope_theta"] = 10000.0;
  const std::string message = failure([&] { convert::plan_model(checkpoint); });
  EXPECT_NE(message.find("rope_theta means different things"), std::string::npos) << message;
}

TEST(GptNeoX, HasItsNumbersOfTheRotationUnderNamesOfItsOwn) {
  Checkpoint checkpoint = changed({"gpt_neox", "rope_parameters", "", ""});
  checkpoint.config["rotary_pct"] = checkpoint.config["partial_rotary_factor"] = 0.5;
  EXPECT_EQ(convert::plan_model(checkpoint).stacks.front().kinds.front().rotary_dim, 4u);
  checkpoint.config["partial_rotary_factor"] = 1.0;
  const std::string message = failure([&] { convert::plan_model(checkpoint); });
  EXPECT_NE(message.find("partial_rotary_factor is 1.0"), std::string::npos) << message;
  checkpoint.config["partial_rotary_factor"] = 0.5;
  checkpoint.config["rotary_emb_base"] = checkpoint.config["rope_theta"] = 77.0;
  EXPECT_FLOAT_EQ(frequency(checkpoint, 0), std::pow(77.0f, -0.5f));
  checkpoint.config["rope_theta"] = 78.0;
  EXPECT_NE(failure([&] { convert::plan_model(checkpoint); }).find("rope_theta is 78.0"), std::string::npos);
}

TEST(Bloom, HasNoExactFormOfSeveralSlices) {
  Checkpoint checkpoint = changed({"bloom", "slow_but_exact", "true", ""});
  checkpoint.config["pretraining_tp"] = 1;
  EXPECT_EQ(failure([&] { convert::plan_model(checkpoint); }), "");
  checkpoint.config["pretraining_tp"] = 4;
  EXPECT_NE(failure([&] { convert::plan_model(checkpoint); }).find("slow_but_exact"), std::string::npos);
}

TEST(Experts, HaveTheNumberOfTheClassIfItIsLeftOut) {
  for (const char *name : {"mixtral", "granitemoe"}) {
    Checkpoint checkpoint = changed({name, "num_experts_per_tok", "", ""});
    EXPECT_EQ(convert::plan_model(checkpoint).stacks.front().kinds.front().experts_used, 2u) << name;
    checkpoint.dialect = convert::Dialect::gguf;
    EXPECT_NE(failure([&] { convert::plan_model(checkpoint); }), "") << name;
  }
}

TEST(Qwen2Moe, HasTheSameWindowsWithoutLayerTypes) {
  const auto windows = [](const Checkpoint &checkpoint) {
    const auto stack = convert::plan_model(checkpoint).stacks.front();
    std::vector<std::uint32_t> found;
    for (const std::uint8_t kind : stack.layer_kinds) found.push_back(stack.kinds[kind].window);
    return found;
  };
  EXPECT_EQ(windows(changed({"qwen2_moe-window", "layer_types", "", ""})), (std::vector<std::uint32_t>{4, 0, 4}));
  EXPECT_EQ(windows(convert::open_checkpoint(golden("qwen2_moe-window"))), (std::vector<std::uint32_t>{4, 0, 4}));
}

TEST(UnknownKeys, AreNotedByName) {
  const Checkpoint checkpoint = changed({kLlama, "frobnication", "7", ""});
  const auto plan = convert::plan_model(checkpoint);
  ASSERT_EQ(plan.notes.size(), 1u);
  EXPECT_NE(plan.notes[0].find("frobnication"), std::string::npos);
}

std::string rope_failure(const char *rope) {
  const Checkpoint checkpoint = changed({kLlama, "rope_parameters", rope, ""});
  return failure([&] { convert::plan_model(checkpoint); });
}

TEST(RotaryScaling, ThatIsNotKnownIsRefused) {
  for (const char *type : {"proportional", "ntk", "mrope"}) {
    const std::string message = rope_failure((R"({"rope_type":")" + std::string(type) + R"(","factor":2.0})").c_str());
    EXPECT_NE(message.find(type), std::string::npos) << message;
  }
  EXPECT_NE(rope_failure(R"({"rope_type":"linear"})").find("factor is missing"), std::string::npos);
  EXPECT_NE(rope_failure(R"({"rope_type":"linear","factor":0})").find("factor is not above 0"), std::string::npos);
  EXPECT_NE(rope_failure(R"({"rope_type":"llama3","factor":8})").find("low_freq_factor is missing"), std::string::npos);
  EXPECT_NE(rope_failure(R"({"full_attention":{"rope_type":"default"}})").find("full_attention"), std::string::npos);
  EXPECT_NE(rope_failure("7").find("rope_parameters is not an object"), std::string::npos);
  EXPECT_NE(rope_failure(R"({"rope_type":"yarn","factor":4,"mscale":1,"mscale_all_dim":-9})").find("no amplitude"),
            std::string::npos);
  EXPECT_NE(rope_failure(R"({"rope_theta":1e-30})").find("frequencies that are too large"), std::string::npos);
  EXPECT_NE(rope_failure(R"({"rope_theta":1e-300})").find("config.json: rope_parameters: rope_"), std::string::npos);
}

TEST(RotaryScaling, ByLongRopeNeedsAFactorPerFrequency) {
  EXPECT_NE(
      rope_failure(R"({"rope_type":"longrope","short_factor":[1],"long_factor":[1]})").find("factor has 1 numbers"),
      std::string::npos);
  EXPECT_NE(rope_failure(R"({"rope_type":"longrope","short_factor":[1,2,3]})").find("long_factor is missing"),
            std::string::npos);
}

TEST(RotaryScaling, OfPhi3HasTheOldContextOfItsClass) {
  Checkpoint checkpoint = convert::open_checkpoint(golden("phi3"));
  checkpoint.config["max_position_embeddings"] = 131072u;
  checkpoint.config["original_max_position_embeddings"] = 1024u;
  const auto plan = [&] { return convert::plan_model(checkpoint); };
  EXPECT_EQ(plan().config.max_context, 131072u);  // more than the old context is wanted
  EXPECT_NE(plan().notes.at(0).find("for long texts; for texts up to 1024"), std::string::npos) << plan().notes[0];
  checkpoint.config.erase("original_max_position_embeddings");
  EXPECT_EQ(plan().config.max_context, 4096u);
  EXPECT_NE(plan().notes.at(0).find("for short texts, up to 4096"), std::string::npos) << plan().notes[0];
}

TEST(RotaryScaling, ByLlama3NeedsItsFactorsInOrder) {
  EXPECT_NE(rope_failure(R"({"rope_type":"llama3","factor":8,"low_freq_factor":4,"high_freq_factor":1})")
                .find("not above low_freq_factor"),
            std::string::npos);
}

TEST(RotaryScaling, ThatIsEmptyIsNone) {
  Checkpoint checkpoint = changed({kLlama, "rope_parameters", R"({"rope_type":"linear","factor":0})", ""});
  checkpoint.config["rope_scaling"] = json::object();
  const std::string message = failure([&] { convert::plan_model(checkpoint); });
  EXPECT_NE(message.find("rope_parameters: factor"), std::string::npos) << message;
}

TEST(SpecialTokens, ComeFromBothConfigurations) {
  Checkpoint checkpoint = changed({kLlama, "eos_token_id", "[2, 3]", ""});
  checkpoint.generation_config = json::parse(R"({"eos_token_id":[3, 4]})");
  const auto config = convert::plan_model(checkpoint).config;
  EXPECT_EQ(config.bos_token, 1);
  ASSERT_EQ(config.end_token_count, 3u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(config.end_tokens[i], 2 + i);
}

TEST(SpecialTokens, OutsideTheVocabularyAreLeftOutWithANote) {
  const auto plan = convert::plan_model(changed({kLlama, "eos_token_id", "50256", ""}));
  EXPECT_EQ(plan.config.end_token_count, 0u);
  ASSERT_EQ(plan.notes.size(), 1u);
  EXPECT_NE(plan.notes[0].find("eos_token_id 50256"), std::string::npos);
}

TEST(SpecialTokens, MoreThanABlobHoldsAreRefused) {
  const Checkpoint checkpoint = changed({kLlama, "eos_token_id", "[1,2,3,4,5,6,7,8,9]", ""});
  EXPECT_NE(failure([&] { convert::plan_model(checkpoint); }).find("eos_token_id"), std::string::npos);
}

std::string failure_with_tensors(const char *name, void (*change)(convert::TensorMap &tensors)) {
  Checkpoint checkpoint = convert::open_checkpoint(golden(name));
  change(checkpoint.tensors);
  return failure([&] { convert::plan_model(checkpoint); });
}

TEST(Tensors, ThatAreMissingAreNamed) {
  const std::string message = failure_with_tensors(
      kLlama, [](convert::TensorMap &tensors) { tensors.erase("model.layers.1.mlp.up_proj.weight"); });
  EXPECT_NE(message.find("\"model.layers.1.mlp.up_proj.weight\" is missing"), std::string::npos) << message;
}

TEST(Tensors, ThatNobodyAsksForAreNamed) {
  const std::string message = failure_with_tensors(kLlama, [](convert::TensorMap &tensors) {
    auto copy = tensors.at("model.norm.weight");
    copy.name = "model.layers.0.self_attn.q_norm.weight";
    tensors.emplace(copy.name, copy);
  });
  EXPECT_NE(message.find("q_norm.weight\" is not part of this model family"), std::string::npos) << message;
}

TEST(Tensors, OfAnotherShapeAreNamed) {
  const Checkpoint checkpoint = changed({kLlama, "vocab_size", "46", ""});
  const std::string message = failure([&] { convert::plan_model(checkpoint); });
  EXPECT_NE(message.find("has the shape [45, 24], the configuration asks for [46, 24]"), std::string::npos) << message;
}

TEST(Tensors, OfAnIntegerTypeAreNamed) {
  const std::string message = failure_with_tensors(kLlama, [](convert::TensorMap &tensors) {
    tensors.at("model.norm.weight").type = convert::stored_type(&convert::StoredType::safetensors, "I8");
  });
  EXPECT_NE(message.find("\"model.norm.weight\" has the type I8"), std::string::npos) << message;
}

TEST(TiedHead, ThatDiffersFromTheEmbeddingIsRefused) {
  const Checkpoint checkpoint = changed({kLlama, "tie_word_embeddings", "true", ""});
  EXPECT_NE(failure([&] { convert::plan_model(checkpoint); }).find("tie_word_embeddings"), std::string::npos);
}

TEST(UntiedHead, ThatIsMissingIsRefused) {
  const Checkpoint checkpoint = changed({"openai-gpt", "tie_word_embeddings", "false", ""});
  EXPECT_NE(failure([&] { convert::plan_model(checkpoint); }).find("\"lm_head.weight\" is missing"), std::string::npos);
}

TEST(MarianTranslation, SaysWhatIsLeftOut) {
  const Checkpoint checkpoint = convert::open_checkpoint(golden("marian-translation"));
  std::string notes;
  for (const std::string &note : convert::plan_model(checkpoint).notes) notes += note + "\n";
  EXPECT_NE(notes.find("cross attention"), std::string::npos) << notes;
  EXPECT_NE(notes.find("the encoder"), std::string::npos) << notes;
}

}  // namespace
}  // namespace tidbit::test
