"""A model folder: config.json, safetensors, a tokenizer with a chat template, and source.json."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

from codepref.devices import Precision
from codepref.errors import UserError, is_out_of_memory
from codepref.files import READ, read_json, sha256_of, write_json

SOURCE_FILE = "source.json"
_WEIGHTS = ("*.safetensors", "*.safetensors.index.json", "*.bin", "*.bin.index.json", "*.gguf")
_PICKLES = ("*.bin", "*.pt", "*.pth")
# What a tokenizer may consist of: fast tokenizers have the first, older ones only one of the rest.
_TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json")
_ADVICE = "fetch it with scripts/fetch_model.py, or copy the missing files into the folder"


def check_model_folder(folder: str | Path, weights: bool = True) -> Path:
    """Return ``folder`` as a path if it holds a complete chat model; it becomes an input, whole.

    Args:
        folder: a model folder.
        weights: whether they have to be there, too.

    Raises:
        UserError: it is missing, or lacks configuration, weights, tokenizer or chat template.
    """
    folder = Path(folder)
    READ.add(folder)
    if not folder.is_dir():
        raise UserError(f"{folder}: no such model folder; {_ADVICE}")
    if not (folder / "config.json").is_file():
        raise UserError(f"{folder}: not a model folder (no config.json); {_ADVICE}")
    if weights and not any(folder.glob("*.safetensors")):
        pickles = sorted(file.name for pattern in _PICKLES for file in folder.glob(pattern))
        if pickles:
            raise UserError(
                f"{folder / pickles[0]}: weights as pickles are not read, since they may run "
                "programs; there are no *.safetensors. Convert them with transformers where you "
                "trust them: AutoModelForCausalLM.from_pretrained(FOLDER).save_pretrained(FOLDER)"
            )
        raise UserError(f"{folder}: the model folder has no *.safetensors weights; {_ADVICE}")
    if not any((folder / name).is_file() for name in _TOKENIZER_FILES):
        raise UserError(f"{folder}: the model folder has no tokenizer (tokenizer.json); {_ADVICE}")
    if not _has_chat_template(folder):
        raise UserError(
            f"{folder}: the tokenizer has no chat template; use a chat or instruct model, or add "
            "a chat_template.jinja to the folder"
        )
    return folder


def _has_chat_template(folder: Path) -> bool:
    if (folder / "chat_template.jinja").is_file() or (folder / "chat_template.json").is_file():
        return True
    settings = folder / "tokenizer_config.json"
    return settings.is_file() and bool(read_json(settings).get("chat_template"))


def configured_end(folder: str | Path) -> int | list[int] | None:
    """Return ``eos_token_id`` of a folder's generation configuration, else of its model's."""
    for name in ("generation_config.json", "config.json"):
        if (Path(folder) / name).is_file():
            return read_json(Path(folder) / name).get("eos_token_id")
    return None


def write_source(folder: str | Path, kind: str, revision: str, **more: Any) -> None:
    """Write ``source.json``: where the model came from; ``revision`` names its exact weights."""
    write_json(Path(folder) / SOURCE_FILE, {"kind": kind, "revision": revision, **more})


def model_revision(folder: str | Path) -> str:
    """Return what names the exact weights of a folder: its ``source.json``, else their hash."""
    folder = Path(folder)
    READ.add(folder)
    if (folder / SOURCE_FILE).is_file():
        return str(read_json(folder / SOURCE_FILE)["revision"])
    return weights_sha256(folder)


def weights_sha256(folder: str | Path) -> str:
    """Return one SHA-256 over all safetensors files of a folder, in the order of their names."""
    files = sorted(Path(folder).glob("*.safetensors"))
    if len(files) == 1:
        return sha256_of(files[0])
    text = "".join(f"{file.name}\0{sha256_of(file)}\n" for file in files)
    return hashlib.sha256(text.encode()).hexdigest()


def copy_all_but_weights(origin: Path, folder: Path) -> None:
    """Copy a model folder's tokenizer, chat template and configuration, byte for byte."""
    for file in origin.iterdir():
        if file.is_file() and not any(file.match(pattern) for pattern in _WEIGHTS):
            shutil.copyfile(file, folder / file.name)


def load_model(folder: str | Path, precision: Precision = "fp32") -> Any:
    """Return the causal language model of a checked folder, in evaluation mode, on its device.

    Args:
        folder: a model folder.
        precision: the number format of its weights and its computation.

    Raises:
        UserError: the folder is incomplete, the weights cannot be read, or memory is short.
    """
    folder = check_model_folder(folder)
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()  # it fills logs, and loading takes a second
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = {"bf16": torch.bfloat16, "fp32": torch.float32}[precision]
    try:
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, local_files_only=True)
        return model.eval().to(device)
    except (OSError, ValueError, KeyError, RuntimeError, MemoryError) as error:
        if is_out_of_memory(error):
            short = (
                "the GPU's memory; use a larger GPU, or the vllm engine with more GPUs"
                if device == "cuda"
                else "the memory; give the job more (compute.generate.memory_mb) or take a smaller "
                "model"
            )
            raise UserError(f"{folder}: the model does not fit into {short}") from error
        if isinstance(error, RuntimeError):
            raise
        raise UserError(f"{folder}: the model cannot be loaded ({error}); {_ADVICE}") from error
