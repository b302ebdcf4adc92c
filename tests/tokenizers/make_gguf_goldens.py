"""Writes a GGUF file with the tokenizer "t5", and llama.cpp's results for tricky texts.

    python make_gguf_goldens.py LIBLLAMA          writes goldens/gguf_t5 (pip install gguf sentencepiece)
    python make_gguf_goldens.py LIBLLAMA N FILE   N random texts instead of the usual ones, results in FILE

LIBLLAMA is the path of libllama.so. The pieces are those of goldens/sp_unigram, with some more that are unused or
user-defined; the charsmap is that of goldens/normalizers/rules.model. The ids are those of the file with each
combination of add_space_prefix and remove_extra_whitespaces.
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
NORMAL, USER_DEFINED, UNUSED, BYTE = 1, 4, 5, 6
MORE = [("<0x41>", 0, BYTE), ("brown", -4, NORMAL), ("dogs", -3.5, UNUSED), ("a b", 0, USER_DEFINED),
        ("c d", -1, NORMAL), ("Ab", 0, USER_DEFINED), ("e\u0301", 0, USER_DEFINED), ("\u2581fox", -1, NORMAL)]
TEXTS = ["dogs dog brown", "a b c d", " a b ", "Ab Abe A e\u0301 e", "\u2581the the\u2581", "fox fox", "\ufb01x \u212b \u338f",
         "   the    fox   ", "\u2581 ", " \u2581", "the fox<s> </s> the</s>"]
SWITCHES = [(prefix, merge) for prefix in (False, True) for merge in (False, True)]


class Params(ctypes.Structure):
    """llama_model_params, with more room than that takes."""
    _fields_ = [("devices", ctypes.c_void_p * 2), ("numbers", ctypes.c_int32 * 6), ("pointers", ctypes.c_void_p * 4),
                ("vocab_only", ctypes.c_bool), ("flags", ctypes.c_bool * 31)]


def model_of(name):
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString((HERE / name).read_bytes())
    return model


def write_gguf(file, prefix, merge):
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


def main():
    library, *fuzz = sys.argv[1:]
    known = json.loads((HERE / "sp_unigram" / "expected.json").read_text())
    texts = random_texts(int(fuzz[0])) if fuzz else [case["text"] for case in known] + TEXTS
    cases = []
    for prefix, merge in SWITCHES:
        file = pathlib.Path(tempfile.mkdtemp()) / "tokenizer.gguf"
        write_gguf(file, prefix, merge)
        llama = Llama(library, file)
        for text in texts:
            if not is_cut(text):
                cases.append({"prefix": prefix, "merge": merge, "text": text, "parsed": llama.encode(text),
                              "plain": llama.encode(text, parse=False), "affixed": llama.encode(text, affixes=True)})
    folder = HERE / "gguf_t5"
    folder.mkdir(exist_ok=True)
    if not fuzz:
        write_gguf(folder / "tokenizer.gguf", True, True)
    target = pathlib.Path(fuzz[1]) if fuzz else folder / "expected.json"
    target.write_text(json.dumps(cases, separators=(",", ":")).replace("},{", "},\n{"))


main()
