"""What LiveCodeBench has published: its versions, their files, and the tasks of its errata."""

import functools
import re
from pathlib import Path

from pydantic import Field

from codepref.files import read_yaml
from codepref.strict import SHA256, Strict

_VERSIONS = re.compile(r"release_v(?P<only>[1-9])|v(?P<first>[1-9])(_v(?P<last>[1-9]))?")


class PublishedFile(Strict):
    """One file of the data set, which one version added."""

    name: str
    tasks: int
    sha256: str = Field(pattern=SHA256)


class Releases(Strict):
    """``releases.yaml``."""

    repository: str
    revision: str
    files: dict[str, PublishedFile]
    errata: dict[str, list[str]]

    @property
    def excluded(self) -> dict[str, str]:
        """Why a task is left out, by its id or the slug of its title."""
        return {name: why for why, names in self.errata.items() for name in names}


@functools.cache
def releases() -> Releases:
    """Return what is known of the published data."""
    return read_yaml(Path(__file__).with_name("releases.yaml"), Releases)


def versions_of(release: str) -> list[str]:
    """Return the versions whose files make a release, named as the data set's loader names them.

    >>> versions_of("release_v2"), versions_of("v5"), versions_of("v4_v6")
    (['v1', 'v2'], ['v5'], ['v4', 'v5', 'v6'])

    Raises:
        ValueError: there is no such release.
    """
    known = list(releases().files)
    found = _VERSIONS.fullmatch(release)
    if found:
        first = f"v{found['first'] or 1}"
        last = f"v{found['only'] or found['last'] or found['first']}"
        if first in known and last in known and known.index(first) <= known.index(last):
            return known[known.index(first) : known.index(last) + 1]
    raise ValueError(
        f"expected a version as LiveCodeBench names them: v1 to {known[-1]} (one file), v1_v3 "
        f"(several), release_v1 to release_{known[-1]} (all up to one)"
    )
