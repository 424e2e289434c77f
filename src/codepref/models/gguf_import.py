"""A llama-family GGUF file as a model folder that transformers, TRL and vLLM load.

The tensors are read with the ``gguf`` package and dequantised to float32; nothing else is changed,
so the folder holds exactly the weights that the file describes.
"""

from pathlib import Path
from typing import Any

import numpy as np

from codepref.errors import UserError

# GGUF's names of a block's tensors, and transformers' for the llama family.
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
_CONTROL_TOKEN = 3  # llama.cpp's token type of <|im_start|> and the like


def import_gguf(file: str | Path, folder: str | Path, weights: bool = True) -> None:
    """Write config, float32 safetensors, tokenizer and generation config into ``folder``.

    Args:
        file: the GGUF file.
        folder: is made if it is missing.
        weights: whether the tensors are wanted, too.

    Raises:
        UserError: the file is not a GGUF file of the llama family with a byte-level tokenizer
            whose pre-tokenizer is known here.
    """
    import gguf

    file, folder = Path(file), Path(folder)
    try:
        reader = gguf.GGUFReader(str(file))
    except (OSError, ValueError) as error:
        raise UserError(f"{file}: not a readable GGUF file ({error})") from error
    fields = {name: field.contents() for name, field in reader.fields.items()}
    architecture = fields.get("general.architecture")
    if architecture != "llama":
        raise UserError(f"{file}: GGUF of architecture '{architecture}'; only 'llama' is known")
    tokenizer = _tokenizer(fields, file)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save_pretrained(folder)
    if weights:
        _write_weights(reader, fields, folder)
    _write_configs(reader, fields, tokenizer, folder)


def _write_weights(reader: Any, fields: dict[str, Any], folder: Path) -> None:
    from gguf.quants import dequantize
    from safetensors.numpy import save_file

    heads = {
        "attn_q": fields["llama.attention.head_count"],
        "attn_k": fields["llama.attention.head_count_kv"],
    }
    weights = {}
    for tensor in reader.tensors:
        values = np.asarray(dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)
        part = tensor.name.split(".")[2] if tensor.name.startswith("blk.") else ""
        if part in heads:
            values = _undo_rotary_permutation(values, heads[part])
        weights[_name(tensor.name)] = np.ascontiguousarray(values)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def _undo_rotary_permutation(weight: np.ndarray, heads: int) -> np.ndarray:
    """Return q or k rows in transformers' order; shape ``[heads * head_size, inputs]`` both.

    llama.cpp stores the two halves of each head interleaved (its rotary embedding turns
    neighbours), transformers stores them one after the other.
    """
    rows, inputs = weight.shape
    by_head = weight.reshape(heads, rows // heads // 2, 2, inputs)
    return by_head.swapaxes(1, 2).reshape(rows, inputs)


def _name(name: str) -> str:
    whole = {
        "token_embd.weight": "model.embed_tokens.weight",
        "output_norm.weight": "model.norm.weight",
        "output.weight": "lm_head.weight",
    }
    if name in whole:
        return whole[name]
    _, number, part, _ = name.split(".")
    return f"model.layers.{number}.{_BLOCK_TENSORS[part]}.weight"


def _write_configs(reader: Any, fields: dict[str, Any], tokenizer: Any, folder: Path) -> None:
    from transformers import GenerationConfig, LlamaConfig

    special: dict[str, Any] = {
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    width, heads = fields["llama.embedding_length"], fields["llama.attention.head_count"]
    config = LlamaConfig(
        architectures=["LlamaForCausalLM"],
        vocab_size=fields["llama.vocab_size"],
        hidden_size=width,
        intermediate_size=fields["llama.feed_forward_length"],
        num_hidden_layers=fields["llama.block_count"],
        num_attention_heads=heads,
        num_key_value_heads=fields["llama.attention.head_count_kv"],
        head_dim=width // heads,
        max_position_embeddings=fields["llama.context_length"],
        # The file stores 1e-5 as a 32-bit float; its shortest decimal form is what was meant.
        rms_norm_eps=float(str(np.float32(fields["llama.attention.layer_norm_rms_epsilon"]))),
        rope_parameters={"rope_type": "default", "rope_theta": fields["llama.rope.freq_base"]},
        tie_word_embeddings="output.weight" not in {tensor.name for tensor in reader.tensors},
        dtype="float32",
        **special,
    )
    config.save_pretrained(folder)
    GenerationConfig(**special).save_pretrained(folder)


def _tokenizer(fields: dict[str, Any], file: Path) -> Any:
    """Return the file's byte-level BPE tokenizer with its true pre-tokenizer and chat template."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    kind = (fields.get("tokenizer.ggml.model"), fields.get("tokenizer.ggml.pre"))
    if kind != ("gpt2", "smollm"):
        raise UserError(f"{file}: tokenizer {kind} is not known; only ('gpt2', 'smollm') is")
    tokens: list[str] = fields["tokenizer.ggml.tokens"]
    merges = [tuple(merge.split(" ", 1)) for merge in fields["tokenizer.ggml.merges"]]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    raw = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    # "smollm" splits digits one by one before the byte-level pattern; without it indented
    # numbers become tokens that the model never saw in training.
    raw.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    raw.decoder = decoders.ByteLevel()
    control = [
        tokens[number]
        for number, token_type in enumerate(fields["tokenizer.ggml.token_type"])
        if token_type == _CONTROL_TOKEN
    ]
    raw.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in control])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw,
        bos_token=tokens[fields["tokenizer.ggml.bos_token_id"]],
        eos_token=tokens[fields["tokenizer.ggml.eos_token_id"]],
        unk_token=tokens[fields["tokenizer.ggml.unknown_token_id"]],
        pad_token=tokens[fields["tokenizer.ggml.padding_token_id"]],
        model_max_length=fields["llama.context_length"],
        clean_up_tokenization_spaces=False,
    )
    tokenizer.chat_template = fields["tokenizer.chat_template"]
    return tokenizer
