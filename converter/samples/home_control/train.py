"""Trains the home control model on the CPU and writes an ordinary Hugging Face folder."""

import argparse
import json
import math
import time
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

from muon import Muon

HERE = Path(__file__).parent
MODEL = HERE / "model"
END, JSON = 0, 1
POSITIONS = 192
IGNORED = -100


def read_pairs(path):
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]


def encode(tokenizer, pairs):
    """Pairs of (prompt ids ending in <|json|>, answer ids ending in <|end|>), without those that are too long."""
    prompts = tokenizer.encode_batch([request for request, _ in pairs])
    answers = {line: tokenizer.encode(line, add_special_tokens=False).ids + [END] for line in {p[1] for p in pairs}}
    encoded = [(prompt.ids, answers[line]) for prompt, (_, line) in zip(prompts, pairs)]
    return [pair for pair in encoded if len(pair[0]) + len(pair[1]) <= POSITIONS]


def new_model(vocabulary):
    config = LlamaConfig(
        vocab_size=vocabulary, hidden_size=128, intermediate_size=384, num_hidden_layers=4,
        num_attention_heads=4, num_key_value_heads=2, head_dim=32, max_position_embeddings=POSITIONS,
        rms_norm_eps=1e-5, rope_theta=10000.0, tie_word_embeddings=True, attention_bias=False,
        bos_token_id=None, eos_token_id=END, pad_token_id=None, initializer_range=0.04)
    return LlamaForCausalLM(config)


def batches(encoded, size, generator):
    """Endless batches of examples of similar length, in random order."""
    while True:
        order = torch.randperm(len(encoded), generator=generator).tolist()
        for start in range(0, len(order) - size * 50 + 1, size * 50):
            pool = sorted(order[start:start + size * 50], key=lambda at: sum(map(len, encoded[at])))
            for at in torch.randperm(50, generator=generator).tolist():
                yield [encoded[index] for index in pool[at * size:(at + 1) * size]]


def tensors(batch):
    """Inputs and labels, padded at the end; the loss counts only the answer and <|end|>."""
    longest = max(len(prompt) + len(answer) for prompt, answer in batch)
    inputs = torch.full((len(batch), longest), END)
    labels = torch.full((len(batch), longest), IGNORED)
    for row, (prompt, answer) in enumerate(batch):
        ids = torch.tensor(prompt + answer)
        inputs[row, :len(ids)] = ids
        labels[row, len(prompt):len(ids)] = ids[len(prompt):]
    return inputs, labels


def loss_of(model, batch):
    inputs, labels = tensors(batch)
    hidden = model.model(input_ids=inputs[:, :-1], use_cache=False).last_hidden_state
    wanted = labels[:, 1:]
    counted = wanted != IGNORED
    return torch.nn.functional.cross_entropy(model.lm_head(hidden[counted]), wanted[counted])


def optimizers_for(model, peak):
    """Muon for the matrices of the layers, AdamW for the embedding and the norms."""
    inner = [p for name, p in model.named_parameters() if p.dim() > 1 and "embed" not in name]
    outer = [p for name, p in model.named_parameters() if p.dim() == 1 or "embed" in name]
    return [Muon(inner, lr=peak, momentum=0.95, weight_decay=0.01),
            torch.optim.AdamW(outer, lr=peak / 5, betas=(0.9, 0.98), weight_decay=0.0)]


def rate(step, steps, warmup=100, floor=0.02):
    if step < warmup:
        return (step + 1) / warmup
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))


def save(model):
    model.save_pretrained(MODEL, safe_serialization=True)
    GenerationConfig(eos_token_id=END, do_sample=False, max_new_tokens=64).save_pretrained(MODEL)
    tokenizer_config = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|end|>",
                        "model_max_length": POSITIONS, "clean_up_tokenization_spaces": False}
    (MODEL / "tokenizer_config.json").write_text(json.dumps(tokenizer_config, indent=2) + "\n")


def train(model, encoded, options):
    generator = torch.Generator().manual_seed(options.seed)
    optimizers = optimizers_for(model, options.rate)
    schedules = [torch.optim.lr_scheduler.LambdaLR(each, lambda step: rate(step, options.steps)) for each in optimizers]
    started, running = time.time(), 0.0
    for step, batch in zip(range(1, options.steps + 1), batches(encoded, options.batch, generator)):
        loss = loss_of(model, batch)
        model.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for each in optimizers + schedules:
            each.step()
        running += loss.item()
        if step % 200 == 0:
            print(f"step {step} loss {running / 200:.4f} seconds {time.time() - started:.0f}", flush=True)
            running = 0.0
        if step % 1000 == 0:
            save(model)


@torch.no_grad()
def greedy(model, prompts, limit=64):
    """Greedy answers to prompts of equal length, each cut off at <|end|>."""
    inputs, cache, written = torch.tensor(prompts), None, []
    finished = torch.zeros(len(prompts), dtype=torch.bool)
    while len(written) < limit and not finished.all():
        output = model(input_ids=inputs, past_key_values=cache, use_cache=True)
        inputs, cache = output.logits[:, -1].argmax(-1, keepdim=True), output.past_key_values
        finished |= inputs[:, 0] == END
        written.append(inputs)
    rows = torch.cat(written, dim=1).tolist()
    return [row[:row.index(END)] if END in row else row for row in rows]


def answers(model, tokenizer, requests):
    by_length = {}
    for prompt in {tuple(tokenizer.encode(request).ids) for request in requests}:
        by_length.setdefault(len(prompt), []).append(prompt)
    known = {}
    for prompts in by_length.values():
        known.update(zip(prompts, greedy(model, prompts)))
    return [tokenizer.decode(known[tuple(tokenizer.encode(request).ids)]) for request in requests]


def fields_right(answer, wanted):
    """Share of the five fields that are correct; 0 if the answer is not JSON."""
    try:
        given = json.loads(answer)
    except ValueError:
        return 0.0
    if not isinstance(given, dict):
        return 0.0
    wanted = json.loads(wanted)
    return sum(key in given and given[key] == value for key, value in wanted.items()) / len(wanted)


def evaluate(model, tokenizer, path):
    pairs, exact, fields = read_pairs(path), 0, 0.0
    for (request, wanted), answer in zip(pairs, answers(model, tokenizer, [pair[0] for pair in pairs])):
        exact += answer == wanted
        fields += fields_right(answer, wanted)
        if answer != wanted:
            print(f"{request}\n  expected {wanted}\n  answered {answer}")
    print(f"{path.name}: {len(pairs)} requests, exact {exact / len(pairs):.4f}, fields {fields / len(pairs):.4f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=12000)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=0.02)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="start from the weights in the model folder")
    parser.add_argument("--evaluate", type=Path, help="evaluate the saved model on this .tsv file, without training")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    tokenizer = Tokenizer.from_file(str(MODEL / "tokenizer.json"))
    if options.evaluate:
        evaluate(LlamaForCausalLM.from_pretrained(MODEL).eval(), tokenizer, options.evaluate)
        return
    model = LlamaForCausalLM.from_pretrained(MODEL) if options.resume else new_model(tokenizer.get_vocab_size())
    print(f"{sum(p.numel() for p in model.parameters())} parameters", flush=True)
    train(model.train(), encode(tokenizer, read_pairs(HERE / "corpus" / "train.tsv")), options)
    save(model)


if __name__ == "__main__":
    main()
