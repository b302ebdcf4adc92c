"""Writes a vocab.txt as BERT has it, and the results of transformers' classes for tricky texts.

    python make_bert_goldens.py        writes goldens/vocab_txt (pip install transformers==5.24.0)

The pieces are those of goldens/word_pieces and the special tokens of MPNet. Each entry of expected.json has a
tokenizer_config.json, and for each text the ids without and with what belongs around it, and the decoded text.
"""
import json
import pathlib
import tempfile

import transformers

HERE = pathlib.Path(__file__).parent / "goldens"
MORE = ["[PAD]", "[MASK]", "<s>", "</s>", "<pad>", "<mask>", "é", "##é", "İ", "東京", "naïve", "Größe", "Größ", "##ße"]
TEXTS = ["[CLS] a [SEP] [MASK] b [PAD][UNK]", "<s> a </s>  <mask>  b <pad>", "[mask] ##b ##", "İstanbul naïve NAÏVE é É e\u0301",
         "東京 Größe GRÖSSE", "a\u200bb \ufffd \u00ad c", "x $^`~ \u2014 \u00ab \u00a9", "[[room]] [[ROOM]]", "xn't 'm . !"]
ROOM = {"content": "[[room]]", "special": False, "normalized": True, "lstrip": False, "rstrip": False, "single_word": False}
MASK = {"content": "[MASK]", "lstrip": True, "rstrip": False, "normalized": False, "single_word": False}
CONFIGS = [
    {},
    {"tokenizer_class": "BertTokenizer", "do_lower_case": False},
    {"tokenizer_class": "BertTokenizerFast", "do_lower_case": False, "strip_accents": True},
    {"tokenizer_class": "BertTokenizer", "strip_accents": False, "tokenize_chinese_chars": False},
    {"tokenizer_class": "DistilBertTokenizer", "mask_token": MASK | {"__type": "AddedToken"}},
    {"tokenizer_class": "BertTokenizer", "added_tokens_decoder": {"ROOM": ROOM, "MASK": MASK | {"rstrip": True, "special": True}}},
    {"tokenizer_class": "BertTokenizer", "cls_token": "<s>", "sep_token": "</s>", "unk_token": "the"},
    {"tokenizer_class": "MPNetTokenizer"},
]


def results(lines, config, texts):
    folder = pathlib.Path(tempfile.mkdtemp())
    (folder / "vocab.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    name = config.get("tokenizer_class", "BertTokenizer").removesuffix("Fast")
    tokenizer = getattr(transformers, name).from_pretrained(folder)
    cases = []
    for text in texts:
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        decoded = tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        cases.append({"text": text, "parsed": ids, "affixed": tokenizer(text)["input_ids"], "decoded": decoded})
    return {"config": config, "cases": cases}


def main():
    vocab = json.loads((HERE / "word_pieces" / "tokenizer.json").read_text())["model"]["vocab"]
    lines = sorted(vocab, key=vocab.get) + [text for text in MORE if text not in vocab]
    ids = {"ROOM": str(len(lines)), "MASK": str(lines.index("[MASK]"))}
    for config in CONFIGS:
        if "added_tokens_decoder" in config:
            config["added_tokens_decoder"] = {ids[key]: token for key, token in config["added_tokens_decoder"].items()}
    texts = [case["text"] for case in json.loads((HERE / "word_pieces" / "expected.json").read_text())] + TEXTS
    folder = HERE / "vocab_txt"
    folder.mkdir(exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    entries = [results(lines, config, texts) for config in CONFIGS]
    (folder / "expected.json").write_text(json.dumps(entries, separators=(",", ":")).replace("},{", "},\n{"))


main()
