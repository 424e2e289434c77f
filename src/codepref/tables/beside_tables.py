"""What stands beside Tables 1 and 2: where the uncertainty comes from, where the judges differ."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from codepref.gradings import FAILED_FOR_CERTAIN, BenchmarkVerdicts, Disagreement
from codepref.tables.layout import RenderedTable, Table, Text, number
from codepref.tables.results import Answers, Results
from codepref.tables.score_tables import rows_of
from codepref.tables.setting_tables import TrainingRecord
from codepref.training.trainers import TRAINERS

MARK = "†"
_LONGEST = 90

CLASSES = {
    "tamper": "the program reached into its judge, or disturbed its sandbox",
    "type": "the answer is no plain value",
    "time": "one of them ran out of time",
    "memory": "one of them ran out of memory or output",
    "oracle": "the task has a judge of its own in EvalPlus",
    "other": "none of these",
}
"""what a class of disagreement is, in the order of the table"""

NOISE_NOTES = [
    "Standard errors of the difference to base in percentage points, pooled over the base "
    "benchmarks; they add up in squares. Tasks: another set of tasks like these would give another "
    "difference; only more tasks make it smaller. Seeds: so would training again; more training "
    "seeds make it smaller. Answers: so would asking again; more samples make it smaller.",
    "Of greedy answers, what a single task does differently from seed to seed counts as answers; "
    "of samples it counts as seeds. The interval of a difference draws tasks, with their answers: "
    "it covers tasks and answers, not what training again does to all tasks alike (Wang, arXiv "
    "2512.21326; Miller, arXiv 2411.00640).",
]


def with_companions(
    table: RenderedTable,
    results: Results,
    verdicts: Sequence[BenchmarkVerdicts],
    trainings: Sequence[TrainingRecord],
) -> RenderedTable:
    """Return Table 1 or 2 with what stands below it, and footnotes on known differences.

    Args:
        table: of ``score_table``.
        results: the run's.
        verdicts: its gradings; without them nothing is said of the judges.
        trainings: their records; without them nothing is said of what they learned from.
    """
    shown = {
        (m, method) for m, methods in rows_of(results.config, table.name) for method in methods
    }
    mine = [one for one in verdicts if (one.model, one.method) in shown]
    noise, judges = noise_table(table.name, results), judge_table(table.name, results, mine)
    overview = _with_footnotes(table.overview, results, mine)
    if any(one.judges for one in mine) and judges is None:
        overview = replace(overview, notes=[*overview.notes, "The two judges agree on every task."])
    mine_trained = [one for one in trainings if (one.model, one.method) in shown]
    overview = replace(overview, notes=[*overview.notes, *response_notes(results, mine_trained)])
    more = [part for part in (noise, judges) if part is not None]
    return replace(table, overview=overview, more=[*table.more, *more])


def response_notes(results: Results, trainings: Sequence[TrainingRecord]) -> list[str]:
    """Say from what one training of each method learned, if any is recorded."""
    config = results.config
    of_method: dict[str, list[TrainingRecord]] = {}
    for one in trainings:
        if _responses(one) is not None:
            of_method.setdefault(one.method, []).append(one)
    parts = []
    for method, records in of_method.items():
        text = f"{config.method_label(method)} {_range(map(_responses, records))}"
        if any(one.problems for one in records):
            text += f" on {_range(one.problems for one in records)} problems"
        if TRAINERS[records[0].trainer].data == "problems":
            text += " (its own, drawn as it trains)"
        elif any(one.passes > 1 for one in records):
            text += f", each seen {_range(round(one.passes) for one in records)} times"
        parts.append(text)
    if not parts:
        return []
    return [
        f"Responses that one training learned from: {'; '.join(parts)}. Pairs are chosen from "
        f"{config.sampling.samples_per_problem} samples of each problem."
    ]


def _responses(record: TrainingRecord) -> int | None:
    """Return how many different responses a training learned from; None: not recorded."""
    if record.pairs is None:
        return record.responses
    return len(TRAINERS[record.trainer].sides) * record.pairs


def _range(counts: Iterable[int | None]) -> str:
    known = [count for count in counts if count is not None]
    return "–".join(f"{count:,}" for count in dict.fromkeys((min(known), max(known))))


def noise_table(name: str, results: Results) -> Table | None:
    """Split the uncertainty of each difference to base; None if nothing can be split."""
    groups = []
    sources: list[Answers] = ["greedy"] if results.samples is None else ["greedy", "sampled"]
    for model, methods in rows_of(results.config, name):
        base = results.config.base_of(model)
        rows = []
        for method in methods:
            for answers in sources if base and method != base else []:
                pairing = results.pairing(
                    model, base or "", method, results.answered(answers), answers
                )
                if pairing is None or (noise := pairing.noise) is None:
                    continue
                label = results.config.models[model].label, results.config.method_label(method)
                kind = answers if answers == "greedy" else f"{pairing.samples[1]} samples"
                parts = (noise.tasks, noise.seeds, noise.answers)
                rows.append(
                    [*map(Text, (*label, kind, str(len(pairing.seeds)))), *map(_points, parts)]
                )
        if rows:
            groups.append(rows)
    if not groups:
        return None
    header = ["Model", "Variant", "Answers to tasks", "Training seeds", "Tasks", "Seeds", "Answers"]
    title = "Where the uncertainty of the differences to base comes from"
    return Table(f"{name}-noise", title, header, groups, NOISE_NOTES, results.stamp.text, 3)


def judge_table(name: str, results: Results, verdicts: Iterable[BenchmarkVerdicts]) -> Table | None:
    """List the tasks that only one judge passes, by class; None if there are none."""
    groups: dict[str, list[list[Text]]] = {reason: [] for reason in CLASSES}
    for one in verdicts:
        for found in one.judges.disagreements if one.judges else []:
            groups[found.reason].append(_disagreement(results, one, found))
    shown = {reason: rows for reason, rows in groups.items() if rows}
    if not shown:
        return None
    header = [
        *("Class", "Model", "Variant", "Seed", "Benchmark", "Task"),
        *("EvalPlus", "Second judge", "Counts as"),
    ]
    certain = " and ".join(FAILED_FOR_CERTAIN)
    notes = [
        "A task counts as solved only if both judges pass it: a program can make EvalPlus's "
        "process pass anything, and what EvalPlus fails stays failed, as in published scores.",
        f"The class is the probable cause. {certain.capitalize()} are the program's doing. The "
        "others are limits of the judges: a run stops where there are more than "
        f"{results.config.grading.max_judge_disagreements} tasks of them in one grading.",
        "; ".join(f"{reason}: {CLASSES[reason]}" for reason in shown) + ".",
    ]
    title = "Tasks that only one of the two judges passes"
    return Table(
        f"{name}-judges", title, header, list(shown.values()), notes, results.stamp.text, 9
    )


def _disagreement(results: Results, one: BenchmarkVerdicts, found: Disagreement) -> list[Text]:
    config, plus = results.config, "+" if found.part == "plus" else ""
    texts = [
        *(found.reason, config.models[one.model].label, config.method_label(one.method)),
        *(str(one.seed), results.label(one.benchmark + plus), found.task_id),
        *(_short(found.evalplus), _short(found.second), "failed"),
    ]
    return [*map(Text, texts)]


def _with_footnotes(table: Table, results: Results, verdicts: Sequence[BenchmarkVerdicts]) -> Table:
    """Mark the columns that a known difference from published scores changes, and say which."""
    header, notes = list(table.header), list(table.notes)
    for place, name in enumerate(results.benchmarks, start=2):
        of = [one for one in verdicts if one.benchmark == name.removesuffix("+")]
        said = [*_repaired(of, name), *_failing(of)]
        if said:
            header[place] += f" {MARK}"
            notes += [f"{MARK} {results.label(name)}: {text}" for text in said]
    return replace(table, header=header, notes=notes)


def _repaired(verdicts: Sequence[BenchmarkVerdicts], name: str) -> list[str]:
    said = []
    for task_id in sorted({task for one in verdicts for task in one.repaired}):
        solved = [
            task.plus_solved if name.endswith("+") else task.base_solved
            for one in verdicts
            for task in one.tasks
            if task.task_id == task_id
        ]
        said.append(
            f"EvalPlus 0.3.1 fails every solution of {task_id}; here this is repaired, which adds "
            f"a task to {sum(solved)} of {len(solved)} gradings."
        )
    return said


def _failing(verdicts: Sequence[BenchmarkVerdicts]) -> list[str]:
    failing = sorted({task for one in verdicts for task in one.known_oracle_failures})
    text = "the reference solution fails here, so no answer counts as solved, of"
    return [f"{text} {', '.join(failing)}."] if failing else []


def _points(error: float | None) -> Text:
    return Text("–" if error is None else number(100 * error, 2))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
