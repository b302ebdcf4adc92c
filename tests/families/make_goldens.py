#!/usr/bin/env python3
"""Makes tiny checkpoints with random weights, and their logits, with Hugging Face transformers.

    make_goldens.py               writes the committed ones that are missing in goldens/ beside this file
    make_goldens.py --all DIR     writes many random configurations to DIR (--count, --seed)

Each golden is a checkpoint directory with tokens.txt (ids separated by spaces), logits.f32 (for each token, a row with
the size of the vocabulary: float32, little-endian) and, if there is a segment table, segments.txt (one segment per
token).

Needs torch 2.13, transformers 5 and safetensors; no network. The weights have a large spread: with the usual 0.02,
attention is flat, and a wrong mask or wrong rotary positions would go unnoticed.
"""
import argparse
import json
import math
import os
import pathlib
import random
import shutil

os.environ["HF_HUB_OFFLINE"] = "1"
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers.models.llama import modeling_llama

transformers.logging.set_verbosity_error()
DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


def patch_partial_rotary():
    """transformers' Llama refuses partial_rotary_factor; turn the first channels of a head as its Phi and GLM do."""
    whole = modeling_llama.apply_rotary_pos_emb
    plain = modeling_llama.LlamaRotaryEmbedding.compute_default_rope_parameters

    def apply(q, k, cos, sin, unsqueeze_dim=1):
        n = cos.shape[-1]
        turned = whole(q[..., :n], k[..., :n], cos, sin, unsqueeze_dim)
        return tuple(torch.cat((a, b[..., n:]), dim=-1) for a, b in zip(turned, (q, k)))

    def frequencies(config, **kwargs):
        share = config.rope_parameters.get("partial_rotary_factor", 1.0)
        if share == 1.0:
            return plain(config, **kwargs)
        dim = int(config.head_dim * share)
        base = config.rope_parameters["rope_theta"]
        return 1.0 / (base ** (torch.arange(0, dim, 2, dtype=torch.float) / dim)), 1.0

    modeling_llama.apply_rotary_pos_emb = apply
    modeling_llama.LlamaRotaryEmbedding.compute_default_rope_parameters = staticmethod(frequencies)


def redraw(model, generator):
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            if "embed_positions" in name:
                continue  # sinusoids
            if name.endswith("bias"):
                p.copy_(0.3 * noise)
            elif p.dim() == 1:
                p.copy_(1 + 0.3 * noise)
            elif "wpe" in name or "positions_embed" in name:
                p.copy_(0.5 * noise)
            elif "embed" in name or "wte" in name or "shared" in name:
                p.copy_(noise)
            else:  # GPT-2 and openai-gpt store [in, out]
                transposed = any(part in name for part in ("c_attn", "c_proj", "c_fc"))
                fan_in = p.shape[0] if transposed else p.shape[1]
                p.copy_(1.6 / math.sqrt(fan_in) * noise)


CLASSES = {
    "llama": (transformers.LlamaConfig, transformers.LlamaForCausalLM),
    "gpt2": (transformers.GPT2Config, transformers.GPT2LMHeadModel),
    "openai-gpt": (transformers.OpenAIGPTConfig, transformers.OpenAIGPTLMHeadModel),
    "marian": (transformers.MarianConfig, transformers.MarianForCausalLM),
    "marian-mt": (transformers.MarianConfig, transformers.MarianMTModel),
}


def version4(config):
    """The same config.json as transformers 4 wrote it."""
    old = dict(config)
    old["torch_dtype"] = old.pop("dtype", "float32")
    rope = dict(old.pop("rope_parameters", None) or {})
    if rope:
        old["rope_theta"] = rope.pop("rope_theta")
        if "partial_rotary_factor" in rope:
            old["partial_rotary_factor"] = rope.pop("partial_rotary_factor")
        old["rope_scaling"] = None if rope.get("rope_type") == "default" else rope
    old["transformers_version"] = "4.48.0"
    return old


def decoder_logits(model, tokens):
    """Of a MarianMTModel: the decoder without an encoder's output, as MarianForCausalLM computes, and the bias."""
    hidden = model.model.decoder(input_ids=tokens).last_hidden_state
    return model.lm_head(hidden) + model.final_logits_bias


def embed_segments(model, tokens, segments, table):
    embedded = model.transformer.tokens_embed(tokens) + table[segments]
    return model(inputs_embeds=embedded).logits


def rename(directory, prefix, drop):
    """Rewrites model.safetensors: takes `prefix` off the names, adds buffers that old checkpoints have."""
    path = directory / "model.safetensors"
    tensors = load_file(path)
    if prefix:
        tensors = {name.removeprefix(prefix): t for name, t in tensors.items()}
    tensors.update(drop)
    save_file(tensors, path, metadata={"format": "pt"})


def make(directory, family, config, *, seed, tokens=24, dtype="float32", old_config=False, bare=False, masks=False,
         segments=0, shard=None, both_dialects=False):
    config_class, model_class = CLASSES[family]
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    model = model_class(config_class(**config)).eval()
    redraw(model, generator)
    if family == "marian-mt":
        model.final_logits_bias.normal_(generator=generator)
    model = model.to(DTYPES[dtype])
    shutil.rmtree(directory, ignore_errors=True)
    model.save_pretrained(directory, **({"max_shard_size": shard} if shard else {}))
    (directory / "generation_config.json").unlink(missing_ok=True)
    for file in directory.iterdir():
        file.chmod(0o644)
    extra = {}
    if segments:
        extra["segments_embed.weight"] = torch.randn((segments, model.config.n_embd), generator=generator)
    if masks:
        extra["h.0.attn.bias"] = torch.ones((1, 1, 4, 4), dtype=torch.uint8)
        extra["h.0.attn.masked_bias"] = torch.tensor(-1e4)
    prefix = "transformer." if bare and family in ("gpt2", "openai-gpt") else "model." if bare else ""
    if (extra or prefix) and not shard:
        if segments and not prefix:
            extra["transformer.segments_embed.weight"] = extra.pop("segments_embed.weight")
        rename(directory, prefix, extra)
    written = json.loads((directory / "config.json").read_text())
    if old_config:
        (directory / "config.json").write_text(json.dumps(version4(written), indent=1) + "\n")
    if both_dialects:
        (directory / "config.v4.json").write_text(json.dumps(version4(written), indent=1) + "\n")

    model = model_class.from_pretrained(directory, dtype=torch.float32).eval()
    vocabulary = model.lm_head.weight.shape[0]
    ids = torch.randint(0, vocabulary, (1, tokens), generator=generator)
    with torch.no_grad():
        if segments:
            which = torch.arange(tokens)[None] * segments // tokens
            table = next(t for name, t in extra.items() if name.endswith("segments_embed.weight"))
            logits = embed_segments(model, ids, which, table)
            (directory / "segments.txt").write_text(" ".join(map(str, which[0].tolist())) + "\n")
        elif family == "marian-mt":
            logits = decoder_logits(model, ids)
        else:
            logits = model(ids, use_cache=False).logits
    (directory / "tokens.txt").write_text(" ".join(map(str, ids[0].tolist())) + "\n")
    (directory / "logits.f32").write_bytes(logits[0].float().numpy().astype("<f4").tobytes())


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
    "llama-partial-rotary": ("llama", llama(head_dim=8, rope_parameters={
        "rope_type": "default", "rope_theta": 1000.0, "partial_rotary_factor": 0.5}), {}),
    "gpt2-odd-heads": ("gpt2", gpt(n_embd=15, n_head=3), dict(masks=True, bare=True)),
    "gpt2-untied-by-layer": ("gpt2", gpt(n_inner=33, n_layer=3, tie_word_embeddings=False, activation_function="gelu",
                                         scale_attn_by_inverse_layer_idx=True), dict(dtype="float16")),
    "gpt2-unscaled-relu": ("gpt2", gpt(activation_function="relu", scale_attn_weights=False, vocab_size=3), {}),
    "openai-gpt": ("openai-gpt", gpt(), {}),
    "openai-gpt-segments": ("openai-gpt", gpt(afn="relu", n_head=2), dict(segments=2, bare=True)),
    "marian": ("marian", marian(activation_function="swish", scale_embedding=True), {}),
    "marian-translation": ("marian-mt", marian(activation_function="relu"), {}),
}


def random_rope(r, head_dim):
    kind = r.choice(["default", "default", "linear", "llama3"])
    rope = {"rope_type": kind, "rope_theta": r.choice([10.0, 100.0, 10000.0, 500000.0])}
    if kind == "linear":
        rope["factor"] = r.choice([2.0, 3.5])
    if kind == "llama3":
        rope.update(factor=r.choice([4.0, 8.0, 32.0]), low_freq_factor=1.0, high_freq_factor=r.choice([2.0, 4.0]),
                    original_max_position_embeddings=r.choice([16, 64, 8192]))
    if r.random() < 0.25 and head_dim % 4 == 0:
        rope["partial_rotary_factor"] = 0.5
    return rope


def random_llama(r):
    kv = r.choice([1, 1, 2, 3])
    heads = kv * r.choice([1, 2, 3])
    width = heads * r.randint(2, 24)
    head_dim = 2 * r.randint(1, 20) if r.random() < 0.5 or width // heads % 2 else None
    return llama(vocab_size=r.choice([3, 17, 64, 130]), hidden_size=width, intermediate_size=r.choice([1, 7, 16, 172]),
                 num_hidden_layers=r.randint(1, 4), num_attention_heads=heads, num_key_value_heads=kv, head_dim=head_dim,
                 rope_parameters=random_rope(r, head_dim or width // heads), attention_bias=r.random() < 0.4,
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


def make_random(directory, count, seed):
    for i in range(count):
        r = random.Random(f"{seed}/{i}")
        family = r.choice(list(RANDOM))
        config = RANDOM[family](r)
        options = dict(tokens=r.randint(1, 32), dtype=r.choice(list(DTYPES)), old_config=r.random() < 0.5)
        if family == "marian-mt":
            config["tie_word_embeddings"] = True
        if family == "openai-gpt" and r.random() < 0.4:
            options.update(segments=r.randint(1, 3), dtype="float32")
        if family in ("gpt2", "openai-gpt", "llama"):
            options["bare"] = r.random() < 0.3
            options["masks"] = family != "llama" and r.random() < 0.5
        if not options.get("bare") and not options.get("masks") and not options.get("segments") and r.random() < 0.3:
            options["shard"] = "5KB"
        make(directory / f"{i:04d}-{family}", family, config, seed=i, **options)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    patch_partial_rotary()
    if arguments.all:
        return make_random(arguments.all, arguments.count, arguments.seed)
    for number, (name, (family, config, options)) in enumerate(COMMITTED.items()):
        directory = pathlib.Path(__file__).parent / "goldens" / name
        if not directory.exists():
            make(directory, family, config, seed=number, **options)


if __name__ == "__main__":
    main()
