"""Writes unicode_sets.inc: sets of code points as the regular expressions and the pre-tokenizers of the Hugging Face
library `tokenizers` know them, so that text is split at the same places.

    pip install tokenizers==0.23.3 && python make_unicode_sets.py > unicode_sets.inc
"""

import tokenizers
from tokenizers import Regex
from tokenizers.pre_tokenizers import Digits, Punctuation, Split, UnicodeScripts, Whitespace, WhitespaceSplit

CATEGORIES = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co".split()
SCRIPTS = ("Latin Greek Cyrillic Armenian Hebrew Arabic Syriac Thaana Devanagari Bengali Gurmukhi Gujarati Oriya Tamil "
           "Telugu Kannada Malayalam Sinhala Thai Lao Tibetan Myanmar Georgian Hangul Ethiopic Khmer Mongolian Hiragana "
           "Katakana Bopomofo Han Yi").split()


def blocks():
    for base in range(0, 0x110000, 256):
        yield [c for c in range(base, base + 256) if not 0xD800 <= c < 0xE000]


def members(split):
    """The code points that the pre-tokenizer removes."""
    found = set()
    for block in blocks():
        kept = set()
        for _, (begin, end) in split.pre_tokenize_str("".join(map(chr, block))):
            kept.update(range(begin, end))
        found.update(c for i, c in enumerate(block) if i not in kept)
    return found


def beside_a(pre_tokenizer, apart):
    """The code points that the pre-tokenizer splits (or does not split) from a letter in front of them."""
    found = set()
    for block in blocks():
        ends = {end for _, (_, end) in pre_tokenizer.pre_tokenize_str("".join("a" + chr(c) for c in block))}
        found.update(c for i, c in enumerate(block) if (2 * i + 1 in ends) == apart)
    return found


def scripts():
    """The code points of each script, as UnicodeScripts sees them; first those that belong to any script."""
    pieces = UnicodeScripts().pre_tokenize_str
    sets = [set()]
    members_of = []  # one code point of each script
    last = 0
    for c in (c for block in blocks() for c in block):
        text = chr(c)
        if len(pieces("a" + text + "a")) == 1 and len(pieces("ж" + text + "ж")) == 1:
            sets[0].add(c)
            continue
        order = [last] + list(range(len(members_of)))
        last = next((i for i in order if i < len(members_of) and len(pieces(members_of[i] + text)) == 1), len(members_of))
        if last == len(members_of):
            members_of.append(text)
            sets.append(set())
        sets[1 + last].add(c)
    return sets


def ranges(found):
    pairs = []
    for c in sorted(found):
        if pairs and pairs[-1][1] == c - 1:
            pairs[-1][1] = c
        else:
            pairs.append([c, c])
    return pairs


def show(name, found):
    line = f'{{"{name}", {{'
    for first, last in ranges(found):
        text = f"{{0x{first:X}, 0x{last:X}}},"
        if len(line) + len(text) > 118:
            print(line)
            line = ""
        line += text
    print(line + "}},")


def main():
    print(f"// Written by make_unicode_sets.py with tokenizers {tokenizers.__version__}.")
    for name in CATEGORIES + SCRIPTS:
        show(name.lower(), members(Split(Regex(rf"\p{{{name}}}"), "removed")))
    show("<word>", members(Split(Regex(r"[\w]"), "removed")))
    show("<pretokenizer word>", beside_a(Whitespace(), False))
    show("<pretokenizer space>", members(WhitespaceSplit()))
    show("<pretokenizer punctuation>", members(Punctuation("removed")))
    for i, found in enumerate(scripts()):
        show(f"<pretokenizer script {i}>", found)
    show("<pretokenizer digit>", beside_a(Digits(individual_digits=True), True))


main()
