#!/usr/bin/env python3
"""Makes Llama and Gemma 3 models with random weights, in the shapes used to measure speed.

    shapes.py SHAPE DIRECTORY      writes DIRECTORY/SHAPE/ (config.json, model.safetensors, tokenizer.bin)
                                   and DIRECTORY/SHAPE.gguf, with the same weights in f16

As a module it provides SHAPES, write_checkpoint() and write_gguf(). A shape and a seed give the same files everywhere.
Needs numpy; the GGUF also needs the package gguf. Tensors are made and written one by one, so only the largest must fit
in memory.

Matrices are drawn from N(0, 1.6 / sqrt(columns)), so that the logits have a standard deviation of about 1.6. Norms are
1. The tokenizer is a dummy, the same in both files: special tokens, bytes, a few letters, and names for the rest.
"""
import dataclasses
import json
import math
import pathlib
import struct
import sys
import zlib
from typing import Iterator

import numpy as np

CONTEXT = 2048
NORM_EPSILON = 1e-5
ROPE_THETA = 10000.0


@dataclasses.dataclass(frozen=True)
class Shape:
    name: str
    width: int
    layers: int
    heads: int
    kv_heads: int
    ffn: int
    vocab: int
    tied: bool
    own_head_dim: int = 0    # if it is not width / heads
    window: int = 0          # of a Gemma 3: in five of six layers

    @property
    def head_dim(self) -> int:
        return self.own_head_dim or self.width // self.heads

    @property
    def q_width(self) -> int:
        return self.head_dim * self.heads

    @property
    def kv_width(self) -> int:
        return self.head_dim * self.kv_heads

    @property
    def is_gemma(self) -> bool:
        return self.window != 0

    @property
    def products(self) -> int:
        """Multiplications by a weight per decoded token, including the head."""
        layer = self.width * (2 * self.q_width + 2 * self.kv_width + 3 * self.ffn)
        return self.layers * layer + self.vocab * self.width


SHAPES = {shape.name: shape for shape in (
    Shape("S15M", 288, 6, 6, 6, 768, 32000, True),
    Shape("S110M", 768, 12, 12, 12, 2048, 32000, True),
    Shape("SMOL135M", 576, 30, 9, 3, 1536, 49152, True),
    Shape("TL1B", 2048, 22, 32, 4, 5632, 32000, False),
    Shape("S-GEMMA270M", 640, 18, 4, 1, 2048, 262144, True, own_head_dim=256, window=512),
)}


# ---- tensors ----

@dataclasses.dataclass(frozen=True)
class Tensor:
    name: str                # in the Hugging Face checkpoint
    gguf_name: str
    size: tuple[int, ...]    # (rows, columns), or (n,) for a norm
    heads: int = 0           # for q and k, whose rows have another order in GGUF


# Norms behind the sublayers of Gemma 3.
GEMMA_NORMS = (("post_feedforward_layernorm", "post_ffw_norm"), ("post_attention_layernorm", "post_attention_norm"))


def layer_tensors(shape: Shape, index: int) -> Iterator[Tensor]:
    at, to = f"model.layers.{index}.", f"blk.{index}."
    width, kv, ffn = shape.width, shape.kv_width, shape.ffn
    yield Tensor(at + "input_layernorm.weight", to + "attn_norm.weight", (width,))
    q_heads, k_heads = (0, 0) if shape.is_gemma else (shape.heads, shape.kv_heads)
    yield Tensor(at + "self_attn.q_proj.weight", to + "attn_q.weight", (shape.q_width, width), q_heads)
    yield Tensor(at + "self_attn.k_proj.weight", to + "attn_k.weight", (kv, width), k_heads)
    yield Tensor(at + "self_attn.v_proj.weight", to + "attn_v.weight", (kv, width))
    yield Tensor(at + "self_attn.o_proj.weight", to + "attn_output.weight", (width, shape.q_width))
    before_ffn = "pre_feedforward_layernorm" if shape.is_gemma else "post_attention_layernorm"
    yield Tensor(at + before_ffn + ".weight", to + "ffn_norm.weight", (width,))
    if shape.is_gemma:
        for name, gguf_name in GEMMA_NORMS:
            yield Tensor(at + name + ".weight", to + gguf_name + ".weight", (width,))
        for part in "qk":
            yield Tensor(at + f"self_attn.{part}_norm.weight", to + f"attn_{part}_norm.weight", (shape.head_dim,))
    yield Tensor(at + "mlp.gate_proj.weight", to + "ffn_gate.weight", (ffn, width))
    yield Tensor(at + "mlp.up_proj.weight", to + "ffn_up.weight", (ffn, width))
    yield Tensor(at + "mlp.down_proj.weight", to + "ffn_down.weight", (width, ffn))


def tensors(shape: Shape) -> list[Tensor]:
    listed = [Tensor("model.embed_tokens.weight", "token_embd.weight", (shape.vocab, shape.width))]
    for index in range(shape.layers):
        listed.extend(layer_tensors(shape, index))
    listed.append(Tensor("model.norm.weight", "output_norm.weight", (shape.width,)))
    if not shape.tied:
        listed.append(Tensor("lm_head.weight", "output.weight", (shape.vocab, shape.width)))
    return listed


def values(tensor: Tensor, seed: int) -> np.ndarray:
    """The tensor as float16. Each tensor has its own generator, so that their order does not matter."""
    if len(tensor.size) == 1:
        return np.ones(tensor.size, np.float16)
    generator = np.random.Generator(np.random.SFC64([seed, zlib.crc32(tensor.name.encode())]))
    normal = generator.standard_normal(tensor.size, dtype=np.float32)
    normal *= 1.6 / math.sqrt(tensor.size[1])
    return normal.astype(np.float16)


# ---- the dummy tokenizer ----

UNKNOWN, BEGIN, END, FIRST_BYTE, BYTES = 0, 1, 2, 3, 256


def vocabulary(size: int) -> list[str]:
    pieces = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(BYTES)]
    pieces += list(" abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,")
    return pieces + [f"\u00a4{index}" for index in range(len(pieces), size)]


def write_tokenizer(size: int, path: pathlib.Path) -> None:
    """llama2.c's format: length of the longest piece, then score, length and bytes of each piece."""
    pieces = [piece.encode() for piece in vocabulary(size)]
    with open(path, "wb") as file:
        file.write(struct.pack("<I", max(map(len, pieces))))
        for index, piece in enumerate(pieces):
            file.write(struct.pack("<fi", -float(index), len(piece)) + piece)


def add_gguf_tokenizer(writer, size: int) -> None:
    from gguf import TokenType
    special = {UNKNOWN: TokenType.UNKNOWN, BEGIN: TokenType.CONTROL, END: TokenType.CONTROL}
    special.update({index: TokenType.BYTE for index in range(FIRST_BYTE, FIRST_BYTE + BYTES)})
    writer.add_tokenizer_model("llama")
    writer.add_token_list([piece.replace(" ", "\u2581") for piece in vocabulary(size)])
    writer.add_token_scores([-float(index) for index in range(size)])
    writer.add_token_types([special.get(index, TokenType.NORMAL) for index in range(size)])
    writer.add_bos_token_id(BEGIN)
    writer.add_eos_token_id(END)


# ---- files ----

def config(shape: Shape) -> dict:
    if shape.is_gemma:
        return gemma_config(shape)
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": shape.vocab,
        "hidden_size": shape.width,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "intermediate_size": shape.ffn,
        "max_position_embeddings": CONTEXT,
        "hidden_act": "silu",
        "rms_norm_eps": NORM_EPSILON,
        "rope_theta": ROPE_THETA,
        "tie_word_embeddings": shape.tied,
        "torch_dtype": "float16",
    }


def gemma_config(shape: Shape) -> dict:
    return {
        "architectures": ["Gemma3ForCausalLM"],
        "model_type": "gemma3_text",
        "vocab_size": shape.vocab,
        "hidden_size": shape.width,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "head_dim": shape.head_dim,
        "intermediate_size": shape.ffn,
        "max_position_embeddings": CONTEXT,
        "sliding_window": shape.window,
        "rms_norm_eps": NORM_EPSILON,
        "torch_dtype": "float16",
    }


def write_safetensors(shape: Shape, seed: int, path: pathlib.Path) -> None:
    """The length of the header in eight bytes, the header, the tensors."""
    header, end = {}, 0
    for tensor in tensors(shape):
        start, end = end, end + 2 * math.prod(tensor.size)
        header[tensor.name] = {"dtype": "F16", "shape": tensor.size, "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors(shape):
            stored_minus_one = shape.is_gemma and len(tensor.size) == 1
            (values(tensor, seed) - np.float16(stored_minus_one)).tofile(file)


def write_checkpoint(shape: Shape, directory: pathlib.Path, seed: int = 1) -> None:
    """A Hugging Face folder. config.json has no end-of-text token; only the tokenizer has one."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "config.json").write_text(json.dumps(config(shape), indent=2) + "\n")
    write_tokenizer(shape.vocab, directory / "tokenizer.bin")
    write_safetensors(shape, seed, directory / "model.safetensors")


def gguf_values(tensor: Tensor, seed: int) -> np.ndarray:
    """Norms as float32; rows of q and k reordered so that channels that rotate together are adjacent."""
    array = values(tensor, seed)
    if array.ndim == 1:
        return array.astype(np.float32)
    if tensor.heads == 0:
        return array
    rows, columns = array.shape
    halves = array.reshape(tensor.heads, 2, rows // tensor.heads // 2, columns)
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(rows, columns))


def add_gguf_config(writer, shape: Shape) -> None:
    from gguf import LlamaFileType
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.ffn)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_layer_norm_rms_eps(NORM_EPSILON)
    writer.add_rope_dimension_count(shape.head_dim)
    writer.add_rope_freq_base(1e6 if shape.is_gemma else ROPE_THETA)
    if shape.is_gemma:
        writer.add_key_length(shape.head_dim)
        writer.add_value_length(shape.head_dim)
        writer.add_sliding_window(shape.window)
    writer.add_vocab_size(shape.vocab)
    writer.add_file_type(LlamaFileType.MOSTLY_F16)


def write_gguf(shape: Shape, path: pathlib.Path, seed: int = 1) -> None:
    from gguf import GGUFWriter
    writer = GGUFWriter(path, "gemma3" if shape.is_gemma else "llama")
    add_gguf_config(writer, shape)
    add_gguf_tokenizer(writer, shape.vocab)
    for tensor in tensors(shape):
        dtype = np.dtype(np.float32 if len(tensor.size) == 1 else np.float16)
        writer.add_tensor_info(tensor.gguf_name, tensor.size, dtype, math.prod(tensor.size) * dtype.itemsize)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for tensor in tensors(shape):
        writer.write_tensor_data(gguf_values(tensor, seed))
    writer.close()


def main() -> int:
    if len(sys.argv) != 3 or sys.argv[1] not in SHAPES:
        print(f"usage: shapes.py {'|'.join(SHAPES)} DIRECTORY", file=sys.stderr)
        return 2
    shape, directory = SHAPES[sys.argv[1]], pathlib.Path(sys.argv[2])
    write_checkpoint(shape, directory / shape.name)
    write_gguf(shape, directory / f"{shape.name}.gguf")
    return 0


if __name__ == "__main__":
    sys.exit(main())
