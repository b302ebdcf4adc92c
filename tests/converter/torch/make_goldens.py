#!/usr/bin/env python3
"""Writes tiny checkpoints as PyTorch's trainers save them, with random weights and their logits, to goldens/.

Each golden is a folder with a checkpoint, tokens.txt (ids separated by spaces) and logits.f32 (for each token, a row
with the size of the vocabulary: float32, little-endian). The models are computed here, from their definitions, without
the trainers' code. All are written again; nothing changes if torch does not. Needs torch; no network.
"""
import argparse
import collections
import dataclasses
import json
import math
import pathlib
import pickle
import shutil

import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent / "goldens"
LAYERS, HEADS, KV_HEADS, WIDTH, VOCAB, CONTEXT = 2, 2, 1, 8, 11, 16
TOKENS = [3, 1, 4, 1, 5, 9, 2, 6, 5]


def weight(*shape):
    """Spread widely, so that nothing that is left out goes unnoticed."""
    return torch.randn(*shape) * 1.6 / math.sqrt(shape[-1])


def norm_weight(width):
    return 1 + 0.3 * torch.randn(width)


def attention(q, k, v):
    """[heads][positions][dim]; heads share keys and values in groups."""
    repeat = q.shape[0] // k.shape[0]
    k, v = k.repeat_interleave(repeat, 0), v.repeat_interleave(repeat, 0)
    scores = q @ k.transpose(1, 2) / math.sqrt(q.shape[-1])
    mask = torch.ones(scores.shape[-2:]).tril().bool()
    return scores.masked_fill(~mask, -math.inf).softmax(-1) @ v


def heads_of(x, heads):
    return x.view(x.shape[0], heads, -1).transpose(0, 1)


def joined(x):
    return x.transpose(0, 1).reshape(x.shape[1], -1)


# ---- GPT-2 and those who derive from it ----

def gpt(heads=HEADS, width=WIDTH, bias=True):
    """Weights by nanoGPT's names; matrices are [out][in]."""
    w = collections.OrderedDict()

    def add(name, *shape):
        w[name + ".weight"] = norm_weight(*shape) if len(shape) == 1 else weight(*shape)
        if bias and "wte" not in name and "wpe" not in name:
            w[name + ".bias"] = 0.3 * torch.randn(shape[0])

    add("transformer.wte", VOCAB, width)
    add("transformer.wpe", CONTEXT, width)
    for i in range(LAYERS):
        add(f"transformer.h.{i}.ln_1", width)
        add(f"transformer.h.{i}.attn.c_attn", 3 * width, width)
        add(f"transformer.h.{i}.attn.c_proj", width, width)
        add(f"transformer.h.{i}.ln_2", width)
        add(f"transformer.h.{i}.mlp.c_fc", 4 * width, width)
        add(f"transformer.h.{i}.mlp.c_proj", width, 4 * width)
    add("transformer.ln_f", width)
    w["lm_head.weight"] = weight(VOCAB, width)
    return w


def gpt_logits(w, heads=HEADS, gelu="none"):
    def linear(x, name):
        return F.linear(x, w[name + ".weight"], w.get(name + ".bias"))

    def norm(x, name):
        return F.layer_norm(x, x.shape[-1:], w[name + ".weight"], w.get(name + ".bias"))

    tokens = torch.tensor(TOKENS)
    x = w["transformer.wte.weight"][tokens] + w["transformer.wpe.weight"][: len(tokens)]
    for i in range(LAYERS):
        h = f"transformer.h.{i}."
        q, k, v = linear(norm(x, h + "ln_1"), h + "attn.c_attn").chunk(3, -1)
        x = x + linear(joined(attention(*(heads_of(t, heads) for t in (q, k, v)))), h + "attn.c_proj")
        x = x + linear(F.gelu(linear(norm(x, h + "ln_2"), h + "mlp.c_fc"), approximate=gelu), h + "mlp.c_proj")
    return F.linear(norm(x, "transformer.ln_f"), w["lm_head.weight"])


# ---- Llama ----

def llama():
    """Weights by Hugging Face's names."""
    w = collections.OrderedDict()
    kv, ffn = WIDTH // HEADS * KV_HEADS, 12
    w["model.embed_tokens.weight"] = weight(VOCAB, WIDTH) * 3
    for i in range(LAYERS):
        layer = f"model.layers.{i}."
        w[layer + "self_attn.q_proj.weight"] = weight(WIDTH, WIDTH)
        w[layer + "self_attn.k_proj.weight"] = weight(kv, WIDTH)
        w[layer + "self_attn.v_proj.weight"] = weight(kv, WIDTH)
        w[layer + "self_attn.o_proj.weight"] = weight(WIDTH, WIDTH)
        w[layer + "mlp.gate_proj.weight"] = weight(ffn, WIDTH)
        w[layer + "mlp.up_proj.weight"] = weight(ffn, WIDTH)
        w[layer + "mlp.down_proj.weight"] = weight(WIDTH, ffn)
        w[layer + "input_layernorm.weight"] = norm_weight(WIDTH)
        w[layer + "post_attention_layernorm.weight"] = norm_weight(WIDTH)
    w["model.norm.weight"] = norm_weight(WIDTH)
    w["lm_head.weight"] = w["model.embed_tokens.weight"]
    return w


LLAMA_CONFIG = {
    "model_type": "llama", "vocab_size": VOCAB, "hidden_size": WIDTH, "intermediate_size": 12,
    "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "num_key_value_heads": KV_HEADS,
    "max_position_embeddings": CONTEXT, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": True,
}


def rotated(x, sign=1):
    """Channels i and i + half of a head turn together."""
    half = x.shape[-1] // 2
    angle = torch.arange(x.shape[1])[:, None] * 10000.0 ** (-torch.arange(half) / half)
    cos, sin = angle.cos(), sign * angle.sin()
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


def llama_logits(w):
    w = {name: tensor.float() for name, tensor in w.items()}

    def norm(x, name):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * w[name]

    x = w["model.embed_tokens.weight"][torch.tensor(TOKENS)]
    for i in range(LAYERS):
        h = f"model.layers.{i}."
        n = norm(x, h + "input_layernorm.weight")
        q, k, v = (n @ w[h + f"self_attn.{p}_proj.weight"].T for p in "qkv")
        y = attention(rotated(heads_of(q, HEADS)), rotated(heads_of(k, KV_HEADS)), heads_of(v, KV_HEADS))
        x = x + joined(y) @ w[h + "self_attn.o_proj.weight"].T
        n = norm(x, h + "post_attention_layernorm.weight")
        inner = F.silu(n @ w[h + "mlp.gate_proj.weight"].T) * (n @ w[h + "mlp.up_proj.weight"].T)
        x = x + inner @ w[h + "mlp.down_proj.weight"].T
    return norm(x, "model.norm.weight") @ w["lm_head.weight"].T


def adjacent(w, heads):
    """The rows of a projection for a model in which channels 2i and 2i + 1 turn together."""
    return w.view(heads, 2, -1, w.shape[-1]).transpose(1, 2).reshape(w.shape)


LLAMA_NAMES = {
    "model.embed_tokens": "tok_embeddings", "model.norm": "norm", "lm_head": "output", "self_attn.q_proj": "attention.wq",
    "self_attn.k_proj": "attention.wk", "self_attn.v_proj": "attention.wv", "self_attn.o_proj": "attention.wo",
    "mlp.gate_proj": "feed_forward.w1", "mlp.down_proj": "feed_forward.w2", "mlp.up_proj": "feed_forward.w3",
    "post_attention_layernorm": "ffn_norm", "input_layernorm": "attention_norm", "model.layers": "layers",
}


# ---- nanochat ----

def nanochat():
    w = collections.OrderedDict()
    kv = WIDTH // HEADS * KV_HEADS
    w["transformer.wte.weight"] = weight(VOCAB, WIDTH)
    for i in range(LAYERS):
        h = f"transformer.h.{i}."
        w[h + "attn.c_q.weight"] = weight(WIDTH, WIDTH)
        w[h + "attn.c_k.weight"] = weight(kv, WIDTH)
        w[h + "attn.c_v.weight"] = weight(kv, WIDTH)
        w[h + "attn.c_proj.weight"] = weight(WIDTH, WIDTH)
        w[h + "mlp.c_fc.weight"] = weight(4 * WIDTH, WIDTH)
        w[h + "mlp.c_proj.weight"] = weight(WIDTH, 4 * WIDTH)
    w["lm_head.weight"] = weight(VOCAB, WIDTH)
    return w


def nanochat_logits(w):
    def norm(x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6)

    x = norm(w["transformer.wte.weight"][torch.tensor(TOKENS)])
    for i in range(LAYERS):
        h = f"transformer.h.{i}."
        q, k, v = (norm(x) @ w[h + f"attn.c_{p}.weight"].T for p in "qkv")
        q, k = norm(rotated(heads_of(q, HEADS), -1)), norm(rotated(heads_of(k, KV_HEADS), -1))
        x = x + joined(attention(q, k, heads_of(v, KV_HEADS))) @ w[h + "attn.c_proj.weight"].T
        x = x + F.relu(norm(x) @ w[h + "mlp.c_fc.weight"].T).square() @ w[h + "mlp.c_proj.weight"].T
    return 15 * torch.tanh(norm(x) @ w["lm_head.weight"].T / 15)


# ---- files ----

@dataclasses.dataclass
class GPTConfig:
    block_size: int = CONTEXT
    vocab_size: int = VOCAB
    n_layer: int = LAYERS
    n_head: int = HEADS
    n_embd: int = WIDTH


def golden(name, logits, files, jsons=None, **options):
    folder = HERE / name
    folder.mkdir(parents=True)
    for file, content in files.items():
        torch.save(content, folder / file, **options)
    for file, content in (jsons or {}).items():
        (folder / file).write_text(json.dumps(content, indent=1) + "\n")
    (folder / "tokens.txt").write_text(" ".join(map(str, TOKENS)) + "\n")
    logits.detach().float().numpy().astype("<f4").tofile(folder / "logits.f32")


def in_front(prefix, w):
    return collections.OrderedDict((prefix + name, tensor) for name, tensor in w.items())


def renamed(w, names):
    def new_name(name):
        for old, new in names.items():
            name = name.replace(old, new)
        return name

    return collections.OrderedDict((new_name(name), tensor) for name, tensor in w.items())


def optimizer_state(w):
    """AdamW's, after a step."""
    parameters = [torch.nn.Parameter(tensor.clone()) for tensor in list(w.values())[:2]]
    optimizer = torch.optim.AdamW(parameters, lr=1e-3)
    for p in parameters:
        p.grad = torch.ones_like(p)
    optimizer.step()
    return optimizer.state_dict()


def nanogpt_goldens():
    w = gpt(bias=False)
    w["lm_head.weight"] = w["transformer.wte.weight"]  # one storage
    sizes = {"n_layer": LAYERS, "n_head": HEADS, "n_embd": WIDTH, "block_size": CONTEXT}
    golden("nanogpt", gpt_logits(w), {"ckpt.pt": {
        "model": in_front("_orig_mod.", w), "optimizer": optimizer_state(w),
        "model_args": sizes | {"bias": False, "vocab_size": VOCAB, "dropout": 0.0},
        "iter_num": 5, "best_val_loss": torch.tensor(2.5), "config": {"dataset": "x", "learning_rate": 6e-4}}})
    w = gpt()
    w["lm_head.weight"] = w["transformer.wte.weight"]
    golden("nanogpt-course", gpt_logits(w, gelu="tanh"),
           {"model.pt": {"model": in_front("module.", w), "config": GPTConfig(), "step": 7, "val_loss": 1.5}})


def mingpt_goldens():
    w = gpt(heads=3, width=12)
    mask = torch.ones(1, 1, CONTEXT, CONTEXT).tril()
    masks = {f"transformer.h.{i}.attn.bias": mask for i in range(LAYERS)}
    own = {"model": {"model_type": "gpt-nano", "n_layer": None, "n_head": None, "vocab_size": None},
           "trainer": {"learning_rate": 3e-4}}
    golden("mingpt", gpt_logits(w, heads=3, gelu="tanh"), {"model.pt": collections.OrderedDict(**w, **masks)},
           {"config.json": own})
    w = gpt()
    names = {"transformer.wte": "tok_emb", "transformer.wpe.weight": "pos_emb", "transformer.h.": "blocks.",
             "transformer.ln_f": "ln_f", "lm_head": "head", "ln_1": "ln1", "ln_2": "ln2", "mlp.c_fc": "mlp.0",
             "mlp.c_proj": "mlp.2", "attn.c_proj": "attn.proj"}
    first = collections.OrderedDict()
    for name, tensor in renamed(w, names).items():
        if "c_attn" in name:  # views of one storage
            for part, third in zip(("query", "key", "value"), tensor.chunk(3)):
                first[name.replace("c_attn", part)] = third
        else:
            first[name] = torch.nn.Parameter(tensor[None] if name == "pos_emb" else tensor)
    text = "\n abcdefgäb"
    stoi = {c: i for i, c in enumerate(dict.fromkeys(text))} | {"好": 10}
    golden("first-mingpt", gpt_logits(w), {"model.pth": {
        "state_dict": first, "args": argparse.Namespace(n_head=HEADS, out=pathlib.PurePosixPath("x").name),
        "meta": {"stoi": stoi, "itos": {i: c for c, i in stoi.items()}}}}, pickle_protocol=4)


def llama_goldens():
    w = llama()
    logits = llama_logits(w)
    trainer = renamed(w, LLAMA_NAMES)
    for i in range(LAYERS):
        trainer[f"layers.{i}.attention.wq.weight"] = adjacent(trainer[f"layers.{i}.attention.wq.weight"], HEADS)
        trainer[f"layers.{i}.attention.wk.weight"] = adjacent(trainer[f"layers.{i}.attention.wk.weight"], KV_HEADS)
    args = {"dim": WIDTH, "n_layers": LAYERS, "n_heads": HEADS, "n_kv_heads": KV_HEADS, "vocab_size": VOCAB,
            "multiple_of": 4, "max_seq_len": CONTEXT, "dropout": 0.0}
    golden("llama2c", logits, {"ckpt.pt": {"optimizer": optimizer_state(w), "model": in_front("_orig_mod.", trainer),
                                           "model_args": args, "iter_num": 3, "best_val_loss": 1.25, "config": {}}})
    views = collections.OrderedDict(
        (name, tensor.T.contiguous().T if "proj" in name else tensor) for name, tensor in w.items())
    golden("transposed-views", logits, {"model.pt": views}, {"config.json": LLAMA_CONFIG}, pickle_protocol=5)
    half = collections.OrderedDict((name, tensor.half()) for name, tensor in w.items())
    half["lm_head.weight"] = half["model.embed_tokens.weight"]
    golden("huggingface", llama_logits(half), {"pytorch_model.bin": half}, {"config.json": LLAMA_CONFIG}, pickle_protocol=3)
    brain = [(name, tensor.bfloat16()) for name, tensor in w.items() if name != "lm_head.weight"]
    shards = {"pytorch_model-00001-of-00002.bin": collections.OrderedDict(brain[:9]),
              "pytorch_model-00002-of-00002.bin": collections.OrderedDict(brain[9:])}
    index = {"weight_map": {name: file for file, shard in shards.items() for name in shard}}
    all_of_it = dict(brain, **{"lm_head.weight": brain[0][1]})
    golden("huggingface-shards", llama_logits(all_of_it), shards,
           {"config.json": LLAMA_CONFIG, "pytorch_model.bin.index.json": index})


def nanochat_golden():
    w = nanochat()
    config = {"sequence_len": CONTEXT, "vocab_size": VOCAB, "n_layer": LAYERS, "n_head": HEADS, "n_kv_head": KV_HEADS,
              "n_embd": WIDTH}
    golden("nanochat", nanochat_logits(w), {"model_000010.pt": in_front("_orig_mod.", w)},
           {"meta_000010.json": {"step": 10, "model_config": config, "user_config": {}}})


def other_goldens():
    w = llama()
    meta = renamed(w, LLAMA_NAMES)
    for i in range(LAYERS):
        meta[f"layers.{i}.attention.wq.weight"] = adjacent(meta[f"layers.{i}.attention.wq.weight"], HEADS)
        meta[f"layers.{i}.attention.wk.weight"] = adjacent(meta[f"layers.{i}.attention.wk.weight"], KV_HEADS)
    meta["output.weight"] = meta["output.weight"].clone()  # a head of its own, as Meta stores it
    meta["rope.freqs"] = torch.ones(2)
    golden("meta", llama_logits(w), {"consolidated.00.pth": meta},
           {"params.json": {"dim": WIDTH, "multiple_of": 4, "n_heads": HEADS, "n_kv_heads": KV_HEADS, "n_layers": LAYERS,
                            "norm_eps": 1e-5, "vocab_size": -1}})
    w = gpt(bias=False)
    golden("lightning", gpt_logits(w), {"last.ckpt.pt": {
        "state_dict": in_front("model.", w), "epoch": 3, "loops": {}, "optimizer_states": [optimizer_state(w)],
        "hyper_parameters": {"n_head": HEADS, "bias": False, "dropout": 0.1, "learning_rate": 1e-3}}})
    characters = sorted("\n .abcdefgh")
    with open(HERE / "nanogpt" / "meta.pkl", "wb") as file:
        pickle.dump({"vocab_size": VOCAB, "itos": dict(enumerate(characters)),
                     "stoi": {c: i for i, c in enumerate(characters)}}, file)


def main():
    shutil.rmtree(HERE, ignore_errors=True)
    torch.manual_seed(1)
    nanogpt_goldens()
    mingpt_goldens()
    llama_goldens()
    nanochat_golden()
    other_goldens()


if __name__ == "__main__":
    main()
