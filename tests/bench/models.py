"""Makes the model files to measure (checkpoints, blobs, GGUFs) if they are missing in a folder.

A blob or a quantized GGUF is made again if the program that makes it is newer.
"""
import dataclasses
import pathlib

import shapes
from programs import Failure, make, run


def checkpoint(work: pathlib.Path, shape: shapes.Shape) -> pathlib.Path:
    return make(work / shape.name, None, lambda path: shapes.write_checkpoint(shape, path))


def blob(work: pathlib.Path, convert: pathlib.Path, shape: shapes.Shape, weights: str) -> pathlib.Path:
    source = checkpoint(work, shape)
    return make(work / f"{shape.name}-{weights}.tidbit", convert,
                lambda path: run([convert, source, "-o", path, "--weights", weights]))


@dataclasses.dataclass(frozen=True)
class Peer:
    """llama.cpp or one of its forks."""
    name: str
    bench: pathlib.Path
    quantize: pathlib.Path


def write_gguf(shape: shapes.Shape, path: pathlib.Path) -> None:
    try:
        shapes.write_gguf(shape, path)
    except ImportError as error:
        raise Failure(f"{error}: pip install gguf") from error


def gguf(work: pathlib.Path, peer: Peer, shape: shapes.Shape, kind: str) -> pathlib.Path:
    """`kind` is F16 or a type of the peer's quantizer. With the suffix :pure, embedding and head have the same type."""
    source = make(work / f"{shape.name}.gguf", None, lambda path: write_gguf(shape, path))
    if kind == "F16":
        return source
    kind_name, _, pure = kind.partition(":")
    command = [peer.quantize, *(["--pure"] if pure else []), source]
    return make(work / f"{shape.name}-{kind.replace(':', '-')}-{peer.name}.gguf", peer.quantize,
                lambda path: run([*command, path, kind_name, 2]))
