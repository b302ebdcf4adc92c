"""Llama, GPT-2, the first GPT and Marian."""
import transformers

CLASSES = {
    "llama": (transformers.LlamaConfig, transformers.LlamaForCausalLM),
    "gpt2": (transformers.GPT2Config, transformers.GPT2LMHeadModel),
    "openai-gpt": (transformers.OpenAIGPTConfig, transformers.OpenAIGPTLMHeadModel),
    "marian": (transformers.MarianConfig, transformers.MarianForCausalLM),
    "marian-mt": (transformers.MarianConfig, transformers.MarianMTModel),
}


def llama(**kwargs):
    return dict(dict(vocab_size=45, hidden_size=24, intermediate_size=35, num_hidden_layers=2, num_attention_heads=4,
                     num_key_value_heads=2, max_position_embeddings=64, bos_token_id=1, eos_token_id=2), **kwargs)


def gpt(**kwargs):
    return dict(dict(vocab_size=37, n_embd=16, n_layer=2, n_head=4, n_positions=32, bos_token_id=0, eos_token_id=0), **kwargs)


def marian(**kwargs):
    return dict(dict(vocab_size=43, d_model=18, decoder_layers=2, encoder_layers=1, decoder_attention_heads=3,
                     encoder_attention_heads=3, decoder_ffn_dim=36, encoder_ffn_dim=12, max_position_embeddings=32,
                     pad_token_id=42, eos_token_id=0, decoder_start_token_id=42, forced_eos_token_id=0), **kwargs)


LLAMA3 = {"rope_type": "llama3", "rope_theta": 500.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 64}

COMMITTED = {
    "llama-gqa": ("llama", llama(), dict(both_dialects=True)),
    "llama-llama3-biases": ("llama", llama(rope_parameters=LLAMA3, attention_bias=True, mlp_bias=True, head_dim=10,
                                           num_key_value_heads=1), dict(both_dialects=True)),
    "llama-tied-linear-bf16": ("llama", llama(
        tie_word_embeddings=True, num_key_value_heads=4, hidden_act="gelu_pytorch_tanh", rms_norm_eps=1e-3,
        rope_parameters={"rope_type": "linear", "rope_theta": 100.0, "factor": 3.0}),
        dict(dtype="bfloat16", old_config=True, shard="8KB")),
    "gpt2-odd-heads": ("gpt2", gpt(n_embd=15, n_head=3), dict(masks=True, bare=True)),
    "gpt2-untied-by-layer": ("gpt2", gpt(n_inner=33, n_layer=3, tie_word_embeddings=False, activation_function="gelu",
                                         scale_attn_by_inverse_layer_idx=True), dict(dtype="float16")),
    "gpt2-unscaled-relu": ("gpt2", gpt(activation_function="relu", scale_attn_weights=False, vocab_size=3), {}),
    "openai-gpt": ("openai-gpt", gpt(), {}),
    "openai-gpt-segments": ("openai-gpt", gpt(afn="relu", n_head=2), dict(segments=2, bare=True)),
    "marian": ("marian", marian(activation_function="swish", scale_embedding=True), {}),
    "marian-translation": ("marian-mt", marian(activation_function="relu"), {}),
}

for seed, golden in enumerate(COMMITTED.values()):
    golden[2]["seed"] = seed


def random_rope(r):
    kind = r.choice(["default", "default", "linear", "llama3"])
    rope = {"rope_type": kind, "rope_theta": r.choice([10.0, 100.0, 10000.0, 500000.0])}
    if kind == "linear":
        rope["factor"] = r.choice([2.0, 3.5])
    if kind == "llama3":
        rope.update(factor=r.choice([4.0, 8.0, 32.0]), low_freq_factor=1.0, high_freq_factor=r.choice([2.0, 4.0]),
                    original_max_position_embeddings=r.choice([16, 64, 8192]))
    return rope


def random_llama(r):
    kv = r.choice([1, 1, 2, 3])
    heads = kv * r.choice([1, 2, 3])
    width = heads * r.randint(2, 24)
    head_dim = 2 * r.randint(1, 20) if r.random() < 0.5 or width // heads % 2 else None
    return llama(vocab_size=r.choice([3, 17, 64, 130]), hidden_size=width, intermediate_size=r.choice([1, 7, 16, 172]),
                 num_hidden_layers=r.randint(1, 4), num_attention_heads=heads, num_key_value_heads=kv, head_dim=head_dim,
                 rope_parameters=random_rope(r), attention_bias=r.random() < 0.4,
                 mlp_bias=r.random() < 0.4, tie_word_embeddings=r.random() < 0.5,
                 hidden_act=r.choice(["silu", "silu", "gelu", "gelu_new", "relu", "swish", "gelu_fast"]),
                 rms_norm_eps=r.choice([1e-6, 1e-5, 1e-2]))


def random_gpt2(r):
    heads = r.choice([1, 2, 3, 5])
    return gpt(vocab_size=r.choice([3, 17, 64, 130]), n_embd=heads * r.randint(1, 17), n_layer=r.randint(1, 4), n_head=heads,
               n_inner=r.choice([None, 1, 13, 172]), tie_word_embeddings=r.random() < 0.6,
               activation_function=r.choice(["gelu_new", "gelu", "relu", "gelu_pytorch_tanh", "silu"]),
               scale_attn_weights=r.random() < 0.7, scale_attn_by_inverse_layer_idx=r.random() < 0.4,
               reorder_and_upcast_attn=r.random() < 0.3, layer_norm_epsilon=r.choice([1e-5, 1e-3]))


def random_openai_gpt(r):
    heads = r.choice([1, 2, 3, 5])
    return gpt(vocab_size=r.choice([3, 17, 64, 130]), n_embd=heads * r.randint(1, 17), n_layer=r.randint(1, 4), n_head=heads,
               afn=r.choice(["gelu", "relu", "silu", "swish"]), layer_norm_epsilon=r.choice([1e-5, 1e-3]))


def random_marian(r):
    heads = r.choice([1, 2, 3, 4])
    return marian(d_model=heads * r.randint(1, 17), decoder_layers=r.randint(1, 4), decoder_attention_heads=heads,
                  encoder_attention_heads=heads, decoder_ffn_dim=r.choice([1, 13, 172]),
                  activation_function=r.choice(["swish", "relu", "gelu", "silu", "gelu_new"]),
                  scale_embedding=r.random() < 0.5, tie_word_embeddings=r.random() < 0.7)


RANDOM = {"llama": random_llama, "gpt2": random_gpt2, "openai-gpt": random_openai_gpt, "marian": random_marian,
          "marian-mt": random_marian}
