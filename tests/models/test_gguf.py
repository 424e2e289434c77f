"""The import of GGUF files: tensors, configuration and tokenizer, against transformers' own."""

import hashlib
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from helpers.gguf_files import write_qwen2
from transformers import AutoModelForCausalLM, AutoTokenizer

from codepref.errors import UserError
from codepref.models import load_model, load_tokenizer
from codepref.models.fetch import fetch_packaged
from codepref.models.gguf_import import import_gguf
from codepref.models.settings import PackagedModel
from codepref.sampling.completion import end_tokens

TEXTS = [
    "def f(n):\n\tif n < 12345:\n\t\treturn 'a\\tb'\n        return 0x1F\r\n\n\n",
    "    x = 1234  # ünïcödé 漢字 🙂\n  y",
    "I'll say it's DON'T 9.8e7",
    " x",
]


@pytest.fixture(scope="module")
def qwen2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small qwen2 file, and beside it the folder that it is imported to."""
    file = write_qwen2(tmp_path_factory.mktemp("gguf") / "small.gguf")
    import_gguf(file, file.parent / "imported")
    return file


@pytest.mark.parametrize("tied", [False, True])
def test_qwen2_weights_are_those_that_transformers_reads(tmp_path: Path, tied: bool) -> None:
    file = write_qwen2(tmp_path / "small.gguf", tied)
    import_gguf(file, tmp_path / "imported")
    ours = AutoModelForCausalLM.from_pretrained(tmp_path / "imported", dtype=torch.bfloat16)
    theirs = AutoModelForCausalLM.from_pretrained(
        tmp_path, gguf_file=file.name, dtype=torch.float32
    )
    expected = theirs.state_dict()
    assert ours.state_dict().keys() == expected.keys()
    for name, values in ours.state_dict().items():
        assert torch.equal(values, expected[name].to(torch.bfloat16)), name
    assert torch.equal(ours.lm_head.weight, ours.model.embed_tokens.weight) is tied
    config = ours.config
    assert (config.tie_word_embeddings, config.rms_norm_eps) == (tied, 1e-6)
    assert config.rope_parameters["rope_theta"] == 1e6
    assert any(values.abs().max() > 0 for name, values in expected.items() if "q_proj.bias" in name)
    # The same configuration: with the same weights, the same logits.
    exact = load_model(tmp_path / "imported")
    theirs.load_state_dict(exact.state_dict())
    ids = torch.arange(20)[None]
    with torch.inference_mode():
        assert torch.allclose(exact(ids).logits, theirs.eval()(ids).logits, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("text", TEXTS)
def test_qwen2_tokenizer_splits_as_transformers_does(qwen2: Path, text: str) -> None:
    ours = load_tokenizer(qwen2.parent / "imported")
    theirs = AutoTokenizer.from_pretrained(qwen2.parent, gguf_file=qwen2.name)
    ids = ours(text, add_special_tokens=False)["input_ids"]
    assert ids == theirs(text, add_special_tokens=False)["input_ids"]
    assert ours.decode(ids, clean_up_tokenization_spaces=False) == text


def test_qwen2_composes_characters_and_splits_digits(qwen2: Path) -> None:
    tokenizer = load_tokenizer(qwen2.parent / "imported")
    assert tokenizer("e\u0301")["input_ids"] == tokenizer("é")["input_ids"]
    assert tokenizer.tokenize("1234") == ["1", "2", "3", "4"]


def test_qwen2_ends_where_a_turn_or_a_text_ends(qwen2: Path) -> None:
    folder = qwen2.parent / "imported"
    tokenizer = load_tokenizer(folder)
    names = ["<|im_end|>", "<|endoftext|>"]
    ends = tokenizer.convert_tokens_to_ids(names)
    for file in ("config.json", "generation_config.json"):
        assert json.loads((folder / file).read_text())["eos_token_id"] == ends
    assert end_tokens(tokenizer, ends) == set(ends)
    assert (tokenizer.eos_token, tokenizer.pad_token) == tuple(names)
    text = tokenizer.apply_chat_template(
        [{"role": "user", "content": "x"}], tokenize=False, add_generation_prompt=True
    )
    assert text == "<|im_start|>user\nx<|im_end|>\n<|im_start|>assistant\n"


def test_filled_up_places_of_the_vocabulary_are_no_tokens(qwen2: Path) -> None:
    tokenizer = load_tokenizer(qwen2.parent / "imported")
    assert not [token for token in tokenizer.get_vocab() if token.startswith("[PAD")]
    assert tokenizer.convert_tokens_to_ids("<tool_call>") not in tokenizer.all_special_ids
    rows = json.loads((qwen2.parent / "imported/config.json").read_text())["vocab_size"]
    assert rows == len(tokenizer) + 4  # the embedding has them


def test_another_family_is_one_message_that_names_the_known(tmp_path: Path) -> None:
    file = write_qwen2(tmp_path / "other.gguf", architecture="gemma3")
    with pytest.raises(UserError) as caught:
        import_gguf(file, tmp_path / "out")
    assert "'gemma3'" in str(caught.value) and "'llama' and 'qwen2'" in str(caught.value)
    assert not (tmp_path / "out").exists()


def installed(monkeypatch: pytest.MonkeyPatch, folder: Path, parts: dict[str, bytes]) -> list[str]:
    """Make packages of these names, version 1, that carry a part each; return their ``files``."""
    for name, content in parts.items():
        info = folder / f"{name}-1.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        (folder / name / "data").mkdir(parents=True)
        (folder / name / "data/part.bin").write_bytes(content)
        (info / "RECORD").write_text(f"{name}/data/part.bin,,\n{name}-1.dist-info/METADATA,,\n")
    monkeypatch.syspath_prepend(str(folder))
    return [f"{name}==1/data/part.bin" for name in parts]


def test_a_file_in_parts_is_joined_checked_and_whole(
    qwen2: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = qwen2.read_bytes()
    cuts = np.linspace(0, len(content), 4).astype(int)
    pieces = [content[a:b] for a, b in itertools.pairwise(cuts)]
    named: dict[str, Any] = {f"piece{number}": piece for number, piece in enumerate(pieces)}
    files = installed(monkeypatch, tmp_path / "site", named)
    right = hashlib.sha256(content).hexdigest()

    def fetch(files: list[str], output: Path) -> None:
        fetch_packaged(PackagedModel(kind="package", files=files, sha256=right), output)

    fetch(files, tmp_path / "out/model")
    weights = "model.safetensors"
    same = (qwen2.parent / "imported" / weights).read_bytes()
    assert (tmp_path / "out/model" / weights).read_bytes() == same
    source = json.loads((tmp_path / "out/model/source.json").read_text())
    assert (source["revision"], source["files"]) == (right, files)
    assert not list((tmp_path / "out/model").glob("joined*"))

    with pytest.raises(UserError, match=rf"and 2 more, joined: .* expects {right}"):
        fetch(files[::-1], tmp_path / "out/wrong")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["model"]
    with pytest.raises(UserError, match="version 1, the configuration names 2"):
        fetch([files[0].replace("==1", "==2"), *files[1:]], tmp_path / "out/wrong")
    with pytest.raises(UserError, match=r"has no file 'data/other\.bin'"):
        fetch([files[0].replace("part.bin", "other.bin")], tmp_path / "out/wrong")


def test_a_file_without_its_package_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected PACKAGE==VERSION/FILE, not 'part\.bin'"):
        PackagedModel(kind="package", files=["part.bin"], sha256="0" * 64)
