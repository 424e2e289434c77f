"""A GGUF file of a known family as a model folder that transformers, TRL and vLLM load.

The tensors are read with the ``gguf`` package and dequantised; nothing else is changed, so the
folder holds the weights that the file describes, rounded to the family's number format.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from codepref.errors import UserError
from codepref.models.contents import misfit
from codepref.models.gguf_file import ADVICE, Architecture, GgufFile, naming, read_gguf
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
        folder: is made if it is missing; a file that is refused leaves nothing in it.
        weights: whether the tensors are wanted, too.

    Raises:
        UserError: it is no GGUF file, or its family or its pre-tokenizer is not known here (lists
            what is), one of its settings is wrong or would not be used, or its tensors are not
            those of the model that its settings describe.
    """
    import transformers

    with naming(Path(file)):
        source = read_gguf(Path(file))
        family, settings = _family(source), source.architecture()
        tokenizer = gguf_tokenizer(source, settings.context_length)
        special = _special_tokens(tokenizer, family)
        config = _config(source, settings, family, special)
        tensors = _weights(source, settings, family) if weights else {}
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    config.save_pretrained(folder)
    transformers.GenerationConfig(**special).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    if weights:
        from safetensors.torch import save_file

        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def _family(file: GgufFile) -> _Family:
    ggml = "tokenizer.ggml"
    # Whatever stands there: a list is no key of a dictionary.
    pre_tokenizer = str(file.fields.get(f"{ggml}.model")), str(file.fields.get(f"{ggml}.pre"))
    if file.family not in _FAMILIES or pre_tokenizer not in PRE_TOKENIZERS:
        known = " and ".join(f"'{one}'" for one in _FAMILIES)
        raise UserError(
            f"a GGUF file of architecture '{file.family}' with the tokenizer "
            f"{pre_tokenizer}; known are {known} with {' or '.join(map(str, PRE_TOKENIZERS))}; "
            "take the model's safetensors instead (kind: hub, or kind: folder)"
        )
    return _FAMILIES[file.family]


def _weights(file: GgufFile, settings: Architecture, family: _Family) -> "dict[str, torch.Tensor]":
    """Return the tensors by transformers' names; one at a time is dequantised to float32."""
    import torch
    from gguf.quants import dequantize

    heads = {}
    if family.interleaved:
        heads = {"attn_q": settings.heads, "attn_k": settings.key_value_heads or settings.heads}
    weights = {}
    for tensor in file.tensors:
        try:
            values = np.asarray(dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)
        except NotImplementedError as error:
            raise UserError(f"its tensor '{tensor.name}': {error}; {ADVICE}") from error
        part = tensor.name.split(".")[2] if tensor.name.startswith("blk.") else ""
        if part in heads:
            values = _undo_rotary_permutation(values, heads[part])
        # What is not dequantised still lies in the file, which the folder must not depend on.
        copied = torch.from_numpy(np.array(values, copy=True))
        weights[_name(tensor.name)] = copied.to(getattr(torch, family.dtype))
    return weights


def _undo_rotary_permutation(weight: np.ndarray, heads: int) -> np.ndarray:
    """Return q or k rows in transformers' order; shape ``[heads * head_size, inputs]`` both.

    llama.cpp stores the two halves of each head interleaved (its rotary embedding turns
    neighbours), transformers stores them one after the other.
    """
    rows, inputs = weight.shape
    by_head = weight.reshape(heads, rows // heads // 2, 2, inputs)
    return by_head.swapaxes(1, 2).reshape(rows, inputs)


def _name(name: str) -> str:
    if name in _WHOLE_TENSORS:
        return _WHOLE_TENSORS[name]
    match name.split("."):
        case ["blk", number, part, ("weight" | "bias") as kind] if part in _BLOCK_TENSORS:
            return f"model.layers.{number}.{_BLOCK_TENSORS[part]}.{kind}"
    raise UserError(f"its tensor '{name}' is not one of the model families known here; {ADVICE}")


def _special_tokens(tokenizer: Any, family: _Family) -> dict[str, Any]:
    known = tokenizer.get_vocab()
    ends = [known[one] for one in (tokenizer.eos_token, *family.more_ends) if one in known]
    return {
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": ends[0] if len(ends) == 1 else ends,
        "pad_token_id": tokenizer.pad_token_id,
    }


def _config(
    file: GgufFile, settings: Architecture, family: _Family, special: dict[str, Any]
) -> Any:
    """Return transformers' configuration of a model whose tensors are those of the file."""
    import transformers

    shapes = {_name(one.name): tuple(one.shape[::-1].tolist()) for one in file.tensors}
    tokens = len(file.tokenizer().tokens)
    if settings.vocab_size not in (None, tokens):
        raise UserError(
            f"the GGUF key '{file.family}.vocab_size' is {settings.vocab_size}, but "
            f"'tokenizer.ggml.tokens' has {tokens}; {ADVICE}"
        )
    of_family = getattr(transformers, family.model).config_class
    values: dict[str, Any] = {
        "architectures": [family.model],
        "vocab_size": tokens,
        "hidden_size": settings.embedding_length,
        "intermediate_size": settings.feed_forward_length,
        "num_hidden_layers": settings.block_count,
        "num_attention_heads": settings.heads,
        "num_key_value_heads": settings.key_value_heads or settings.heads,
        "head_dim": settings.head_size,
        "max_position_embeddings": settings.context_length,
        # The file stores 1e-5 as a 32-bit float; its shortest decimal form is what was meant.
        "rms_norm_eps": float(str(np.float32(settings.norm_epsilon))),
        "rope_parameters": {"rope_type": "default", "rope_theta": settings.rope_base},
        "tie_word_embeddings": "lm_head.weight" not in shapes,
        "dtype": family.dtype,
        **special,
    }
    try:
        found = misfit({"model_type": of_family.model_type, **values}, shapes)
    except UserError as error:
        raise UserError(f"{error}; {ADVICE}") from error
    if found:
        name, what = found
        raise UserError(f"its tensor '{_gguf_name(name)}' {what}, going by its settings; {ADVICE}")
    return of_family(**values)


def _gguf_name(name: str) -> str:
    """Return how GGUF files call one of transformers' tensors."""
    whole = {ours: theirs for theirs, ours in _WHOLE_TENSORS.items()}
    match name.split("."):
        case ["model", "layers", number, *part, kind]:
            of_block = {ours: theirs for theirs, ours in _BLOCK_TENSORS.items()}
            return f"blk.{number}.{of_block.get('.'.join(part), '*')}.{kind}"
    return whole.get(name, name)
