"""Drops words, makes typos, and varies letter case and punctuation."""

import re
import string

from slots import ONES, TENS

NEIGHBORS = {"a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj",
             "i": "uo", "j": "hk", "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o",
             "q": "w", "r": "et", "s": "ad", "t": "ry", "u": "yi", "v": "cb", "w": "qe", "x": "zc",
             "y": "tu", "z": "x"}
DROPPABLE = {"the", "a", "please", "my", "our", "just"}
# Short or easily confused words are never mistyped.
PROTECTED = {"percent", "cent", "celsius"} | {word for word in ONES + TENS if len(word) < 4}


def one_edit(word):
    splits = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    for left, right in splits:
        if right:
            yield left + right[1:]
        if len(right) > 1:
            yield left + right[1] + right[0] + right[2:]
        for letter in string.ascii_lowercase:
            yield left + letter + right
            if right:
                yield left + letter + right[1:]


def mistyped(rng, word):
    at = rng.randrange(1, len(word))
    kind = rng.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1:]
    if kind == 1:
        return word[:at] + word[at] + word[at:]
    if kind == 2 and at + 1 < len(word):
        return word[:at] + word[at + 1] + word[at] + word[at + 2:]
    return word[:at] + rng.choice(NEIGHBORS.get(word[at], word[at])) + word[at + 1:]


class Typist:
    """Makes one-letter typos from which the original is the only word of the lexicon that is one edit away."""

    def __init__(self, lexicon):
        self.lexicon = set(lexicon)
        self.verdicts = {}

    def clear(self, word, typed):
        key = (word, typed)
        if key not in self.verdicts:
            self.verdicts[key] = typed not in self.lexicon and not any(
                other in self.lexicon and other != word for other in one_edit(typed))
        return self.verdicts[key]

    def mistype(self, rng, word):
        if len(word) < 4 or not word.isascii() or not word.isalpha() or word in PROTECTED:
            return word
        typed = mistyped(rng, word)
        return typed if self.clear(word, typed) else word

    def spoil(self, rng, text, count):
        words = text.split(" ")
        for _ in range(count):
            at = rng.randrange(len(words))
            words[at] = self.mistype(rng, words[at])
        return " ".join(words)


def drop_words(rng, text):
    words = [word for word in text.split(" ") if word not in DROPPABLE or rng.random() < 0.4]
    return " ".join(words)


def change_case(rng, text):
    return text[:1].upper() + text[1:] if rng.random() < 0.5 else text


def change_punctuation(rng, text):
    if rng.random() < 0.10:
        text = re.sub(r"[,']", "", text)
    style = rng.random()
    if style < 0.45 or text[-1:] in "?.!":
        return text
    return text + ("." if style < 0.85 else rng.choice(["!", "?"]))


def rough(rng, text, typist, wording):
    """The request as a user might have typed it."""
    if not wording.tidy and rng.random() < 0.08:
        text = drop_words(rng, text)
    if not wording.tidy and rng.random() < wording.typing_mistakes:
        text = typist.spoil(rng, text, 1)
    return change_case(rng, change_punctuation(rng, re.sub(r"\s+", " ", text).strip(" ,")))
