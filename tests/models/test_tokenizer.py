"""Every stage reads a model's text as the same tokens, whatever class its folder declares."""

import inspect
import json
import os
import platform
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.places import ROOT
from helpers.synthetic_tokenizers import codellama, codeqwen, deepseek_coder
from tokenizers import Tokenizer, pre_tokenizers

from codepref.errors import UserError
from codepref.models import load_tokenizer

SAMPLING_PYTHON = ROOT / ".venv-vllm" / "bin" / "python"
RUNS_HERE = (platform.system(), platform.machine()) == ("Linux", "x86_64")

MAKERS: dict[str, Callable[[Path], Path]] = {
    "deepseek": deepseek_coder,
    "codeqwen": codeqwen,
    "codellama": codellama,
    "llama": lambda folder: codellama(folder, declared="LlamaTokenizerFast"),
}
TEXTS = [
    "def g(a, b):\n        while a:\n\t\ta -= 10\n    return  b",
    "Answer:\n\n```python\nprint('x  y', 1234)\r\n```",
    "naïve → 漢字 🙂",
    "\n\n  indented",
]
PRINT_TOKENS = """
import json, sys
from codepref.models import load_tokenizer
folders, texts = json.load(sys.stdin)
print(json.dumps([tokens(load_tokenizer(folder), texts) for folder in folders]))
"""


def tokens(tokenizer, texts):
    """Return everything that sampling and training have to agree on."""
    turns = [{"role": "user", "content": texts[0]}]
    prompt = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
    ids = [tokenizer(t, add_special_tokens=False)["input_ids"] for t in [*texts, prompt]]
    special = [tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id]
    return [ids, special, tokenizer.padding_side, tokenizer("x")["input_ids"]]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("tokenizers")
    return {name: make(root / name) for name, make in MAKERS.items()}


def own_tokens(folder: Path, text: str) -> list[int]:
    """Return the tokens by the folder's tokenizer.json alone."""
    itself = Tokenizer.from_file(str(folder / "tokenizer.json"))
    return itself.encode(text, add_special_tokens=False).ids


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("text", TEXTS)
def test_text_becomes_the_tokens_of_the_folder_and_comes_back(
    folders: dict[str, Path], name: str, text: str
) -> None:
    tokenizer = load_tokenizer(folders[name])
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert ids == own_tokens(folders[name], text)
    assert tokenizer.decode(ids) == text


def test_special_tokens_and_template_are_the_folders(folders: dict[str, Path]) -> None:
    for name, begin, end, turn in [
        ("deepseek", "<｜begin▁of▁sentence｜>", "<|EOT|>", "### Instruction:\nq"),
        ("codeqwen", "<|endoftext|>", "<|im_end|>", "<|im_start|>user\nq<|im_end|>"),
        ("codellama", "<s>", "</s>", "<s>[INST] q [/INST]"),
    ]:
        tokenizer = load_tokenizer(folders[name])
        assert (tokenizer.bos_token, tokenizer.eos_token) == (begin, end)
        question = [{"role": "user", "content": "q"}]
        text = tokenizer.apply_chat_template(question, tokenize=False)
        assert turn in text
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert tokenizer.decode(ids).strip() == text.strip()


def test_the_sampling_environment_reads_the_same_tokens(
    folders: dict[str, Path], tiny_model_folder: Path
) -> None:
    """Sampling and benchmarks run an older transformers than training (see envs/)."""
    if not SAMPLING_PYTHON.exists():
        reason = f"no vLLM environment at {SAMPLING_PYTHON.parent.parent}; make it with: make vllm"
        if RUNS_HERE and os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    every = [*folders.values(), tiny_model_folder]
    done = subprocess.run(
        [str(SAMPLING_PYTHON), "-c", inspect.getsource(tokens) + PRINT_TOKENS],
        input=json.dumps([[str(folder) for folder in every], TEXTS]),
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    there = json.loads(done.stdout.splitlines()[-1])
    for folder, of_sampling in zip(every, there, strict=True):
        assert of_sampling == tokens(load_tokenizer(folder), TEXTS), folder.name


@pytest.mark.parametrize("name", MAKERS)
def test_a_saved_tokenizer_is_read_the_same_again(
    folders: dict[str, Path], tmp_path: Path, name: str
) -> None:
    """Training writes the tokenizer beside the weights it trained."""
    tokenizer = load_tokenizer(folders[name])
    for file in ("config.json", "model.safetensors"):
        shutil.copy(folders[name] / file, tmp_path)
    tokenizer.save_pretrained(tmp_path)
    assert tokens(load_tokenizer(tmp_path), TEXTS) == tokens(tokenizer, TEXTS)


def test_a_codellama_response_keeps_its_space_but_gains_one_before_a_fence(
    folders: dict[str, Path],
) -> None:
    folder = folders["codellama"]
    tokenizer = load_tokenizer(folder)

    def responded(text: str) -> list[int]:
        return tokenizer(text, add_special_tokens=False)["input_ids"]

    def behind_the_prompt(text: str) -> list[int]:
        prompt = tokenizer("<s>[INST] q [/INST]", add_special_tokens=False)["input_ids"]
        whole = tokenizer("<s>[INST] q [/INST]" + text, add_special_tokens=False)["input_ids"]
        assert whole[: len(prompt)] == prompt
        return whole[len(prompt) :]

    assert responded(" Here is") == behind_the_prompt(" Here is")
    # The file alone would put a second space there, in nearly every response.
    assert own_tokens(folder, " Here is") != behind_the_prompt(" Here is")
    # A known gap (docs/training.md): this space in front was never sampled.
    space = tokenizer.convert_tokens_to_ids("▁")
    assert responded("\nx") == [space, *behind_the_prompt("\nx")]
    assert tokenizer.convert_ids_to_tokens(responded("```python"))[0].startswith("▁`")
    assert tokenizer.convert_ids_to_tokens(behind_the_prompt("```python"))[0].startswith("`")


def only_vocabulary(folder: Path, out: Path, declared: str) -> Path:
    """Write a folder's vocabulary and merges as the two files that older tokenizers have."""
    shutil.copytree(folder, out)
    model = json.loads((out / "tokenizer.json").read_text())["model"]
    (out / "tokenizer.json").unlink()
    (out / "vocab.json").write_text(json.dumps(model["vocab"]))
    lines = ["#version: 0.2", *(" ".join(merge) for merge in model["merges"])]
    (out / "merges.txt").write_text("\n".join(lines))
    settings = json.loads((out / "tokenizer_config.json").read_text())
    settings["tokenizer_class"] = declared
    (out / "tokenizer_config.json").write_text(json.dumps(settings))
    (out / "config.json").write_text(json.dumps({"model_type": "qwen2"}))
    return out


def test_a_folder_without_tokenizer_json_loads_if_text_comes_back(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    good = only_vocabulary(folders["deepseek"], tmp_path / "good", "Qwen2Tokenizer")
    tokenizer = load_tokenizer(good)
    for text in TEXTS:
        assert tokenizer.decode(tokenizer(text, add_special_tokens=False)["input_ids"]) == text
    bad = only_vocabulary(folders["codeqwen"], tmp_path / "bad", "Qwen2Tokenizer")
    with pytest.raises(UserError) as caught:
        load_tokenizer(bad)
    said = str(caught.value)
    assert str(bad) in said and "Qwen2Tokenizer turns the text 'def f(n):" in said
    assert "transformers 5." in said and "tokenizer.json" in said


def test_a_tokenizer_json_that_loses_text_is_refused(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    folder = shutil.copytree(folders["deepseek"], tmp_path / "model")
    raw = Tokenizer.from_file(str(folder / "tokenizer.json"))
    raw.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    raw.save(str(folder / "tokenizer.json"))
    with pytest.raises(UserError, match=r"turns the text .* into 'deff"):
        load_tokenizer(folder)


def test_a_damaged_tokenizer_json_is_one_clear_message(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    folder = shutil.copytree(folders["codeqwen"], tmp_path / "model")
    (folder / "tokenizer.json").write_text('{"model": {}}')
    with pytest.raises(UserError, match=f"{folder}: the tokenizer cannot be loaded"):
        load_tokenizer(folder)
