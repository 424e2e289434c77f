"""Small GGUF files, written as llama.cpp writes those of real models."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

WIDTH, INNER, HEADS, KV_HEADS, LAYERS, HEAD = 256, 512, 4, 2, 2, 64
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
# Of each format: bytes of a block of 256 weights, and where its 16-bit scales lie in it.
_FORMATS = {
    gguf.GGMLQuantizationType.Q4_K: (144, (0, 2)),
    gguf.GGMLQuantizationType.Q6_K: (210, (208,)),
}
_CORPUS = [
    "def fib(n):\n    if n < 2:\n        return n\n    return fib(n - 1) + fib(n - 2)\n",
    "for i in range(10):\n\tprint(i, '  ')\n\n\nclass A:\n    def f(self):\n        return 1",
] * 4


def write_qwen2(
    path: Path,
    tied: bool = False,
    architecture: str = "qwen2",
    changes: Mapping[str, Any] | None = None,
    without: Collection[str] = (),
    more: Mapping[str, int] | None = None,
) -> Path:
    """Write a two-layer qwen2 with random 4-bit weights; its output is a tensor of its own, 6-bit.

    Args:
        path: the file.
        tied: no output of its own: it is the embedding.
        architecture: the family that the file says it is of.
        changes: keys with other values, None: without the key; their kind is the value's.
        without: tensors that are left out.
        more: further tensors and their lengths.
    """
    random = np.random.default_rng(0)
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_block_count(LAYERS)
    writer.add_context_length(512)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_freq_base(1000000.0)
    writer.add_layer_norm_rms_eps(1e-6)
    size = _add_tokenizer(writer)

    def quantised(name: str, rows: int, columns: int, kind: gguf.GGMLQuantizationType) -> None:
        size, scales = _FORMATS[kind]
        if name in without:
            return
        blocks = random.integers(0, 256, (rows * columns // 256, size), dtype=np.uint8)
        for place in scales:
            scale = random.uniform(1e-4, 1e-3, len(blocks)).astype(np.float16)
            blocks[:, place : place + 2] = scale[:, None].view(np.uint8)
        writer.add_tensor(name, blocks.reshape(rows, -1), raw_dtype=kind)

    def plain(name: str, length: int, middle: float) -> None:
        if name not in without:
            writer.add_tensor(name, random.normal(middle, 0.1, length).astype(np.float32))

    four, six = gguf.GGMLQuantizationType.Q4_K, gguf.GGMLQuantizationType.Q6_K
    quantised("token_embd.weight", size, WIDTH, four)
    plain("output_norm.weight", WIDTH, 1.0)
    if not tied:
        quantised("output.weight", size, WIDTH, six)
    for layer in range(LAYERS):
        block = f"blk.{layer}"
        for name in ("attn_norm", "ffn_norm"):
            plain(f"{block}.{name}.weight", WIDTH, 1.0)
        for name, rows in (("q", HEADS * HEAD), ("k", KV_HEADS * HEAD), ("v", KV_HEADS * HEAD)):
            quantised(f"{block}.attn_{name}.weight", rows, WIDTH, six if name == "v" else four)
            plain(f"{block}.attn_{name}.bias", rows, 0.0)
        quantised(f"{block}.attn_output.weight", WIDTH, WIDTH, four)
        quantised(f"{block}.ffn_gate.weight", INNER, WIDTH, four)
        quantised(f"{block}.ffn_up.weight", INNER, WIDTH, four)
        quantised(f"{block}.ffn_down.weight", WIDTH, INNER, six)
    for name, length in (more or {}).items():
        plain(name, length, 0.0)
    for key, value in (changes or {}).items():
        writer.kv_data[0].pop(key, None)
        if value is not None:
            writer.add_key_value(key, value, gguf.GGUFValueType.get_type(value))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_tokenizer(writer: gguf.GGUFWriter) -> int:
    """Add a vocabulary trained on a few lines, with filled-up places behind it; return its size."""
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\p{N}|\s+|[^\s\p{N}]+"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    raw.train_from_iterator(
        _CORPUS,
        trainers.BpeTrainer(vocab_size=300, initial_alphabet=alphabet, show_progress=False),
    )
    tokens = sorted(raw.get_vocab(), key=raw.get_vocab().__getitem__)
    merges = [" ".join(pair) for pair in json.loads(raw.to_str())["model"]["merges"]]
    added = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    types = [1] * len(tokens) + [3] * len(added) + [4] + [5] * 4
    tokens += [*added, "<tool_call>", *(f"[PAD{number}]" for number in range(4))]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(tokens.index("<|endoftext|>"))
    writer.add_eos_token_id(tokens.index("<|im_end|>"))
    writer.add_pad_token_id(tokens.index("<|endoftext|>"))
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)
    return len(tokens)
