"""Where a configuration's keys stand in the files that it was put together from."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from codepref.errors import UserError
from codepref.files import read_text
from codepref.strict import Key

_DATE = "tag:yaml.org,2002:timestamp"
_MERGE = "tag:yaml.org,2002:merge"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass
class _Entry:
    """One key or entry of a list: where it stands, and what it holds."""

    place: str
    inner: "dict[str, _Entry]" = field(default_factory=dict)
    is_mapping: bool = False


class Places:
    """The places of all keys, files merged as Snakemake merges them.

    Mappings are merged; whatever else a later file says replaces what was there.
    """

    def __init__(self) -> None:
        self._top = _Entry("", is_mapping=True)

    @classmethod
    def read(cls, files: Sequence[str | Path], given: Mapping[str, Any] | None = None) -> "Places":
        """Read configuration files (YAML or JSON) in the order in which they are merged.

        Args:
            files: later ones win.
            given: what ``--config`` gives; it wins over all files.

        Raises:
            UserError: a file is missing, is not YAML, has no keys or has a key twice (with file and
                line).
        """
        found = cls()
        for file in files:
            _merge(found._top, _read(Path(file)))
        if given:
            _merge(found._top, _given(given))
        return found

    def of(self, key: Key) -> str:
        """Return ``file:line`` of a key, or of the nearest key around it; empty: in no file."""
        here = self._top
        for part in key:
            if str(part) not in here.inner:
                break
            here = here.inner[str(part)]
        return here.place


def _merge(base: _Entry, over: _Entry) -> None:
    """Put one file's keys on top of those of the files before it."""
    for name, entry in over.inner.items():
        known = base.inner.get(name)
        if known and known.is_mapping and entry.is_mapping:
            known.place = entry.place
            _merge(known, entry)
        else:
            base.inner[name] = entry


def _given(value: Any) -> _Entry:
    entry = _Entry("--config", is_mapping=isinstance(value, Mapping))
    if isinstance(value, Mapping):
        entry.inner = {str(name): _given(inner) for name, inner in value.items()}
    return entry


def _read(file: Path) -> _Entry:
    shown = os.path.relpath(file)
    shown = str(file) if shown.startswith(os.pardir) else shown
    text = read_text(file, "a configuration (YAML)")
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        if _is_json(text):  # tabs are allowed in it
            return _Entry(shown, is_mapping=True)
        raise UserError(_not_yaml(shown, text, error)) from None
    if not isinstance(node, yaml.MappingNode):
        raise UserError(f"{shown}:1: expected keys with values (run: mine), as in config.yaml")
    return _Reader(shown).entry(node, 0)


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _not_yaml(shown: str, text: str, error: yaml.YAMLError) -> str:
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    if mark is None:
        return f"{shown}: not YAML ({error}); expected a text file like config.yaml"
    lines = text.split("\n")
    line = lines[mark.line] if mark.line < len(lines) else ""
    tab = line.lstrip(" ").startswith("\t")
    mend = "indent with spaces, not tabs" if tab else "quote texts with ': ' or '#' in them"
    return f"{shown}:{mark.line + 1}: not YAML ({problem}); {mend}"


def _check_date(node: yaml.Node, place: str) -> None:
    try:
        yaml.safe_load(node.value)
    except ValueError as error:
        raise UserError(f"{place}: '{node.value}' is not in the calendar ({error})") from None


class _Reader:
    """Turns the nodes of one file into entries."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._open: list[yaml.Node] = []

    def entry(self, node: yaml.Node, line: int) -> _Entry:
        """Return what a node holds; ``line`` (from 0) is that of its key."""
        found = _Entry(f"{self._file}:{line + 1}", is_mapping=isinstance(node, yaml.MappingNode))
        if any(node is one for one in self._open):
            raise UserError(f"{found.place}: this value contains itself (an alias of YAML)")
        if node.tag == _DATE:
            _check_date(node, found.place)
        self._open.append(node)
        if isinstance(node, yaml.MappingNode):
            self._mapping(node, found)
        elif isinstance(node, yaml.SequenceNode):
            for number, one in enumerate(node.value):
                found.inner[str(number)] = self.entry(one, one.start_mark.line)
        self._open.pop()
        return found

    def _mapping(self, node: yaml.MappingNode, found: _Entry) -> None:
        lines: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line
            if key.tag == _MERGE:  # "<<: *other": what the mapping itself says wins
                others = value.value if isinstance(value, yaml.SequenceNode) else [value]
                for other in others:
                    found.inner = {**self.entry(other, line).inner, **found.inner}
                continue
            name = str(key.value)
            if name in lines:
                raise UserError(
                    f"{self._file}:{line + 1}: the key '{name}' occurs a second time, after line "
                    f"{lines[name] + 1}; YAML would keep only the last: expected each key once, "
                    "remove one of them"
                )
            lines[name] = line
            found.inner[name] = self.entry(value, line)
