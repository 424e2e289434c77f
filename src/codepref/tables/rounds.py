"""What rounds of training did to the training problems: which give a pair, round by round."""

import argparse
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import mean
from typing import Any

from codepref.config import Config
from codepref.config_rounds import before, round_of
from codepref.errors import UserError
from codepref.files import read_records
from codepref.rates import pass_at_k
from codepref.records import Execution
from codepref.tables.inputs import add_files, read_statistics
from codepref.tables.layout import RenderedTable, Table, Text, number, plural

NAME = "rounds"
_NOTES = [
    "The samples of the training problems that each round's pairs are drawn from, and the policy "
    "that drew them: in the first round the model as it came, then the checkpoint that the round "
    "starts from. A problem whose samples all pass, or all fail, gives no pair.",
    "“Became” compares with the policy of the round before, “left” counts the problems whose "
    "samples were alike there and are mixed now. With few samples some of this is chance: a "
    "problem near 0% or 100% changes sides without any training. What was learned stands in the "
    "benchmarks' rows, of problems that were not trained on.",
]


@dataclass(frozen=True)
class Sampled:
    """One policy's samples of the training problems.

    Attributes:
        model: its name in the configuration.
        judged: of each problem, whether each of its samples passed (those that were judged).
        pairs: drawn from them.
    """

    model: str
    judged: Mapping[str, Sequence[bool]]
    pairs: int

    @cached_property
    def usual(self) -> int:
        """How many samples were judged of most problems that have any; of ties the larger."""
        counts = Counter(len(own) for own in self.judged.values() if own)
        return max(counts, key=lambda count: (counts[count], count))

    @cached_property
    def passed(self) -> Mapping[str, Sequence[bool]]:
        """The problems without those of which fewer were judged: these look all failed sooner."""
        return {name: own for name, own in self.judged.items() if len(own) >= self.usual}

    @cached_property
    def outcomes(self) -> dict[str, str]:
        """Of each problem: ``all_passed``, ``all_failed`` or ``mixed``."""
        return {
            problem: "all_passed" if all(own) else "mixed" if any(own) else "all_failed"
            for problem, own in self.passed.items()
        }

    def pass_at(self, k: int) -> float:
        """Return pass@k in percent, mean over the problems (``rates.pass_at_k``)."""
        return 100 * mean(pass_at_k(len(own), sum(own), k) for own in self.passed.values())


def add_rounds_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--round-executions --round-statistics``, in the same order of models."""
    add_files(parser, "--round-executions", "executions/<model>.jsonl of every round")
    add_files(parser, "--round-statistics", "pairs/<model>.stats.json, in the same order")


def rounds_table(arguments: argparse.Namespace, config: Config) -> RenderedTable | None:
    """Lay out what ``add_rounds_options`` names; None: the run has no second round.

    Raises:
        UserError: a file is missing or malformed.
    """
    statistics = read_statistics(config, arguments.round_statistics)
    counts = {item["model"]: item["pairs"] for item in statistics}
    found = {one.model: one for one in map(_sampled(counts), arguments.round_executions)}
    if not found:
        return None
    ordered = sorted(found, key=lambda name: (_first(config, name), round_of(config, name)))
    k = min(one.usual for one in found.values())  # one for all rounds, to compare them by
    records = [_record(config, found, name, k) for name in ordered]
    return RenderedTable(NAME, _layout(config, records), None, records)


def _sampled(counts: Mapping[str, int]) -> Any:
    def read(path: Path) -> Sampled:
        judged: dict[str, list[bool]] = {}
        model = ""
        for execution in read_records(path, Execution):
            model = execution.model
            own = judged.setdefault(execution.problem_id, [])
            if execution.verdict != "infra_error":
                own.append(execution.verdict == "passed")
        if model not in counts or not any(judged.values()):
            raise UserError(f"{path}: no verdicts of a model that --round-statistics has")
        return Sampled(model, judged, counts[model])

    return read


def _first(config: Config, model: str) -> str:
    earlier = before(config, model)
    return _first(config, earlier) if earlier else model


def _record(config: Config, found: Mapping[str, Sampled], model: str, k: int) -> dict[str, Any]:
    """Return one policy's line."""
    one, earlier = found[model], before(config, model)
    counts = Counter(one.outcomes.values())
    record: dict[str, Any] = {
        "model": model,
        "round": round_of(config, model) + 1,
        "before": earlier,
        "problems": len(one.passed),
        "left_out": len(one.judged) - len(one.passed),
        "samples": sum(map(len, one.passed.values())),
        "usual_samples": one.usual,
        "k": k,
        "pass_at_1": round(one.pass_at(1), 4),
        "pass_at_k": round(one.pass_at(k), 4),
        **{outcome: counts[outcome] for outcome in ("mixed", "all_passed", "all_failed")},
        "pairs": one.pairs,
    }
    return record | _changes(one, found.get(earlier or ""))


def _changes(one: Sampled, earlier: Sampled | None) -> dict[str, Any]:
    names = ("became_all_passed", "became_all_failed", "left")
    if earlier is None:
        return dict.fromkeys(names)
    moves = Counter(
        (earlier.outcomes[problem], outcome)
        for problem, outcome in one.outcomes.items()
        if problem in earlier.outcomes and earlier.outcomes[problem] != outcome
    )
    passed, failed, mixed = (
        sum(count for (_, now), count in moves.items() if now == outcome)
        for outcome in ("all_passed", "all_failed", "mixed")
    )
    return dict(zip(names, (passed, failed, mixed), strict=True))


def _layout(config: Config, records: Sequence[Mapping[str, Any]]) -> Table:
    k = records[0]["k"]
    header = ["Round", "Policy", "Problems", "Pass@1 %"]
    header += [f"Pass@{k} %"] if k > 1 else []
    header += ["Mixed", "Pairs", "All passed", "All failed"]
    header += ["Became all passed", "Became all failed", "Left either"]
    groups: dict[str, list[list[Text]]] = {}
    for record in records:
        own = [str(record["round"]), config.models[record["model"]].label, str(record["problems"])]
        own.append(number(record["pass_at_1"]))
        if k > 1:
            own.append(number(record["pass_at_k"]))
        own += [str(record[name]) for name in ("mixed", "pairs", "all_passed", "all_failed")]
        own += [_shown(record[n]) for n in ("became_all_passed", "became_all_failed", "left")]
        groups.setdefault(_first(config, record["model"]), []).append(list(map(Text, own)))
    title = "Rounds: the training problems, sampled by the policy that each round starts from"
    return Table(NAME, title, header, list(groups.values()), [*_NOTES, *_left_out(config, records)])


def _left_out(config: Config, records: Sequence[Mapping[str, Any]]) -> list[str]:
    return [
        f"{config.models[one['model']].label}: without {plural(one['left_out'], 'problem')} with "
        f"fewer than {one['usual_samples']} judged samples."
        for one in records
        if one["left_out"]
    ]


def _shown(value: int | None) -> str:
    return "–" if value is None else str(value)


def problem_lines(config: Config, executions: Iterable[Path]) -> list[dict[str, Any]]:
    """Return a line for each problem and policy: how many of its samples passed.

    Args:
        config: the run's.
        executions: ``executions/<model>.jsonl`` of every round.
    """
    lines = []
    for path in executions:
        counts: dict[tuple[str, str], Counter[bool]] = {}
        for execution in read_records(path, Execution):
            found = counts.setdefault((execution.problem_id, execution.model), Counter())
            if execution.verdict != "infra_error":
                found[execution.verdict == "passed"] += 1
        lines += [
            {
                "problem_id": problem,
                "round": round_of(config, model) + 1,
                "model": model,
                "samples": found.total(),
                "passed": found[True],
            }
            for (problem, model), found in counts.items()
        ]
    return sorted(lines, key=lambda line: (line["problem_id"], line["round"], line["model"]))
