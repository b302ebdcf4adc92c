"""Families that differ from Llama in a few numbers."""
import transformers as t

CLASSES = {
    "arcee": (t.ArceeConfig, t.ArceeForCausalLM),
    "ernie4_5": (t.Ernie4_5Config, t.Ernie4_5ForCausalLM),
    "glm": (t.GlmConfig, t.GlmForCausalLM),
    "glm4": (t.Glm4Config, t.Glm4ForCausalLM),
    "granite": (t.GraniteConfig, t.GraniteForCausalLM),
    "helium": (t.HeliumConfig, t.HeliumForCausalLM),
    "hunyuan_v1_dense": (t.HunYuanDenseV1Config, t.HunYuanDenseV1ForCausalLM),
    "ministral": (t.MinistralConfig, t.MinistralForCausalLM),
    "ministral3": (t.Ministral3Config, t.Ministral3ForCausalLM),
    "mistral": (t.MistralConfig, t.MistralForCausalLM),
    "mistral3": (t.Mistral3Config, t.Mistral3ForConditionalGeneration),
    "phi": (t.PhiConfig, t.PhiForCausalLM),
    "phi3": (t.Phi3Config, t.Phi3ForCausalLM),
    "seed_oss": (t.SeedOssConfig, t.SeedOssForCausalLM),
    "smollm3": (t.SmolLM3Config, t.SmolLM3ForCausalLM),
}


def small(**kwargs):
    return dict(dict(vocab_size=41, hidden_size=24, intermediate_size=35, num_hidden_layers=2, num_attention_heads=4,
                     num_key_value_heads=2, max_position_embeddings=64, bos_token_id=1, eos_token_id=2, pad_token_id=0),
                **kwargs)


YARN = {"rope_type": "yarn", "rope_theta": 500.0, "factor": 4.0, "original_max_position_embeddings": 16}
LONGROPE = {"rope_type": "longrope", "rope_theta": 500.0, "short_factor": [1.0, 1.1, 1.3], "long_factor": [1.5, 2.5, 4.0]}
SCALED_QUERIES = {"rope_type": "yarn", "rope_theta": 500.0, "factor": 4.0, "original_max_position_embeddings": 40,
                  "mscale": 1.0, "mscale_all_dim": 1.0, "beta_fast": 32.0, "beta_slow": 1.0, "llama_4_scaling_beta": 0.1}
WINDOW_LAST = ["full_attention", "sliding_attention"]

COMMITTED = {
    "arcee": ("arcee", small(head_dim=10, mlp_bias=True, rope_parameters=YARN), dict(both_dialects=True)),
    "ernie4_5": ("ernie4_5", small(head_dim=10, use_bias=True), dict(both_dialects=True)),
    "glm": ("glm", small(head_dim=12, num_key_value_heads=1), dict(both_dialects=True)),
    "glm4": ("glm4", small(head_dim=8, attention_bias=False), {}),
    "granite": ("granite", small(embedding_multiplier=3.0, attention_multiplier=0.3, residual_multiplier=0.4,
                                 logits_scaling=5.0, tie_word_embeddings=True), dict(both_dialects=True)),
    "helium": ("helium", small(head_dim=6, mlp_bias=True), {}),
    "hunyuan": ("hunyuan_v1_dense", small(head_dim=10, num_key_value_heads=1, rope_parameters={
        "rope_type": "dynamic", "rope_theta": 100.0, "alpha": 7.0, "factor": 1.0}), dict(both_dialects=True)),
    "hunyuan-unscaled": ("hunyuan_v1_dense", small(head_dim=6, rope_parameters={
        "rope_type": "default", "rope_theta": 100.0, "alpha": 7.0}), {}),
    "ministral": ("ministral", small(head_dim=10, sliding_window=6, layer_types=WINDOW_LAST), dict(tokens=40)),
    "ministral3": ("ministral3", small(head_dim=10, rope_parameters=SCALED_QUERIES), dict(tokens=40)),
    "mistral": ("mistral", small(head_dim=8, sliding_window=5), dict(tokens=40, both_dialects=True)),
    "mistral-images": ("mistral3", dict(
        text_config=small(model_type="mistral", head_dim=8, sliding_window=None, num_hidden_layers=1), image_token_index=40,
        vision_config=dict(model_type="pixtral", hidden_size=4, intermediate_size=4, num_hidden_layers=1, head_dim=4,
                           num_attention_heads=1, image_size=28, patch_size=14), tie_word_embeddings=False), {}),
    "phi": ("phi", small(qk_layernorm=True, num_key_value_heads=4, hidden_size=32, rope_parameters={
        "rope_type": "default", "rope_theta": 100.0, "partial_rotary_factor": 0.5}), dict(both_dialects=True)),
    "phi-plain": ("phi", small(hidden_size=32, num_key_value_heads=1), {}),
    "phi3": ("phi3", small(sliding_window=7, original_max_position_embeddings=16, rope_parameters=LONGROPE),
             dict(tokens=40)),
    "phi3-partial": ("phi3", small(hidden_size=32, num_key_value_heads=1, tie_word_embeddings=True, rope_parameters={
        "rope_type": "default", "rope_theta": 100.0, "partial_rotary_factor": 0.75}), dict(both_dialects=True)),
    "seed_oss": ("seed_oss", small(head_dim=10, attention_out_bias=True), {}),
    "smollm3": ("smollm3", small(num_hidden_layers=5, hidden_size=16, intermediate_size=19), dict(both_dialects=True)),
    "smollm3-window": ("smollm3", small(num_hidden_layers=3, no_rope_layers=[1, 0, 1], use_sliding_window=True,
                                        sliding_window=5, attention_bias=True), dict(tokens=40)),
}


def random_small(r):
    return small(vocab_size=r.choice([17, 64, 130]), hidden_size=r.choice([8, 24, 40]), num_hidden_layers=r.randint(1, 4),
                 num_key_value_heads=r.choice([1, 2, 4]), intermediate_size=r.choice([1, 7, 16, 172]),
                 tie_word_embeddings=r.random() < 0.5)


def with_head_dim(r, multiple=2):
    return dict(random_small(r), head_dim=multiple * r.randint(1, 20 // multiple))


def random_granite(r):
    return dict(random_small(r), embedding_multiplier=r.choice([1.0, 12.0]), attention_multiplier=r.choice([1.0, 0.015]),
                residual_multiplier=r.choice([1.0, 0.22]), logits_scaling=r.choice([1.0, 8.0]))


def random_phi3(r):
    width = r.choice([8, 24, 40])
    pairs = width // 8
    rope = r.choice([None, {"rope_type": "longrope", "rope_theta": 1e4, "short_factor": [1.0 + 0.1 * i for i in range(pairs)],
                            "long_factor": [1.0 + i for i in range(pairs)]}])
    return dict(random_small(r), hidden_size=width, sliding_window=r.choice([None, 5]), rope_parameters=rope,
                max_position_embeddings=64, original_max_position_embeddings=64)


RANDOM = {
    "arcee": with_head_dim,
    "ernie4_5": with_head_dim,
    "glm": lambda r: with_head_dim(r, 4),
    "glm4": lambda r: with_head_dim(r, 4),
    "granite": random_granite,
    "hunyuan_v1_dense": with_head_dim,
    "ministral": lambda r: dict(with_head_dim(r), sliding_window=r.randint(1, 30)),
    "mistral": lambda r: dict(with_head_dim(r), sliding_window=r.choice([None, 1, 7])),
    "phi": lambda r: dict(random_small(r), hidden_size=16 * r.randint(1, 4), qk_layernorm=r.random() < 0.5),
    "phi3": random_phi3,
    "seed_oss": with_head_dim,
    "smollm3": lambda r: dict(random_small(r), no_rope_layer_interval=r.randint(1, 4)),
}
