#!/usr/bin/env python3
"""Compares what quantization costs with tidbit and with llama.cpp or one of its forks.

    quality.py MODEL --tidbit build/host/tidbit --convert build/host/tidbit-convert (--text FILE | --ids FILE)
               [--llama-quantize BIN/llama-quantize [--llama-imatrix BIN/llama-imatrix --sample FILE]]

MODEL is whatever tidbit-convert reads; for the peer's rows it must be a GGUF file. Only the matrices of the layers are
quantized: the token embedding and the head are f32 everywhere, so that formats of the same size compare. Each model is
evaluated against the same one in f32: perplexity, KL divergence, share of tokens whose most likely successor is the
same. `bits` are bits per weight of the matrices, scales included.

With --whole, the token embedding and the head are quantized too. `bits` are then bits per parameter. After each row of
the peer comes one of tidbit at as many bits: --bits, calibrated, on the same sample.

The peer's smaller formats have blocks of 256 weights, and it takes larger formats for matrices whose rows are not a
multiple of that. With --joined, it sees several rows of such a matrix as one (of 640 weights, two), with the importance
of the columns repeated, so that each format has its own size. The peer could not run such files: they show what its
formats can do.

tidbit's rows are measured as it runs: with activations in 8 bits and an f16 KV cache. The peer's files are read by
tidbit-convert as f32, so their rows have the error of the weights alone. The table is in Markdown; a row is printed as
soon as it is there.
"""
import argparse
import json
import math
import pathlib
import shutil
import tempfile

from programs import Failure, Parser, count, note, run, run_main, table

# name, options of tidbit-convert
OURS = {
    "q8": ["--weights", "q8"],
    "q8 transformed": ["--weights", "q8", "--transform", "hadamard"],
    "q8 calibrated": ["--weights", "q8", "--transform", "hadamard", "--calibrate"],
} | {name: options for bits in (6, 5, 4, 3, 2)
     for name, options in ((f"q{bits}", ["--weights", f"q{bits}"]),
                           (f"q{bits} calibrated", ["--weights", f"q{bits}", "--calibrate"]))}
THEIRS = "Q8_0,Q6_K,Q5_K_M,Q4_K_M,IQ4_XS,Q4_0,IQ3_M,Q3_K_M,IQ2_M,Q2_K"


BLOCK = 256  # weights in a block of the peer's smaller formats


def matrices(reader) -> list:
    return [t for t in reader.tensors if t.name.startswith("blk.") and len(t.shape) > 1]


def rows_in_one(columns: int) -> int:
    return BLOCK // math.gcd(columns, BLOCK)


def join(path: pathlib.Path, back: dict | None = None) -> dict:
    """Changes the shapes in a GGUF file so that rows are joined, or so that they are as before; returns those from before."""
    from gguf import GGUFReader
    before = {}
    for tensor in matrices(GGUFReader(path, "r+")):
        shape = tensor.field.parts[3]  # columns, rows; a view into the file
        before[tensor.name] = [int(n) for n in shape]
        joined = rows_in_one(before[tensor.name][0])
        shape[:2] = back[tensor.name][:2] if back else [shape[0] * joined, shape[1] // joined]
    return before


def join_importance(path: pathlib.Path) -> None:
    """Repeats what an importance matrix has for the columns of each row that is joined."""
    from gguf import GGUFReader, GGUFWriter
    import numpy
    source = path.rename(path.with_suffix(".plain"))
    reader, writer = GGUFReader(source), GGUFWriter(path, "")
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name == "general.architecture":
            continue
        kind, *of_elements = field.types
        writer.add_key_value(field.name, field.contents(), kind, of_elements[-1] if of_elements else None)
    for tensor in reader.tensors:
        sums = tensor.name.startswith("blk.") and tensor.name.endswith(".in_sum2")
        times = rows_in_one(int(tensor.shape[0])) if sums else 1
        writer.add_tensor(tensor.name, numpy.tile(tensor.data, (1, times)))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


class Bench:
    def __init__(self, options, folder: pathlib.Path):
        self.options, self.folder = options, folder
        self.f32 = folder / "f32.tidbit"
        self.convert(options.model, self.f32, ["--weights", "f32"])
        info = json.loads(run([options.tidbit, "info", "--json", self.f32]))
        self.kept = info["vocab_size"] * info["width"] * (1 if info["tied"] == "yes" else 2)  # weights that stay f32
        self.weights = info["parameters"] - self.kept

    def convert(self, source, blob, more) -> None:
        run([self.options.convert, source, "-o", blob, "--context", self.options.context, *more])

    def row(self, name: str, bits: float, blob: pathlib.Path) -> list[str]:
        text = ["--ids", self.options.ids] if self.options.ids else ["--text", self.options.text]
        figures = json.loads(run([self.options.tidbit, "eval", blob, "--against", self.f32, *text, "--json",
                                  "--context", self.options.context, "--skip", self.options.skip]))
        against = figures["against"]
        return [name, f"{bits:.3f}", f"{figures['perplexity']:.3f}", f"{against['kl_mean']:.5f}",
                f"{100 * against['same_top']:.1f}%"]

    def ours(self, name: str, words: list[str]) -> list[str]:
        blob = self.folder / "ours.tidbit"
        words = words + [self.options.sample or "self"] if words[-1] == "--calibrate" else words
        kept = [] if self.options.whole else ["--embeddings", "f32"]
        self.convert(self.options.model, blob, [*words, "--group", self.options.group, *kept])
        info = json.loads(run([self.options.tidbit, "info", "--json", blob]))
        if self.options.whole:
            return self.row(name, info["weight_bytes"] * 8 / info["parameters"], blob)
        return self.row(name, (info["weight_bytes"] - 4 * self.kept) * 8 / self.weights, blob)

    def as_large(self, bits: str) -> list[str]:
        return self.ours("tidbit of that size", ["--bits", bits, "--calibrate"])

    def imatrix(self, source: pathlib.Path) -> pathlib.Path:
        target = self.folder / "imatrix.gguf"
        if not target.exists():
            run([self.options.llama_imatrix, "-m", source, "-f", self.options.sample, "-o", target])
            if self.options.joined:
                join_importance(target)
        return target

    def source(self) -> pathlib.Path:
        source = self.folder / "f32.gguf"
        if not source.exists():
            run([self.options.llama_quantize, "--allow-requantize", self.options.model, source, "F32"])
        return source

    def joined(self) -> pathlib.Path:
        target = self.folder / "joined.gguf"
        if not target.exists():
            shutil.copy(self.source(), target)
            self.shapes = join(target)
        return target

    def parted(self, source: pathlib.Path) -> pathlib.Path:
        target = self.folder / "parted.gguf"
        run([self.options.llama_quantize, "--allow-requantize", source, target, "F32"])
        join(target, self.shapes)
        return target

    def theirs(self, kind: str, weighted: bool) -> list[str]:
        target, blob = self.folder / "theirs.gguf", self.folder / "theirs.tidbit"
        importance = ["--imatrix", self.imatrix(self.source())] if weighted else []
        kept = [] if self.options.whole else ["--token-embedding-type", "f32", "--output-tensor-type", "f32"]
        source = self.joined() if self.options.joined else self.source()
        run([self.options.llama_quantize, "--allow-requantize", *importance, *kept, source, target, kind])
        self.convert(self.parted(target) if self.options.joined else target, blob, ["--weights", "f32"])
        from gguf import GGUFReader  # only here: without a peer, nothing but Python is needed
        reader = GGUFReader(target)
        tensors = reader.tensors if self.options.whole else matrices(reader)
        bits = 8 * sum(int(t.n_bytes) for t in tensors) / sum(int(t.n_elements) for t in tensors)
        return self.row(f"llama.cpp {kind}{' with imatrix' if weighted else ''}", bits, blob)


def parse() -> argparse.Namespace:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--tidbit", required=True, type=pathlib.Path)
    parser.add_argument("--convert", required=True, type=pathlib.Path)
    text = parser.add_mutually_exclusive_group(required=True)
    text.add_argument("--text", type=pathlib.Path, help="what is scored")
    text.add_argument("--ids", type=pathlib.Path, help="token ids that are scored instead")
    parser.add_argument("--context", type=count, default=512, help="tokens per window")
    parser.add_argument("--skip", type=int, default=256, help="tokens of each window that are not scored")
    parser.add_argument("--group", type=count, default=128)
    parser.add_argument("--ours", default=",".join(OURS), help="tidbit's rows")
    parser.add_argument("--sample", type=pathlib.Path, help="text for calibration; default: the model's own")
    parser.add_argument("--llama-quantize", type=pathlib.Path)
    parser.add_argument("--llama-imatrix", type=pathlib.Path, help="needs --sample")
    parser.add_argument("--whole", action="store_true", help="quantize the embedding and the head too")
    parser.add_argument("--joined", action="store_true", help="the peer sees several rows as one")
    parser.add_argument("--theirs", default=THEIRS, help="the peer's formats")
    options = parser.parse_args()
    unknown = [name for name in options.ours.split(",") if name and name not in OURS]
    if unknown:
        parser.error(f"{unknown[0]!r} is unknown; use some of {', '.join(OURS)}")
    if options.llama_imatrix and not options.sample:
        parser.error("--llama-imatrix needs --sample")
    return options


def show(row: list[str]) -> None:
    print("| " + " | ".join(row) + " |", flush=True)


def main() -> None:
    options = parse()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options, pathlib.Path(folder))
        jobs = [lambda name=name: bench.ours(name, OURS[name]) for name in options.ours.split(",") if name]
        peers = [(kind, weighted) for kind in options.theirs.split(",") if options.llama_quantize
                 for weighted in ([False, True] if options.llama_imatrix else [False])]
        jobs += [lambda peer=peer: bench.theirs(*peer) for peer in peers]
        what = "weights" if options.whole else "linear weights"
        print(table([what, "bits", "perplexity", "KL divergence", "same top token"], []), flush=True)
        for job in jobs:
            try:
                row = job()
                show(row)
                if options.whole and row[0].startswith("llama.cpp"):
                    show(bench.as_large(row[1]))
            except Failure as error:
                note(str(error))


if __name__ == "__main__":
    run_main(main)
