"""Families with experts."""
import transformers as t

from .llama_like import small

CLASSES = {
    "gpt_oss": (t.GptOssConfig, t.GptOssForCausalLM),
    "granitemoe": (t.GraniteMoeConfig, t.GraniteMoeForCausalLM),
    "granitemoehybrid": (t.GraniteMoeHybridConfig, t.GraniteMoeHybridForCausalLM),
    "mixtral": (t.MixtralConfig, t.MixtralForCausalLM),
    "olmoe": (t.OlmoeConfig, t.OlmoeForCausalLM),
    "qwen2_moe": (t.Qwen2MoeConfig, t.Qwen2MoeForCausalLM),
    "qwen3_moe": (t.Qwen3MoeConfig, t.Qwen3MoeForCausalLM),
}
YARN = {"rope_type": "yarn", "rope_theta": 500.0, "factor": 4.0, "original_max_position_embeddings": 16, "truncate": False}


def qwen(**kwargs):
    return small(**dict(dict(num_experts=5, num_experts_per_tok=2, moe_intermediate_size=7, hidden_size=16), **kwargs))


def local(**kwargs):
    return small(**dict(dict(num_local_experts=5, num_experts_per_tok=2, intermediate_size=9, hidden_size=16), **kwargs))


def hybrid(**kwargs):
    return local(**dict(dict(shared_intermediate_size=11, layer_types=["full_attention"] * 2, mamba_n_heads=4, mamba_d_head=8,
                             embedding_multiplier=2.0, residual_multiplier=0.5, attention_multiplier=0.4), **kwargs))


COMMITTED = {
    "gpt_oss": ("gpt_oss", local(head_dim=6, sliding_window=5, swiglu_limit=1.5, rope_parameters=YARN), dict(tokens=40)),
    "granitemoe": ("granitemoe", local(residual_multiplier=0.5, logits_scaling=3.0), dict(both_dialects=True)),
    "granite4-dense": ("granitemoehybrid", hybrid(num_local_experts=0, position_embedding_type="rope"), {}),
    "granite4-moe": ("granitemoehybrid", hybrid(position_embedding_type="nope"), {}),
    "mixtral": ("mixtral", local(head_dim=6, sliding_window=6), dict(both_dialects=True, tokens=40)),
    "olmoe": ("olmoe", small(num_experts=5, num_experts_per_tok=3, intermediate_size=9, norm_topk_prob=True,
                             num_key_value_heads=4), dict(both_dialects=True)),
    "qwen2_moe": ("qwen2_moe", qwen(shared_expert_intermediate_size=9, mlp_only_layers=[0]), dict(both_dialects=True)),
    "qwen2_moe-window": ("qwen2_moe", qwen(shared_expert_intermediate_size=9, num_hidden_layers=3, use_sliding_window=True,
                                           sliding_window=4, max_window_layers=3), dict(both_dialects=True, tokens=40)),
    "qwen3_moe-window": ("qwen3_moe", qwen(use_sliding_window=True, sliding_window=4, max_window_layers=1),
                         dict(tokens=40)),
    "qwen3_moe": ("qwen3_moe", qwen(head_dim=6, norm_topk_prob=True, num_hidden_layers=3, decoder_sparse_step=2), {}),
}


def chosen(r):
    experts = r.randint(1, 9)
    return experts, r.randint(1, experts)


def random_qwen(r):
    experts, used = chosen(r)
    return qwen(num_experts=experts, num_experts_per_tok=used, norm_topk_prob=r.random() < 0.5,
                moe_intermediate_size=r.choice([1, 7, 16, 40]), hidden_size=r.choice([16, 24, 40]),
                decoder_sparse_step=r.choice([1, 2]))


def random_local(r):
    experts, used = chosen(r)
    return local(num_local_experts=experts, num_experts_per_tok=used, intermediate_size=r.choice([1, 7, 16, 40]),
                 hidden_size=r.choice([16, 24, 40]))


RANDOM = {
    "gpt_oss": lambda r: dict(random_local(r), head_dim=2 * r.randint(1, 9), sliding_window=r.randint(1, 20)),
    "granitemoe": random_local,
    "granitemoehybrid": lambda r: dict(hybrid(), **{k: v for k, v in random_local(r).items() if k != "hidden_size"}),
    "mixtral": random_local,
    "qwen2_moe": random_qwen,
    "qwen3_moe": lambda r: dict(random_qwen(r), head_dim=2 * r.randint(1, 9)),
}
