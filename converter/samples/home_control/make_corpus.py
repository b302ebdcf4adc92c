"""Writes heldout.tsv, the tokenizer, and the training and development text (which are not committed)."""

import argparse
import random
import re
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

import heldout_grammar
import phrases_heldout
import phrases_train
import schema
import slots
import train_grammar
import unknown_train
from grammar import skeleton_key
from noise import Typist

HERE = Path(__file__).parent
END, JSON = "<|end|>", "<|json|>"
VOCABULARY = 1024
TIDY_SHARES = [0.65, 0.35]


def strings(value):
    """All strings inside nested lists and dictionaries."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from strings(inner)


def phrases_of(*modules):
    names = [(module, name) for module in modules for name in vars(module)
             if name.isupper() and name not in ("WORDS", "VERB_FORMS")]
    return [text for module, name in names for text in strings(getattr(module, name))]


def check_lists_disjoint():
    """Stops if a held-out template, opener, closer, carrier or sentence is in a training list."""
    train = {skeleton_key(text) for text in phrases_of(phrases_train, unknown_train)} - {""}
    shared = [text for text in phrases_of(phrases_heldout) if skeleton_key(text) in train]
    if shared:
        raise SystemExit(f"these held-out phrases are also training phrases; remove them from one list: {shared}")


def lexicon():
    """Words that a typo must not make ambiguous."""
    texts = [*strings(schema.DEVICES), *strings(schema.ROOMS), *schema.EVERYWHERE, *slots.ONES, *slots.TENS,
             *phrases_of(phrases_train, unknown_train), *phrases_train.VERB_FORMS, *strings(phrases_train.VERB_FORMS),
             "percent degrees celsius quarter half past noon midday midnight morning afternoon evening night tonight"]
    return {word for text in texts for word in re.findall(r"[a-z]+", text.lower())}


def training_examples(count, seed, typist, held_out, development=False):
    """Distinct examples that share no request and no template with the held-out set."""
    rng, full = random.Random(seed), train_grammar.TrainWording(development)
    wordings = [full] if development else [full, train_grammar.TidyWording()]
    requests = {example.request.lower() for example in held_out}
    skeletons = {example.skeleton for example in held_out}
    seen, examples, refused = set(), [], 0
    while len(examples) < count:
        wording = rng.choices(wordings, TIDY_SHARES[:len(wordings)])[0]
        example = train_grammar.example(rng, wording, typist)
        if example.request.lower() in requests or example.skeleton in skeletons:
            refused += 1
        elif example.request and example.request not in seen:
            seen.add(example.request)
            examples.append(example)
    return examples, refused


def write_tsv(path, examples):
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{example.request}\t{example.line}\n" for example in examples), encoding="utf-8")


def two_digit_numbers():
    """Repeated often enough that each two-digit number, with and without a leading space, becomes one token."""
    return [f"{space}{number:02d}" for space in ("", " ") for number in range(100)] * 2000


def train_tokenizer(examples):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY, special_tokens=[END, JSON], show_progress=False,
                                  initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    texts = [text for example in examples for text in (example.request, example.line)]
    tokenizer.train_from_iterator(texts + two_digit_numbers(), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"$A {JSON}", special_tokens=[(JSON, tokenizer.token_to_id(JSON))])
    return tokenizer


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=600_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep-tokenizer", action="store_true", help="do not train the tokenizer again")
    options = parser.parse_args()
    check_lists_disjoint()
    typist = Typist(lexicon())
    held_out = heldout_grammar.held_out(options.seed, typist)
    train, refused = training_examples(options.lines, options.seed + 1, typist, held_out)
    development, _ = training_examples(2000, options.seed + 2, typist, held_out, development=True)
    write_tsv(HERE / "heldout.tsv", held_out)
    write_tsv(HERE / "corpus" / "train.tsv", train)
    write_tsv(HERE / "corpus" / "development.tsv", development)
    if not options.keep_tokenizer:
        (HERE / "model").mkdir(exist_ok=True)
        train_tokenizer(train[:60_000]).save(str(HERE / "model" / "tokenizer.json"))
    print(f"held out {len(held_out)}, training {len(train)}, development {len(development)}, "
          f"training requests rejected because they are held out {refused}")


if __name__ == "__main__":
    main()
