"""Families with norms in other places or of other kinds, windows without rotation, other activations, convolutions."""
import transformers as t

from .llama_like import YARN, small

CLASSES = {
    "apertus": (t.ApertusConfig, t.ApertusForCausalLM),
    "bitnet": (t.BitNetConfig, t.BitNetForCausalLM),
    "cohere": (t.CohereConfig, t.CohereForCausalLM),
    "cohere2": (t.Cohere2Config, t.Cohere2ForCausalLM),
    "exaone4": (t.Exaone4Config, t.Exaone4ForCausalLM),
    "lfm2": (t.Lfm2Config, t.Lfm2ForCausalLM),
    "nanochat": (t.NanoChatConfig, t.NanoChatForCausalLM),
    "nemotron": (t.NemotronConfig, t.NemotronForCausalLM),
    "olmo": (t.OlmoConfig, t.OlmoForCausalLM),
    "olmo2": (t.Olmo2Config, t.Olmo2ForCausalLM),
    "olmo3": (t.Olmo3Config, t.Olmo3ForCausalLM),
    "stablelm": (t.StableLmConfig, t.StableLmForCausalLM),
    "starcoder2": (t.Starcoder2Config, t.Starcoder2ForCausalLM),
}
MIXED = ["sliding_attention", "full_attention", "sliding_attention"]
HALF = {"rope_type": "default", "rope_theta": 100.0, "partial_rotary_factor": 0.5}


def lfm2(**kwargs):
    return small(**dict(dict(num_hidden_layers=4, layer_types=["conv", "full_attention", "conv", "conv"],
                             block_auto_adjust_ff_dim=False, hidden_size=16, intermediate_size=19), **kwargs))


COMMITTED = {
    "apertus": ("apertus", small(attention_bias=True), dict(both_dialects=True)),
    "bitnet": ("bitnet", small(num_key_value_heads=1), dict(both_dialects=True)),
    "bitnet-packed": ("bitnet", small(num_key_value_heads=2, intermediate_size=36), dict(ternary="autobitlinear")),
    "bitnet-online": ("bitnet", small(), dict(ternary="online")),
    "bitnet-divided": ("bitnet", small(intermediate_size=44, attention_bias=True), dict(ternary="bitlinear")),
    "cohere": ("cohere", small(use_qk_norm=True, logit_scale=0.3), dict(both_dialects=True)),
    "cohere-plain": ("cohere", small(attention_bias=True, tie_word_embeddings=False), {}),
    "cohere2": ("cohere2", small(num_hidden_layers=3, layer_types=MIXED, sliding_window=6, logit_scale=0.5), dict(tokens=40)),
    "exaone4": ("exaone4", small(num_hidden_layers=3, layer_types=MIXED, sliding_window=6), dict(tokens=40)),
    "exaone4-full": ("exaone4", small(sliding_window=None, num_key_value_heads=1, layer_types=["full_attention"] * 2), dict(both_dialects=True)),
    "lfm2": ("lfm2", lfm2(), dict(both_dialects=True, tokens=40)),
    "lfm2-biases": ("lfm2", lfm2(conv_bias=True, conv_L_cache=5, tie_word_embeddings=False, num_hidden_layers=3,
                                 layer_types=["conv", "conv", "full_attention"]), {}),
    "nanochat": ("nanochat", small(num_key_value_heads=1, final_logit_softcapping=2.0), dict(both_dialects=True)),
    "nemotron": ("nemotron", small(head_dim=8, attention_bias=True, rope_parameters=HALF), dict(both_dialects=True)),
    "olmo": ("olmo", small(clip_qkv=0.8), dict(both_dialects=True)),
    "olmo2": ("olmo2", small(num_key_value_heads=1), dict(both_dialects=True)),
    "olmo3": ("olmo3", small(num_hidden_layers=3, layer_types=MIXED, sliding_window=5, rope_parameters={
        "full_attention": YARN, "sliding_attention": {"rope_type": "default", "rope_theta": 500.0}}), dict(tokens=40)),
    "stablelm": ("stablelm", small(hidden_size=32, qk_layernorm=True, use_qkv_bias=True, rope_parameters=HALF),
                 dict(both_dialects=True)),
    "stablelm-parallel": ("stablelm", small(hidden_size=32, use_parallel_residual=True), {}),
    "starcoder2": ("starcoder2", small(sliding_window=7), dict(tokens=40, both_dialects=True)),
}


def random_base(r):
    return small(vocab_size=r.choice([17, 64, 130]), hidden_size=r.choice([8, 24, 40]), num_hidden_layers=r.randint(1, 4),
                 num_key_value_heads=r.choice([1, 2, 4]), intermediate_size=r.choice([1, 7, 16, 172]),
                 tie_word_embeddings=r.random() < 0.5)


def random_mixed(r):
    config = random_base(r)
    kinds = ["sliding_attention", "full_attention"]
    return dict(config, layer_types=[r.choice(kinds) for _ in range(config["num_hidden_layers"])],
                sliding_window=r.randint(1, 30))


def random_lfm2(r):
    config = random_base(r)
    kinds = ["conv", "full_attention"]
    return dict(config, layer_types=[r.choice(kinds) for _ in range(config["num_hidden_layers"])],
                conv_L_cache=r.randint(2, 7), conv_bias=r.random() < 0.5, block_auto_adjust_ff_dim=r.random() < 0.5,
                block_multiple_of=r.choice([8, 32]))


RANDOM = {
    "apertus": random_base,
    "bitnet": random_base,
    "cohere": lambda r: dict(random_base(r), use_qk_norm=r.random() < 0.5, logit_scale=r.choice([1.0, 0.0625])),
    "cohere2": random_mixed,
    "exaone4": random_mixed,
    "lfm2": random_lfm2,
    "nanochat": random_base,
    "nemotron": lambda r: dict(random_base(r), head_dim=4 * r.randint(1, 5), mlp_bias=r.random() < 0.5),
    "olmo": lambda r: dict(random_base(r), clip_qkv=r.choice([None, 0.5, 8.0])),
    "olmo2": random_base,
    "stablelm": lambda r: dict(random_base(r), hidden_size=32 * r.randint(1, 2), qk_layernorm=r.random() < 0.5,
                               use_parallel_residual=r.random() < 0.5),
    "starcoder2": lambda r: dict(random_base(r), use_bias=r.random() < 0.5, sliding_window=r.choice([None, 3])),
}
