#!/usr/bin/env python3
"""Usage: make_ggufs.py LLAMA_CPP [DIR]

Writes goldens of goldens/ as GGUF files, with the converter of llama.cpp, whose sources are at LLAMA_CPP. Without DIR,
writes the committed ones to gguf/ beside this file; with it, all that llama.cpp can convert. The files have no
tokenizer. What a GGUF file cannot say is lost: Mistral's window, activations other than the usual one, the scale of
Gemma 2's scores.
"""
import importlib
import json
import pathlib
import pkgutil
import runpy
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
COMMITTED = ("apertus bloom cohere falcon-new gemma glm4 granite4-dense granitemoe lfm2 llama-llama3-biases ministral3 "
             "mpt olmo2 phi3 qwen3").split()
# What llama.cpp expects as published models have it, and transformers writes otherwise.
AS_PUBLISHED = {
    "gpt2-unscaled-relu": {"n_ctx": 32},
    "gpt2-untied-by-layer": {"n_ctx": 32},
    "gpt_neox": {"rotary_pct": 0.5},
    "gpt_neox-serial": {"rotary_pct": 0.25},
    "granite4-dense": {"layer_types": ["attention", "attention"], "num_experts_per_tok": 0},
    "mpt": {"architectures": ["MPTForCausalLM"]},
}


def published(name, folder):
    """The golden's checkpoint, as people publish such models."""
    source = pathlib.Path(folder) / name
    shutil.copytree(HERE / "goldens" / name, source)
    config = json.loads((source / "config.json").read_text())
    (source / "config.json").write_text(json.dumps(config | AS_PUBLISHED.get(name, {})))
    return source


def convert(llama_cpp, source, target):
    """In a process of its own, because llama.cpp's script ends it."""
    sys.path[:0] = [llama_cpp, f"{llama_cpp}/gguf-py"]
    package = importlib.import_module("conversion")
    no_vocabulary = lambda self, *_, **__: self.gguf_writer.add_tokenizer_model("none")
    for module in pkgutil.iter_modules(package.__path__):
        try:
            loaded = importlib.import_module(f"conversion.{module.name}")
        except ImportError:
            continue
        for entry in vars(loaded).values():
            if isinstance(entry, type) and "set_vocab" in vars(entry):
                entry.set_vocab = no_vocabulary
    sys.argv = ["convert", source, "--outfile", target, "--outtype", "f32"]
    runpy.run_path(f"{llama_cpp}/convert_hf_to_gguf.py", run_name="__main__")


def main():
    llama_cpp, *rest = sys.argv[1:]
    if rest[:1] == ["--one"]:
        return convert(llama_cpp, *rest[1:])
    folder = pathlib.Path(rest[0]) if rest else HERE / "gguf"
    names = sorted(path.name for path in (HERE / "goldens").iterdir()) if rest else COMMITTED
    for name in names:
        target = folder / f"{name}.gguf"
        with tempfile.TemporaryDirectory() as temporary:
            made = subprocess.run([sys.executable, __file__, llama_cpp, "--one", published(name, temporary), target],
                                  capture_output=True, text=True, check=False)
        if made.returncode != 0:
            target.unlink(missing_ok=True)
            print(f"{name}: {made.stderr.strip().splitlines()[-1]}", file=sys.stderr)


main()
