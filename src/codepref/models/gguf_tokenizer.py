"""The byte-level BPE tokenizer of a GGUF file, with its true pre-tokenizer and chat template.

A GGUF file has vocabulary and merges, but only the name of what splits a text before them.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# llama.cpp's token types: <|im_start|> and the like; whole tokens that are text; filled-up places.
_CONTROL, _USER_DEFINED, _UNUSED = 3, 4, 5


def _smollm(tokenizer: "Tokenizer") -> None:
    """Digits one by one before the byte-level pattern: else indented numbers give other tokens."""
    from tokenizers import pre_tokenizers

    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )


def _qwen2(tokenizer: "Tokenizer") -> None:
    """Composed characters, split by the pattern of transformers' own class."""
    from tokenizers import Regex, normalizers, pre_tokenizers
    from transformers.models.qwen2.tokenization_qwen2 import PRETOKENIZE_REGEX

    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PRETOKENIZE_REGEX), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


PRE_TOKENIZERS: dict[tuple[str, str], Callable[["Tokenizer"], None]] = {
    ("gpt2", "smollm"): _smollm,
    ("gpt2", "qwen2"): _qwen2,
}
"""by the file's ``tokenizer.ggml.model`` and ``tokenizer.ggml.pre``"""


def gguf_tokenizer(fields: dict[str, Any]) -> Any:
    """Return the tokenizer (transformers) of a GGUF file.

    Args:
        fields: the file's; its pre-tokenizer is one of ``PRE_TOKENIZERS``.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models
    from transformers import PreTrainedTokenizerFast

    own: dict[str, Any] = {
        name.removeprefix("tokenizer.ggml."): value for name, value in fields.items()
    }
    named = list(enumerate(zip(own["tokens"], own["token_type"], strict=True)))
    merges = [tuple(merge.split(" ", 1)) for merge in own["merges"]]
    vocabulary = {token: number for number, (token, type_) in named if type_ != _UNUSED}
    raw = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    PRE_TOKENIZERS[own["model"], own["pre"]](raw)
    raw.decoder = decoders.ByteLevel()
    for special, wanted in ((True, _CONTROL), (False, _USER_DEFINED)):
        tokens = [token for _, (token, type_) in named if type_ == wanted]
        add = raw.add_special_tokens if special else raw.add_tokens
        add([AddedToken(token, special=special, normalized=False) for token in tokens])

    def named_token(name: str) -> str | None:
        number = own.get(f"{name}_token_id")
        return None if number is None else own["tokens"][number]

    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw,
        bos_token=named_token("bos"),
        eos_token=named_token("eos"),
        unk_token=named_token("unknown"),
        pad_token=named_token("padding"),
        model_max_length=fields["context_length"],
        clean_up_tokenization_spaces=False,
    )
    tokenizer.chat_template = fields.get("tokenizer.chat_template")
    return tokenizer
