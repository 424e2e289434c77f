"""A GGUF file of a known family as a model folder that transformers, TRL and vLLM load.

The tensors are read with the ``gguf`` package and dequantised; nothing else is changed, so the
folder holds the weights that the file describes, rounded to the family's number format.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from codepref.errors import UserError
from codepref.models.gguf_tokenizer import PRE_TOKENIZERS, gguf_tokenizer

if TYPE_CHECKING:
    import torch

# GGUF's names of a block's tensors, and transformers' for the families below.
_BLOCK_TENSORS = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_WHOLE_TENSORS = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}


@dataclass(frozen=True)
class _Family:
    """What differs between the architectures that are known here.

    Attributes:
        model: transformers' class.
        interleaved: llama.cpp turns neighbours in its rotary embedding, transformers the two halves
            of each head: whether the file's rows of q and k lie in llama.cpp's order.
        more_ends: what ends a response besides the end of a turn, as its publisher has it.
        dtype: the number format of the folder's weights. A small model is kept exactly; 4-bit
            weights of a large one lose nothing that matters in the format it was published in.
    """

    model: str
    interleaved: bool
    more_ends: tuple[str, ...]
    dtype: Literal["float32", "bfloat16"]


_FAMILIES = {
    "llama": _Family("LlamaForCausalLM", True, (), "float32"),
    "qwen2": _Family("Qwen2ForCausalLM", False, ("<|endoftext|>",), "bfloat16"),
}


def import_gguf(file: str | Path, folder: str | Path, weights: bool = True) -> None:
    """Write config, safetensors, tokenizer and generation config into ``folder``.

    Args:
        file: the GGUF file.
        folder: is made if it is missing.
        weights: whether the tensors are wanted, too.

    Raises:
        UserError: it is no GGUF file, or its family, one of its tensors or its pre-tokenizer is
            not known here (lists what is).
    """
    import gguf

    file, folder = Path(file), Path(folder)
    try:
        reader = gguf.GGUFReader(str(file))
    except (OSError, ValueError) as error:
        raise UserError(f"{file}: not a readable GGUF file ({error})") from error
    fields = {name: field.contents() for name, field in reader.fields.items()}
    name = str(fields.get("general.architecture"))
    pre_tokenizer = fields.get("tokenizer.ggml.model"), fields.get("tokenizer.ggml.pre")
    if name not in _FAMILIES or pre_tokenizer not in PRE_TOKENIZERS:
        known = " and ".join(f"'{one}'" for one in _FAMILIES)
        raise UserError(
            f"{file}: a GGUF file of architecture '{name}' with the tokenizer {pre_tokenizer}; "
            f"known are {known} with {' or '.join(map(str, PRE_TOKENIZERS))}; take the model's "
            "safetensors instead (kind: hub, or kind: folder)"
        )
    # The keys of an architecture's settings begin with its name.
    fields |= {key.removeprefix(f"{name}."): value for key, value in fields.items()}
    folder.mkdir(parents=True, exist_ok=True)
    try:
        tokenizer = gguf_tokenizer(fields)
        shapes = {_name(one.name, file): one.shape[::-1].tolist() for one in reader.tensors}
        tensors = _weights(reader, fields, _FAMILIES[name], file) if weights else {}
        _write_configs(shapes, fields, _FAMILIES[name], tokenizer, folder)
    except KeyError as error:
        raise UserError(f"{file}: a GGUF file without the key or the tensor {error}") from error
    tokenizer.save_pretrained(folder)
    if weights:
        from safetensors.torch import save_file

        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def _weights(
    reader: Any, fields: dict[str, Any], family: _Family, file: Path
) -> "dict[str, torch.Tensor]":
    """Return the tensors by transformers' names; one at a time is dequantised to float32."""
    import torch
    from gguf.quants import dequantize

    heads = {}
    if family.interleaved:
        heads = {"attn_q": fields["attention.head_count"]}
        heads["attn_k"] = fields["attention.head_count_kv"]
    weights = {}
    for tensor in reader.tensors:
        values = np.asarray(dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)
        part = tensor.name.split(".")[2] if tensor.name.startswith("blk.") else ""
        if part in heads:
            values = _undo_rotary_permutation(values, heads[part])
        # What is not dequantised still lies in the file, which the folder must not depend on.
        copied = torch.from_numpy(np.array(values, copy=True))
        weights[_name(tensor.name, file)] = copied.to(getattr(torch, family.dtype))
    return weights


def _undo_rotary_permutation(weight: np.ndarray, heads: int) -> np.ndarray:
    """Return q or k rows in transformers' order; shape ``[heads * head_size, inputs]`` both.

    llama.cpp stores the two halves of each head interleaved (its rotary embedding turns
    neighbours), transformers stores them one after the other.
    """
    rows, inputs = weight.shape
    by_head = weight.reshape(heads, rows // heads // 2, 2, inputs)
    return by_head.swapaxes(1, 2).reshape(rows, inputs)


def _name(name: str, file: Path) -> str:
    if name in _WHOLE_TENSORS:
        return _WHOLE_TENSORS[name]
    match name.split("."):
        case ["blk", number, part, ("weight" | "bias") as kind] if part in _BLOCK_TENSORS:
            return f"model.layers.{number}.{_BLOCK_TENSORS[part]}.{kind}"
    raise UserError(f"{file}: its tensor '{name}' is not one of the model families known here")


def _write_configs(
    shapes: Mapping[str, list[int]],
    fields: dict[str, Any],
    family: _Family,
    tokenizer: Any,
    folder: Path,
) -> None:
    import transformers

    ends = tokenizer.convert_tokens_to_ids([tokenizer.eos_token, *family.more_ends])
    special: dict[str, Any] = {
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": ends[0] if len(ends) == 1 else ends,
        "pad_token_id": tokenizer.pad_token_id,
    }
    width, heads = fields["embedding_length"], fields["attention.head_count"]
    config = getattr(transformers, family.model).config_class(
        architectures=[family.model],
        vocab_size=shapes["model.embed_tokens.weight"][0],
        hidden_size=width,
        intermediate_size=fields["feed_forward_length"],
        num_hidden_layers=fields["block_count"],
        num_attention_heads=heads,
        num_key_value_heads=fields["attention.head_count_kv"],
        head_dim=width // heads,
        max_position_embeddings=fields["context_length"],
        # The file stores 1e-5 as a 32-bit float; its shortest decimal form is what was meant.
        rms_norm_eps=float(str(np.float32(fields["attention.layer_norm_rms_epsilon"]))),
        rope_parameters={"rope_type": "default", "rope_theta": fields["rope.freq_base"]},
        tie_word_embeddings="lm_head.weight" not in shapes,
        dtype=family.dtype,
        **special,
    )
    config.save_pretrained(folder)
    transformers.GenerationConfig(**special).save_pretrained(folder)
