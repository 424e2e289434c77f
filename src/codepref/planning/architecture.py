"""The size of a model from its ``config.json``: parameters, and bytes of its key-value cache."""

import json
from pathlib import Path
from typing import Any

from pydantic import Field

from codepref.errors import UserError
from codepref.strict import Strict


class Architecture(Strict):
    """A decoder of the Llama family (Llama, Qwen2, ...), by the names of its ``config.json``."""

    hidden_size: int = Field(ge=1)
    intermediate_size: int = Field(ge=1)
    num_hidden_layers: int = Field(ge=1)
    num_attention_heads: int = Field(ge=1)
    num_key_value_heads: int = Field(ge=1)
    vocab_size: int = Field(ge=1)
    head_dim: int | None = None
    tie_word_embeddings: bool = False
    attention_bias: bool = False
    """Whether queries, keys and values have biases, as Qwen2's have."""

    @property
    def head_size(self) -> int:
        """Numbers per attention head."""
        return self.head_dim or self.hidden_size // self.num_attention_heads

    @property
    def layer_parameters(self) -> int:
        """Parameters of one decoder layer: attention, gated MLP, two norms."""
        queries = self.num_attention_heads * self.head_size
        keys = self.num_key_value_heads * self.head_size
        attention = 2 * self.hidden_size * (queries + keys)
        biases = (queries + 2 * keys) * self.attention_bias
        return attention + biases + 3 * self.hidden_size * self.intermediate_size + self._norms

    @property
    def root_parameters(self) -> int:
        """Parameters outside the layers: embedding, LM head, last norm."""
        tables = 1 if self.tie_word_embeddings else 2
        return tables * self.vocab_size * self.hidden_size + self.hidden_size

    @property
    def parameters(self) -> int:
        """All parameters."""
        return self.num_hidden_layers * self.layer_parameters + self.root_parameters

    @property
    def multiplied_parameters(self) -> int:
        """Parameters that each token is multiplied with: an embedding is only looked up."""
        lookup = 0 if self.tie_word_embeddings else self.vocab_size * self.hidden_size
        return self.parameters - lookup

    @property
    def cache_bytes(self) -> int:
        """Bytes of one token in the key-value cache, in bf16."""
        return 2 * 2 * self.num_hidden_layers * self.num_key_value_heads * self.head_size

    @property
    def _norms(self) -> int:
        return 2 * self.hidden_size


def architecture_of(folder: Path) -> Architecture:
    """Return the architecture of a model folder.

    Raises:
        UserError: it has no ``config.json``, or one of another family.
    """
    path = folder / "config.json"
    try:
        values: dict[str, Any] = json.loads(path.read_text("utf-8"))
        known = {name: values[name] for name in Architecture.model_fields if name in values}
        known.setdefault("num_key_value_heads", values.get("num_attention_heads"))
        known["attention_bias"] = values.get("attention_bias", values.get("model_type") == "qwen2")
        return Architecture.model_validate(known)
    except (OSError, ValueError) as error:
        raise UserError(
            f"{path}: a model's size cannot be read from it ({str(error).splitlines()[0]}); "
            "expected the configuration of a decoder like Llama or Qwen2"
        ) from error
