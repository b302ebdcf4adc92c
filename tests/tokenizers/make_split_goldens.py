"""Writes the splits of awkward texts with the Hugging Face library: expressions as published with models, and each type
of pre-tokenizer.

    pip install tokenizers==0.23.3 && python make_split_goldens.py [--fuzz N FILE]

goldens/splits gets a tokenizer.json, whose merges cross every kind of border, and an expected.json: the texts, and the
ids of each text for each pre-tokenizer, to be put in place of the tokenizer's own. With --fuzz, FILE gets an
expected.json for N random texts.
"""

import json
import pathlib
import random
import sys

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from tokenizers.pre_tokenizers import (BertPreTokenizer, ByteLevel, CharDelimiterSplit, Digits, Punctuation, Sequence,
                                       FixedLength, Split, UnicodeScripts, Whitespace, WhitespaceSplit)

HERE = pathlib.Path(__file__).parent / "goldens" / "splits"

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
SHORT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
CASED = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+SHORT?|"
         r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*SHORT?|")
ENDS = r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
DEEPSEEK3 = (r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+|"
             r" ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
LLAMA3 = SHORT + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"

# As published with these models. Each is followed by a ByteLevel that does not split.
EXPRESSIONS = {
    "gpt-2 as a program": [GPT2 + "|x{0}y{0}z"],
    "llama-3 as a program": [LLAMA3 + "|x{0}y{0}z"],
    "cl100k": [r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|"
               r"\s+(?!\S)|\s"],
    "o200k": [CASED.replace("SHORT", SHORT) + r"\p{N}{1,3}" + ENDS],
    "tekken": [CASED.replace("SHORT?", "") + r"\p{N}" + ENDS],
    "deepseek-v3": [r"\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+", DEEPSEEK3],
    "deepseek-coder": ["[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", "[一-龥ࠀ-一가-퟿]+", r"\p{N}"],
    "deepseek-llm": ["[\r\n]", r"\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿ]+", r"\s?[!-/:-~！-／：-～‘-‟　-。]+", r"\s+$", "[一-龥ࠀ-一가-퟿]+",
                     r"\p{N}+"],
    "qwen3.5": [SHORT + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"],
    "bailing": [r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"],
    "bloom": [r" ?[^(\s|.,!?…。，、।۔،)]+"],
    "exaone-moe": [SHORT + r"|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|"
                   r"\s*[\r\n]|\s+(?!\S)|\s+"],
    "jais-2": [SHORT + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s{512}(?!\S)|"
               r"\s{256}(?!\S)|\s{128}(?!\S)|\s{64}(?!\S)|\s{32}(?!\S)|\s{16}(?!\S)|\s{8}(?!\S)|\s{4}(?!\S)|\s{1,2}(?!\S)|"
               r"\s{1}"],
    "kimi-k2": [r"[\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*"
                r"[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+SHORT?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+"
                r"[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*SHORT?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|"
                r"\s+".replace("SHORT", SHORT)],
    "chameleon": [r"<sentinel:[0-9]+>", "(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z", r"([\t\n]|    |  )"],
    # Corners of the syntax.
    "lazy and counted": [r"a+?b|[0-9]{2,}?|(?:xy){2}|z{,2}|q{2}{2}|\h{4}"],
    "empty matches": [r"x*|(?=e)", r"|o"],
    "groups and looks": [r"(?>\s+)\p{L}|(a|ab)(c|bcd)?(?=\d|$)|(?<name>[^\W\d_]+)(?!\.)|(?#none)\.\z|(?i)THE|o"],
    "classes": [r"[a-c&&[^b]]+|[]\-x]+|[^\p{^L}a-y]+|[\x{4E00}-\u9fff\t]+|[[:space:]]|\P{L}+"],
}

BEHAVIORS = ["removed", "isolated", "contiguous", "merged_with_previous", "merged_with_next"]

TEXTS = [
    "", " ", "  ", "\n", " \n", "\n\n ", "\t\n \r\n", "Hello world", "  Hello  world  ", "hello\n\n\nworld \n",
    "It's we'll they've I'D you'RE 'tis 's 'ſ", "7:30 21.5 12345678 ½ ² ٣ 1", "naïve café GRÖSSE Straße",
    "Быстрая ЛИСА", "東京は日本の首都です。カタカナー", "🙂👨‍👩‍👧 family", "e\u0301 combining \u0301", "\u00a0nbsp\u3000wide",
    "foo\r\nbar", "tab\tand\x00zero", "!!!??? ...", "    indented(code)\n\n\n}", "\u2003em\u2028line\x85next",
    "ﬁ ǅ ʼn K", "𝔘𝔫𝔦 𝟘𝟙", "हिन्दी में", "สวัสดีครับ ๑๒", "مرحبا ١٢٣، كيف؟", "שלום עולם", "안녕하세요 여러분", "Ελληνικά ΣΑΣ",
    "camelCase XMLHttpRequest snake_case don'T", "a" * 20, "--- a-b_c ---", "$5+3=8 <b>|x|</b> ^`~", "x = y2 ** 3 // z",
    "aab 2024 xyxy zzz qqqqq beef", "abcd ab1 ab", "  \n  \n\n  x", "<sentinel:12>IMGIMGABZ  IMGIMGZ", "end.", "e.g. the.",
    " " * 700 + "x", "\ufeffbom \u200bzero", "«a» “b” ‘c’ ¡d! ¿e?", "日本語のtext混在123テスト", "\u0345\u2160\u24d0 ⅷ",
]


def pre_tokenizers_of():
    tail = ByteLevel(add_prefix_space=False, use_regex=False)
    for name, expressions in EXPRESSIONS.items():
        yield name, [Split(Regex(e), "isolated") for e in expressions] + [tail]
    for behavior in BEHAVIORS:
        yield "regex " + behavior, [Split(Regex(r"\s+|[a-f]|\d*"), behavior), tail]
        yield "regex inverted " + behavior, [Split(Regex(r"\p{L}+|\d"), behavior, invert=True), tail]
        yield "text " + behavior, [Split("e", behavior), tail]
        yield "punctuation " + behavior, [Punctuation(behavior), tail]
    for each in (True, False):
        yield f"digits {each}", [Digits(individual_digits=each), tail]
    yield "whitespace", [Whitespace(), tail]
    yield "whitespace split", [WhitespaceSplit(), tail]
    yield "bert", [BertPreTokenizer(), tail]
    yield "scripts", [UnicodeScripts(), tail]
    yield "fixed length", [FixedLength(3), tail]
    yield "delimiter", [CharDelimiterSplit("l"), tail]
    yield "nothing", [tail]
    yield "starcoder", [Digits(individual_digits=True), ByteLevel(add_prefix_space=False)]
    yield "prefix", [ByteLevel(add_prefix_space=True), Digits(individual_digits=True)]
    yield "falcon", [Punctuation("contiguous"), ByteLevel(add_prefix_space=False), Digits(individual_digits=False),
                     Split(Regex("[0-9][0-9][0-9]"), "isolated")]


def fuzzed(count):
    random.seed(11)
    alphabet = list("aAbBeEsStTlLdD  ''  \n\r\t..,-/_(1230½²٣ßſKéЖж日本カは한ไม้हि́🙂\u200d\u00a0\u3000\u2028\x85«$+=<|^`~xyzqI")
    rare = [chr(c) for c in range(0x20, 0x3000)] + [chr(c) for c in range(0xF900, 0x11000)]
    for _ in range(count):
        yield "".join(random.choice(alphabet if random.random() < 0.9 else rare) * random.choice([1, 1, 1, 2, 5])
                      for _ in range(random.randint(1, 40)))


def train():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=520, show_progress=False, initial_alphabet=ByteLevel.alphabet())
    tokenizer.train_from_iterator(TEXTS * 3 + list(fuzzed(300)), trainer)
    return tokenizer


def expected(tokenizer, texts):
    cases = []
    for name, steps in pre_tokenizers_of():
        tokenizer.pre_tokenizer = Sequence(steps)
        described = json.loads(tokenizer.to_str())["pre_tokenizer"]
        ids = [" ".join(map(str, tokenizer.encode(text, add_special_tokens=False).ids)) for text in texts]
        cases.append({"name": name, "pre_tokenizer": described, "ids": ids})
    return {"texts": texts, "cases": cases}


def main():
    fuzz = len(sys.argv) == 4 and sys.argv[1] == "--fuzz"
    tokenizer = train()
    if fuzz:
        result, file = expected(tokenizer, list(fuzzed(int(sys.argv[2])))), pathlib.Path(sys.argv[3])
    else:
        HERE.mkdir(parents=True, exist_ok=True)
        (HERE / "tokenizer.json").write_text(tokenizer.to_str(), encoding="utf-8")
        result, file = expected(tokenizer, TEXTS + list(fuzzed(20))), HERE / "expected.json"
    file.write_text(json.dumps(result, ensure_ascii=True, indent=0), encoding="utf-8")


main()
