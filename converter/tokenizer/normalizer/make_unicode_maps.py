"""Writes unicode_maps.inc: what the normalizers of the Hugging Face library `tokenizers` make of each character, so that
text is normalized as there, whatever versions of Unicode its parts use.

    pip install tokenizers==0.23.3 sentencepiece && python make_unicode_maps.py > unicode_maps.inc
"""

import pathlib
import tempfile
import unicodedata

import sentencepiece
import tokenizers
from sentencepiece import sentencepiece_model_pb2
from tokenizers.normalizers import NFC, NFD, NFKD, BertNormalizer, Lowercase, Nmt, Precompiled, StripAccents

CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
HANGUL = range(0xAC00, 0xAC00 + 11172)
OVERLAY = "\u0345"  # the only character of the highest combining class


def changes(normalizer, skip=()):
    """What the normalizer makes of the characters that it changes."""
    found = {}
    for c in CODE_POINTS:
        result = normalizer.normalize_str(chr(c))
        if result != chr(c) and c not in skip:
            found[c] = result
    return found


def bert(**on):
    options = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return BertNormalizer(**{**options, **on})


def dropped_behind(normalizer, base="a"):
    """A mark that is dropped. Combined with the base, so that it is not normalized otherwise."""
    return {c: "" for c in CODE_POINTS if normalizer.normalize_str(base + chr(c)) == base}


def combining_classes():
    nfd = NFD()
    representatives = {unicodedata.combining(chr(c)): chr(c) for c in CODE_POINTS}
    classes = {ord(OVERLAY): 240}
    for c in CODE_POINTS:
        mark = chr(c)
        if len(nfd.normalize_str(mark)) != 1 or not nfd.normalize_str("a" + OVERLAY + mark).endswith(OVERLAY):
            continue
        if nfd.normalize_str("a" + OVERLAY + mark) == "a" + OVERLAY + mark:
            continue
        value = unicodedata.combining(mark)
        if value == 0:  # unknown to this Python: the first class that comes after it, or is equal
            value = next(k for k in sorted(representatives) if k and
                         nfd.normalize_str("a" + representatives[k] + mark) == "a" + representatives[k] + mark)
            value = max(k for k in representatives if k <= value)
        classes[c] = value
    return classes


def compositions():
    nfc, nfd = NFC(), NFD()
    pairs = {}
    for c in CODE_POINTS:
        parts = nfd.normalize_str(chr(c))
        if len(parts) < 2 or c in HANGUL or nfc.normalize_str(chr(c)) != chr(c):
            continue
        first = nfc.normalize_str(parts[:-1])
        if len(first) == 1 and nfc.normalize_str(first + parts[-1]) == chr(c):
            pairs[(ord(first), ord(parts[-1]))] = c
        else:
            raise ValueError(f"U+{c:04X} is not composed of two characters")
    return pairs


def charsmap(rules):
    folder = pathlib.Path(tempfile.mkdtemp())
    (folder / "rules.tsv").write_text("".join(f"{ord(a):X}\t{ord(b):X}\n" for a, b in rules.items()))
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["hello world"] * 20), model_prefix=str(folder / "m"), vocab_size=12, model_type="char",
        normalization_rule_tsv=str(folder / "rules.tsv"), minloglevel=2)
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString((folder / "m.model").read_bytes())
    return model.normalizer_spec.precompiled_charsmap


def grapheme_classes():
    """Found by what becomes of clusters of less than six bytes: the map of their first character replaces them."""
    maps = Precompiled(charsmap({"a": "X", "\u0301": "Y", "©": "Z", "क": "K"})).normalize_str
    classes = {}
    for c in CODE_POINTS:
        char = chr(c)
        if char in "a\u0301©क\r\n\u200d":
            continue
        if maps("a" + char) == "X":
            spacing = unicodedata.category(char) == "Mc" or c in (0xE33, 0xEB3)
            linker = maps("क" + char + "क\u0301").endswith("Y")
            classes[c] = 7 if spacing else 6 if linker else 2
        elif maps(char + "a\u0301").endswith("XY"):
            classes[c] = 3
        elif maps(char + "\u0301\u0302").endswith("Y"):
            classes[c] = 1
        elif "\u200d" in maps("©\u200d" + char):
            classes[c] = 4
        elif maps(char + "\u094d" + "क\u0301").endswith("Y"):
            classes[c] = 5
    classes.update({0x301: 2, 0xA9: 4, 0x915: 5, 0x200D: 2, 0xD: 1, 0xA: 1})
    return classes


def hexes(text):
    return " ".join(f"{ord(c):X}" for c in text)


def runs(values):
    """(first, last, value) of consecutive code points."""
    found = []
    for c in sorted(values):
        if found and found[-1][1] == c - 1 and found[-1][2] == values[c]:
            found[-1][1] = c
        else:
            found.append([c, c, values[c]])
    return found


def show(name, entries):
    line = f"constexpr char {name}[] ="
    for entry in entries:
        if line.startswith("constexpr") or len(line) + len(entry) > 112:
            print(line if line.startswith("constexpr") else line + '"')
            line = '    "'
        line += entry + ";"
    print(line + '";')


def show_map(name, values):
    show(name, [f"{c:X} {hexes(values[c])}".strip() for c in sorted(values)])


def show_runs(name, values):
    show(name, [f"{first:X} {last:X} {value:X}" for first, last, value in runs(values)])


def main():
    print(f"// Written by make_unicode_maps.py with tokenizers {tokenizers.__version__}. Numbers are hexadecimal.")
    nfd = changes(NFD(), HANGUL)
    nfkd = changes(NFKD(), HANGUL)
    print("// A character and the characters that it becomes.")
    show_map("kNfd", nfd)
    show_map("kMoreOfNfkd", {c: text for c, text in nfkd.items() if nfd.get(c) != text})
    show_map("kLowercase", changes(Lowercase()))
    print("// First and last character, and what becomes of them: 0 nothing, or a space.")
    show_runs("kNmt", {c: ord(text) if text else 0 for c, text in changes(Nmt()).items()})
    show_runs("kCleanText", {c: ord(text) if text else 0 for c, text in changes(bert(clean_text=True)).items()})
    show_runs("kMarks", {c: 0 for c in dropped_behind(StripAccents())})
    show_runs("kNonspacingMarks", {c: 0 for c in dropped_behind(bert(strip_accents=True))})
    print("// First and last character, and 1.")
    show_runs("kChinese", {c: 1 for c in changes(bert(handle_chinese_chars=True))})
    print("// First and last character, and their canonical combining class.")
    show_runs("kCombiningClasses", combining_classes())
    print("// First and last character, and their class as parts of grapheme clusters (runtime/text/graphemes.h).")
    show_runs("kGraphemeClasses", grapheme_classes())
    print("// Two characters and their composition.")
    show("kCompositions", [f"{a:X} {b:X} {c:X}" for (a, b), c in sorted(compositions().items())])


main()
