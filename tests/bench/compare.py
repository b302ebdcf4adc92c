#!/usr/bin/env python3
"""Compares the speed of tidbit with llama.cpp and its forks, on models of the same shape with random weights.

    compare.py --tidbit build/host/tidbit --convert build/host/tidbit-convert
               --llama-bench BIN/llama-bench --llama-quantize BIN/llama-quantize

A round runs every program once, one after another; the next round runs them in reverse order. A program's figure is
the median of its rounds. A peer is measured with several settings (formats with the same number of bits, flash
attention off and on); the one with the best median counts, and the table names it. The ratio is that of the medians,
the spread the least and the greatest ratio within a round. Prefill is 512 tokens with the logits of the last one,
decode is 128 tokens from an empty context, both as in llama-bench.

The CPU time used by other programs is measured with each run and printed, with a warning if it exceeds 5%. Do not use
such figures: a program that waits by spinning suffers more than others, with two threads many times more.

For each additional peer, repeat --llama-bench and --llama-quantize; NAME=PATH names it. Missing files are made in
--work. Tables are in Markdown; --json prints all measurements instead.
"""
import json
import os
import pathlib
import statistics
import sys

import models
import other_load
import start_time
from programs import Failure, Parser, count, counts, figure, names, note, run, run_main, table
from shapes import SHAPES, Shape

PROMPT, GENERATED = 512, 128
PHASES = ("prefill", "decode")
TOLERATED_LOAD = 0.05
# A peer's formats that count as the same number of bits. --formats changes them.
FORMATS = {"q8": ["Q8_0"], "q4": ["Q4_0", "Q4_0:pure"], "f16": ["F16"]}


# ---- one run of one program: tokens per second by setting and phase ----

def tidbit_rates(options, blob: pathlib.Path, threads: int) -> dict:
    def bench(prompt: int, generated: int) -> dict:
        return json.loads(run([options.tidbit, "bench", blob, "--prompt", prompt, "--gen", generated, "--threads",
                               threads, "--json"]))

    prefill, decode = bench(PROMPT, 1), bench(1, GENERATED)
    return {"prefill": prefill["prefill_tokens_per_second"], "decode": decode["decode_tokens_per_second"],
            "share": decode["share_of_bandwidth"], "in_cache": decode["fits_in_cache"]}


def peer_rates(peer: models.Peer, gguf: pathlib.Path, threads: int, repeats: int) -> dict[str, dict[str, float]]:
    """Rates by flash attention ("fa 0", "fa 1"), then by phase."""
    entries = json.loads(run([peer.bench, "-m", gguf, "-p", PROMPT, "-n", GENERATED, "-t", threads, "-fa", "0,1", "-r",
                              repeats, "-o", "json"]))
    rates: dict[str, dict[str, float]] = {}
    for entry in entries:
        phase = "decode" if entry["n_gen"] > 0 else "prefill"
        rates.setdefault(f"fa {int(entry['flash_attn'])}", {})[phase] = statistics.median(entry["samples_ts"])
    return rates


# ---- rounds ----

class Case:
    """The figures of all rounds for one shape, format and number of threads."""

    def __init__(self, options, shape: Shape, weights: str, threads: int):
        self.options, self.shape, self.weights, self.threads = options, shape, weights, threads
        self.blob = models.blob(options.work, options.convert, shape, weights)
        self.ggufs = self.find_ggufs()
        self.ours: list[dict] = []
        self.theirs: dict[str, list[dict[str, float]]] = {}
        self.others: list[float] = []

    def find_ggufs(self) -> list[tuple[models.Peer, str, pathlib.Path]]:
        found = []
        for peer in self.options.peers:
            for kind in self.options.formats[self.weights]:
                try:
                    found.append((peer, kind, models.gguf(self.options.work, peer, self.shape, kind)))
                except Failure as error:
                    note(f"left out: {peer.name} {kind}: {error}")
        return found

    def run_tidbit(self) -> None:
        self.ours.append(tidbit_rates(self.options, self.blob, self.threads))

    def run_peer(self, peer: models.Peer, kind: str, gguf: pathlib.Path) -> None:
        for setting, rates in peer_rates(peer, gguf, self.threads, self.options.repeats).items():
            self.theirs.setdefault(f"{peer.name} {kind}, {setting}", []).append(rates)

    def run_round(self, number: int) -> None:
        note(f"{self.shape.name} {self.weights}, {self.threads} thread(s): round {number + 1} of {self.options.rounds}")
        runs = [self.run_tidbit] + [lambda found=found: self.run_peer(*found) for found in self.ggufs]
        for one in reversed(runs) if number % 2 else runs:
            before = other_load.now()
            one()
            self.others.append(other_load.share_since(before))

    def row(self, phase: str) -> dict:
        ours = [rates[phase] for rates in self.ours]
        row = {"shape": self.shape.name, "weights": self.weights, "threads": self.threads, "phase": phase,
               "tidbit": statistics.median(ours), "tidbit_rounds": ours, "others": self.others}
        if phase == "decode":
            row["share"] = statistics.median(rates["share"] for rates in self.ours)
            row["in_cache"] = self.ours[0]["in_cache"]
        if self.theirs:
            row.update(self.comparison(phase, ours))
        return row

    def comparison(self, phase: str, ours: list[float]) -> dict:
        settings = {name: [rates[phase] for rates in rounds] for name, rounds in self.theirs.items()}
        best = max(settings, key=lambda name: statistics.median(settings[name]))
        ratios = [mine / other for mine, other in zip(ours, settings[best])]
        median = statistics.median(settings[best])
        return {"peer": median, "peer_setting": best, "peer_rounds": settings,
                "ratio": statistics.median(ours) / median, "ratio_least": min(ratios), "ratio_greatest": max(ratios)}


def measure(options) -> list[dict]:
    rows = []
    for shape in options.shapes:
        for weights in options.weights:
            for threads in options.threads:
                case = Case(options, SHAPES[shape], weights, threads)
                for number in range(options.rounds):
                    case.run_round(number)
                rows.extend(case.row(phase) for phase in PHASES)
    return rows


# ---- output ----

def row_words(row: dict) -> list[str]:
    words = [row["shape"], row["weights"], str(row["threads"]), row["phase"], figure(row["tidbit"])]
    if "peer" in row:
        words += [f"{figure(row['peer'])} ({row['peer_setting']})", f"{row['ratio']:.2f}",
                  f"{row['ratio_least']:.2f} to {row['ratio_greatest']:.2f}"]
    else:
        words += ["-", "-", "-"]
    share = f"{100 * row['share']:.0f}%" + (" (in cache)" if row["in_cache"] else "") if "share" in row else ""
    return words + [share]


def machine() -> str:
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown CPU")
    return f"{model}, {os.cpu_count()} CPUs"


def describe_load(rows: list[dict]) -> str:
    shares = [share for row in rows for share in row["others"]]
    most = max(shares)
    if most > TOLERATED_LOAD:
        note(f"compare.py: other programs used up to {100 * most:.0f}% of the CPUs; measure again on an idle machine")
    return f"other programs used {100 * statistics.median(shares):.0f}% of the CPUs, at most {100 * most:.0f}%"


def print_tables(rows: list[dict], start_rows: list[dict], options, where: str) -> None:
    print(f"tok/s, medians of {options.rounds} rounds; {where}\n")
    header = ["shape", "weights", "threads", "phase", "tidbit", "best peer", "ratio", "spread", "share of bandwidth"]
    print(table(header, [row_words(row) for row in rows]))
    if start_rows:
        print("\n" + start_time.as_table(start_rows))


# ---- command line ----

def peers(parser: Parser, options) -> list[models.Peer]:
    benches, quantizers = options.llama_bench or [], options.llama_quantize or []
    if len(benches) != len(quantizers):
        parser.error("--llama-bench and --llama-quantize must be given the same number of times")
    found = []
    for index, (bench, quantize) in enumerate(zip(benches, quantizers)):
        name, _, path = bench.rpartition("=")
        found.append(models.Peer(name or ("llama.cpp" if index == 0 else f"peer{index + 1}"), pathlib.Path(path),
                                 pathlib.Path(quantize.rpartition("=")[2])))
    return found


def formats(parser: Parser, changes: list[str]) -> dict[str, list[str]]:
    result = dict(FORMATS)
    for change in changes:
        weights, equals, kinds = change.partition("=")
        if weights not in FORMATS or not equals:
            parser.error(f"--formats {change}: expected a value like q4=Q4_0,Q4_K_S")
        result[weights] = kinds.split(",")
    return result


def parse():
    parser = Parser(prog="compare.py", description="Compares tidbit with llama.cpp; see the top of this file.")
    parser.add_argument("--tidbit", required=True, type=pathlib.Path)
    parser.add_argument("--convert", required=True, type=pathlib.Path, help="tidbit-convert")
    parser.add_argument("--llama-bench", action="append", metavar="[NAME=]PATH")
    parser.add_argument("--llama-quantize", action="append", metavar="PATH")
    parser.add_argument("--shapes", type=names(SHAPES), default=list(SHAPES), help="default: all")
    parser.add_argument("--weights", type=names(FORMATS), default=["q8", "q4"], help="default: q8,q4")
    parser.add_argument("--formats", action="append", default=[], metavar="WEIGHTS=TYPE,...",
                        help="peers' types that are compared with these weights; TYPE:pure uses llama-quantize --pure")
    parser.add_argument("--threads", type=counts, default=[1, 2], help="default: 1,2")
    parser.add_argument("--rounds", type=count, default=5, help="default: 5")
    parser.add_argument("--repeats", type=count, default=3, help="of a peer's runs per round; default: 3, as tidbit's")
    parser.add_argument("--start", action="store_true", help="also measure the start time of the process")
    parser.add_argument("--start-peer", action="append", default=[], metavar="COMMAND",
                        help="a peer's command for --start; {gguf}, {prompt} and {threads} are filled in")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("bench-work"), help="default: bench-work")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    options.peers = peers(parser, options)
    options.formats = formats(parser, options.formats)
    return options


def main() -> None:
    options = parse()
    options.work.mkdir(parents=True, exist_ok=True)
    rows = measure(options)
    where = f"{machine()}; {describe_load(rows)}"
    start_rows = start_time.measure(options) if options.start else []
    if options.json:
        json.dump({"machine": where, "rows": rows, "start": start_rows}, sys.stdout, indent=1)
        print()
    else:
        print_tables(rows, start_rows, options, where)


if __name__ == "__main__":
    run_main(main)
