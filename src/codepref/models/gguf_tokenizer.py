"""The byte-level BPE tokenizer of a GGUF file, with its true pre-tokenizer and chat template.

A GGUF file has vocabulary and merges, but only the name of what splits a text before them.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from codepref.chat_template import chat_text
from codepref.errors import UserError
from codepref.models.gguf_file import ADVICE, UNUSED, GgufFile, TokenizerSettings
from codepref.records import Message

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# llama.cpp's token types: <|im_start|> and the like; whole tokens that are text.
_CONTROL, _USER_DEFINED = 3, 4
_TEMPLATE = "tokenizer.chat_template"


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


PRE_TOKENIZERS: dict[tuple[Any, Any], Callable[["Tokenizer"], None]] = {
    ("gpt2", "smollm"): _smollm,
    ("gpt2", "qwen2"): _qwen2,
}
"""by the file's ``tokenizer.ggml.model`` and ``tokenizer.ggml.pre``"""


def gguf_tokenizer(file: GgufFile, context_length: int) -> Any:
    """Return the tokenizer (transformers) of a GGUF file.

    Args:
        file: its pre-tokenizer is one of ``PRE_TOKENIZERS``.
        context_length: of the model.

    Raises:
        UserError: vocabulary, merges, special tokens or chat template cannot be used (names
            the key).
    """
    from transformers import PreTrainedTokenizerFast

    own = file.tokenizer()

    def named(number: int | None) -> str | None:
        return None if number is None else own.tokens[number]

    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=_byte_level(file, own),
        bos_token=named(own.bos_token_id),
        eos_token=named(own.eos_token_id),
        unk_token=named(own.unknown_token_id),
        pad_token=named(own.padding_token_id),
        model_max_length=context_length,
        clean_up_tokenization_spaces=False,
    )
    template = file.fields.get(_TEMPLATE)
    if not isinstance(template, str) or not template:
        raise UserError(
            f"the GGUF key '{_TEMPLATE}': missing, or no text; take a chat or instruct model"
        )
    tokenizer.chat_template = template
    try:
        chat_text(tokenizer, [Message(role="user", content="q")], open_answer=True)
    except UserError as error:
        raise UserError(f"the GGUF key '{_TEMPLATE}': {error}; {ADVICE}") from error
    return tokenizer


def _byte_level(file: GgufFile, own: TokenizerSettings) -> "Tokenizer":
    """Return the tokenizer without names of its special tokens."""
    from tokenizers import AddedToken, Tokenizer, decoders, models

    typed = list(zip(own.tokens, own.token_type, strict=True))
    vocabulary = {token: number for number, (token, type_) in enumerate(typed) if type_ != UNUSED}
    pairs = (merge.partition(" ") for merge in own.merges)
    merges = [(first, second) for first, _, second in pairs]
    try:
        raw = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    except Exception as error:  # the tokenizers library raises nothing more exact
        raise UserError(f"the GGUF key 'tokenizer.ggml.merges': {error}; {ADVICE}") from error
    PRE_TOKENIZERS[own.model, own.pre](raw)
    raw.decoder = decoders.ByteLevel()
    for special, wanted in ((True, _CONTROL), (False, _USER_DEFINED)):
        tokens = [token for token, type_ in typed if type_ == wanted]
        add = raw.add_special_tokens if special else raw.add_tokens
        add([AddedToken(token, special=special, normalized=False) for token in tokens])
    return raw
