"""A GGUF file read whole, and its settings, each of them used or refused.

llama.cpp computes with every setting of the file; what is not carried over into the model folder
would make another model of the same weights.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import ConfigDict, Field, ValidationError, model_validator

from codepref.errors import UserError
from codepref.strict import Strict, mistakes_of

ADVICE = "take another file, or the model's safetensors (kind: hub, or kind: folder)"
UNUSED = 5  # llama.cpp's token type of the filled-up places of a vocabulary
_TOKENIZER = "tokenizer.ggml."

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]
Settings = TypeVar("Settings", bound=Strict)


class Architecture(Strict):
    """The settings that begin with the architecture's name, and llama.cpp's defaults of them.

    A key of one value (``Literal``) is taken where it says what holds here anyway.
    """

    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    block_count: Count
    context_length: Count
    embedding_length: Count
    feed_forward_length: Count
    heads: Count = Field(alias="attention.head_count")
    key_value_heads: Count | None = Field(None, alias="attention.head_count_kv")
    key_length: Count | None = Field(None, alias="attention.key_length")
    value_length: Count | None = Field(None, alias="attention.value_length")
    norm_epsilon: Positive = Field(alias="attention.layer_norm_rms_epsilon")
    rope_base: Positive = Field(10000.0, alias="rope.freq_base")
    rope_dimensions: Count | None = Field(None, alias="rope.dimension_count")
    rope_scaling: Literal["none"] = Field("none", alias="rope.scaling.type")
    sliding_window: Literal[0] = Field(0, alias="attention.sliding_window")
    causal: Literal[True] = Field(True, alias="attention.causal")
    expert_count: Literal[0] = 0
    expert_used_count: Literal[0] = 0
    use_parallel_residual: Literal[False] = False
    vocab_size: Count | None = None
    tensor_data_layout: str = ""  # a note of the converter

    @property
    def head_size(self) -> int:
        """How many numbers a head's query has."""
        return self.key_length or self.embedding_length // self.heads

    @model_validator(mode="before")
    @classmethod
    def _scaling_of_none_is_none(cls, values: dict[str, Any]) -> dict[str, Any]:
        kind = "rope.scaling.type"
        if values.get(kind) != "none":
            return values
        return {
            key: value
            for key, value in values.items()
            if key == kind or not key.startswith("rope.scaling.")
        }

    @model_validator(mode="after")
    def _sizes_go_together(self) -> Self:
        if not self.key_length and self.embedding_length % self.heads:
            raise ValueError(
                f"attention.head_count {self.heads} does not divide embedding_length "
                f"{self.embedding_length}"
            )
        if self.heads % (self.key_value_heads or self.heads):
            raise ValueError(
                f"attention.head_count_kv {self.key_value_heads} does not divide "
                f"attention.head_count {self.heads}"
            )
        size = self.head_size
        for key, value in (
            ("attention.value_length", self.value_length),
            ("rope.dimension_count", self.rope_dimensions),
        ):
            if value not in (None, size):
                raise ValueError(
                    f"{key} is {value}; known is only the size of a head, which is {size}"
                )
        if size % 2:
            raise ValueError(f"the size of a head is {size}; expected an even one (rotary)")
        return self


class TokenizerSettings(Strict):
    """The vocabulary, and the tokens that have a part in texts; other settings say nothing of it.

    Prompts are written by the chat template, so nothing is put before or behind them here.
    """

    model_config = ConfigDict(strict=True, extra="ignore")

    model: str
    pre: str
    tokens: list[str]
    token_type: list[int]
    merges: list[str]
    bos_token_id: int | None = None
    eos_token_id: int
    unknown_token_id: int | None = None
    padding_token_id: int | None = None
    add_bos_token: Literal[False] = False
    add_eos_token: Literal[False] = False

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if len(self.token_type) != len(self.tokens):
            raise ValueError(
                f"token_type has {len(self.token_type)} entries for the {len(self.tokens)} tokens"
            )
        if len(set(self.tokens)) < len(self.tokens):
            raise ValueError("tokens holds a token twice")
        for merge in self.merges:
            if not all(merge.partition(" ")):
                raise ValueError(f"merges holds {merge!r}; expected two tokens with a space")
        for name in ("bos", "eos", "unknown", "padding"):
            number = getattr(self, f"{name}_token_id")
            if number is None:
                continue
            if not 0 <= number < len(self.tokens) or self.token_type[number] == UNUSED:
                raise ValueError(
                    f"{name}_token_id is {number}; expected a token, from 0 to "
                    f"{len(self.tokens) - 1}"
                )
        return self


@dataclass(frozen=True)
class GgufFile:
    """What a GGUF file holds; its tensors (``gguf.ReaderTensor``) stay on the disk."""

    fields: Mapping[str, Any]
    tensors: list[Any]

    @property
    def family(self) -> str:
        """The name of its architecture."""
        return str(self.fields.get("general.architecture"))

    def architecture(self) -> Architecture:
        """Return the settings of its architecture.

        Raises:
            UserError: one is missing, wrong, or not used here (names the key).
        """
        return self._checked(f"{self.family}.", Architecture)

    def tokenizer(self) -> TokenizerSettings:
        """Return the settings of its tokenizer.

        Raises:
            UserError: one is missing or wrong (names the key).
        """
        return self._checked(_TOKENIZER, TokenizerSettings)

    def _checked(self, prefix: str, model: type[Settings]) -> Settings:
        values = {
            key.removeprefix(prefix): value
            for key, value in self.fields.items()
            if key.startswith(prefix)
        }
        try:
            return model.model_validate(values)
        except ValidationError as error:
            first, kind = mistakes_of(error, model)[0], error.errors()[0]["type"]
            what = first.text.removeprefix(f"{'.'.join(map(str, first.key))}: ")
            if kind == "missing":
                what = "is missing"
            elif kind == "extra_forbidden":
                what = "is set and not known here, so the model would compute something else"
            # Of keys that do not go together, the message names them.
            key = prefix + (".".join(map(str, first.key)) or "*")
            raise UserError(f"the GGUF key '{key}': {what}; {ADVICE}") from error


def read_gguf(path: Path) -> GgufFile:
    """Read a GGUF file's header; all bytes that it speaks of are there.

    Raises:
        UserError: it is no GGUF file, or is cut off or damaged.
    """
    import gguf

    class Reader(gguf.GGUFReader):
        """Stops at the file's end, behind which the library reads on: nothing, and for long."""

        def _get(self, offset: int, dtype: Any, count: int = 1, override_order: Any = None) -> Any:
            found = super()._get(offset, dtype, count, override_order)
            if len(found) != count:
                raise ValueError(f"cut off in what begins at byte {offset:,}")
            return found

    try:
        reader = Reader(str(path))
        fields = {name: field.contents() for name, field in reader.fields.items()}
    except Exception as error:  # of a damaged file, the library raises whatever comes
        what = str(error) or type(error).__name__
        raise UserError(f"not a readable GGUF file ({what}); download or copy it again") from error
    return GgufFile(fields, list(reader.tensors))


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Put the file's name before what a block says of it, on one line whatever its keys hold."""
    try:
        yield
    except UserError as error:
        text = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in str(error))
        raise UserError(f"{path}: {text}") from error
