"""Measures the time from the start of a process to its end after one token of the smallest shape, with warm caches.

Used by compare.py --start. The programs take turns. The time of a process that does nothing (true) is measured and
printed too; it is part of every figure.
"""
import os
import pathlib
import shlex
import shutil
import statistics
import time

import models
from programs import Failure, figure, note, table
from shapes import SHAPES

SHAPE, WEIGHTS, PEER_TYPE = "S15M", "q8", "Q8_0"
PROMPT = "Once upon a time"
RUNS_OF_A_ROUND = 10


def seconds(command: list[str]) -> float:
    null = os.open(os.devnull, os.O_RDWR)
    streams = [(os.POSIX_SPAWN_DUP2, null, stream) for stream in range(3)]
    try:
        begin = time.perf_counter()
        process = os.posix_spawnp(command[0], command, os.environ, file_actions=streams)
        status = os.waitpid(process, 0)[1]
        end = time.perf_counter()
    finally:
        os.close(null)
    if status != 0:
        raise Failure(f"{shlex.join(command)}: failed with code {os.waitstatus_to_exitcode(status)}")
    return end - begin


def tidbit_command(options, threads: int) -> list[str]:
    blob = models.blob(options.work, options.convert, SHAPES[SHAPE], WEIGHTS)
    return [str(options.tidbit.resolve()), "run", str(blob), "-p", PROMPT, "-n", "1", "--temp", "0", "--threads",
            str(threads)]


def peer_command(options, template: str, threads: int) -> list[str]:
    if not options.peers:
        raise Failure("--start-peer also needs --llama-bench and --llama-quantize, to make its GGUF")
    gguf = models.gguf(options.work, options.peers[0], SHAPES[SHAPE], PEER_TYPE)
    filled = {"{gguf}": str(gguf), "{prompt}": PROMPT, "{threads}": str(threads)}
    return [filled.get(word, word) for word in shlex.split(template)]


def commands(options, threads: int) -> dict[str, list[str]]:
    found = {"tidbit": tidbit_command(options, threads)}
    for template in options.start_peer:
        command = peer_command(options, template, threads)
        found[pathlib.Path(command[0]).name] = command
    found["true"] = [shutil.which("true") or "true"]
    return found


def measure(options) -> list[dict]:
    rows = []
    for threads in options.threads:
        note(f"start of {SHAPE} {WEIGHTS}, {threads} thread(s)")
        programs = commands(options, threads)
        times: dict[str, list[float]] = {name: [] for name in programs}
        for command in programs.values():
            seconds(command)  # warms the page cache
        for _ in range(options.rounds * RUNS_OF_A_ROUND):
            for name, command in programs.items():
                times[name].append(seconds(command))
        rows.extend(row(threads, name, times) for name in programs)
    return rows


def row(threads: int, name: str, times: dict[str, list[float]]) -> dict:
    median = statistics.median(times[name])
    return {"threads": threads, "program": name, "seconds": median, "least": min(times[name]),
            "greatest": max(times[name]), "of_tidbit": median / statistics.median(times["tidbit"])}


def as_table(rows: list[dict]) -> str:
    def milliseconds(value: float) -> str:
        return figure(1e3 * value)

    title = f"Start to end with one token of {SHAPE} {WEIGHTS} ({PEER_TYPE}), median in ms; 'true' does nothing\n\n"
    return title + table(
        ["threads", "program", "ms", "spread", "as a multiple of tidbit"],
        [[str(r["threads"]), r["program"], milliseconds(r["seconds"]),
          f"{milliseconds(r['least'])} to {milliseconds(r['greatest'])}", f"{r['of_tidbit']:.2f}"] for r in rows])
