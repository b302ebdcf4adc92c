"""Writes GGUF files with the tokenizers "t5" and "bert", and llama.cpp's results for tricky texts.

    python make_gguf_goldens.py LIBLLAMA t5          writes goldens/gguf_t5 (pip install gguf sentencepiece)
    python make_gguf_goldens.py LIBLLAMA t5 N FILE   N random texts instead of the usual ones, results in FILE

The same with bert. LIBLLAMA is the path of libllama.so.

t5: The pieces are those of goldens/sp_unigram, with some more that are unused or user-defined; the charsmap is that of
goldens/normalizers/rules.model. The ids are those of the file with each combination of add_space_prefix and
remove_extra_whitespaces.

bert: The pieces are those of goldens/vocab_txt. The ids are those of the file with each combination of lowercase and
strip_accents.
"""
import ctypes
import json
import pathlib
import random
import sys
import tempfile

import gguf
from sentencepiece import sentencepiece_model_pb2

HERE = pathlib.Path(__file__).parent / "goldens"
NORMAL, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 3, 4, 5, 6
MORE = [("<0x41>", 0, BYTE), ("brown", -4, NORMAL), ("dogs", -3.5, UNUSED), ("a b", 0, USER_DEFINED),
        ("c d", -1, NORMAL), ("Ab", 0, USER_DEFINED), ("e\u0301", 0, USER_DEFINED), ("\u2581fox", -1, NORMAL)]
TEXTS = ["dogs dog brown", "a b c d", " a b ", "Ab Abe A e\u0301 e", "\u2581the the\u2581", "fox fox", "\ufb01x \u212b \u338f",
         "   the    fox   ", "\u2581 ", " \u2581", "the fox<s> </s> the</s>"]
BERT_TEXTS = ["[CLS] a [SEP] [MASK] b [UNK]", "\u2581[[room]]x [[room]]", "İstanbul naïve NAÏVE é É e\u0301 GRÖSSE", "東京 한국 豈",
              "a\u200bb \u00ad c\ue000 d", "x $^`~ \u2014 \u00ab \u00a9 \u20ac", "\u0897a \u1b4e \u1c89 \ua7cb \U00011938", "[unused9]",
              "thefox" * 40, "don't it's , . ! ?"]
SWITCHES = [(first, second) for first in (False, True) for second in (False, True)]
NAMES = {"t5": ("prefix", "merge"), "bert": ("lowercase", "strip")}


class Params(ctypes.Structure):
    """llama_model_params, with more room than that takes."""
    _fields_ = [("devices", ctypes.c_void_p * 2), ("numbers", ctypes.c_int32 * 6), ("pointers", ctypes.c_void_p * 4),
                ("vocab_only", ctypes.c_bool), ("flags", ctypes.c_bool * 31)]


def model_of(name):
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString((HERE / name).read_bytes())
    return model


def write_t5(file, prefix, merge):
    model, rules = model_of("sp_unigram/tokenizer.model"), model_of("normalizers/rules.model")
    pieces = [(piece.piece, piece.score, piece.type if piece.piece != "ö" else NORMAL) for piece in model.pieces]
    pieces += [piece for piece in MORE if piece[0] not in {text for text, _, _ in pieces}]
    writer = gguf.GGUFWriter(file, "llama")
    writer.add_tokenizer_model("t5")
    writer.add_token_list([text for text, _, _ in pieces])
    writer.add_token_scores([float(score) for _, score, _ in pieces])
    writer.add_token_types([kind for _, _, kind in pieces])
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_space_prefix(prefix)
    writer.add_remove_extra_whitespaces(merge)
    writer.add_precompiled_charsmap(rules.normalizer_spec.precompiled_charsmap)
    finish(writer)


def write_bert(file, lowercase, strip):
    lines = (HERE / "vocab_txt" / "vocab.txt").read_text(encoding="utf-8").splitlines() + ["[unused9]", "[[room]]"]
    kinds = [CONTROL if line[0] + line[-1] == "[]" else NORMAL for line in lines[:-2]] + [UNUSED, USER_DEFINED]
    names = [line if kind == CONTROL else line.removeprefix("##") if line.startswith("##") else "\u2581" + line
             for line, kind in zip(lines, kinds)]
    writer = gguf.GGUFWriter(file, "bert")
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("jina-v2-en")
    writer.add_token_list(names)
    writer.add_token_types(kinds)
    writer.add_unk_token_id(lines.index("[UNK]"))
    writer.add_bos_token_id(lines.index("[CLS]"))
    writer.add_sep_token_id(lines.index("[SEP]"))
    writer.add_bool("tokenizer.ggml.normalizer.lowercase", lowercase)
    writer.add_bool("tokenizer.ggml.normalizer.strip_accents", strip)
    finish(writer)


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()


class Llama:
    def __init__(self, library, file):
        self.lib = ctypes.CDLL(library)
        self.lib.llama_model_default_params.restype = Params
        self.lib.llama_model_load_from_file.restype = ctypes.c_void_p
        self.lib.llama_model_load_from_file.argtypes = [ctypes.c_char_p, Params]
        self.lib.llama_model_get_vocab.restype = ctypes.c_void_p
        self.lib.llama_model_get_vocab.argtypes = [ctypes.c_void_p]
        self.lib.llama_tokenize.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int32, ctypes.c_void_p,
                                            ctypes.c_int32, ctypes.c_bool, ctypes.c_bool]
        params = self.lib.llama_model_default_params()
        params.vocab_only = True
        self.vocab = self.lib.llama_model_get_vocab(self.lib.llama_model_load_from_file(str(file).encode(), params))

    def encode(self, text, parse=True, affixes=False):
        data = text.encode()
        ids = (ctypes.c_int32 * (len(data) * 4 + 16))()
        return ids[:self.lib.llama_tokenize(self.vocab, data, len(data), ids, len(ids), affixes, parse)]


def is_cut(text):
    """Of characters that share their first byte with a user-defined piece, llama.cpp makes two."""
    return any(c != "\u2581" and c.encode()[0] == 0xE2 for c in text)


def random_texts(count):
    parts = ["a", "b", "e", "\u0301", "A", "Å", " ", "  ", "the", "\u2581", "fox", "dog", "s", "[[room]]", "[[", "Ab", "ö",
             "\ufb01", "東", "<s>", "</s>", "\t", "\r\n", "\n", "kitchen", "light", "ab", "brown", "😀", "한"]
    random.seed(3)
    return ["".join(random.choices(parts, k=random.randint(1, 24))) for _ in range(count)]


def texts_of(kind):
    known = json.loads((HERE / {"t5": "sp_unigram", "bert": "vocab_txt"}[kind] / "expected.json").read_text())
    if kind == "t5":
        return [case["text"] for case in known] + TEXTS
    return [case["text"] for case in known[0]["cases"]] + BERT_TEXTS


def is_known_difference(kind, text):
    """A word with U+2581 in it is unknown to tidbit."""
    return is_cut(text) if kind == "t5" else "\u2581" in text.replace("\u2581[[room]]", "")


def main():
    library, kind, *fuzz = sys.argv[1:]
    texts = random_texts(int(fuzz[0])) if fuzz else texts_of(kind)
    write = {"t5": write_t5, "bert": write_bert}[kind]
    cases = []
    for switches in SWITCHES:
        file = pathlib.Path(tempfile.mkdtemp()) / "tokenizer.gguf"
        write(file, *switches)
        llama = Llama(library, file)
        for text in texts:
            if not is_known_difference(kind, text):
                cases.append(dict(zip(NAMES[kind], switches)) | {"text": text, "parsed": llama.encode(text),
                             "plain": llama.encode(text, parse=False), "affixed": llama.encode(text, affixes=True)})
    folder = HERE / f"gguf_{kind}"
    folder.mkdir(exist_ok=True)
    if not fuzz:
        write(folder / "tokenizer.gguf", True, True)
    target = pathlib.Path(fuzz[1]) if fuzz else folder / "expected.json"
    target.write_text(json.dumps(cases, separators=(",", ":")).replace("},{", "},\n{"))


main()
