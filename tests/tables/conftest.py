"""Fixtures: options of small runs for the scripts that read results."""

from pathlib import Path

import full_run
import pytest
from small_runs import demo_config, demo_outcomes, outcomes_like_the_paper, write_results

from codepref.config import Config


@pytest.fixture(scope="session")
def paper_run(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Options for a run at paper scale that hits the paper's counts in every cell."""
    folder = tmp_path_factory.mktemp("paper-scale")
    return write_results(folder, Config(), outcomes_like_the_paper([0, 1, 2]))


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Options for a run with the demo's configuration and random verdicts."""
    return write_results(tmp_path_factory.mktemp("demo-scale"), demo_config(), demo_outcomes())


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole tiny run with provenance, pairs, figures, claims and report (``full_run``)."""
    return full_run.make(tmp_path_factory.mktemp("tiny"))
