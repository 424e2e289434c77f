"""Whether the files of a model folder hold what they should: read where a model is fetched.

Only the headers of weights are read, and a few kilobytes of each matrix: a cut download, Git LFS's
pointer in place of a file, a missing shard, or weights of another model than ``config.json``'s are
found in a second and not after a queue's night.
"""

import json
import math
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codepref.errors import UserError
from codepref.files import named_errors, read_json

INDEX = "model.safetensors.index.json"
_ONE_FILE = "model.safetensors"
_POINTER = b"version https://git-lfs"
_LONGEST_HEADER = 100_000_000  # bytes, as the safetensors library has it
_BITS = {
    **dict.fromkeys(("F64", "I64", "U64", "C64"), 64),
    **dict.fromkeys(("F32", "I32", "U32"), 32),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 16),
    **dict.fromkeys(("F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8),
    **dict.fromkeys(("I8", "U8", "BOOL"), 8),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    "F4": 4,
}
_SPOTS, _SPOT_BYTES = 5, 4096  # of a matrix that are looked at
_AGAIN = "download or copy it again"
# Families whose weights have the names of Llama's: of these the shapes are known.
_LIKE_LLAMA = {
    "llama",
    "mistral",
    "qwen2",
    "qwen3",
    "gemma",
    "gemma2",
    "olmo",
    "granite",
    "smollm3",
}
_SIZES = (
    *("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers"),
    "num_attention_heads",
)
_LAYER = re.compile(r"^model\.layers\.(\d+)\.")


@dataclass(frozen=True)
class Tensor:
    """What the header of a weights file says of a tensor.

    Attributes:
        shape: its size in each dimension.
        kind: of its numbers, as safetensors writes it (``BF16``).
        start, end: its bytes in the file.
    """

    shape: tuple[int, ...]
    kind: str
    start: int
    end: int


def check_contents(folder: Path, weights: bool = True) -> None:
    """Refuse a model folder with a file that does not hold what its name says.

    Args:
        folder: a model folder that has the files of one.
        weights: whether weights have to be there, too.

    Raises:
        UserError: names the file, what is wrong with it and how to mend it.
    """
    for file in sorted(folder.iterdir()):
        if not file.name.startswith("."):  # of git, or Snakemake's empty time stamp
            _check_file(file)
    config = _settings(folder / "config.json")
    if weights:
        tensors = _all_tensors(folder)
        if "quantization_config" not in config:  # packed weights have shapes of their own
            _check_fit(folder, config, tensors)


def _check_file(file: Path) -> None:
    if file.is_symlink() and not file.exists():
        raise UserError(f"{file}: a link to a file that is not there; {_AGAIN}")
    if not file.is_file():
        return
    with named_errors(file), file.open("rb") as stream:
        start = stream.read(len(_POINTER))
    if start == _POINTER:
        raise UserError(
            f"{file}: only Git LFS's pointer to the file, not the file; run 'git lfs pull' in its "
            "repository"
        )
    if not start:
        raise UserError(f"{file}: the file is empty; {_AGAIN}")
    if file.suffix == ".json":
        _settings(file)


def _settings(file: Path) -> dict[str, Any]:
    try:
        found = read_json(file)
    except UserError as error:
        raise UserError(f"{error}; the file is cut off or damaged: {_AGAIN}") from error
    if file.name == "config.json" and not (isinstance(found, dict) and found.get("model_type")):
        raise UserError(f"{file}: names no model_type; it is not a model's configuration")
    return dict(found) if isinstance(found, dict) else {}


# --- Weights --------------------------------------------------------------------------------------


def _all_tensors(folder: Path) -> dict[str, Tensor]:
    """Return the tensors that a model is loaded from: of one file, or of the index's files."""
    if (folder / _ONE_FILE).is_file():
        return _tensors(folder / _ONE_FILE)
    index = folder / INDEX
    if not index.is_file():
        names = sorted(file.name for file in folder.glob("*.safetensors"))
        raise UserError(
            f"{folder}: has {names[0]}, but neither a {_ONE_FILE} nor an {INDEX} "
            "that says which tensor is where; copy the index, too"
        )
    places = _settings(index).get("weight_map")
    if not isinstance(places, dict) or not places:
        raise UserError(f"{index}: holds no weight_map; {_AGAIN}")
    found: dict[str, Tensor] = {}
    for name in sorted(set(places.values())):
        file = folder / str(name)
        if not file.is_file():
            raise UserError(f"{file}: missing; {INDEX} names it: {_AGAIN}")
        held = _tensors(file)
        wanted = [tensor for tensor, place in places.items() if place == name]
        if absent := [tensor for tensor in wanted if tensor not in held]:
            raise UserError(
                f"{file}: holds no tensor '{absent[0]}' ({len(absent)} of the {len(wanted)} that "
                f"{INDEX} places there are absent); file and index are not of one model: copy both "
                "again"
            )
        found |= {tensor: held[tensor] for tensor in wanted}
    return found


def _tensors(file: Path) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file by their names, none of them cut or empty."""
    size = file.stat().st_size
    with named_errors(file), file.open("rb") as stream:
        start = stream.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        if not 2 <= length <= min(_LONGEST_HEADER, max(size - 8, 0)):
            raise UserError(f"{file}: {_not_weights(start, size)}; {_AGAIN}")
        header = stream.read(length)
    data = 8 + length
    try:
        entries = json.loads(header)
        entries.pop("__metadata__", None)
        found = {
            name: Tensor(
                tuple(entry["shape"]), entry["dtype"], *(data + at for at in entry["data_offsets"])
            )
            for name, entry in entries.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{file}: not a safetensors file (its header is damaged); {_AGAIN}"
        ) from error
    end = max((tensor.end for tensor in found.values()), default=data)
    if size < end:
        raise UserError(f"{file}: cut off (it has {size:,} of {end:,} bytes); {_AGAIN}")
    if size > end:
        raise UserError(f"{file}: damaged ({size - end:,} bytes behind its tensors); {_AGAIN}")
    for name, tensor in found.items():
        if tensor.kind in _BITS and _bytes_of(tensor) != tensor.end - tensor.start:
            raise UserError(f"{file}: tensor '{name}' is not as long as its shape says; {_AGAIN}")
    _check_not_blank(file, found)
    return found


def _not_weights(start: bytes, size: int) -> str:
    if start.startswith((b"PK", b"\x80")):
        return "a pickle (torch.save) under the name of a safetensors file"
    if start.lstrip().startswith((b"<", b"{")):
        return "a page or a message of a web server, not weights"
    return f"not a safetensors file, or cut off in its header ({size:,} bytes)"


def _bytes_of(tensor: Tensor) -> int:
    return math.prod(tensor.shape) * _BITS[tensor.kind] // 8


def _check_not_blank(file: Path, tensors: Mapping[str, Tensor]) -> None:
    """Refuse matrices of zeros: a download that stopped may leave a file of the full length."""
    with named_errors(file), file.open("rb") as stream:
        for name, tensor in tensors.items():
            length = tensor.end - tensor.start
            if len(tensor.shape) < 2 or not length:
                continue
            part = min(length, _SPOT_BYTES)
            for spot in range(_SPOTS):
                stream.seek(tensor.start + (length - part) * spot // (_SPOTS - 1))
                if any(stream.read(part)):
                    break
            else:
                raise UserError(
                    f"{file}: tensor '{name}' is nothing but zeros, as behind the place where a "
                    f"download stopped; {_AGAIN}"
                )


# --- Weights against config.json ------------------------------------------------------------------


def _check_fit(folder: Path, config: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
    """Refuse weights whose names, shapes or layers are not those of the configured model."""
    sizes = {name: config[name] for name in _SIZES if isinstance(config.get(name), int)}
    if config["model_type"] not in _LIKE_LLAMA or len(sizes) < len(_SIZES):
        return
    said = ", ".join(f"{name} {size}" for name, size in sizes.items())
    for name, expected in _expected(config, **sizes):
        wrong = ""
        if name not in tensors:
            wrong = f"the weights hold no '{name}'"
        elif (shape := tensors[name].shape) != expected:
            wrong = f"'{name}' is of shape {list(shape)} and not {list(expected)}"
        if wrong:
            raise UserError(
                f"{folder}: {wrong}, as a model of config.json is (model_type "
                f"{config['model_type']}, {said}); configuration and weights are of two models: "
                "copy both again"
            )
    layers = {int(found[1]) for name in tensors if (found := _LAYER.match(name))}
    if len(layers) > sizes["num_hidden_layers"]:
        raise UserError(
            f"{folder}: the weights have {len(layers)} layers, config.json says num_hidden_layers "
            f"{sizes['num_hidden_layers']}; copy both again"
        )


def _expected(
    config: Mapping[str, Any],
    vocab_size: int,
    hidden_size: int,
    intermediate_size: int,
    num_hidden_layers: int,
    num_attention_heads: int,
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the names and shapes of matrices that a configuration promises."""
    head = config.get("head_dim") or hidden_size // num_attention_heads
    queries = num_attention_heads * head
    keys = (config.get("num_key_value_heads") or num_attention_heads) * head
    yield "model.embed_tokens.weight", (vocab_size, hidden_size)
    if config.get("tie_word_embeddings") is False:
        yield "lm_head.weight", (vocab_size, hidden_size)
    for layer in range(num_hidden_layers):
        for name, shape in (
            ("self_attn.q_proj", (queries, hidden_size)),
            ("self_attn.k_proj", (keys, hidden_size)),
            ("self_attn.v_proj", (keys, hidden_size)),
            ("self_attn.o_proj", (hidden_size, queries)),
            ("mlp.gate_proj", (intermediate_size, hidden_size)),
            ("mlp.up_proj", (intermediate_size, hidden_size)),
            ("mlp.down_proj", (hidden_size, intermediate_size)),
        ):
            yield f"model.layers.{layer}.{name}.weight", shape
