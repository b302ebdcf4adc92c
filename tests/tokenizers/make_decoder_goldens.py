"""Gives tokenizers of goldens/ other decoders, and writes the Hugging Face library's texts for lists of tokens.

    python make_decoder_goldens.py                  writes goldens/decoders.json (pip install tokenizers==0.23.3)
    python make_decoder_goldens.py --fuzz N FILE    N random decoders

Without a decoder the library puts a space between any two tokens, which tidbit does only for words. Each entry has the name of a tokenizer, a decoder, and lists of ids, each with its text.
"""
import json
import pathlib
import random
import sys

from tokenizers import Tokenizer

HERE = pathlib.Path(__file__).parent / "goldens"
NAMES = ["byte_level", "pieces", "metaspace", "characters", "unigram", "unigram_bytes", "word_pieces", "whole_words", "word_ends",
         "continued_words", "unmarked", "unmarked_bytes"]
BLANK = "\u2581"
FUSE, BYTES, LEVEL = {"type": "Fuse"}, {"type": "ByteFallback"}, {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}


def replace(content, **pattern):
    return {"type": "Replace", "pattern": pattern, "content": content}


def strip(content, start, stop):
    return {"type": "Strip", "content": content, "start": start, "stop": stop}


def metaspace(scheme):
    return {"type": "Metaspace", "replacement": BLANK, "prepend_scheme": scheme, "split": True}


def word_piece(prefix, cleanup):
    return {"type": "WordPiece", "prefix": prefix, "cleanup": cleanup}


def sequence(*steps):
    return {"type": "Sequence", "decoders": list(steps)}


SPACES = replace(" ", String=BLANK)
CHOSEN = [
    FUSE, LEVEL, sequence(LEVEL, FUSE), sequence(SPACES, FUSE), sequence(SPACES, FUSE, strip(" ", 1, 0)), sequence(SPACES, BYTES, FUSE),
    sequence(FUSE, SPACES, strip(" ", 1, 0)), sequence(replace(" ", Regex=BLANK), FUSE), sequence(metaspace("always"), BYTES, FUSE),
    metaspace("never"), metaspace("first"), sequence(metaspace("never"), FUSE, strip(" ", 1, 0)), word_piece("##", True), word_piece("##", False),
    word_piece("@@", False), sequence(word_piece("##", True), FUSE), {"type": "BPEDecoder", "suffix": "</w>"},
    sequence({"type": "BPEDecoder", "suffix": "</w>"}, FUSE), sequence(replace(" ", String="</w>"), FUSE),
    sequence(replace(" ", String="</w>"), FUSE, strip(" ", 0, 1)), sequence(BYTES, FUSE), sequence(BYTES, SPACES, FUSE), strip("x", 1, 0),
    sequence(FUSE, strip("\u00fc", 1, 0)), sequence(replace("", Regex="^##"), FUSE), sequence(FUSE, replace("", String="##")),
    {"type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|", "cleanup": True}]
STEPS = [FUSE, BYTES, LEVEL, SPACES, SPACES, metaspace("always"), metaspace("never"), metaspace("first"), word_piece("##", True), word_piece("##", False),
         {"type": "BPEDecoder", "suffix": "</w>"}, strip(" ", 1, 0), strip(" ", 1, 0), strip(" ", 0, 1), strip(BLANK, 1, 0), strip("e", 2, 0),
         replace("", String="##"), replace(" ", Regex=BLANK + "+"), replace("e", String="e"), replace(" ", String="\u0120"),
         replace("", Regex="</w>$"), replace("ab", String="b")]


def lists(tokenizer, count):
    """Ordinary tokens, which are no bytes, in any order, and those of texts."""
    names = {id: name for name, id in tokenizer.get_vocab().items() if not name.startswith("<")}
    for _ in range(count):
        yield random.choices(sorted(names), k=random.randint(1, 6))
    for text in (" The light, don't", "[[room]] naïve  x.", "foo (bar) ! "):
        yield tokenizer.encode(text, add_special_tokens=False).ids


def decoded(tokenizer, ids):
    try:
        return tokenizer.decode(ids, skip_special_tokens=True)
    except BaseException as error:  # Strip panics at the end of a text without characters
        if "Panic" not in type(error).__name__:
            raise
        return None


def main():
    random.seed(17)
    fuzz = len(sys.argv) == 4 and sys.argv[1] == "--fuzz"
    rounds = [random.choices(STEPS, k=random.randint(1, 4)) for _ in range(int(sys.argv[2]))] if fuzz else []
    chosen = [sequence(*steps) for steps in rounds] if fuzz else CHOSEN
    entries = []
    for name in NAMES:
        data = json.loads((HERE / name / "tokenizer.json").read_text())
        for decoder in chosen:
            tokenizer = Tokenizer.from_str(json.dumps(data | {"decoder": decoder}))
            cases = [[ids, text] for ids in lists(tokenizer, 12 if fuzz else 6) if (text := decoded(tokenizer, ids)) is not None]
            entries.append({"tokenizer": name, "decoder": decoder, "cases": cases})
    file = pathlib.Path(sys.argv[3]) if fuzz else HERE / "decoders.json"
    file.write_text("[" + ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in entries) + "]\n")


main()
