"""Renders the templates of templates/ with transformers, and makes small tokenizers with the ids of conversations.

    pip install transformers==5.24.0 tokenizers jinja2 && python make_goldens.py

goldens/renderings.json has sets of variables and, for each template, the text for each set, or null where the template
fails.
Each folder in goldens/ has a tokenizer, its tokenizer_config.json with a template, and turns.json: conversations and
their ids.
"""

import datetime
import json
import pathlib

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast
from transformers.utils import chat_template_utils

HERE = pathlib.Path(__file__).parent
NOW = 1764180000  # the time that strftime_now takes, in UTC


class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.datetime.fromtimestamp(NOW, datetime.timezone.utc)


chat_template_utils.datetime = Clock

TOOLS = [{"type": "function", "function": {
    "name": "set_light", "description": "Turns a lamp \"on\" or off <é>",
    "parameters": {"type": "object", "properties": {"room": {"type": "string"}, "level": {"type": "number", "default": 0.5}},
                   "required": ["room"]}}}]
CALL = [{"id": "call12345", "type": "function", "function": {"name": "set_light", "arguments": {"room": "hall", "level": 3}}}]


def said(*texts):
    """Messages of a user and a model in turn."""
    return [{"role": ("user", "assistant")[i % 2], "content": text} for i, text in enumerate(texts)]


SYSTEM = [{"role": "system", "content": " Be kind.\n"}]
RESULT = [{"role": "tool", "content": '{"done": true}'}]
ASKED = said("light!") + [{"role": "assistant", "content": "", "tool_calls": CALL}] + RESULT
CONVERSATIONS = [
    said("Hello"), said("  Hello there \n"), said("a", "b", "c"), said("1 + 1?", " 2 ", "sure?\n", "yes", "\"thanks\" \\o/"),
    SYSTEM + said("Hello"), SYSTEM + said("a", "<think>\nhm\n</think>\n\nb", "c"), said("a", "b"), ASKED,
    SYSTEM + ASKED + said("x")[:0] + [{"role": "assistant", "content": "on"}] + said("off"),
    said("a", "b") + RESULT + RESULT + [{"role": "assistant", "content": "c"}] + said("d"), said("x") + said("y"),
]


def renderings():
    variables = [{"messages": messages, "add_generation_prompt": i != 6, "bos_token": "<s>", "eos_token": "</s>",
                  "tools": TOOLS if i % 3 == 1 else None, "documents": None} for i, messages in enumerate(CONVERSATIONS)]
    texts = {}
    for path in sorted((HERE / "templates").glob("*.jinja")):
        compiled = chat_template_utils._compile_jinja_template(path.read_text())
        texts[path.name] = []
        for values in variables:
            try:
                texts[path.name].append(compiled.render(**values))
            except Exception:
                texts[path.name].append(None)
    return {"variables": variables, "texts": texts}


CORPUS = ["You answer briefly. Hello there, turn on the light in the kitchen. user assistant model system tool ",
          "1 + 1 = 2? Größe, naïve, 東京. The quick brown fox jumps over the lazy dog. Knowledge ends in 2023. ",
          "[INST] <<SYS>> <</SYS>> [/INST] ### Instruction: ### Response: \n\n  for (int i = 0; i < 10; ++i) {\n    x;\n}\n"]


def markers(texts, special=True):
    return [AddedToken(text, special=special, normalized=False) for text in texts]


def byte_level(special, plain=()):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(CORPUS * 20, trainers.BpeTrainer(
        vocab_size=360, special_tokens=markers(special), show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.add_tokens(markers(plain, special=False))
    return tokenizer


def pieces(special, scheme):
    """SentencePiece in the form of the Hugging Face library: a space in front of every text, or of the first one."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    names = markers(["<unk>"] + special) + [f"<0x{b:02X}>" for b in range(256)]
    training = Tokenizer.from_str(tokenizer.to_str())
    training.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never", split=True)
    training.train_from_iterator(CORPUS * 20, trainers.BpeTrainer(
        vocab_size=340 + len(names), special_tokens=names, show_progress=False))
    trained = json.loads(training.to_str())
    trained["pre_tokenizer"] = None
    trained["added_tokens"] = [t for t in trained["added_tokens"] if not t["content"].startswith("<0x")]
    tokenizer = Tokenizer.from_str(json.dumps(trained))
    if scheme == "every":
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
        last = [decoders.Strip(" ", 1, 0)]
    else:
        tokenizer.normalizer = normalizers.Replace(" ", "\u2581")
        last = []
    tokenizer.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()] + last)
    return tokenizer


STYLES = {
    # The markers of tools are not special tokens.
    "qwen3": (lambda: byte_level(["<|endoftext|>", "<|im_start|>", "<|im_end|>"], ["<tool_response>", "</tool_response>"]),
              {"eos_token": "<|im_end|>"}),
    "llama3": (lambda: byte_level(["<s>", "</s>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]),
               {"bos_token": "<s>", "eos_token": "</s>"}),
    "llama2": (lambda: pieces(["<s>", "</s>"], "every"), {"bos_token": "<s>", "eos_token": "</s>"}),
    "gemma": (lambda: pieces(["<s>", "</s>", "<start_of_turn>", "<end_of_turn>"], "none"),
              {"bos_token": "<s>", "eos_token": "</s>"}),
    # None of the markers is a token.
    "alpaca": (lambda: byte_level(["<s>", "</s>"]), {"bos_token": "<s>", "eos_token": "</s>"}),
}


def write_style(name):
    make, tokens = STYLES[name]
    template = (HERE / "templates" / f"{name}.jinja").read_text()
    folder = HERE / "goldens" / name
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = make()
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    config = {**tokens, "chat_template": template}
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n")
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, chat_template=template, **tokens)
    turns = []
    with_tools = [CONVERSATIONS[9]] if name == "qwen3" else []
    for messages in CONVERSATIONS[:5] + with_tools:
        ids = fast.apply_chat_template(messages, tokenize=True, add_generation_prompt=True, return_dict=False)
        turns.append(json.dumps({"messages": messages, "ids": ids}, ensure_ascii=False))
    (folder / "turns.json").write_text("[\n" + ",\n".join(turns) + "\n]\n")


if __name__ == "__main__":
    (HERE / "goldens").mkdir(exist_ok=True)
    text = json.dumps(renderings(), ensure_ascii=False, indent=1)
    (HERE / "goldens" / "renderings.json").write_text(text + "\n")
    for style in STYLES:
        write_style(style)
