"""Shared by the scripts in this folder: running programs, one-line errors, Markdown tables.

Exit codes: 2 for a wrong command line, 1 for wrong data or a program that failed. The reason is one line on standard
error.
"""
import argparse
import os
import pathlib
import subprocess
import sys
from typing import Callable, Iterable, Sequence


class Failure(Exception):
    """A one-line reason to stop or to skip something."""


class Parser(argparse.ArgumentParser):
    def error(self, message: str):
        self.exit(2, f"{self.prog}: {message}\n")


def run_main(main: Callable[[], None]) -> None:
    try:
        main()
    except (Failure, OSError) as error:
        note(f"{pathlib.Path(sys.argv[0]).name}: {error}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def note(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def run(command: Sequence[object]) -> str:
    """Returns the program's standard output. If it fails, raises Failure with the last line of its standard error."""
    words = [str(word) for word in command]
    try:
        result = subprocess.run(words, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL)
    except OSError as error:
        raise Failure(f"{words[0]}: {error.strerror}") from error
    if result.returncode != 0:
        lines = result.stderr.strip().splitlines() or [f"ended with code {result.returncode}"]
        raise Failure(f"{pathlib.Path(words[0]).name}: {lines[-1]}")
    return result.stdout


def make(target: pathlib.Path, program: pathlib.Path | None, write: Callable[[pathlib.Path], object]) -> pathlib.Path:
    """Returns `target`. If it is missing or older than `program`, makes it first with write(temporary path)."""
    if not target.exists() or (program is not None and target.stat().st_mtime < program.stat().st_mtime):
        note(f"making {target}")
        partial = target.with_name(target.name + ".partial")
        write(partial)
        os.replace(partial, target)
    return target


def names(allowed: Iterable[str]) -> Callable[[str], list[str]]:
    """For argparse: a list of allowed words, separated by commas."""
    known = list(allowed)

    def parse(text: str) -> list[str]:
        words = text.split(",")
        unknown = [word for word in words if word not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is unknown; use one or more of {','.join(known)}")
        return words

    return parse


def counts(text: str) -> list[int]:
    """For argparse: a list of positive numbers, separated by commas."""
    words = text.split(",")
    if not all(word.isdigit() and int(word) > 0 for word in words):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of positive numbers like 1,2")
    return [int(word) for word in words]


def count(text: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return int(text)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def figure(value: float) -> str:
    """Three significant digits, or all digits of the integer part."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
