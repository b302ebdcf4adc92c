"""What the scripts of this folder share: running programs, one-line errors, Markdown tables.

Exit codes: 2 for a wrong command line, 1 for wrong data or a program that failed; the reason is one line on standard
error.
"""
import argparse
import os
import pathlib
import subprocess
import sys
from typing import Callable, Iterable, Sequence


class Failure(Exception):
    """A reason to stop, or to leave something out, in one line."""


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
    """Standard output of the program; Failure with its last line of standard error where it fails."""
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
    """`target`, after write(a path beside it) where it is missing or older than the program that makes it."""
    if not target.exists() or (program is not None and target.stat().st_mtime < program.stat().st_mtime):
        note(f"making {target}")
        partial = target.with_name(target.name + ".partial")
        write(partial)
        os.replace(partial, target)
    return target


def names(allowed: Iterable[str]) -> Callable[[str], list[str]]:
    """For argparse: words with commas between them, each one of those allowed."""
    known = list(allowed)

    def parse(text: str) -> list[str]:
        words = text.split(",")
        unknown = [word for word in words if word not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is not one of {', '.join(known)}")
        return words

    return parse


def counts(text: str) -> list[int]:
    """For argparse: positive numbers with commas between them."""
    words = text.split(",")
    if not all(word.isdigit() and int(word) > 0 for word in words):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of positive numbers")
    return [int(word) for word in words]


def count(text: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return int(text)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def figure(value: float) -> str:
    """Three significant digits, or all of a whole part."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
