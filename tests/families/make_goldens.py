#!/usr/bin/env python3
"""Makes tiny checkpoints with random weights, and their logits, with Hugging Face transformers.

    make_goldens.py               writes the committed ones that are missing in goldens/ beside this file
    make_goldens.py --all DIR     writes many random configurations to DIR (--count, --seed, --family)

Each golden is a checkpoint directory with tokens.txt (ids separated by spaces), logits.f32 (for each token, a row with
the size of the vocabulary, or the vector of an encoder: float32, little-endian) and, if there is a segment table, segments.txt (one segment per
token). The configurations are in configs/: a module has CLASSES (the classes of each family), COMMITTED (name, family,
configuration, options of make) and RANDOM (a function that draws a configuration).

Needs torch 2.13, transformers 5 and safetensors; no network. The weights have a large spread: with the usual 0.02,
attention is flat, and a wrong mask or wrong rotary positions would go unnoticed.
"""
import argparse
import importlib
import json
import math
import os
import pathlib
import random
import shutil
import zlib

os.environ["HF_HUB_OFFLINE"] = "1"
import torch
import transformers
from safetensors.torch import load_file, save_file

transformers.logging.set_verbosity_error()
DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}

HERE = pathlib.Path(__file__).parent
MODULES = [importlib.import_module(f"configs.{path.stem}") for path in sorted((HERE / "configs").glob("*.py"))]
CLASSES = {family: classes for module in MODULES for family, classes in module.CLASSES.items()}
RANDOM = {family: draw for module in MODULES for family, draw in module.RANDOM.items()}
COMMITTED = {name: golden for module in MODULES for name, golden in module.COMMITTED.items()}


def redraw(model, family, generator):
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            if "embed_positions" in name and family == "marian":
                continue  # sinusoids
            if name.endswith("bias"):
                p.copy_(0.3 * noise)
            elif "sinks" in name:
                p.copy_(noise)
            elif p.dim() == 1:
                p.copy_(1 + 0.3 * noise)
            elif "wpe" in name or "positions_embed" in name:
                p.copy_(0.5 * noise)
            elif "embed" in name or "wte" in name or "shared" in name:
                p.copy_(noise)
            else:  # GPT-2 and openai-gpt store [in, out]
                transposed = any(part in name for part in ("c_attn", "c_proj", "c_fc"))
                fan_in = p.shape[0] if transposed and p.dim() == 2 else p.shape[-1]
                p.copy_(1.6 / math.sqrt(fan_in) * noise)


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


def store_ternary(directory, form):
    """Rewrites a checkpoint as BitNet's with ternary weights, and returns the weights that it means. The logits are
    those of a model with these weights; it does not round activations to 8 bits, as BitNet's own layers do."""
    path = directory / "model.safetensors"
    stored, meant = {}, {}
    for name, weight in load_file(path).items():
        stored[name] = meant[name] = weight
        if weight.dim() != 2 or "layers." not in name:
            continue
        scale = weight.abs().mean()
        codes = (weight / scale).round().clamp(-1, 1)
        meant[name] = codes * scale
        if form == "online":
            continue
        quarters = (codes + 1).to(torch.uint8).chunk(4)
        stored[name] = quarters[0] | quarters[1] << 2 | quarters[2] << 4 | quarters[3] << 6
        stored[name + "_scale"] = (1 / scale if form == "bitlinear" else scale).reshape(1)
    save_file(stored, path, metadata={"format": "pt"})
    settings = {"quant_method": "bitnet", "quantization_mode": "online" if form == "online" else "offline",
                "linear_class": "bitlinear" if form == "bitlinear" else "autobitlinear"}
    config = json.loads((directory / "config.json").read_text()) | {"quantization_config": settings}
    (directory / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    return meant


def make(directory, family, config, *, seed, tokens=24, dtype="float32", old_config=False, bare=False, masks=False,
         segments=0, shard=None, both_dialects=False, ternary=None):
    config_class, model_class = CLASSES[family]
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    model = model_class(config_class(**config)).eval()
    redraw(model, family.removesuffix("-mt"), generator)
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

    if ternary:
        model.load_state_dict(store_ternary(directory, ternary), strict=False)
    else:
        model = model_class.from_pretrained(directory, dtype=torch.float32).eval()
    model.set_experts_implementation("eager")
    head = model.get_output_embeddings()
    vocabulary = model.config.vocab_size if head is None else head.weight.shape[0]
    ids = torch.randint(0, vocabulary, (1, tokens), generator=generator)
    with torch.no_grad():
        if segments:
            which = torch.arange(tokens)[None] * segments // tokens
            table = next(t for name, t in extra.items() if name.endswith("segments_embed.weight"))
            logits = embed_segments(model, ids, which, table)
            (directory / "segments.txt").write_text(" ".join(map(str, which[0].tolist())) + "\n")
        elif family == "marian-mt":
            logits = decoder_logits(model, ids)
        elif head is None:  # an encoder; RoBERTa's positions leave padding out
            ids[ids == model.config.pad_token_id] += 1
            logits = model(ids).last_hidden_state
        else:
            logits = model(ids, use_cache=False).logits
    (directory / "tokens.txt").write_text(" ".join(map(str, ids[0].tolist())) + "\n")
    (directory / "logits.f32").write_bytes(logits[0].float().numpy().astype("<f4").tobytes())


def make_random(directory, count, seed, families):
    for i in range(count):
        r = random.Random(f"{seed}/{i}")
        family = r.choice(families or list(RANDOM))
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
    parser.add_argument("--family", action="append", help="only this family; may be repeated")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.all:
        return make_random(arguments.all, arguments.count, arguments.seed, arguments.family)
    for name, (family, config, options) in COMMITTED.items():
        directory = HERE / "goldens" / name
        if not directory.exists():
            make(directory, family, config, **{"seed": zlib.crc32(name.encode()), **options})


if __name__ == "__main__":
    main()
