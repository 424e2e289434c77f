"""One executor for all tests."""

from collections.abc import Iterator

import hypothesis
import pytest

from codepref.sandbox import Executor

# Wall time says nothing on a busy machine.
hypothesis.settings.register_profile("no-deadline", deadline=None)
hypothesis.settings.load_profile("no-deadline")

collect_ignore = ["corpus"]  # programs under test, not tests


@pytest.fixture(scope="session")
def executor() -> Iterator[Executor]:
    with Executor(workers=2, reuse=False) as shared:
        yield shared
