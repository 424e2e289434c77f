"""From a number in a table down to the samples behind it, checking every link on the way.

A link is a file with its provenance (``codepref.provenance.record``). It holds if the file is
there, is what its record says was made, and was made from what its inputs are now; and if the code
its record names is the code that the commit holds. Nothing here knows where files lie: the table's
own record leads on.
"""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codepref.config import Config
from codepref.errors import UserError
from codepref.files import sha256_of
from codepref.provenance.record import (
    SOURCE,
    Provenance,
    git,
    read_provenance,
    sidecar,
    source_sha256,
)
from codepref.tables.inputs import read_config

FILES = (".jsonl", ".json", ".yaml")  # inputs that are not model folders


@dataclass(frozen=True)
class Link:
    """One step of a chain."""

    path: Path
    what: str
    line: int | None
    sha256: str
    text: str = ""

    def show(self) -> str:
        """Return the link as a line for the terminal."""
        place = self.path.as_posix() + (f":{self.line}" if self.line else "")
        shown = f"{self.sha256[:16]}  {place}  ({self.what})"
        return shown + "".join(f"\n    {line}" for line in self.text.splitlines())


@dataclass
class Checker:
    """Checks files and their records; each file is hashed once.

    Args:
        root: the folder that recorded paths are relative to.
        without_models: a missing model folder is no broken link (releases ship none) if what
            was made from it names the same hash as the model's own record.
        without_checkpoints: the same for trained models only (runs may delete them after use).
    """

    root: Path = Path()
    without_models: bool = False
    without_checkpoints: bool = False
    hashes: dict[Path, str] = field(default_factory=dict)
    checked: set[Path] = field(default_factory=set)
    walked: set[Path] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)
    given: set[str] = field(default_factory=set)

    def sha256(self, path: Path, needed_by: str) -> str:
        """Return a file's hash.

        Raises:
            UserError: the file, or one of a folder that was made, is missing (names it and what
                needs it).
        """
        place = self.root / path
        if not place.exists():
            raise UserError(f"broken link: {path} is missing; {needed_by} was made from it")
        if place not in self.hashes:
            for name in _files_made_in(place):
                if not (place / name).exists():
                    raise UserError(
                        f"broken link: {path / name} is missing; {needed_by} was made from it"
                    )
            self.hashes[place] = sha256_of(place)
        return self.hashes[place]

    def check(self, path: Path, needed_by: str = "the table") -> Provenance | None:
        """Check one file against its record, and the record against its inputs and code.

        Returns its record, or that of the folder it was made with; None if it was given, not made.

        Raises:
            UserError: the first thing that does not hold, with the names of the files.
        """
        if not sidecar(self.root / path).is_file():
            whole = self._folder_of(path)
            if not self._left_out(path):
                self.sha256(path, needed_by)
            if whole:  # a file of a folder that was made as one
                return self.check(whole, needed_by)
            self.given.add(path.as_posix())
            return None
        record = read_provenance(self.root / path)
        if path in self.checked:
            return record
        self.checked.add(path)
        if not self._shipped_without(path, record):
            found = self.sha256(path, needed_by)
            if found != record.output.sha256:
                raise UserError(
                    f"broken link: {path} changed after it was made: its record says "
                    f"{record.output.sha256[:16]}, it is {found[:16]}"
                )
        for item in record.inputs:
            source = Path(item.path)
            if self._left_out(source):
                continue  # the record of its folder stands for it
            found = self._current(source, path)
            if found != item.sha256:
                raise UserError(
                    f"broken link: {path} was made from another {source}: then "
                    f"{item.sha256[:16]}, now {found[:16]}; make {path} again"
                )
        self._check_code(path, record)
        self.sources.add(record.code.source_sha256)
        return record

    def check_all(self, path: Path, needed_by: str = "the table") -> None:
        """Check a file and everything it was made from, to the beginning."""
        waiting = [(path, needed_by)]
        while waiting:
            current, user = waiting.pop()
            if current in self.walked:
                continue
            self.walked.add(current)
            record = self.check(current, user)
            if record:
                waiting += [(Path(item.path), current.as_posix()) for item in record.inputs]

    def _current(self, source: Path, user: Path) -> str:
        if sidecar(self.root / source).is_file():
            record = read_provenance(self.root / source)
            if self._shipped_without(source, record):
                return record.output.sha256
        return self.sha256(source, user.as_posix())

    def _shipped_without(self, path: Path, record: Provenance) -> bool:
        """Whether this is a model folder that may be gone: in a release, or deleted after use."""
        script = Path(record.command[0]).name
        trained = script.startswith("train_")
        model = trained or script.startswith(("fetch_model", "derive_"))
        may_be_gone = (self.without_models and model) or (self.without_checkpoints and trained)
        return may_be_gone and not list((self.root / path).glob("*.safetensors"))

    def _folder_of(self, path: Path) -> Path | None:
        """Return the folder with a record of its own that a file lies in."""
        above = (p for p in path.parents if p.name and sidecar(self.root / p).is_file())
        return next(above, None)

    def _left_out(self, path: Path) -> bool:
        """Whether a file is missing because its model folder may be."""
        whole = None if (self.root / path).exists() else self._folder_of(path)
        if whole is None:
            return False
        return self._shipped_without(whole, read_provenance(self.root / whole))

    def _check_code(self, path: Path, record: Provenance) -> None:
        code = record.code
        if code.commit is None or code.dirty is not False:
            return
        if git("cat-file", "-e", f"{code.commit}^{{commit}}") is None:
            raise UserError(
                f"{path}: its record names commit {code.commit[:12]}, which this repository lacks"
            )
        now = git("rev-parse", "HEAD")
        clean = git("status", "--porcelain", "--", *SOURCE) == ""
        if now == code.commit and clean and source_sha256() != code.source_sha256:
            raise UserError(
                f"{path}: made by other code than commit {code.commit[:12]}, which its record names"
            )


def _files_made_in(folder: Path) -> list[str]:
    made = folder.is_dir() and sidecar(folder).is_file()
    return read_provenance(folder).output.files if made else []


def find_lines(path: Path, **wanted: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the lines (counted from 1) of a CSV or JSONL file whose fields have these values."""
    with path.open(encoding="utf-8", newline="") as stream:
        if path.suffix == ".csv":
            reader = csv.DictReader(stream)
            rows: Iterator[tuple[int, dict[str, Any]]] = ((reader.line_num, row) for row in reader)
        else:
            rows = ((number, json.loads(line)) for number, line in enumerate(stream, start=1))
        for number, row in rows:
            if all(str(row.get(key)) == value for key, value in wanted.items()):
                yield number, row


def the_input(record: Provenance, of: Path, name: str) -> Path:
    """Return the one input of a record with this file name."""
    found = [Path(item.path) for item in record.inputs if Path(item.path).name == name]
    if len(found) != 1:
        raise UserError(f"broken link: the record of {of} names {len(found)} inputs '{name}'")
    return found[0]


def trace_cell(
    checker: Checker,
    table: Path,
    cell_name: tuple[str, str, str],
    seed: int | None = None,
    task: str | None = None,
) -> list[Link]:
    """Return the chain from a cell of Table 1 or 2 down to samples; every link was checked.

    Args:
        checker: checks the links.
        table: the CSV file of the table.
        cell_name: model, method and benchmark.
        seed: of the training; the first one if None.
        task: one task of the benchmark, to show its answer and verdict.

    Raises:
        UserError: there is no such cell, or a link is broken.
    """
    root = checker.root
    model, method, benchmark = cell_name
    record = _made(checker, table)
    rows = list(find_lines(root / table, model=model, method=method, benchmark=benchmark))
    if not rows or not rows[0][1]["solved"]:
        raise UserError(f"{table}: this run has no result for {model} {method} {benchmark}")
    number, cell = rows[0]
    chain = [_link(checker, table, "the cell", number, _cell_text(cell))]

    config_path = the_input(record, table, "config.json")
    config = read_config(root / config_path)
    checker.without_checkpoints |= not config.keep_checkpoints
    chain.append(_link(checker, config_path, "the configuration"))
    results = the_input(record, table, "benchmarks.csv")
    collected = _made(checker, results)
    seeds = [int(text) for text in cell["seeds"].split()]
    seed = seeds[0] if seed is None else seed
    if seed not in seeds:
        raise UserError(f"{table}: {model} {method} was not run with seed {seed}, only {seeds}")
    key = {"model": model, "method": method, "benchmark": benchmark, "seed": str(seed)}
    number, row = next(find_lines(root / results, **key), (0, {}))
    if not row or row["solved"] != cell["solved"].split()[seeds.index(seed)]:
        raise UserError(f"broken link: {results} has no line for {key} with the cell's count")
    chain.append(
        _link(checker, results, "the count", number, f"{row['solved']}/{row['total']} solved")
    )

    verdicts, samples = Path(row["verdicts"]), Path(row["samples"])
    recorded = {item.path for item in collected.inputs}
    for path in (verdicts, samples):
        if path.as_posix() not in recorded:
            raise UserError(f"broken link: {results} names {path}, its record does not")
    chain += _graded(checker, verdicts, samples, benchmark, row, task)
    generated = _made(checker, samples)
    chain += _policy(checker, generated, samples, model, config)
    return chain


def trace_pair(checker: Checker, pairs: Path, problem: str) -> list[Link]:
    """Return the chain from a preference pair to its samples with verdicts, and the problem."""
    root = checker.root
    record = _made(checker, pairs)
    number, pair = next(find_lines(root / pairs, problem_id=problem), (0, {}))
    if not pair:
        raise UserError(f"{pairs}: no pair of problem '{problem}'")
    text = f"chosen: sample {pair['chosen_from']['index']}; rejected: sample "
    text += f"{pair['rejected_from']['index']} ({pair['rejected_from']['verdict']})"
    chain = [_link(checker, pairs, "the pair", number, text)]
    chain += _sampled(checker, record, pairs, problem)
    return chain


def _made(checker: Checker, path: Path, needed_by: str = "the trace") -> Provenance:
    record = checker.check(path, needed_by)
    if record is None:
        raise UserError(f"broken link: {path} has no record of how it was made ({sidecar(path)})")
    return record


def _link(checker: Checker, path: Path, what: str, line: int | None = None, text: str = "") -> Link:
    record = checker.check(path)
    place = checker.root / path
    sha = checker.hashes.get(place) or (record.output.sha256 if record else sha256_of(place))
    return Link(path, what, line, sha, text)


def _cell_text(cell: dict[str, Any]) -> str:
    return f"{cell['solved']} of {cell['total']} ({cell['pass_at_1']}%), {cell['verdict']}"


def _graded(
    checker: Checker, verdicts: Path, samples: Path, benchmark: str, row: dict[str, Any],
    task: str | None,
) -> list[Link]:  # fmt: skip
    """Check that the verdicts add up to the count; return them and the answers."""
    _made(checker, verdicts)
    graded = json.loads((checker.root / verdicts).read_text(encoding="utf-8"))["tasks"]
    plus = benchmark.endswith("+")
    solved = {
        item["task_id"]: item["base"]["status"] == "pass"
        and (not plus or item["plus"]["status"] == "pass")
        for item in graded
    }
    if sum(solved.values()) != int(row["solved"]):
        raise UserError(
            f"broken link: {verdicts} gives {sum(solved.values())} solved tasks, {row['solved']} "
            "were counted"
        )
    if task is not None and task not in solved:
        raise UserError(f"{verdicts}: no task '{task}'; for example {next(iter(solved))}")
    shown = "solved" if task and solved[task] else "not solved" if task else f"{len(solved)} tasks"
    chain = [_link(checker, verdicts, "the verdicts", None, f"{task}: {shown}" if task else shown)]
    wanted = {"task_id": task} if task else {}
    lines = list(find_lines(checker.root / samples, **wanted))
    if not lines:
        raise UserError(f"broken link: {samples} has no answer to {task}")
    what = "the answer" if task else f"{len(lines)} answers"
    text = lines[0][1]["solution"] if task else ""
    return [*chain, _link(checker, samples, what, lines[0][0] if task else None, text)]


def _training_record(root: Path, checkpoint: Path) -> Path | None:
    """Return the record of a checkpoint's training; a copy outlives a checkpoint deleted after use.

    None for a model that was not trained here.
    """
    parts = ["training" if part == "checkpoints" else part for part in checkpoint.parts]
    places = [root / folder / "training.json" for folder in (checkpoint, Path(*parts))]
    return next((place for place in places if place.is_file()), None)


def _policy(
    checker: Checker, generated: Provenance, samples: Path, model: str, config: Config
) -> list[Link]:
    """Follow the model that answered: a checkpoint to its pairs and samples, or the base model."""
    folders = [Path(item.path) for item in generated.inputs if not item.path.endswith(FILES)]
    if len(folders) != 1:
        raise UserError(f"broken link: the record of {samples} names {len(folders)} model folders")
    policy = folders[0]
    record = _made(checker, policy, samples.as_posix())
    chain = [_link(checker, policy, "the model that answered")]
    training = _training_record(checker.root, policy)
    if training is None:
        return chain
    facts = json.loads(training.read_text(encoding="utf-8"))
    trainer = facts["trainer"]
    wanted = getattr(config.training, trainer).model_dump(mode="json")
    for name, value in facts["hyperparameters"].items():
        if name in wanted and wanted[name] != value:
            raise UserError(
                f"broken link: {policy} was trained with {name} = {value}, the run's configuration "
                f"says {wanted[name]}"
            )
    base = [Path(item.path) for item in record.inputs if not item.path.endswith(FILES)]
    chain += [_link(checker, path, "the model it was trained from") for path in base]
    trained_on = [Path(item.path) for item in record.inputs if item.path.endswith(".jsonl")]
    for path in trained_on:
        if "pairs" not in path.parts:  # PPO samples the problems itself
            chain.append(_link(checker, path, "the problems it was trained on"))
            continue
        made = _made(checker, path, policy.as_posix())
        count = (checker.root / path).read_bytes().count(b"\n")
        chain.append(_link(checker, path, "the pairs it was trained on", None, f"{count} pairs"))
        chain += _sampled(checker, made, path, None)
    checker.check_all(policy, samples.as_posix())
    return chain


def _sampled(checker: Checker, record: Provenance, pairs: Path, problem: str | None) -> list[Link]:
    """Return the verdicts, samples and problems that a file of pairs was drawn from."""
    chain = []
    for kind, what in (("executions", "verdict"), ("samples", "sample"), ("problems", "problem")):
        paths = [
            Path(item.path)
            for item in record.inputs
            if kind in Path(item.path).parts and item.path.endswith(".jsonl")
        ]
        for path in paths:
            checker.check_all(path, pairs.as_posix())
            if problem is None:
                chain.append(_link(checker, path, f"the {what}s behind them"))
                continue
            field_name = "id" if kind == "problems" else "problem_id"
            for number, row in find_lines(checker.root / path, **{field_name: problem}):
                chain.append(_link(checker, path, f"the {what}", number, _short(kind, row)))
    return chain


def _short(kind: str, row: dict[str, Any]) -> str:
    if kind == "executions":
        tests = f"{row['tests_passed']}/{row['tests_total']} tests"
        return f"sample {row['index']}: {row['verdict']}, {tests}"
    if kind == "samples":
        return f"sample {row['index']}:\n{row['completion']}"
    return str(row["title"])


def verify(checker: Checker, files: Sequence[Path]) -> int:
    """Check files and everything behind them; return how many links hold."""
    for path in files:
        checker.check_all(path, "the run")
    return len(checker.checked)
