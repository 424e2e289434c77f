"""Makes the corpus importable and shares one executor among the tests."""

import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from codepref.sandbox import Executor

# Wall time says nothing on a busy machine.
hypothesis.settings.register_profile("no-deadline", deadline=None)
hypothesis.settings.load_profile("no-deadline")

sys.path.insert(0, str(Path(__file__).parent))
collect_ignore = ["corpus"]  # programs under test, not tests


@pytest.fixture(scope="session")
def executor() -> Iterator[Executor]:
    with Executor(workers=2, reuse=False) as shared:
        yield shared
