"""Pairs and problems that the tiny model can train on in a second."""

from pathlib import Path

import pytest
from helpers.records import make_pair, make_problem

from codepref.files import write_records


@pytest.fixture(autouse=True)
def one_thread():
    """Tiny models are faster on one thread, above all beside other jobs."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def pairs_file(tmp_path: Path) -> Path:
    """Ten pairs of different lengths."""
    pairs = [
        make_pair(number, rejected=f"```python\nf = {number}{' + 1' * (3 * number)}\n```")
        for number in range(10)
    ]
    write_records(tmp_path / "pairs.jsonl", pairs)
    return tmp_path / "pairs.jsonl"


@pytest.fixture
def problems_file(tmp_path: Path) -> Path:
    """Three problems for the policy to answer."""
    problems = [make_problem(f"t/{name}") for name in ("one", "two", "three")]
    write_records(tmp_path / "problems.jsonl", problems)
    return tmp_path / "problems.jsonl"


@pytest.fixture(scope="package")
def other_folder(tiny_model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model with slightly other weights."""
    import torch

    from codepref.models import load_tokenizer
    from codepref.training import runner
    from codepref.training.trainers import DpoConfig

    folder = tmp_path_factory.mktemp("other")
    model = runner.load_model(tiny_model_folder, DpoConfig())
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=torch.manual_seed(1)))
    model.save_pretrained(folder)
    load_tokenizer(tiny_model_folder).save_pretrained(folder)
    return folder
