"""Writes what the normalizers, and the options of added tokens, of the Hugging Face library make of awkward texts.

    pip install tokenizers==0.23.3 sentencepiece && python make_normalizer_goldens.py [--fuzz N FILE]

goldens/normalizers gets an expected.json: two tokenizers, the texts, and for each case what is different in the
tokenizer and the ids of each text. With --fuzz, FILE gets an expected.json for N random texts, and with the charsmaps
that SentencePiece comes with.
"""

import base64
import json
import pathlib
import random
import sys
import tempfile

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from tokenizers.pre_tokenizers import ByteLevel, Metaspace

HERE = pathlib.Path(__file__).parent / "goldens" / "normalizers"

TEXTS = [
    "", " ", "Hello World", "  two  spaces   three ", "\u00a0nbsp\u3000wide\u2003em", "Tiếng Việt: ế ệ ự ở Ơ",
    "Tie\u0302\u0301ng Vie\u0323\u0302t e\u0302\u0323", "한국어 각 힣", "\u1112\u1161\u11ab\u1100\u116e\u11a8 \u1100\u1161 \u11a8 \uac00\u11a8",
    "مُحَمَّدٌ ﷺ ﷲ \u0627\u0653 ٱلْ", "हिन्दी क़ \u0915\u093c \u0928\u093c क्क\u0301", "বাংলা ো \u09c7\u09be", "👨\u200d👩\u200d👧 ☺\ufe0f ©\u200d☻\u0301 🇩🇪",
    "ﬁ ﬀ ﬃ ﬅ Ǆ ĳ ½ ① ㎏ ™ ª", "Ｆｕｌｌ－ｗｉｄｔｈ １２３ ｶﾞ ﾊﾟ", "a\u0301\u0323\u0345\u0327b\u0327\u0301 q\u0307\u0323 q\u0323\u0307",
    "\u0344 \u0390 \u1e9b\u0323 \u212b \u2126 \u2000", "İstanbul ΟΔΟΣ Σ ǅ ẞ K ꭰ Ⴀ", "Ünïcödé ñ Åström \u0308start", "北京 is 你好。東京タワー",
    "tab\tline\nfeed\r\nend\x00\x07\u200b\ufeff\ufffd\u00ad", "\U0001d15e\U0001d160 \ufb1d \u2adc \U0002f800", "``quoted'' ''x",
    "foo1234 bar  12", "x▁y ▁z", "Größe STRASSE naïve", "เก็บ น้ำ ກຳ", "עִבְרִית שׁ", "и\u0306 й ё \u0435\u0308", "\u3099か\u3099は\u309a",
    "<a>Hello <b> world<c>,<d>x word words <s> Lily and lily xLily", " <a>  <b>\t<c>\n <d> ", "word<d>word <d> wordword.word ı̇",
]

RULES = {"ﬁ": "fi", "Å": "A", "e\u0301": "é", "a": "b", "ab": "z", "\u0301": "", "\t": " ", "㎏": "kg", "ｶﾞ": "ガ", "ｶ": "カ",
         "\u200d": " ", "😀": "[smile]", "\r\n": "\n", "☺": ":)", "©": "(c)", "한": "Han", "\u1112\u1161\u11ab": "한", "क": "k"}

BERT = dict(clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True)


def charsmap(folder, **options):
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["hello world"] * 20), model_prefix=f"{folder}/m", vocab_size=12, model_type="char",
        minloglevel=2, **options)
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(pathlib.Path(f"{folder}/m.model").read_bytes())
    return base64.b64encode(model.normalizer_spec.precompiled_charsmap).decode()


def precompiled(rules=None, name=None):
    with tempfile.TemporaryDirectory() as folder:
        if name:
            return {"type": "Precompiled", "precompiled_charsmap": charsmap(folder, normalization_rule_name=name)}
        hexes = lambda text: " ".join(f"{ord(c):X}" for c in text)
        file = pathlib.Path(folder) / "rules.tsv"
        file.write_text("".join(f"{hexes(a)}\t{hexes(b)}\n" for a, b in rules.items()))
        return {"type": "Precompiled", "precompiled_charsmap": charsmap(folder, normalization_rule_tsv=str(file))}


def sequence(*steps):
    return {"type": "Sequence", "normalizers": list(steps)}


def replace(content, **pattern):
    return {"type": "Replace", "pattern": pattern, "content": content}


def strip(left, right):
    return {"type": "Strip", "strip_left": left, "strip_right": right}


def simple(name):
    return {"type": name}


def normalizers(fuzz):
    for name in ("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt"):
        yield name, simple(name)
    for name, change in (("bert", {}), ("bert cased", {"lowercase": False}), ("bert strips", {"lowercase": False,
                         "strip_accents": True}), ("bert keeps", {"strip_accents": False}),
                         ("bert raw", {"clean_text": False, "handle_chinese_chars": False})):
        yield name, {"type": "BertNormalizer", **BERT, **change}
    yield "strip", strip(True, True)
    yield "strip left", strip(True, False)
    yield "strip right", strip(False, True)
    yield "prepend", {"type": "Prepend", "prepend": "é x"}
    yield "replace a character", replace("[e]", String="e")
    yield "replace a text", replace('"', String="``")
    for regex in (" {2,}", r"\s+", r"\d", r"[^\w\s]", r"(?i:w?or)l?", "o(?=r)", r"\n|\r\n"):
        yield "replace " + regex, replace("_", Regex=regex)
    yield "xlnet", sequence(replace('"', String="``"), replace('"', String="''"), simple("NFKD"), simple("StripAccents"),
                            simple("Lowercase"), strip(True, True), replace(" ", Regex=" {2,}"))
    yield "clip", sequence(simple("NFC"), replace(" ", Regex=r"\s+"), simple("Lowercase"))
    yield "phobert", sequence(simple("NFKC"), simple("NFD"), simple("NFC"), simple("StripAccents"))
    yield "charsmap", precompiled(RULES)
    if fuzz:
        yield "nmt_nfkc", precompiled(name="nmt_nfkc")
        yield "nfkc_cf", precompiled(name="nfkc_cf")


def added(id, content, **options):
    token = {"id": id, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
             "special": False}
    return {**token, **options}


ADDED = {
    "strips": [("<a>", dict(lstrip=True)), ("<b>", dict(rstrip=True)), ("<c>", dict(lstrip=True, rstrip=True)), ("<d>", {})],
    "single words": [("<d>", dict(single_word=True)), ("word", dict(single_word=True)), ("Lily", dict(single_word=True))],
    "normalized": [("Lily", dict(normalized=True)), ("<s>", dict(normalized=True, special=True)), ("<A>", dict(normalized=True)),
                   ("Größe", dict(normalized=True)), ("word", dict(normalized=True, single_word=True)), ("<b>", {})],
}

BLANK = "\u2581"


def cases(fuzz):
    for name, normalizer in normalizers(fuzz):
        yield {"name": name, "base": "bytes", "change": {"normalizer": normalizer}}
    yield {"name": "byte level", "base": "bytes", "change": {
        "normalizer": sequence(simple("NFC"), simple("ByteLevel")),
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "Ġ?\\p{L}+"}, "behavior": "Isolated", "invert": False}}}
    split = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    for name, tokens in ADDED.items():
        for kind, normalizer in (("plain", None), ("lower", simple("Lowercase")),
                                 ("nfc", simple("NFC")), ("stripped", sequence(strip(True, True), simple("Lowercase")))):
            yield {"name": f"added {name} {kind}", "base": "bytes", "tokens": tokens,
                   "change": {"normalizer": normalizer, "pre_tokenizer": split}}
        yield {"name": f"added {name} legacy", "base": "blanks", "tokens": tokens, "change": {
            "normalizer": sequence({"type": "Prepend", "prepend": BLANK}, replace(BLANK, String=" ")), "pre_tokenizer": None}}
        for scheme in ("always", "first", "never"):
            yield {"name": f"added {name} {scheme}", "base": "blanks", "tokens": tokens, "change": {
                "normalizer": simple("Lowercase"), "pre_tokenizer": {
                    "type": "Metaspace", "replacement": BLANK, "prepend_scheme": scheme, "split": True}}}
    metaspace = {"type": "Metaspace", "replacement": BLANK, "prepend_scheme": "always", "split": True}
    for name, normalizer in (("t5", sequence(precompiled(RULES), strip(False, True), replace(BLANK, Regex=" {2,}"))),
                             ("albert", sequence(replace('"', String="``"), simple("NFKD"), simple("StripAccents"),
                                                 simple("Lowercase"), replace(" ", Regex=" {2,}")))):
        yield {"name": name, "base": "blanks", "change": {"normalizer": normalizer, "pre_tokenizer": metaspace}}
    yield {"name": "gemma with lower case", "base": "blanks", "change": {
        "normalizer": sequence(simple("Lowercase"), replace(BLANK, String=" ")), "pre_tokenizer": None}}


def fuzzed(count):
    random.seed(13)
    common = "".join(TEXTS) + "aAeEiIoOuU    \u0301\u0323\u0327\u0308\u0345\u0300"
    rare = [c for c in range(0x20, 0x30000) if not 0xD800 <= c < 0xE000] + list(range(0xE0000, 0xE0200))
    for _ in range(count):
        yield "".join(random.choice(common) if random.random() < 0.8 else chr(random.choice(rare))
                      for _ in range(random.randint(1, 40)))


def train():
    texts = TEXTS * 2 + list(fuzzed(100))
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=300, show_progress=False,
                                                             initial_alphabet=ByteLevel.alphabet()))
    blanks = Tokenizer(models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    blanks.pre_tokenizer = Metaspace()
    bytes_ = [f"<0x{b:02X}>" for b in range(256)]
    blanks.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=360, show_progress=False, limit_alphabet=60,
                                                          special_tokens=["<unk>"] + bytes_))
    blanks = json.loads(blanks.to_str())
    blanks["added_tokens"] = blanks["added_tokens"][:1]
    return {"bytes": json.loads(tokenizer.to_str()), "blanks": blanks}


def sentencepiece_ids(texts):
    """Trains rules.model, with the charsmap of RULES."""
    hexes = lambda text: " ".join(f"{ord(c):X}" for c in text)
    with tempfile.TemporaryDirectory() as folder:
        rules = pathlib.Path(folder) / "rules.tsv"
        rules.write_text("".join(f"{hexes(a)}\t{hexes(b)}\n" for a, b in RULES.items()))
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(t.replace("\0", "") for t in TEXTS * 2), model_prefix=f"{folder}/m", vocab_size=480,
            model_type="bpe", byte_fallback=True, character_coverage=0.98, user_defined_symbols=["Åström"],
            normalization_rule_tsv=str(rules), minloglevel=2)
        model = pathlib.Path(f"{folder}/m.model").read_bytes()
    (HERE / "rules.model").write_bytes(model)
    encode = sentencepiece.SentencePieceProcessor(model_proto=model).encode
    return [" ".join(map(str, encode(text))) for text in texts]


def main():
    fuzz = len(sys.argv) == 4 and sys.argv[1] == "--fuzz"
    bases = train()
    texts = list(fuzzed(int(sys.argv[2]))) if fuzz else TEXTS + list(fuzzed(10))
    results = []
    for case in cases(fuzz):
        base = bases[case["base"]]
        vocabulary = dict(base["model"]["vocab"])
        tokens = [added(vocabulary.setdefault(text, len(vocabulary)), text, **options)
                  for text, options in case.pop("tokens", [])]
        if tokens:
            case["change"]["added_tokens"] = base["added_tokens"] + tokens
        tokenizer = Tokenizer.from_str(json.dumps({**base, **case["change"]}))
        ids = [" ".join(map(str, tokenizer.encode(text, add_special_tokens=False).ids)) for text in texts]
        results.append({**case, "ids": ids})
    HERE.mkdir(parents=True, exist_ok=True)
    file = pathlib.Path(sys.argv[3]) if fuzz else HERE / "expected.json"
    described = {"tokenizers": bases, "texts": texts, "cases": results, "sentencepiece": sentencepiece_ids(texts)}
    file.write_text(json.dumps(described, indent=0))


main()
