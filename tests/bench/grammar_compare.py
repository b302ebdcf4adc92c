#!/usr/bin/env python3
"""Compares what a grammar costs per token with llama.cpp's grammar sampler, with the same schema and vocabulary.

    grammar_compare.py VOCABULARY.gguf --bench build/host/tests/grammar_bench --llama-cpp DIR

DIR is llama.cpp's source folder, built with -DBUILD_SHARED_LIBS=ON and the target llama-common in DIR/build. Each turns
the schema (grammar_places.h) into its own grammar. The figures are CPU time; the two take turns, and the median of the
rounds counts. A mask decides about every token of the vocabulary. llama.cpp's programs first sample without the grammar
and ask about that one token ("single"); they need the mask if it is not allowed.
"""
import json
import pathlib
import statistics
import tempfile

import other_load
from programs import Failure, Parser, count, figure, note, run, run_main, table

HERE = pathlib.Path(__file__).resolve().parent
LIBRARIES = ("llama-common", "llama", "ggml", "ggml-base", "ggml-cpu")


def compile_peer(llama: pathlib.Path, program: pathlib.Path) -> pathlib.Path:
    binaries = llama / "build" / "bin"
    includes = [f"-I{path}" for path in (HERE, llama / "include", llama / "common", llama / "vendor",
                                         llama / "ggml" / "include")]
    run(["c++", "-std=c++20", "-O2", *includes, HERE / "grammar_peer.cpp", f"-L{binaries}",
         *[f"-l{name}" for name in LIBRARIES], f"-Wl,-rpath,{binaries}", "-o", program])
    return program


def tidbit_masks(bench: pathlib.Path, vocabulary: pathlib.Path) -> dict[str, tuple[int, float]]:
    """Allowed tokens and microseconds by place."""
    report = json.loads(run([bench, vocabulary, "--benchmark_format=json", "--benchmark_min_time=0.1"]))
    return {entry["name"].rsplit(" ", 1)[1]: (int(entry["allowed"]), entry["cpu_time"])
            for entry in report["benchmarks"] if "allowed" in entry}


def peer_masks(program: pathlib.Path, vocabulary: pathlib.Path) -> dict[str, tuple[int, float, float]]:
    lines = [line.split() for line in run([program, vocabulary]).splitlines()]
    return {name: (int(allowed), float(mask), float(single)) for name, allowed, mask, single in lines}


def main() -> None:
    parser = Parser(prog="grammar_compare.py", description="Compares grammars; see the top of this file.")
    parser.add_argument("vocabulary", type=pathlib.Path)
    parser.add_argument("--bench", type=pathlib.Path, required=True)
    parser.add_argument("--llama-cpp", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=count, default=5)
    options = parser.parse_args()
    start = other_load.now()
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        peer = compile_peer(options.llama_cpp.resolve(), pathlib.Path(folder) / "grammar_peer")
        for _ in range(options.rounds):
            ours.append(tidbit_masks(options.bench, options.vocabulary))
            theirs.append(peer_masks(peer, options.vocabulary))
    if not ours[0] or ours[0].keys() != theirs[0].keys():
        raise Failure(f"{options.vocabulary}: the vocabulary cannot write the answer")
    rows = []
    for name in ours[0]:
        mask = statistics.median(r[name][1] for r in ours)
        peer_mask = statistics.median(r[name][1] for r in theirs)
        single = statistics.median(r[name][2] for r in theirs)
        rows.append([name, str(ours[0][name][0]), str(theirs[0][name][0]), figure(mask), figure(peer_mask),
                     figure(peer_mask / mask), figure(single)])
    print(table(["place", "allowed", "llama.cpp allows", "tidbit, us", "llama.cpp, us", "ratio", "llama.cpp, single"],
                rows))
    note(f"other programs used {other_load.share_since(start):.0%} of the CPU time")


if __name__ == "__main__":
    run_main(main)
