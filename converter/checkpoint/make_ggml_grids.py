#!/usr/bin/env python3
"""Writes ggml_grids.inc beside this file: the points of ggml's code books, from the Python package gguf (0.19).

Each number is a point of 8 values with 2 bits each (iq1, iq2), or of 4 values with 4 bits each (iq3), the first value in
the lowest bits. They are places in the list of values that the comment names.
"""
import pathlib

import numpy
from gguf import quants

GRIDS = [("Iq2Xxs", quants.IQ2_XXS, 2), ("Iq2Xs", quants.IQ2_XS, 2), ("Iq2S", quants.IQ2_S, 2),
         ("Iq3Xxs", quants.IQ3_XXS, 4), ("Iq3S", quants.IQ3_S, 4), ("Iq1", quants.IQ1_S, 2)]


def rows(numbers, per_line=16):
    for at in range(0, len(numbers), per_line):
        yield "    " + " ".join(f"0x{n:04x}," for n in numbers[at:at + per_line])


lines = ["// Written by make_ggml_grids.py."]
for name, quant, bits in GRIDS:
    quant.init_grid()
    places = {value: i for i, value in enumerate(quant.grid_map)}
    points = quant.grid.reshape(quant.grid_shape).astype(int)
    numbers = [sum(places[value] << bits * i for i, value in enumerate(point)) for point in points.tolist()]
    lines += [f"// {', '.join(map(str, quant.grid_map))}",
              f"constexpr std::uint16_t k{name}Grid[{len(numbers)}] = {{", *rows(numbers), "};"]
pathlib.Path(__file__).with_name("ggml_grids.inc").write_text("\n".join(lines) + "\n")
