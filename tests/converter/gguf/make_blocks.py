#!/usr/bin/env python3
"""Writes blocks.txt beside this file: for each number format of GGUF, random blocks and what they stand for.

A line has the type's name and number, the bytes of four blocks, and the FNV-1a hash of their values as 32-bit floats,
all in hexadecimal but the number. The values are those of the Python package gguf (0.19). Bytes are random, but scales
are finite.
"""
import pathlib
import random

import numpy
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, quants

BLOCKS = 4
NAMES = ("Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2_K Q3_K Q4_K Q5_K Q6_K IQ2_XXS IQ2_XS IQ2_S IQ3_XXS IQ3_S IQ1_S IQ1_M IQ4_NL "
         "IQ4_XS TQ1_0 TQ2_0 MXFP4 NVFP4 F16 BF16").split()


def fnv(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def draw(kind, rng):
    while True:
        data = numpy.frombuffer(bytes(rng.randrange(256) for _ in range(BLOCKS * GGML_QUANT_SIZES[kind][1])), numpy.uint8)
        values = quants.dequantize(data, kind).astype("<f4")
        if numpy.isfinite(values).all():
            return data.tobytes(), values


def main():
    rng = random.Random(1)
    lines = []
    for name in NAMES:
        kind = GGMLQuantizationType[name]
        data, values = draw(kind, rng)
        lines.append(f"{name} {kind.value} {data.hex()} {fnv((values + numpy.float32(0)).tobytes()):016x}")
    pathlib.Path(__file__).with_name("blocks.txt").write_text("\n".join(lines) + "\n")


main()
