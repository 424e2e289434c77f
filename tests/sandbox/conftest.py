"""One executor for all tests."""

from collections.abc import Iterator

import pytest

from codepref.sandbox import Executor


@pytest.fixture(scope="session")
def executor() -> Iterator[Executor]:
    with Executor(workers=2, reuse=False) as shared:
        yield shared
