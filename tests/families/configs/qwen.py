"""Qwen2 and Qwen3: biases or norms of queries and keys, windows from a layer on."""
import transformers

CLASSES = {
    "qwen2": (transformers.Qwen2Config, transformers.Qwen2ForCausalLM),
    "qwen3": (transformers.Qwen3Config, transformers.Qwen3ForCausalLM),
}


def qwen(**kwargs):
    return dict(dict(vocab_size=43, hidden_size=24, intermediate_size=35, num_hidden_layers=3, num_attention_heads=4,
                     num_key_value_heads=2, max_position_embeddings=64, bos_token_id=1, eos_token_id=2), **kwargs)


YARN = {"rope_type": "yarn", "rope_theta": 500.0, "factor": 4.0, "original_max_position_embeddings": 16}

COMMITTED = {
    "qwen2": ("qwen2", qwen(tie_word_embeddings=True), dict(both_dialects=True)),
    "qwen2-window": ("qwen2", qwen(use_sliding_window=True, sliding_window=6, max_window_layers=1), dict(tokens=40)),
    "qwen3": ("qwen3", qwen(head_dim=10, num_key_value_heads=1), dict(both_dialects=True)),
    "qwen3-window-yarn": ("qwen3", qwen(head_dim=8, use_sliding_window=True, sliding_window=5, max_window_layers=2,
                                        attention_bias=True, rope_parameters=YARN), dict(tokens=40)),
}


def random_qwen(r):
    config = qwen(vocab_size=r.choice([3, 17, 64, 130]), hidden_size=r.choice([16, 24, 40]),
                  num_hidden_layers=r.randint(1, 4), num_key_value_heads=r.choice([1, 2, 4]),
                  intermediate_size=r.choice([1, 7, 16, 172]), tie_word_embeddings=r.random() < 0.5,
                  rope_parameters=r.choice([YARN, {"rope_type": "dynamic", "rope_theta": 1e4, "factor": 3.0}, None]))
    if r.random() < 0.5:
        config.update(use_sliding_window=True, sliding_window=r.randint(1, 30), max_window_layers=r.randint(0, 4))
    return config


def random_qwen3(r):
    return dict(random_qwen(r), head_dim=2 * r.randint(1, 20), attention_bias=r.random() < 0.3)


RANDOM = {"qwen2": random_qwen, "qwen3": random_qwen3}
