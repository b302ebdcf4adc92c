"""Makes a small tokenizer of each fast class of transformers, and the results of its tokenizer.json for awkward texts.

    python make_class_tokenizers.py FOLDER [CLASS...]     (pip install transformers==5.24.0)
    TIDBIT_PLAIN=FOLDER build/host/tests/tokenizer_tests --gtest_filter='Plain.*Folders'

Each class gets a folder. Its vocabulary is trained on the texts, and it has added tokens with every option. Classes
that need another model than BPE, Unigram or WordPiece, or more arguments than a vocabulary, are named and left out.
"""
import inspect
import json
import pathlib
import random
import sys

import transformers
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, trainers

BLANK = "\u2581"
SPECIAL = ["<unk>", "<s>", "</s>", "<pad>", "<mask>", "[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]", "<|endoftext|>", "<UNK>", "<PAD>",
           "<BOS_TOKEN>", "<|END_OF_TURN_TOKEN|>", "<bos>", "<eos>"]
FIRST = {  # of a Unigram vocabulary; the class finds its unknown token by its place
    "Albert": ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"], "BigBird": ["<pad>", "</s>", "<s>", "<unk>", "[CLS]", "[SEP]", "[MASK]"],
    "Camembert": ["<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>"], "DebertaV2": ["[PAD]", "[CLS]", "[SEP]", "[UNK]"],
    "FNet": ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"], "Pegasus": ["<pad>", "</s>", "<mask_1>", "<mask_2>", "<unk>"],
    "RemBert": ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], "T5": ["<pad>", "</s>", "<unk>"], "Udop": ["<pad>", "</s>", "<unk>"],
    "XLNet": ["<unk>", "<s>", "</s>", "<cls>", "<sep>", "<pad>", "<mask>"], "MBart50": []}
WORD_ENDS = {"CLIP", "Herbert", "OpenAIGPT"}  # BPE whose last piece of a word ends with </w>
BLANKS = {"Llama", "Gemma", "CodeLlama", "Nllb", "Reformer", "SeamlessM4T", "Siglip2", "Tipsv2"}  # BPE with U+2581
TEXTS = [
    "", " ", "\n\n", "\t\n ", "  Hello  world  ", "It's we'll they've I'D don't", "7:30 21.5 12345678 ½ ² ٣", "naïve café Größe ÅNGSTRÖM",
    "Быстрая ЛИСА ёж", "東京は日本の首都です", "🙂👨‍👩‍👧 family", "e\u0301 combining", "\u00a0nbsp\u3000wide", "a" * 120, "foo\r\nbar",
    "\u2581 literal \u2581\u2581", "a\x00b\x7f\u200b\u200d\ufffd", "ﬁ ǅ ʼn 'ſ İstanbul ẞ", "𝔘𝔫𝔦 𝟘𝟙", "مرحبا كَيْفَ", "שָׁלוֹם עולם", "नमस्ते दुनिया",
    "สวัสดีชาวโลก", "안녕하세요 세계", "Γειά ΣΊΣΥΦΟΣ", "გამარჯობა", "ሰላም", "𠀀 豈 ｱｲｳ", "[CLS] a [SEP] [MASK]  b [PAD][UNK] ##b", "xn't . , ! ?",
    "<s> a </s>  <mask>  b <pad><unk>", "+ - = $ ^ ` ~ | < > € × «q» —…", "x [[room]] x[[room]] [[ROOM]]", "[[hall]] b[[hall]]c [[hall]].",
    "a  <|left|>  b", "a  <|right|>  b<|right|>", "<0x0A> <0x41>", "call(123)\n\n\t(hello)", "a\u00adb", "\u1e9b\u0323 ㌀ ﷺ"]
PARTS = ["a", "b", "e", "\u0301", "Å", " ", "  ", "the", BLANK, "fox", "s", "[[room]]", "[[", "ö", "ﬁ", "東", "<s>", "</s>", "\t", "\r\n", "light",
         "<mask>", "[MASK]", "[SEP]", "<unk>", "😀", "한", "Ё", "ß", "!", "'s", ".", "$", "\u200b", "٣", "नि", "##"]


def random_texts(count):
    random.seed(3)
    return ["".join(random.choices(PARTS, k=random.randint(1, 24))) for _ in range(count)]


def trained(model, trainer, pre_tokenizer, normalizer=None):
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizer
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.train_from_iterator([text for text in TEXTS + random_texts(400) if "\x00" not in text] * 2, trainer)
    return json.loads(tokenizer.to_str())["model"]


def bpe(base):
    if base in WORD_ENDS:
        steps = [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        splitter = pre_tokenizers.Sequence(steps) if base == "CLIP" else pre_tokenizers.BertPreTokenizer()
        model = trained(models.BPE(end_of_word_suffix="</w>"), trainers.BpeTrainer(
            vocab_size=700, end_of_word_suffix="</w>", show_progress=False), splitter)
    elif base in BLANKS:
        names = SPECIAL[:3] + [f"<0x{byte:02X}>" for byte in range(256)]
        model = trained(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True),
                        trainers.BpeTrainer(vocab_size=700, special_tokens=names, show_progress=False), pre_tokenizers.Metaspace())
    else:
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        model = trained(models.BPE(), trainers.BpeTrainer(vocab_size=600, initial_alphabet=alphabet, show_progress=False),
                        pre_tokenizers.ByteLevel(add_prefix_space=False))
    vocab = model["vocab"]
    if base == "CLIP":
        for character in sorted(pre_tokenizers.ByteLevel.alphabet()):
            for text in (character, character + "</w>"):
                vocab.setdefault(text, len(vocab))
    for name in SPECIAL:
        vocab.setdefault(name, len(vocab))
    return {"vocab": vocab, "merges": [tuple(merge) for merge in model["merges"]]}


def unigram(first):
    model = trained(models.Unigram(), trainers.UnigramTrainer(vocab_size=500, special_tokens=["<unk>"], unk_token="<unk>",
                    show_progress=False), pre_tokenizers.Metaspace())
    known = set(SPECIAL) | set(first) | {"<cls>", "<sep>"}
    pieces = [(text, score) for text, score in model["vocab"] if text.strip(BLANK) not in known]
    return {"vocab": [(text, 0.0) for text in first] + pieces}


def word_piece():
    names = SPECIAL[:10]
    return {"vocab": trained(models.WordPiece(unk_token="[UNK]"),
                             trainers.WordPieceTrainer(vocab_size=700, special_tokens=names, show_progress=False),
                             pre_tokenizers.BertPreTokenizer(), normalizers.BertNormalizer())["vocab"]}


def arguments(name, cls):
    base = name.removesuffix("Fast").removesuffix("Tokenizer")
    kind = getattr(getattr(cls, "model", None), "__name__", "none")
    if kind == "BPE":
        return bpe(base)
    if kind == "WordPiece":
        return word_piece()
    if kind == "Unigram" or base in ("Barthez", "Camembert", "MLuke"):
        return unigram(FIRST.get(base, ["<s>", "<pad>", "</s>", "<unk>"]))
    raise TypeError(f"has the model {kind}")


def write(folder, name, cls):
    made = cls(**arguments(name, cls))
    made.add_tokens([AddedToken("[[room]]", normalized=True),
                     AddedToken("[[hall]]", normalized=False, single_word=True)])
    made.add_tokens([AddedToken("<|left|>", special=True, normalized=False, lstrip=True),
                     AddedToken("<|right|>", special=True, normalized=False, rstrip=True)], special_tokens=True)
    folder.mkdir(parents=True, exist_ok=True)
    made.save_pretrained(folder)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    cases = []
    for text in TEXTS + random_texts(400):
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        decoded = tokenizer.decode(ids)
        if name == "CLIPTokenizer":  # the class does this behind the decoder
            decoded = decoded.replace("</w>", " ").strip()
        cases.append({"text": text, "parsed": ids, "affixed": tokenizer.encode(text).ids, "decoded": decoded})
    (folder / "expected.json").write_text(json.dumps(cases))


def main():
    root, *chosen = sys.argv[1:]
    for name in sorted(n for n in dir(transformers) if n.endswith(("Tokenizer", "TokenizerFast"))):
        cls = getattr(transformers, name)
        fast = inspect.isclass(cls) and issubclass(cls, transformers.PreTrainedTokenizerFast)
        if fast and cls.__name__ == name and (not chosen or name in chosen):
            try:
                write(pathlib.Path(root) / name, name, cls)
            except Exception as error:
                print(f"{name} is left out: {str(error)[:120]}")


main()
