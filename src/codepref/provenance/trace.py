"""From a number in a table down to the samples behind it, checking every link on the way.

Nothing here knows where files lie: the table's own record leads on (``codepref.provenance.links``).
"""

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from codepref.config import Config
from codepref.errors import UserError
from codepref.files import parse_record, read_json, read_records
from codepref.gradings import BenchmarkVerdicts
from codepref.pairs.label_noise import curve
from codepref.provenance.links import Checker, Link
from codepref.provenance.record import Provenance
from codepref.records import Execution, read_problems
from codepref.tables.inputs import read_config

FILES = (".jsonl", ".json", ".yaml")  # inputs that are not model folders


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


def the_input(record: Provenance, of: Path, name: str, folder: str = "") -> Path:
    """Return the one input of a record with this file name, in a folder of this name if given.

    Raises:
        UserError: there is none, or there are several.
    """
    paths = [Path(item.path) for item in record.inputs if Path(item.path).name == name]
    found = [path for path in paths if folder in ("", path.parent.name)]
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
    model, method, benchmark = cell_name
    record = checker.made(table)
    wanted = {"model": model, "method": method, "benchmark": benchmark}
    number, cell = next(find_lines(checker.place(table), **wanted), (0, {}))
    if not cell or not cell["solved"]:
        raise UserError(f"{table}: this run has no result for {model} {method} {benchmark}")
    text = f"{cell['solved']} of {cell['total']} ({cell['pass_at_1']}%), {cell['verdict']}"
    chain = [checker.link(table, "the cell", number, text)]

    config_path = the_input(record, table, "config.json")
    config = read_config(checker.place(config_path))
    checker.without_checkpoints |= not config.keep_checkpoints
    chain.append(checker.link(config_path, "the configuration"))
    results = the_input(record, table, "benchmarks.csv")
    collected = checker.made(results)
    seeds = [int(text) for text in cell["seeds"].split()]
    seed = seeds[0] if seed is None else seed
    if seed not in seeds:
        raise UserError(f"{table}: {model} {method} was not run with seed {seed}, only {seeds}")
    wanted["seed"] = str(seed)
    number, row = next(find_lines(checker.place(results), **wanted), (0, {}))
    if not row or row["solved"] != cell["solved"].split()[seeds.index(seed)]:
        raise UserError(f"broken link: {results} has no line for {wanted} with the cell's count")
    text = f"{row['solved']}/{row['total']} solved"
    chain.append(checker.link(results, "the count", number, text))

    path, verdicts = _grading(checker, collected, results, wanted)
    samples = _graded_samples(checker, collected, path, verdicts)
    chain += _answers(checker, path, verdicts, samples, row, task)
    return [*chain, *answering_policy(checker, samples, method, config)]


def trace_pair(checker: Checker, pairs: Path, problem: str) -> list[Link]:
    """Return the chain from a preference pair to its samples with verdicts, and the problem.

    Raises:
        UserError: there is no such pair, or a link is broken.
    """
    record = checker.made(pairs)
    number, pair = next(find_lines(checker.place(pairs), problem_id=problem), (0, {}))
    if not pair:
        raise UserError(f"{pairs}: no pair of problem '{problem}'")
    text = f"chosen: sample {pair['chosen_from']['index']}; rejected: sample "
    text += f"{pair['rejected_from']['index']} ({pair['rejected_from']['verdict']})"
    chain = [checker.link(pairs, "the pair", number, text)]
    return [*chain, *_sampled(checker, record, pairs, problem)]


def trace_noise(checker: Checker, table: Path, model: str, source: str, tests: int) -> list[Link]:
    """Return the chain from a line of ``label_noise.csv`` to verdicts and problems, counted again.

    Raises:
        UserError: there is no such line, a link is broken, or the verdicts give other counts.
    """
    record = checker.made(table)
    wanted = {"model": model, "source": source, "tests_seen": str(tests)}
    number, row = next(find_lines(checker.place(table), **wanted), (0, {}))
    if not row:
        raise UserError(f"{table}: no line for {model} {source} {tests}")
    text = f"{row['fail_rest']} of {row['pass_first']} samples that pass {tests} tests fail others"
    chain = [checker.link(table, "the count", number, text)]
    path = the_input(record, table, f"{model}.jsonl", "executions")
    everything = the_input(record, table, "all.jsonl")
    executions = read_records(checker.place(path), Execution)
    points = curve(read_problems(checker.place(everything)), executions, [tests])
    found = next(point for point in points if point.source == source)
    if [str(found.passing), str(found.failing)] != [row["pass_first"], row["fail_rest"]]:
        raise UserError(f"broken link: {path} gives {found.failing} of {found.passing}: {text}")
    chain.append(checker.link(path, "the verdicts behind it"))
    chain += _sampled(checker, checker.made(path), path, None)
    checker.check_all(table, "the run")
    return chain


def _grading(
    checker: Checker, collected: Provenance, results: Path, wanted: dict[str, str]
) -> tuple[Path, BenchmarkVerdicts]:
    """Return the grading, among the inputs of ``benchmarks.csv``, that says it is of this row."""
    benchmark = wanted["benchmark"].removesuffix("+")
    key = (wanted["model"], wanted["method"], int(wanted["seed"]), benchmark)
    for item in collected.inputs:
        if item.path.endswith(".verdicts.json"):
            text = checker.place(Path(item.path)).read_text(encoding="utf-8")
            found = parse_record(text, BenchmarkVerdicts, item.path)
            if (found.model, found.method, found.seed, found.benchmark) == key:
                checker.made(Path(item.path))
                return Path(item.path), found
    raise UserError(f"broken link: {results} was made from no verdicts of {key}")


def _graded_samples(
    checker: Checker, collected: Provenance, path: Path, verdicts: BenchmarkVerdicts
) -> Path:
    """Return the samples that were graded: the input of the grading with the hash it names."""
    sources = {item.path for item in collected.inputs}
    for item in checker.made(path).inputs:
        if item.sha256 == verdicts.samples_sha256 and item.path in sources:
            return Path(item.path)
    raise UserError(f"broken link: the record of {path} names no samples that it is of")


def _answers(
    checker: Checker, path: Path, verdicts: BenchmarkVerdicts, samples: Path, row: dict[str, Any],
    task: str | None,
) -> list[Link]:  # fmt: skip
    """Check that the verdicts add up to the count; return them and the answers."""
    plus = row["benchmark"].endswith("+")
    solved = {
        item.task_id: item.plus_solved if plus else item.base_solved for item in verdicts.tasks
    }
    if sum(solved.values()) != int(row["solved"]):
        raise UserError(
            f"broken link: {path} gives {sum(solved.values())} solved tasks, {row['solved']} "
            "were counted"
        )
    if task is not None and task not in solved:
        raise UserError(f"{path}: no task '{task}'; for example {next(iter(solved))}")
    lines = list(find_lines(checker.place(samples), **({"task_id": task} if task else {})))
    if not lines:
        raise UserError(f"broken link: {samples} has no answer to {task}")
    if task is None:
        return [
            checker.link(path, "the verdicts", None, f"{len(solved)} tasks"),
            checker.link(samples, f"{len(lines)} answers"),
        ]
    number, answer = lines[0]
    shown = "solved" if solved[task] else "not solved"
    return [
        checker.link(path, "the verdicts", None, f"{task}: {shown}"),
        checker.link(samples, "the answer", number, answer["solution"]),
    ]


def _training_facts(checker: Checker, policy: Path, record: Provenance) -> dict[str, Any] | None:
    """Return the ``training.json`` of a policy; None: it was not trained.

    It lies in the checkpoint, in the training's account, and in the run's copy of that, which
    outlive a checkpoint deleted after use.
    """
    noted = [name for name in record.made_together_with if name.endswith("training.json")]
    copies = [Path(name.replace(part, "")) for name in noted for part in ("", "accounts/")]
    places = map(checker.place, (policy / "training.json", *copies))
    return next((read_json(place) for place in places if place.is_file()), None)


def answering_policy(checker: Checker, samples: Path, method: str, config: Config) -> list[Link]:
    """Follow the model that answered: a checkpoint to its pairs and samples, or the base model."""
    generated = checker.made(samples)
    folders = [Path(item.path) for item in generated.inputs if not item.path.endswith(FILES)]
    if len(folders) != 1:
        raise UserError(f"broken link: the record of {samples} names {len(folders)} model folders")
    policy = folders[0]
    record = checker.made(policy, samples.as_posix())
    chain = [checker.link(policy, "the model that answered")]
    facts = _training_facts(checker, policy, record)
    if facts is None:
        return chain
    wanted = config.settings_of(method).model_dump(mode="json")
    for name, value in facts["hyperparameters"].items():
        if name in wanted and wanted[name] != value:
            raise UserError(
                f"broken link: {policy} was trained with {name} = {value}, the run's configuration "
                f"says {wanted[name]}"
            )
    base = [Path(item.path) for item in record.inputs if not item.path.endswith(FILES)]
    chain += [checker.link(path, "the model it was trained from") for path in base]
    for path in (Path(item.path) for item in record.inputs if item.path.endswith(".jsonl")):
        if "pairs" in path.parts:
            chain += _pairs(checker, path, "the pairs it was trained on")
        elif "references" in path.parts:
            chain.append(checker.link(path, "their log-probabilities under the reference model"))
        else:  # PPO samples the problems itself
            chain.append(checker.link(path, "the problems it was trained on"))
    checker.check_all(policy, samples.as_posix())
    return chain


def _pairs(checker: Checker, path: Path, what: str) -> list[Link]:
    """Return pairs, the pairs that they were chosen from, and what these were drawn from."""
    record = checker.made(path)
    count = checker.place(path).read_bytes().count(b"\n")
    chain = [checker.link(path, what, None, f"{count} pairs")]
    for whole in (Path(item.path) for item in record.inputs if "pairs" in Path(item.path).parts):
        chain += _pairs(checker, whole, "the pairs they were chosen from")
    return chain + _sampled(checker, record, path, None)


def _sampled(checker: Checker, record: Provenance, pairs: Path, problem: str | None) -> list[Link]:
    """Return the verdicts, samples and problems that a file of pairs was drawn from."""
    chain = []
    for kind, what in (("executions", "verdict"), ("samples", "sample"), ("problems", "problem")):
        inputs = (Path(item.path) for item in record.inputs if item.path.endswith(".jsonl"))
        for path in (path for path in inputs if kind in path.parts):
            checker.check_all(path, pairs.as_posix())
            if problem is None:
                chain.append(checker.link(path, f"the {what}s behind them"))
                continue
            field_name = "id" if kind == "problems" else "problem_id"
            for number, row in find_lines(checker.place(path), **{field_name: problem}):
                chain.append(checker.link(path, f"the {what}", number, _short(kind, row)))
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
