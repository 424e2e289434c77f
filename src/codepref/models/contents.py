"""Whether the files of a model folder hold what they should: read where a model is fetched.

Only the headers of weights are read, and a few kilobytes of each matrix: a cut download, Git LFS's
pointer in place of a file, a missing shard, or weights of another model than ``config.json``'s are
found in a second and not after a queue's night.
"""

import contextlib
import json
import math
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
    """Refuse weights whose names or shapes are not those of the configured model."""
    try:
        found = misfit(config, {name: tensor.shape for name, tensor in tensors.items()})
    except UserError as error:
        raise UserError(f"{folder / 'config.json'}: {error}; {_AGAIN}") from error
    if found:
        name, what = found
        raise UserError(
            f"{folder}: the weights' tensor '{name}' {what}, going by config.json (model_type "
            f"{config['model_type']}); configuration and weights are of two models: copy both again"
        )


def misfit(
    config: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]
) -> tuple[str, str] | None:
    """Return the first tensor that a configured model has and weights have not, or otherwise.

    transformers loads what is missing with made-up numbers and leaves out what the model has not,
    with a warning in a log. So it is asked, and not a list of names: it loads tensors that have
    nothing but shapes (torch's meta device), which takes a second also for 70 billion weights.

    Args:
        config: what a ``config.json`` holds.
        shapes: of the weights, by their names.

    Returns:
        the tensor's name and what is wrong with it; None where they fit, or where transformers has
        no causal language model of this type and nothing can be said.

    Raises:
        UserError: the configuration describes no model.
    """
    import torch
    import transformers

    configurations = transformers.CONFIG_MAPPING
    if config["model_type"] not in configurations:
        return None
    layers = config.get("num_hidden_layers")
    if isinstance(layers, int) and layers > len(shapes):  # before a model of a billion is built
        return f"*.{layers - 1}.*", "is missing"
    plain = {name: value for name, value in config.items() if name != "auto_map"}  # own programs
    wanted: dict[str, Any] = {"attn_implementation": "eager"}  # what runs without a GPU's kernels
    with _quiet(transformers.utils.logging), torch.device("meta"):
        try:
            settings = configurations[config["model_type"]].from_dict(plain)
            if type(settings) not in transformers.MODEL_FOR_CAUSAL_LM_MAPPING:
                return None
            model = transformers.AutoModelForCausalLM.from_config(settings, **wanted)
            held = {name: torch.empty(shape) for name, shape in shapes.items()}
            _, found = type(model).from_pretrained(
                None,
                config=model.config,
                state_dict=held,
                device_map="meta",
                output_loading_info=True,
                ignore_mismatched_sizes=True,
                **wanted,
            )
        except ImportError:  # of a package that the model needs and is not here
            return None
        except Exception as error:  # models' own code raises whatever comes
            what = " ".join(str(error).split())
            raise UserError(f"transformers makes no model of it ({what})") from error
    for name in model.state_dict():  # in the model's own order
        if name in found["missing_keys"]:
            return name, "is missing"
    for name, shape, expected in sorted(found["mismatched_keys"]):
        return name, f"is of shape {list(shape)} and not {list(expected)}"
    for name in sorted(found["unexpected_keys"]):
        return name, "is not one of the model's"
    return None


@contextlib.contextmanager
def _quiet(logging: Any) -> Iterator[None]:
    """Keep transformers' progress bar and report of loading for real weights."""
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(logging.CRITICAL)
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
