"""Writes unicode_tables.inc: the class of each code point according to the regular expressions of the Hugging Face
library `tokenizers` (\\p{L}, \\p{N}, \\s), so that text is split at the same places.

    pip install tokenizers==0.23.3 && python make_unicode_tables.py > unicode_tables.inc
"""

import tokenizers
from tokenizers import Regex
from tokenizers.pre_tokenizers import Split

LETTER, NUMBER, SPACE = 1, 2, 3


def members(pattern):
    """The code points that the pattern matches. Surrogates are not characters and have no class."""
    split = Split(Regex(pattern), "removed")
    found = set()
    for base in range(0, 0x110000, 256):
        block = [c for c in range(base, base + 256) if not 0xD800 <= c < 0xE000]
        if not block:
            continue
        kept = set()
        for _, (begin, end) in split.pre_tokenize_str("".join(map(chr, block))):
            kept.update(range(begin, end))
        found.update(c for i, c in enumerate(block) if i not in kept)
    return found


def boundaries():
    classes = {}
    for value, pattern in ((LETTER, r"\p{L}"), (NUMBER, r"\p{N}"), (SPACE, r"\s")):
        classes.update((c, value) for c in members(pattern))
    previous = None
    for code_point in range(0x110000):
        value = classes.get(code_point, 0)
        if value != previous:
            yield code_point << 2 | value
        previous = value


def main():
    print(f"// Written by make_unicode_tables.py with tokenizers {tokenizers.__version__}.")
    line = ""
    for entry in boundaries():
        text = f"0x{entry:X},"
        if len(line) + len(text) + 1 > 118:
            print(line)
            line = ""
        line += (" " if line else "") + text
    print(line)


main()
