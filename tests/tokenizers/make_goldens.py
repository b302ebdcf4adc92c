"""Makes small tokenizers with the Hugging Face library, and writes its results for tricky texts.

    pip install tokenizers==0.23.3 sentencepiece==0.2.3 && python make_goldens.py [DATA]

DATA is the folder of TIDBIT_DATA_DIR; with it, the texts of T5's tokenizer are written too.

Each folder in goldens/ gets a tokenizer.json and an expected.json. A tokenizer.json that exists is kept: the library's
trainers go through hash tables in another order each time, so that those for Unigram, WordPiece and BPE with marks never
give the same file twice, whatever is seeded, on one thread too. Remove it to train another one. For each text the latter contains the ids with
special tokens parsed, the ids with special tokens as ordinary text, and the text that the ids decode to.
"""

import io
import json
import pathlib
import random
import sys

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = pathlib.Path(__file__).parent / "goldens"

SENTENCES = [
    "The quick brown fox jumps over the lazy dog. ",
    "It's what they've said: we'll go, you're late, I'd stay, I'm here, don't! ",
    "Turn the kitchen light on at 7:30, then set the heating to 21.5 degrees. ",
    "Größe und Übermaß, naïve café, señor, où est-ce que c'est? ",
    "Быстрая лиса прыгает. 東京は日本の首都です。 ",
    "call(1234567890)\n\n\t12345678 (hello) THEY'LL 12345678\n",
    "for (int i = 0; i < 100; ++i) {\n    sum += values[i];\n}\n\n",
]

SUFFIX = {"treat_whitespace_as_suffix": True}
SENTENCEPIECES = [("sp_unigram", "unigram", {}), ("sp_suffix", "unigram", SUFFIX), ("sp_suffix_bpe", "bpe", SUFFIX),
                  ("sp_spaces", "unigram", {"spaces": True}),
                  ("sp_spaces_bpe", "bpe", {"spaces": True, "byte_fallback": True, "vocab_size": 520})]

TEXTS = [
    "", " ", "  ", "   ", "\n", "\n\n", "\t\n ", "Hello world", " Hello world", "  Hello  world  ", "hello\n\n\nworld \n",
    "It's we'll they've I'D you'RE 'tis 's", "7:30 21.5 12345678 ½ ² ٣", "naïve café Größe", "Быстрая лиса",
    "東京は日本の首都です", "🙂👨‍👩‍👧 family", "e\u0301 combining", "\u00a0nbsp\u3000wide", "a<|end|>b", "<|end|>", "<|end|><|end|> x",
    "x <|ke", "[[room]] and [[room]][[rooms]]", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "foo\r\nbar", "\u2581 literal \u2581\u2581 blanks",
    "tab\tand\x00zero", "!!!??? ...", "    indented(code)", "<unk> in text", "\u2003em\u2028line", "ﬁ ǅ ʼn 'ſ", "𝔘𝔫𝔦 𝟘𝟙", "the<|end|> the",
    "call(1234567890) (hello)", "THEY'LL they'll", "\n\n\tx", "sum;\n\n}\n",
]


def corpus():
    random.seed(7)
    return [" ".join(random.choices(SENTENCES, k=8)) for _ in range(60)]


def added():
    return [AddedToken("<|end|>", special=True, normalized=False)], [AddedToken("[[room]]", special=False, normalized=False)]


def byte_level(pre_tokenizer=None):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer or pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special, plain = added()
    trainer = trainers.BpeTrainer(vocab_size=420, special_tokens=special, show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(corpus(), trainer)
    tokenizer.add_tokens(plain)
    tokenizer.post_processor = processors.TemplateProcessing(single="<|end|> $A <|end|>", special_tokens=[("<|end|>", 0)])
    return tokenizer


def digits():
    """Llama 3's word splitting, with ignore_merges."""
    regex = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|"
             r"\s*[\r\n]+|\s+(?!\S)|\s+")
    tokenizer = byte_level(pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(regex), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]))
    tokenizer.model.ignore_merges = True
    return tokenizer


def prefix_space():
    tokenizer = byte_level()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    return tokenizer


def pieces(unknown_only=False):
    """Llama 2 as in the Hugging Face library: spaces become U+2581, unknown characters become bytes."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=not unknown_only))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    special, plain = added()
    names = [AddedToken("<unk>", special=True, normalized=False)] + special
    names += [] if unknown_only else [f"<0x{b:02X}>" for b in range(256)]
    training = Tokenizer.from_str(tokenizer.to_str())
    training.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never", split=True)
    trainer = trainers.BpeTrainer(vocab_size=400 + len(names), special_tokens=names, show_progress=False)
    training.train_from_iterator(corpus(), trainer)
    trained = json.loads(training.to_str())
    trained["pre_tokenizer"] = None
    trained["added_tokens"] = [t for t in trained["added_tokens"] if not t["content"].startswith("<0x")]
    tokenizer = Tokenizer.from_str(json.dumps(trained))
    tokenizer.add_tokens(plain)
    steps = [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    tokenizer.decoder = decoders.Sequence(steps)
    tokenizer.post_processor = processors.TemplateProcessing(single="<|end|> $A", special_tokens=[("<|end|>", 1)])
    return tokenizer


def metaspace():
    tokenizer = pieces(unknown_only=True)
    data = json.loads(tokenizer.to_str())
    data["normalizer"] = None
    tokenizer = Tokenizer.from_str(json.dumps(data))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=True)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="first")
    return tokenizer


def unigram(byte_fallback=False):
    """As T5 and Gemma: scored pieces. Special tokens are searched for in the text, but are not pieces."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    special, plain = added()
    names = [AddedToken("<unk>", special=True, normalized=False)] + special
    names += [f"<0x{b:02X}>" for b in range(256)] if byte_fallback else []
    trainer = trainers.UnigramTrainer(vocab_size=300 + len(names), special_tokens=names, unk_token="<unk>",
                                      show_progress=False, shrinking_factor=0.5)
    tokenizer.train_from_iterator(corpus(), trainer)
    trained = json.loads(tokenizer.to_str())
    trained["added_tokens"] = [t for t in trained["added_tokens"] if not t["content"].startswith("<0x")]
    trained["model"]["byte_fallback"] = byte_fallback
    tokenizer = Tokenizer.from_str(json.dumps(trained))
    if byte_fallback:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
        metaspace = decoders.Replace("\u2581", " ")
        tokenizer.decoder = decoders.Sequence([metaspace, decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    tokenizer.add_tokens(plain)
    tokenizer.post_processor = processors.TemplateProcessing(single="$A <|end|>", special_tokens=[("<|end|>", 1)])
    return tokenizer


def unigram_bytes():
    return unigram(byte_fallback=True)


def words():
    """As T5: WhitespaceSplit in front of Metaspace, and no type in the file."""
    tokenizer = unigram()
    steps = [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always", split=True)]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
    return tokenizer


def without_special_pieces(tokenizer):
    """Unigram finds the special tokens of its vocabulary in ordinary text, which tidbit never does."""
    data = json.loads(tokenizer.to_str())
    if data["model"]["type"] != "Unigram":
        return tokenizer
    special = {t["content"] for t in data["added_tokens"] if t["special"]}
    for place, piece in enumerate(data["model"]["vocab"]):
        if piece[0] in special:
            piece[0] = "\U0010FFFD" * (place + 2)
    data["added_tokens"] = [t for t in data["added_tokens"] if not t["special"]]
    data["post_processor"] = None
    return Tokenizer.from_str(json.dumps(data))


def characters():
    alphabet = sorted(set("".join(SENTENCES)))
    vocab = {"<unk>": 0, "<|end|>": 1} | {c: i + 2 for i, c in enumerate(alphabet)}
    tokenizer = Tokenizer(models.WordLevel(vocab, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.add_special_tokens([AddedToken("<unk>", special=True, normalized=False)] + added()[0])
    return tokenizer


def word_pieces():
    """As BERT, with words of at most twelve characters."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=12))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix="##", cleanup=True)
    special, plain = added()
    names = [AddedToken(name, special=True, normalized=False) for name in ("[UNK]", "[CLS]", "[SEP]")] + special
    trainer = trainers.WordPieceTrainer(vocab_size=260, special_tokens=names, show_progress=False)
    tokenizer.train_from_iterator(corpus(), trainer)
    tokenizer.add_tokens(plain)
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    return tokenizer


def word_pieces_as_written():
    """No normalizer, only white space splits, another prefix, and a decoder that leaves all spaces."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", continuing_subword_prefix="@"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.decoder = decoders.WordPiece(prefix="@", cleanup=False)
    names = [AddedToken("[UNK]", special=True, normalized=False)]
    trainer = trainers.WordPieceTrainer(vocab_size=220, special_tokens=names, show_progress=False,
                                        continuing_subword_prefix="@")
    tokenizer.train_from_iterator(corpus(), trainer)
    tokenizer.add_tokens(added()[1])
    return tokenizer


def whole_words():
    """No decoder: the library puts a space between any two tokens."""
    tokenizer = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    special, plain = added()
    names = [AddedToken("[UNK]", special=True, normalized=False)] + special
    trainer = trainers.WordLevelTrainer(vocab_size=90, special_tokens=names, show_progress=False)
    tokenizer.train_from_iterator(corpus(), trainer)
    tokenizer.add_tokens(plain)
    return tokenizer


def word_ends():
    """As the first GPT: the last piece of a word ends with </w>, which decodes to a space."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.BPEDecoder(suffix="</w>")
    special, plain = added()
    names = [AddedToken("<unk>", special=True, normalized=False)] + special
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=names, show_progress=False, end_of_word_suffix="</w>")
    tokenizer.train_from_iterator(corpus(), trainer)
    tokenizer.add_tokens(plain)
    return tokenizer


def word_end_bytes():
    """As CLIP: the last piece of a word ends with </w>, and pieces are bytes."""
    tokenizer = Tokenizer(models.BPE(unk_token="<|end|>", end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    regex = r"<\|end\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(regex), "removed", invert=True),
                                                       pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    special, plain = added()
    trainer = trainers.BpeTrainer(vocab_size=420, special_tokens=special, show_progress=False, end_of_word_suffix="</w>",
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(corpus(), trainer)
    tokenizer.add_tokens(plain)
    tokenizer.post_processor = processors.RobertaProcessing(("<|end|>", 0), ("<|end|>", 0), trim_offsets=False, add_prefix_space=False)
    return tokenizer


def continued_words():
    """The pieces behind the first one of a word begin with ##. Words that are pieces are not merged."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, continuing_subword_prefix="##", ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.decoder = decoders.WordPiece(prefix="##", cleanup=False)
    special, plain = added()
    names = [AddedToken("<unk>", special=True, normalized=False)] + special
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=names, show_progress=False,
                                  continuing_subword_prefix="##")
    tokenizer.train_from_iterator(corpus(), trainer)
    tokenizer.add_tokens(plain)
    return tokenizer


def both_marks():
    """Both marks, and nothing for unknown characters."""
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>", continuing_subword_prefix="@@"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.decoder = decoders.BPEDecoder(suffix="</w>")
    special, plain = added()
    trainer = trainers.BpeTrainer(vocab_size=320, special_tokens=special, show_progress=False,
                                  end_of_word_suffix="</w>", continuing_subword_prefix="@@")
    tokenizer.train_from_iterator(corpus(), trainer)
    tokenizer.add_tokens(plain)
    return tokenizer


def unmarked(byte_fallback=False):
    """No marks, and no decoder: the library puts a space between any two tokens."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation()])
    special, plain = added()
    names = [AddedToken("<unk>", special=True, normalized=False)] + special
    names += [f"<0x{b:02X}>" for b in range(256)] if byte_fallback else []
    trainer = trainers.BpeTrainer(vocab_size=280 + len(names), special_tokens=names, show_progress=False)
    tokenizer.train_from_iterator(corpus(), trainer)
    trained = json.loads(tokenizer.to_str())
    trained["added_tokens"] = [t for t in trained["added_tokens"] if not t["content"].startswith("<0x")]
    trained["model"]["byte_fallback"] = byte_fallback
    tokenizer = Tokenizer.from_str(json.dumps(trained))
    tokenizer.add_tokens(plain)
    return tokenizer


def unmarked_bytes():
    """The whole text is one word, unknown characters become bytes, and tokens are joined."""
    tokenizer = unmarked(byte_fallback=True)
    data = json.loads(tokenizer.to_str())
    data["pre_tokenizer"] = None
    tokenizer = Tokenizer.from_str(json.dumps(data))
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    return tokenizer


def decode(tokenizer, ids):
    """What transformers makes of it: its class for CLIP, whose decoder leaves the ends of words in the text, drops them."""
    text = tokenizer.decode(ids, skip_special_tokens=True)
    if isinstance(tokenizer.decoder, decoders.ByteLevel) and getattr(tokenizer.model, "end_of_word_suffix", None):
        text = text.replace(tokenizer.model.end_of_word_suffix, " ").strip()
    return text


def expected(tokenizer):
    cases = []
    ordinary = without_special_pieces(tokenizer)
    for text in TEXTS:
        tokenizer.encode_special_tokens = False
        parsed = tokenizer.encode(text, add_special_tokens=False).ids
        affixed = tokenizer.encode(text).ids
        decoded = decode(tokenizer, parsed)
        ordinary.encode_special_tokens = True
        plain = ordinary.encode(text, add_special_tokens=False).ids
        cases.append({"text": text, "parsed": parsed, "affixed": affixed, "plain": plain, "decoded": decoded})
    return cases


def sentencepiece_model(model_type, spaces=False, vocab_size=260, **options):
    """A model with user-defined pieces, which may lie inside words. With `spaces`, escape_whitespaces is false."""
    model = io.BytesIO()
    random.seed(7)
    lines = [" ".join(random.choices(SENTENCES, k=3)).replace("\n", " ") for _ in range(200)]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, model_type=model_type, vocab_size=vocab_size, character_coverage=0.98,
        hard_vocab_limit=False, minloglevel=2, num_threads=1, normalization_rule_name="identity",
        user_defined_symbols=["[[room]]", "\u2581the", "ö"], **options)
    trained = sentencepiece_model_pb2.ModelProto()
    trained.ParseFromString(model.getvalue())
    trained.trainer_spec.ClearField("input")
    if spaces:  # the trainer cannot do this itself
        trained.normalizer_spec.escape_whitespaces = False
        for piece in trained.pieces:
            piece.piece = piece.piece.replace("\u2581", " ")
    encode = sentencepiece.SentencePieceProcessor(model_proto=trained.SerializeToString())
    cases = []
    for text in TEXTS:
        if "<unk>" in text or "\0" in text:
            continue
        ids = encode.encode(text)
        cases.append({"text": text, "parsed": ids, "decoded": encode.decode(ids)})
    return trained.SerializeToString(), cases


def write(folder, name, text):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def main():
    if len(sys.argv) > 1:
        t5 = Tokenizer.from_file(str(pathlib.Path(sys.argv[1]) / "tokenizers/t5-small/tokenizer.json"))
        cases = [{"text": text, "parsed": t5.encode(text, add_special_tokens=False).ids} for text in TEXTS]
        write(HERE / "t5_small", "expected.json", json.dumps(cases, indent=0))
    for name, kind, options in SENTENCEPIECES:
        model, cases = sentencepiece_model(kind, **options)
        write(HERE / name, "expected.json", json.dumps(cases, indent=0))
        (HERE / name / "tokenizer.model").write_bytes(model)
    for make in (byte_level, digits, prefix_space, pieces, metaspace, characters, unigram, unigram_bytes,
                 words, word_pieces, word_pieces_as_written, whole_words, word_ends, word_end_bytes, continued_words, both_marks,
                 unmarked, unmarked_bytes):
        folder = HERE / make.__name__
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "tokenizer.json"
        if not file.exists():
            file.write_text(make().to_str(), encoding="utf-8")
        tokenizer = Tokenizer.from_file(str(file))
        (folder / "expected.json").write_text(json.dumps(expected(tokenizer), ensure_ascii=True, indent=0), encoding="utf-8")


main()
