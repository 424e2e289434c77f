"""Model folders with a damaged file are refused when they are fetched, by the file's name."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from codepref.errors import UserError
from codepref.models.contents import INDEX, check_contents, misfit
from codepref.models.fetch import fetch_folder
from codepref.models.settings import FolderModel

CONFIG = {
    "model_type": "llama",
    "vocab_size": 32,
    "hidden_size": 8,
    "intermediate_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "tie_word_embeddings": False,
}
SHAPES = {
    "self_attn.q_proj": (8, 8),
    "self_attn.k_proj": (4, 8),
    "self_attn.v_proj": (4, 8),
    "self_attn.o_proj": (8, 8),
    "mlp.gate_proj": (16, 8),
    "mlp.up_proj": (16, 8),
    "mlp.down_proj": (8, 16),
    "input_layernorm": (8,),
    "post_attention_layernorm": (8,),
}
SHARD = "model-0000{}-of-00002.safetensors"


def weights() -> dict[str, np.ndarray]:
    shapes: dict[str, tuple[int, ...]] = {
        "model.embed_tokens.weight": (32, 8),
        "lm_head.weight": (32, 8),
        "model.norm.weight": (8,),
    }
    for layer in range(2):
        shapes |= {f"model.layers.{layer}.{name}.weight": one for name, one in SHAPES.items()}
    random = np.random.default_rng(0)
    return {name: random.normal(size=one).astype(np.float32) for name, one in shapes.items()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tiny llama in one file, with all that a model folder has."""
    path = tmp_path / "model"
    path.mkdir()
    (path / "config.json").write_text(json.dumps(CONFIG))
    (path / "tokenizer.json").write_text("{}")
    (path / "chat_template.jinja").write_text("{{ messages }}")
    save_file(weights(), path / "model.safetensors")
    return path


@pytest.fixture
def sharded(folder: Path) -> Path:
    """The same in two files with an index."""
    (folder / "model.safetensors").unlink()
    names = sorted(everything := weights())
    parts = {SHARD.format(1): names[:9], SHARD.format(2): names[9:]}
    for file, held in parts.items():
        save_file({name: everything[name] for name in held}, folder / file)
    places = {name: file for file, held in parts.items() for name in held}
    (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": places}))
    return folder


def refused(folder: Path, *said: str) -> None:
    """The folder is refused in one message, and nothing is left behind."""
    out = folder.parent / "out"
    with pytest.raises(UserError) as caught:
        fetch_folder(FolderModel(kind="folder", path=str(folder)), out)
    message = str(caught.value)
    assert message.startswith(str(folder)) and "\n" not in message
    assert all(words in message for words in said), message
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_whole_folders_are_taken(folder: Path, tmp_path: Path) -> None:
    (folder / ".snakemake_timestamp").touch()
    fetch_folder(FolderModel(kind="folder", path=str(folder)), tmp_path / "out")
    check_contents(tmp_path / "out")


def test_a_whole_sharded_folder_is_taken(sharded: Path) -> None:
    check_contents(sharded)


def cut(file: Path, size: int = -100) -> None:
    file.write_bytes(file.read_bytes()[:size])


def blank(file: Path) -> None:
    """Leave what a download with a hole leaves: the length, and zeros."""
    size = file.stat().st_size
    os.truncate(file, size // 2)
    os.truncate(file, size)


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (cut, "cut off (it has"),
        (lambda file: cut(file, 200), "cut off in its header (200 bytes)"),
        (lambda file: cut(file, 0), "the file is empty"),
        (lambda file: file.write_bytes(file.read_bytes() + b"more"), "4 bytes behind its tensors"),
        (lambda file: file.write_bytes(POINTER), "run 'git lfs pull'"),
        (lambda file: file.write_bytes(b"<!DOCTYPE html>" * 9), "a message of a web server"),
        (lambda file: file.write_bytes(b"PK\x03\x04" * 99), "a pickle"),
        (lambda file: file.write_bytes(b"\x08" + bytes(7) + b"{[]}    "), "header is damaged"),
        (blank, "nothing but zeros"),
        (
            lambda file: save_file({f"h.{n}.w": np.ones((2, 2)) for n in range(2)}, file),
            "'model.embed_tokens.weight' is missing",
        ),
        (
            lambda file: save_file(dict(list(weights().items())[:9]), file),
            "'model.layers.0.mlp.down_proj.weight' is missing",
        ),
    ],
)
def test_damaged_weights_are_refused(
    folder: Path, damage: Callable[[Path], None], said: str
) -> None:
    damage(folder / "model.safetensors")
    refused(folder, "model", said)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"hidden_size": 16}, "is of shape [32, 8] and not [32, 16]"),
        ({"vocab_size": 64}, "is of shape [32, 8] and not [64, 8]"),
        ({"num_hidden_layers": 3}, "'model.layers.2.self_attn.q_proj.weight' is missing"),
        ({"num_hidden_layers": 10**9}, "'*.999999999.*' is missing"),
        ({"num_hidden_layers": 1}, "'model.layers.1.input_layernorm.weight' is not one of"),
        ({"hidden_size": "8"}, "config.json: transformers makes no model of it"),
        ({"num_attention_heads": 3}, "config.json: transformers makes no model of it"),
        ({"model_type": "mamba"}, "'backbone.embeddings.weight' is missing"),
        ({"num_key_value_heads": 2}, "k_proj.weight' is of shape [4, 8] and not [8, 8]"),
        ({"model_type": None}, "names no model_type"),
    ],
)
def test_weights_of_another_model_are_refused(
    folder: Path, changes: dict[str, Any], said: str
) -> None:
    (folder / "config.json").write_text(json.dumps(CONFIG | changes))
    refused(folder, said)


def changed(changes: Mapping[str, tuple[int, ...] | None]) -> dict[str, np.ndarray]:
    """The weights with tensors of other shapes, more of them, or fewer (None)."""
    other = {name: np.ones(shape, np.float32) for name, shape in changes.items() if shape}
    return {n: one for n, one in weights().items() if n not in changes} | other


@pytest.mark.parametrize(
    ("name", "shape", "said"),
    [
        ("model.norm.weight", None, "is missing"),
        ("model.norm.weight", (4,), "is of shape [4] and not [8]"),
        ("model.layers.0.input_layernorm.weight", None, "is missing"),
        ("lm_head.weight", None, "is missing"),
        ("model.layers.0.self_attn.q_proj.bias", (8,), "is not one of the model's"),
    ],
)
def test_every_tensor_is_the_models(
    folder: Path, name: str, shape: tuple[int, ...] | None, said: str
) -> None:
    save_file(changed({name: shape}), folder / "model.safetensors")
    refused(folder, f"'{name}' {said}")


def test_tensors_that_another_stands_for_may_be_missing(folder: Path) -> None:
    old = {f"model.layers.{n}.self_attn.rotary_emb.inv_freq": (2,) for n in range(2)}
    save_file(changed({"lm_head.weight": None, **old}), folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(CONFIG | {"tie_word_embeddings": True}))
    check_contents(folder)


def test_biases_are_the_configurations(folder: Path) -> None:
    """Qwen2 has biases that its ``config.json`` does not speak of."""
    (folder / "config.json").write_text(json.dumps(CONFIG | {"model_type": "qwen2"}))
    refused(folder, "'model.layers.0.self_attn.q_proj.bias' is missing")
    sizes = {"q": 8, "k": 4, "v": 4}
    names = {
        f"model.layers.{n}.self_attn.{k}_proj.bias": (sizes[k],) for n in (0, 1) for k in sizes
    }
    save_file(changed(names), folder / "model.safetensors")
    check_contents(folder)


def test_a_large_model_is_asked_in_a_moment() -> None:
    """Of 70 billion weights none is made: the shapes of two files' headers are compared."""
    config = {**CONFIG, "hidden_size": 8192, "intermediate_size": 28672, "num_hidden_layers": 80}
    shapes = {f"h.{number}": (1,) for number in range(80)}
    assert misfit(config, shapes) == ("model.embed_tokens.weight", "is missing")


def test_what_is_not_known_is_not_judged(folder: Path) -> None:
    for changes in ({"model_type": "unheard-of"}, {"quantization_config": {"bits": 4}}):
        (folder / "config.json").write_text(json.dumps(CONFIG | {"hidden_size": 9} | changes))
        check_contents(folder)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "chat_template.jinja"])
def test_pointers_in_place_of_other_files_are_refused(folder: Path, name: str) -> None:
    (folder / name).write_bytes(POINTER)
    refused(folder, name, "git lfs pull")


def test_cut_and_dangling_files_are_refused(folder: Path) -> None:
    (folder / "tokenizer.json").write_text('{"model": {"vocab": {"a"')
    refused(folder, "tokenizer.json:1:", "cut off or damaged")
    (folder / "tokenizer.json").write_text("{}")
    (folder / "LICENSE").symlink_to(folder / "gone")
    refused(folder, "LICENSE: a link to a file that is not there")


def test_pickles_alone_are_refused(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    refused(folder, "pytorch_model.bin: weights as pickles are not read", "save_pretrained")


def test_shards_and_index_belong_together(sharded: Path) -> None:
    second, index = sharded / SHARD.format(2), sharded / INDEX
    whole = second.read_bytes()
    cut(second)
    refused(sharded, f"{second.name}: cut off")
    second.unlink()
    refused(sharded, f"{second.name}: missing; {INDEX} names it")
    second.write_bytes(whole)
    places = json.loads(index.read_text())
    places["weight_map"]["model.layers.9.more"] = second.name
    index.write_text(json.dumps(places))
    refused(sharded, second.name, "holds no tensor 'model.layers.9.more' (1 of the 13 that")
    index.write_text("{}")
    refused(sharded, INDEX, "holds no weight_map")
    index.unlink()
    refused(sharded, f"neither a model.safetensors nor an {INDEX}")


def test_real_models_are_whole(smollm_folder: Path, tiny_model_folder: Path) -> None:
    check_contents(smollm_folder)
    check_contents(tiny_model_folder)
