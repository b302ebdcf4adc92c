#!/usr/bin/env python3
"""Counts the instructions per token of the AArch64 program in an emulator, without an Arm machine.

    instructions.py --tidbit build/aarch64-linux/tidbit --convert build/host/tidbit-convert

Counts retired instructions on one thread with QEMU's user-mode emulation and the plugin count_instructions.c. Prints
millions per token: for decode the slope between 8 and 24 tokens, for prefill the slope between prompts of 32 and 96
tokens with the logits of the last one. The start and the end of the program cancel out. Counts are the same in every
run; they are not times. "Per product" is the count divided by the number of multiplications by a weight per token.

A peer's figures, measured in the same way, are passed on the command line: --peer cortex-a76/S15M/q8/decode=4.68
"""
import argparse
import json
import pathlib
import re
import sys

import models
from programs import Failure, Parser, figure, make, names, note, run, run_main, table
from shapes import SHAPES, Shape

DECODE_TOKENS = (8, 24)
PROMPT_TOKENS = (32, 96)
PLUGIN_SOURCE = pathlib.Path(__file__).with_name("count_instructions.c")


class Emulator:
    def __init__(self, options):
        self.options = options
        self.log = options.work / "instructions.log"
        self.plugin = make(options.work / "count_instructions.so", PLUGIN_SOURCE, self.build_plugin).resolve()

    def build_plugin(self, path: pathlib.Path) -> None:
        run([self.options.cc, "-O2", "-shared", "-fPIC", "-o", path, PLUGIN_SOURCE])

    def count(self, cpu: str, program: list) -> tuple[int, str]:
        """The number of instructions, and the program's output."""
        output = run([self.options.qemu, "-cpu", cpu, "-L", self.options.sysroot, "-plugin", self.plugin,
                      "-d", "plugin", "-D", self.log, *program])
        found = re.search(r"^instructions (\d+)$", self.log.read_text(), re.MULTILINE)
        if found is None:
            raise Failure(f"{self.options.qemu}: the plugin reported nothing in {self.log}")
        return int(found[1]), output


def generate(emulator: Emulator, cpu: str, blob: pathlib.Path, prompt: int, generated: int) -> int:
    """Instructions of the whole process. Uses token ids, so that the tokenizer is not measured."""
    ids = ",".join(str(3 + 7 * index) for index in range(prompt))
    instructions, output = emulator.count(cpu, [emulator.options.tidbit, "run", blob, "--tokens", ids, "-n", generated,
                                                "--temp", 0, "--threads", 1])
    written = len(re.findall(r"\d+", output))
    if written != generated:
        raise Failure(f"{blob}: generated only {written} of {generated} tokens, so the slope cannot be measured")
    return instructions


def slope(counts: list[int], steps: tuple[int, int]) -> float:
    return (counts[1] - counts[0]) / (steps[1] - steps[0])


def measure_case(emulator: Emulator, cpu: str, shape: Shape, weights: str, peers: dict[str, float]) -> list[dict]:
    note(f"{cpu}, {shape.name} {weights}")
    blob = models.blob(emulator.options.work, emulator.options.convert, shape, weights)
    decode = slope([generate(emulator, cpu, blob, 1, n) for n in DECODE_TOKENS], DECODE_TOKENS)
    prefill = slope([generate(emulator, cpu, blob, n, 1) for n in PROMPT_TOKENS], PROMPT_TOKENS)
    products = {"decode": shape.products, "prefill": shape.products - shape.vocab * shape.width}
    rows = []
    for phase, instructions in (("decode", decode), ("prefill", prefill)):
        row = {"cpu": cpu, "shape": shape.name, "weights": weights, "phase": phase, "instructions": instructions,
               "per_product": instructions / products[phase]}
        peer = peers.get(f"{cpu}/{shape.name}/{weights}/{phase}")
        if peer is not None:
            row.update(peer=1e6 * peer, ratio=instructions / (1e6 * peer))
        rows.append(row)
    return rows


def measure(options) -> list[dict]:
    emulator = Emulator(options)
    return [row for shape in options.shapes for weights in options.weights for cpu in options.cpus
            for row in measure_case(emulator, cpu, SHAPES[shape], weights, dict(options.peer))]


def as_table(rows: list[dict]) -> str:
    def words(row: dict) -> list[str]:
        peer = [figure(1e-6 * row["peer"]), f"{row['ratio']:.2f}"] if "peer" in row else ["-", "-"]
        return [row["shape"], row["weights"], row["cpu"], row["phase"], figure(1e-6 * row["instructions"]),
                f"{row['per_product']:.3f}", *peer]

    header = ["shape", "weights", "CPU", "phase", "million instructions per token", "per product", "peer", "ratio"]
    return table(header, map(words, rows))


def peer_figure(text: str) -> tuple[str, float]:
    key, _, value = text.partition("=")
    try:
        millions = float(value)
    except ValueError:
        millions = 0
    if key.count("/") != 3 or not 0 < millions < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} does not have the form CPU/SHAPE/WEIGHTS/PHASE=MILLIONS")
    return key, millions


def parse():
    parser = Parser(prog="instructions.py", description="Counts instructions per token; see the top of this file.")
    parser.add_argument("--tidbit", required=True, type=pathlib.Path, help="the AArch64 program")
    parser.add_argument("--convert", required=True, type=pathlib.Path, help="tidbit-convert of this machine")
    parser.add_argument("--shapes", type=names(SHAPES), default=["S15M", "SMOL135M"], help="default: S15M,SMOL135M")
    parser.add_argument("--weights", type=names(["f32", "f16", "q8", "q4"]), default=["q8", "q4"],
                        help="default: q8,q4")
    parser.add_argument("--cpus", type=lambda text: text.split(","), default=["cortex-a53", "cortex-a76", "max"],
                        help="default: cortex-a53,cortex-a76,max")
    parser.add_argument("--peer", type=peer_figure, action="append", default=[],
                        metavar="CPU/SHAPE/WEIGHTS/PHASE=MILLIONS", help="a peer's figure; may be repeated")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("bench-work"), help="default: bench-work")
    parser.add_argument("--qemu", default="qemu-aarch64", help="a dynamically linked QEMU; a static one has no plugins")
    parser.add_argument("--sysroot", default="/usr/aarch64-linux-gnu")
    parser.add_argument("--cc", default="gcc", help="compiler of this machine, for the plugin")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def main() -> None:
    options = parse()
    options.work.mkdir(parents=True, exist_ok=True)
    rows = measure(options)
    if options.json:
        json.dump(rows, sys.stdout, indent=1)
        print()
    else:
        print(as_table(rows))


if __name__ == "__main__":
    run_main(main)
