"""Writes vocab.json with merges.txt as RoBERTa, CLIP and the first GPT have them, and transformers' results for tricky texts.

    python make_vocab_json_goldens.py        writes goldens/vocab_json (pip install transformers==5.24.0)

The pieces and merges are those of goldens/byte_level, word_end_bytes and word_ends. Each entry of expected.json has a
folder, a tokenizer_config.json, and for each text the ids without and with what belongs around it, and the decoded text.
"""
import json
import pathlib
import shutil
import tempfile

import transformers

HERE = pathlib.Path(__file__).parent / "goldens"
ROBERTA = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
FOLDERS = {  # special tokens in front of the pieces
    "byte_level": ROBERTA + ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]", "<|endoftext|>", "<|padding|>", "<|startoftranscript|>",
                             "<|notimestamps|>"],
    "word_end_bytes": ["<|startoftext|>", "<|endoftext|>"],
    "word_ends": ROBERTA,
}
TEXTS = ["[CLS] a [SEP] [MASK] b [PAD][UNK]", "<s> a </s>  <mask>  b <pad> <unk>", "naïve NAÏVE é É e\u0301 Å", "東京 Größe GRÖSSE",
         "a<|endoftext|> b", "<|startoftext|>a", "It's 12 o'clock, they'LL", "[[room]] [[ROOM]]", "a\u00a0b\u3000c \u2028", "</w> a</w>b"]
ROOM = {"content": "[[room]]", "special": False, "normalized": True, "lstrip": False, "rstrip": False, "single_word": False}
MASK = {"content": "<mask>", "lstrip": True, "rstrip": False, "normalized": False, "single_word": False, "special": True}
ENTRIES = [("byte_level", {"tokenizer_class": name + "Tokenizer"}) for name in (
    "GPT2", "CodeGen", "GPTNeoX", "Qwen2", "Roberta", "Bart", "Longformer", "Deberta", "Whisper")] + [
    ("byte_level", {"tokenizer_class": "GPT2TokenizerFast", "add_prefix_space": True}),
    ("byte_level", {"tokenizer_class": "RobertaTokenizer", "add_prefix_space": True, "added_tokens_decoder": {"ROOM": ROOM, "MASK": MASK}}),
    ("byte_level", {"tokenizer_class": "RobertaTokenizer", "cls_token": "[CLS]", "sep_token": "[SEP]"}),
    ("word_end_bytes", {"tokenizer_class": "CLIPTokenizer"}),
    ("word_ends", {"tokenizer_class": "HerbertTokenizer"}),
    ("word_ends", {"tokenizer_class": "OpenAIGPTTokenizer"})]


def write(folder, name):
    """The vocabulary and the merges of a golden; returns the number of tokens."""
    model = json.loads((HERE / name / "tokenizer.json").read_text())["model"]
    vocab = {text: id for id, text in enumerate(FOLDERS[name] + [t for t in sorted(model["vocab"], key=model["vocab"].get)
                                                                 if t not in FOLDERS[name]])}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(vocab, indent=0), encoding="utf-8")
    lines = [" ".join(merge) for merge in model["merges"]]
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2"] + lines) + "\n", encoding="utf-8")
    return vocab


def results(source, config, texts):
    folder = pathlib.Path(tempfile.mkdtemp())
    for name in ("vocab.json", "merges.txt"):
        shutil.copy(source / name, folder)
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    cases = []
    for text in texts:
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        decoded = tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        cases.append({"text": text, "parsed": ids, "affixed": tokenizer(text)["input_ids"], "decoded": decoded})
    return cases


def main():
    texts = [case["text"] for case in json.loads((HERE / "byte_level" / "expected.json").read_text())] + TEXTS
    vocabs = {name: write(HERE / "vocab_json" / name, name) for name in FOLDERS}
    entries = []
    for name, config in ENTRIES:
        if "added_tokens_decoder" in config:
            ids = {"ROOM": str(len(vocabs[name])), "MASK": str(vocabs[name]["<mask>"])}
            config["added_tokens_decoder"] = {ids[key]: token for key, token in config["added_tokens_decoder"].items()}
        entries.append({"folder": name, "config": config, "cases": results(HERE / "vocab_json" / name, config, texts)})
    (HERE / "vocab_json" / "expected.json").write_text(json.dumps(entries, separators=(",", ":")).replace("},{", "},\n{"))


main()
