"""What differs in how two runs were made: settings, versions, problems, samples."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from codepref.comparison.runs import Run
from codepref.tables.layout import Table, Text, plural

_LONGEST = 80
_NAMED = 10
ABSENT = "–"


def setting_table(first: Run, second: Run) -> Table | None:
    """Lay out the settings that differ, by their keys; None if none does."""
    mine, theirs = _flat(first.config), _flat(second.config)
    lines = [
        [key, mine.get(key, ABSENT), theirs.get(key, ABSENT)]
        for key in dict.fromkeys([*mine, *theirs])
        if key != "run" and mine.get(key) != theirs.get(key)
    ]
    notes = [f"{ABSENT}: the configuration has no such key."]
    return _table("settings", "Settings that differ", ["Setting", "A", "B"], lines, notes)


def _flat(value: Any, key: str = "") -> dict[str, str]:
    """Return the leaves of nested settings as text, by keys such as ``training.dpo.beta``."""
    inner: Mapping[Any, Any] = {}
    if isinstance(value, dict):
        inner = value
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        inner = dict(enumerate(value))
    if not inner:
        return {key: _text(value)}
    found: dict[str, str] = {}
    for name, item in inner.items():
        found |= _flat(item, f"{key}.{name}" if key else str(name))
    return found


def _text(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    return json.dumps(value) if value is None or isinstance(value, bool) else str(value)


def version_table(first: Run, second: Run) -> Table | None:
    """Lay out what differs in code, packages, lock files and machines; None if nothing does."""
    mine, theirs = _versions(first), _versions(second)
    lines = [
        [what, *("; ".join(sorted(of.get(what, ()))) or ABSENT for of in (mine, theirs))]
        for what in dict.fromkeys([*mine, *theirs])
        if mine.get(what) != theirs.get(what)
    ]
    notes = ["From the provenance records of all files of a run; several values: made by several."]
    return _table("versions", "Versions that differ", ["What", "A", "B"], lines, notes)


def _versions(run: Run) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for record in run.records():
        code, machine = record["code"], record["machine"]
        dirty = " with changes" if code["dirty"] else ""
        values = {
            "commit": f"{str(code['commit'])[:12]}{dirty}",
            "Python": record["python"],
            **record["versions"],
            **{f"lock file {name}": sha[:12] for name, sha in record["locks"].items()},
            "processor": f"{machine['processor']}, {machine['cores']} cores",
            **({"GPU": ", ".join(machine["gpus"])} if machine["gpus"] else {}),
            **(
                {"image": f"{machine['image']} {machine['image_sha256']}"}
                if machine["image"]
                else {}
            ),
        }
        for name, value in values.items():
            found.setdefault(name, set()).add(str(value))
    return found


def content_table(first: Run, second: Run) -> Table | None:
    """Lay out how many problems, tasks, samples and pairs are in one run or both, and the same."""
    models, benchmarks = (
        dict.fromkeys([*first.config.get(name, ()), *second.config.get(name, ())])
        for name in ("models", "use_benchmarks")
    )
    files: list[tuple[str, str, Any, Any]] = [
        ("problems", "problems/all.jsonl", lambda r: str(r["id"]), lambda r: r),
        *(
            (
                f"tasks of {name}",
                f"benchmarks/data/{name}.jsonl",
                lambda r: str(r["task_id"]),
                _same,
            )
            for name in benchmarks
        ),
        *(
            (f"samples of {name}", f"samples/{name}.jsonl", _sample, lambda r: r["completion"])
            for name in models
        ),
        *((f"pairs of {name}", f"pairs/{name}.jsonl", _pair, _sides) for name in models),
    ]
    lines, notes = [], []
    for what, file, key, content in files:
        mine, theirs = (run.lines(file, key, content) for run in (first, second))
        if mine is None and theirs is None:
            continue
        both = [name for name in mine or () if name in (theirs or {})]
        changed = [name for name in both if (mine or {})[name] != (theirs or {})[name]]
        counts = [ABSENT if of is None else str(len(of)) for of in (mine, theirs)]
        lines.append([what, *counts, str(len(both)), str(len(both) - len(changed))])
        if what.startswith(("problems", "tasks")):
            notes += _named(what, "only in A", [n for n in mine or () if n not in (theirs or {})])
            notes += _named(what, "only in B", [n for n in theirs or () if n not in (mine or {})])
            notes += _named(what, "changed", changed)
    header = ["What", "A", "B", "In both", "The same"]
    about = [
        "In both: by id; samples by problem and number, pairs by the numbers of their samples. The "
        "same: equal content, of samples and pairs what the model wrote. "
        f"{ABSENT}: the run has no such file."
    ]
    return _table(
        "contents", "Problems, tasks, samples and pairs", header, lines, [*about, *notes], 1
    )


def _same(record: Any) -> Any:
    return record


def _sample(record: Any) -> str:
    return f"{record['problem_id']} {record['index']}"


def _pair(record: Any) -> str:
    numbers = record["chosen_from"]["index"], record["rejected_from"]["index"]
    return f"{record['problem_id']} {numbers[0]} {numbers[1]}"


def _sides(record: Any) -> Any:
    return [record["chosen"], record["rejected"]]


def _named(what: str, how: str, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return [f"{what}, {how}: {plural(len(names), 'id')}: {', '.join(names[:_NAMED])}{more}."]


def _table(
    name: str,
    title: str,
    header: list[str],
    lines: Sequence[Sequence[str]],
    notes: list[str],
    text_columns: int = 3,
) -> Table | None:
    rows = [[Text(_short(cell)) for cell in line] for line in lines]
    return Table(name, title, header, [rows], notes, text_columns=text_columns) if rows else None


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
