#!/usr/bin/env python3
"""Usage: make_ggufs.py LLAMA_CPP [DIR]

Writes goldens of goldens/ as GGUF files, with the converter of llama.cpp, whose sources are at LLAMA_CPP. Without DIR,
writes the committed ones to gguf/ beside this file; with it, all that llama.cpp can convert. The files have no
tokenizer. What a GGUF file cannot say is lost: Mistral's window, activations other than the usual one, the scale of
Gemma 2's scores.
"""
import importlib
import pathlib
import pkgutil
import runpy
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
COMMITTED = "bloom cohere falcon-new gemma glm4 granitemoe lfm2 llama-llama3-biases ministral3 olmo2 phi3 qwen3".split()


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
        made = subprocess.run([sys.executable, __file__, llama_cpp, "--one", HERE / "goldens" / name, target],
                              capture_output=True, text=True, check=False)
        if made.returncode != 0:
            target.unlink(missing_ok=True)
            print(f"{name}: {made.stderr.strip().splitlines()[-1]}", file=sys.stderr)


main()
