"""From a number in a table of sampled answers down to the samples, checking every link."""

from pathlib import Path
from typing import Any

from codepref.config import Config
from codepref.errors import UserError
from codepref.evaluation.collect import SAMPLE_FIELDS, sample_row
from codepref.evaluation.sampled_records import SampledVerdicts
from codepref.files import parse_record
from codepref.provenance.links import Checker, Link
from codepref.provenance.record import Provenance
from codepref.provenance.trace import answering_policy, find_lines, the_input
from codepref.tables.inputs import read_config

Lines = list[tuple[int, dict[str, Any]]]
"""lines of a CSV file with their numbers"""


def trace_sampled(
    checker: Checker,
    table: Path,
    cell_name: tuple[str, str, str],
    seed: int | None = None,
    task: str | None = None,
) -> list[Link]:
    """Return the chain from a line of a table of sampled answers down to samples.

    Every link was checked, and that the verdicts add up to the line's count.

    Args:
        checker: checks the links.
        table: the CSV file of the table.
        cell_name: model, method and benchmark.
        seed: of the training; the first one if None.
        task: one task of the benchmark, to show its samples and verdicts.

    Raises:
        UserError: there is no such line, or a link is broken.
    """
    model, method, benchmark = cell_name
    record = checker.made(table)
    wanted = {"model": model, "method": method}
    of_cell = find_lines(checker.place(table), **wanted, benchmark=benchmark)
    number, cell = next(of_cell, (0, {}))
    if not cell:
        raise UserError(f"{table}: this run has no samples of {model} {method} {benchmark}")
    seeds = [int(text) for text in cell["seeds"].split()]
    seed = seeds[0] if seed is None else seed
    if seed not in seeds:
        raise UserError(f"{table}: {model} {method} was not run with seed {seed}, only {seeds}")
    chain = [
        checker.link(table, "the line", number, f"{cell['passed']} of {cell['samples']} passed")
    ]
    config_path = the_input(record, table, "config.json")
    config = read_config(checker.place(config_path))
    checker.without_checkpoints |= not config.keep_checkpoints
    chain.append(checker.link(config_path, "the configuration"))

    results = the_input(record, table, "samples.csv")
    collected = checker.made(results)
    wanted["benchmark"] = benchmark.removesuffix("+")
    lines = list(find_lines(checker.place(results), **wanted))
    part = "plus" if benchmark.endswith("+") else "base"
    passed = sum(line[part] == "true" for _, line in lines)
    if (passed, len(lines)) != (int(cell["passed"]), int(cell["samples"])):
        raise UserError(
            f"broken link: {results} has {passed} of {len(lines)} samples passed, {table} "
            f"{cell['passed']} of {cell['samples']}"
        )
    lines = [(at, line) for at, line in lines if line["seed"] == str(seed)]
    text = f"{len(lines)} samples of seed {seed}"
    chain.append(checker.link(results, "the verdicts on samples", lines[0][0], text))
    return [*chain, *_graded(checker, collected, results, lines, task, config)]


def _graded(
    checker: Checker,
    collected: Provenance,
    results: Path,
    lines: Lines,
    task: str | None,
    config: Config,
) -> list[Link]:
    """Return the grading behind lines of ``samples.csv``, the samples, and who wrote them."""
    path, verdicts = _grading(checker, collected, results, lines[0][1])
    given = [[line[name] for name in SAMPLE_FIELDS] for _, line in lines]
    if given != [[*map(str, sample_row(sample))] for sample in verdicts.samples]:
        raise UserError(f"broken link: {path} has other verdicts than {results}")
    sources = {item.path for item in checker.made(path).inputs}
    found = [item for item in collected.inputs if item.sha256 == verdicts.samples_sha256]
    samples = next((Path(item.path) for item in found if item.path in sources), None)
    if samples is None:
        raise UserError(f"broken link: the record of {path} names no samples that it is of")
    count = f"{len(verdicts.samples)} samples, {verdicts.programs} programs run"
    chain = [checker.link(path, "the verdicts", None, count)]
    if task is None:
        chain.append(checker.link(samples, "the samples"))
    else:
        of_task = list(find_lines(checker.place(samples), task_id=task))
        if not of_task:
            example = verdicts.samples[0].task_id
            raise UserError(f"{samples}: no task '{task}'; for example {example}")
        said = {s.index: s.failure or "passed" for s in verdicts.samples if s.task_id == task}
        for at, sample in of_task:
            text = f"{said[sample['index']]}:\n{sample['solution']}"
            chain.append(checker.link(samples, f"sample {sample['index']}", at, text))
    return [*chain, *answering_policy(checker, samples, verdicts.method, config)]


def _grading(
    checker: Checker, collected: Provenance, results: Path, row: dict[str, Any]
) -> tuple[Path, SampledVerdicts]:
    """Return the grading, among the inputs of ``samples.csv``, that says it is of this row."""
    key = (row["model"], row["method"], int(row["seed"]), row["benchmark"])
    for item in collected.inputs:
        if item.path.endswith(".sampled_verdicts.json"):
            text = checker.place(Path(item.path)).read_text(encoding="utf-8")
            found = parse_record(text, SampledVerdicts, item.path)
            if (found.model, found.method, found.seed, found.benchmark) == key:
                checker.made(Path(item.path))
                return Path(item.path), found
    raise UserError(f"broken link: {results} was made from no verdicts of {key}")
