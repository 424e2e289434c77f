"""Folders with small tokenizers of the kinds that published code models declare wrongly.

Each is trained on a few lines of code. Its parts (normaliser, pre-tokenizer, decoder, added tokens)
and its declared class follow the model that the function is named after.
"""

import json
from pathlib import Path
from typing import Any

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    trainers,
)

_CORPUS = [
    "def fib(n):\n    if n < 2:\n        return n\n    return fib(n - 1) + fib(n - 2)\n",
    "for i in range(10):\n\tprint(i, '  ')\n\n\nclass A:\n    def f(self):\n        return 1",
    "Here is the code:\n```python\nimport sys\n\nprint(sum(map(int, sys.stdin)))\n```\nIt is n.",
] * 4
_CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_INST = (
    "{% for m in messages %}{% if m['role'] == 'user' %}<s>[INST] {{ m['content'] }} [/INST]"
    "{% else %} {{ m['content'] }} </s>{% endif %}{% endfor %}"
)


def deepseek_coder(folder: Path) -> Path:
    """Byte-level, but declared ``LlamaTokenizerFast``, which stands for sentencepiece."""
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"[\r\n]"), "isolated"),
            pre_tokenizers.Split(Regex(r"\s?\p{L}+"), "isolated"),
            pre_tokenizers.Split(Regex(r"\s?\p{P}+"), "isolated"),
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    raw.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, initial_alphabet=sorted(alphabet), show_progress=False
    )
    raw.train_from_iterator(_CORPUS, trainer)
    begin, end = "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"
    # Its publisher added letters that no UTF-8 text has as bytes; as text they do not round-trip.
    raw.add_tokens([AddedToken("ü", normalized=True), AddedToken("ö", normalized=True)])
    raw.add_special_tokens([begin, end])
    raw.add_tokens(["<|EOT|>"])
    template = (
        "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}### Instruction:\n"
        "{{ m['content'] }}\n{% else %}### Response:\n{{ m['content'] }}\n<|EOT|>\n{% endif %}"
        "{% endfor %}{% if add_generation_prompt %}### Response:{% endif %}"
    )
    names = {"bos_token": begin, "eos_token": "<|EOT|>", "pad_token": end}
    return _write(folder, raw, "llama", "LlamaTokenizerFast", template, names, add_bos_token=True)


def codeqwen(folder: Path) -> Path:
    """Sentencepiece without a space in front, declared so that Qwen2's byte-level class is it."""
    raw = _sentencepiece(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    raw.normalizer = normalizers.Replace(" ", "▁")
    raw.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    names = {"bos_token": "<|endoftext|>", "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}
    return _write(folder, raw, "qwen2", "PreTrainedTokenizerFast", _CHATML, names)


def codellama(folder: Path, declared: str = "CodeLlamaTokenizer") -> Path:
    """Sentencepiece with a space in front of every segment; the class has one only at the start."""
    raw = _sentencepiece(["▁<PRE>", "▁<SUF>", "▁<MID>", "▁<EOT>"])
    raw.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    raw.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    names = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    return _write(folder, raw, "llama", declared, _INST, names)


def _sentencepiece(more_special: list[str]) -> Tokenizer:
    """Return a BPE tokenizer with byte fallback, as a converted sentencepiece model has it."""
    special = ["<unk>", "<s>", "</s>"]
    fixed = [*special, *(f"<0x{byte:02X}>" for byte in range(256)), *more_special]
    training = Tokenizer(models.BPE())
    training.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.BpeTrainer(vocab_size=450, special_tokens=fixed, show_progress=False)
    # Line by line: sentencepiece has no newline in its pieces, byte fallback stands in.
    lines = [line for text in _CORPUS for line in text.split("\n")]
    training.train_from_iterator(lines, trainer)
    model = json.loads(training.to_str())["model"]
    # Runs of spaces, which a pre-tokenizer hides from the trainer.
    runs = [("▁", "▁"), ("▁▁", "▁▁")]
    vocabulary = model["vocab"]
    for pair in runs:
        vocabulary.setdefault("".join(pair), len(vocabulary))
    merges = [*runs, *(tuple(merge) for merge in model["merges"])]
    raw = Tokenizer(
        models.BPE(
            vocab=vocabulary, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True
        )
    )
    raw.add_special_tokens([*special, *more_special])
    return raw


def _write(
    folder: Path,
    raw: Tokenizer,
    model_type: str,
    declared: str,
    template: str,
    names: dict[str, str],
    **more: Any,
) -> Path:
    folder.mkdir(parents=True)
    raw.save(str(folder / "tokenizer.json"))
    settings = {"tokenizer_class": declared, "chat_template": template, **names, **more}
    settings["clean_up_tokenization_spaces"] = False
    settings["added_tokens_decoder"] = {
        str(number): {
            "content": token.content,
            "lstrip": token.lstrip,
            "normalized": token.normalized,
            "rstrip": token.rstrip,
            "single_word": token.single_word,
            "special": token.special,
        }
        for number, token in raw.get_added_tokens_decoder().items()
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    (folder / "config.json").write_text(json.dumps({"model_type": model_type}))
    (folder / "model.safetensors").write_bytes(b"")  # what makes it a model folder; never read
    return folder
