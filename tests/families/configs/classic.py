"""The families of 2020 to 2023: GPT-NeoX, GPT-J, CodeGen, GPT-Neo, GPTBigCode, OPT, BLOOM, Falcon, MPT, BioGPT, XGLM."""
import transformers as t

CLASSES = {
    "biogpt": (t.BioGptConfig, t.BioGptForCausalLM),
    "bloom": (t.BloomConfig, t.BloomForCausalLM),
    "codegen": (t.CodeGenConfig, t.CodeGenForCausalLM),
    "falcon": (t.FalconConfig, t.FalconForCausalLM),
    "gpt_bigcode": (t.GPTBigCodeConfig, t.GPTBigCodeForCausalLM),
    "gpt_neo": (t.GPTNeoConfig, t.GPTNeoForCausalLM),
    "gpt_neox": (t.GPTNeoXConfig, t.GPTNeoXForCausalLM),
    "gptj": (t.GPTJConfig, t.GPTJForCausalLM),
    "mpt": (t.MptConfig, t.MptForCausalLM),
    "opt": (t.OPTConfig, t.OPTForCausalLM),
    "xglm": (t.XGLMConfig, t.XGLMForCausalLM),
}
TOKENS = dict(vocab_size=41, bos_token_id=1, eos_token_id=2, pad_token_id=0)


def wide(**kwargs):
    return dict(dict(TOKENS, hidden_size=24, num_hidden_layers=2, num_attention_heads=4, intermediate_size=35,
                     max_position_embeddings=64), **kwargs)


def gpt(**kwargs):
    return dict(dict(TOKENS, n_embd=24, n_layer=2, n_head=4, n_positions=64), **kwargs)


def opt(**kwargs):
    return wide(**dict(dict(ffn_dim=19, hidden_size=20, word_embed_proj_dim=20), **kwargs))


COMMITTED = {
    "biogpt": ("biogpt", wide(hidden_size=20), {}),
    "bloom": ("bloom", dict(TOKENS, hidden_size=18, n_layer=2, n_head=3), dict(tokens=40)),
    "codegen": ("codegen", gpt(rotary_dim=4), {}),
    "falcon": ("falcon", wide(num_attention_heads=3, hidden_size=18, bias=True), {}),
    "falcon-alibi": ("falcon", wide(alibi=True, parallel_attn=False, multi_query=False), dict(tokens=40)),
    "falcon-alibi-slopes": ("falcon", wide(num_attention_heads=12, alibi=True, num_hidden_layers=1, bias=True),
                            dict(tokens=40)),
    "falcon-new": ("falcon", wide(new_decoder_architecture=True, num_kv_heads=2, ffn_hidden_size=35), {}),
    "falcon-new-one-norm": ("falcon", wide(new_decoder_architecture=True, num_kv_heads=2, num_ln_in_parallel_attn=1), {}),
    "gpt_bigcode": ("gpt_bigcode", gpt(n_inner=35), {}),
    "gpt_bigcode-heads": ("gpt_bigcode", gpt(multi_query=False, n_embd=16), {}),
    "gpt_neo": ("gpt_neo", dict(TOKENS, hidden_size=20, num_layers=3, num_heads=4, window_size=5, intermediate_size=19,
                                max_position_embeddings=64, attention_types=[[["global", "local"], 1], [["local"], 1]]),
                dict(tokens=40)),
    "gpt_neox": ("gpt_neox", wide(hidden_size=32, rope_parameters={
        "rope_type": "default", "rope_theta": 100.0, "partial_rotary_factor": 0.5}), {}),
    "gpt_neox-serial": ("gpt_neox", wide(hidden_size=32, use_parallel_residual=False, attention_bias=False,
                                         tie_word_embeddings=True), {}),
    "gptj": ("gptj", gpt(rotary_dim=2, n_inner=35), {}),
    "mpt": ("mpt", dict(TOKENS, d_model=18, n_heads=3, n_layers=2, max_seq_len=64, attn_config={"clip_qkv": 0.9}),
            dict(tokens=40)),
    "opt": ("opt", opt(), {}),
    "opt-after": ("opt", opt(do_layer_norm_before=False, word_embed_proj_dim=7), {}),
    "opt-narrow-untied": ("opt", opt(word_embed_proj_dim=7, tie_word_embeddings=False), {}),
    "opt-plain": ("opt", opt(enable_bias=False, layer_norm_elementwise_affine=False, tie_word_embeddings=False), {}),
    "xglm": ("xglm", dict(TOKENS, d_model=18, ffn_dim=19, num_layers=2, attention_heads=3, max_position_embeddings=64), {}),
    "xglm-padding": ("xglm", dict(dict(TOKENS, d_model=18, ffn_dim=19, num_layers=2, attention_heads=3,
                                       max_position_embeddings=64), pad_token_id=7), {}),
}


def random_wide(r, multiple=2):
    heads = r.choice([1, 2, 3, 4, 6])
    return wide(num_attention_heads=heads, hidden_size=heads * multiple * r.randint(1, 9), num_hidden_layers=r.randint(1, 3),
                intermediate_size=r.choice([1, 7, 16, 172]), vocab_size=r.choice([17, 64, 130]))


def random_falcon(r):
    form = r.choice([{}, {"alibi": True, "parallel_attn": False, "multi_query": False}, {"new_decoder_architecture": True}])
    return dict(random_wide(r), bias=r.random() < 0.5, **form)


def random_gpt(r, heads=(1, 2, 3, 4)):
    heads = r.choice(heads)
    return gpt(n_head=heads, n_embd=heads * 2 * r.randint(1, 9), n_layer=r.randint(1, 3), n_inner=r.choice([None, 7, 40]),
               vocab_size=r.choice([17, 64, 130]))


def random_opt(r):
    config = random_wide(r)
    return dict(config, ffn_dim=config["intermediate_size"], do_layer_norm_before=r.random() < 0.5,
                word_embed_proj_dim=r.choice([config["hidden_size"], 5]), enable_bias=r.random() < 0.5)


def random_bloom(r):
    heads = r.choice([1, 2, 3, 4, 6])
    return dict(TOKENS, n_head=heads, hidden_size=heads * r.randint(1, 9), n_layer=r.randint(1, 3))


RANDOM = {
    "biogpt": random_wide,
    "bloom": random_bloom,
    "codegen": lambda r: dict(random_gpt(r, (4, 8)), rotary_dim=2),
    "falcon": random_falcon,
    "gpt_bigcode": lambda r: dict(random_gpt(r), multi_query=r.random() < 0.5),
    "gpt_neox": lambda r: dict(random_wide(r, 8), use_parallel_residual=r.random() < 0.5),
    "gptj": lambda r: dict(random_gpt(r), rotary_dim=2),
    "opt": random_opt,
}
