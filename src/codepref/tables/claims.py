"""Each claim of the paper, answered with what a run shows: the checks behind ``claims.md``."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any, Literal

from scipy.stats import binomtest

from codepref.tables.inputs import add_files, read_of_run, read_statistics
from codepref.tables.layout import DEMO_STAMP, discordant, p_text
from codepref.tables.paper import Claim, Claims, OtherFindings, PaperTables, counts_that_print
from codepref.tables.render import TEMPLATES
from codepref.tables.results import Results
from codepref.tables.statistics import (
    SIGNIFICANCE,
    Paired,
    holm,
    least_p_value,
    least_significant_change,
)
from codepref.training.reward_analysis import RewardAnalysis

Answer = Literal["supported", "not supported", "inconclusive", "not tested"]


@dataclass(frozen=True)
class Evidence:
    """What a run says about one claim."""

    answer: Answer
    lines: list[str]


@dataclass(frozen=True)
class RunData:
    """What the checks look at."""

    results: Results
    pair_statistics: Sequence[Mapping[str, Any]] = ()
    analyses: Sequence[RewardAnalysis] = ()


def add_evidence_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--claims --others --statistics --analyses``."""
    parser.add_argument("--claims", type=Path, required=True, help="paper/claims.yaml")
    parser.add_argument("--others", type=Path, required=True, help="paper/others.yaml")
    add_files(parser, "--statistics", "pairs/<model>.stats.json")
    add_files(parser, "--analyses", "*.analysis.json of score_rewards.py")


def evidence_from(arguments: argparse.Namespace, results: Results) -> RunData:
    """Load what ``add_evidence_options`` names."""
    return RunData(
        results,
        read_statistics(results.config, arguments.statistics),
        read_of_run(results.config, arguments.analyses, RewardAnalysis),
    )


def pooled(results: Results, model: str, old: str, new: str) -> list[Paired]:
    """Compare two methods over the tasks of all base benchmarks together, for each seed.

    The plus columns are left out: they are the same tasks again.
    """
    names = results.config.use_benchmarks
    by_benchmark = [results.compare(model, old, new, name) for name in names]
    if not all(by_benchmark) or len({len(tests) for tests in by_benchmark}) != 1:
        return []
    names = [field.name for field in fields(Paired)]
    return [
        Paired(*(sum(getattr(test, name) for test in tests) for name in names))
        for tests in zip(*by_benchmark, strict=True)
    ]


def primary_test(results: Results) -> list[tuple[str, list[Paired], float]]:
    """The one pre-registered test: DPO against base, base benchmarks pooled, Holm over models.

    Returns (model, comparison per seed, adjusted p); p is the largest over seeds before adjusting.
    """
    tests = [
        (experiment.model, found)
        for experiment in results.config.experiments
        if (found := pooled(results, experiment.model, "base", "dpo"))
    ]
    adjusted = holm([max(test.p_value for test in found) for _, found in tests])
    return [(model, found, p) for (model, found), p in zip(tests, adjusted, strict=True)]


def dpo_beats_base(data: RunData) -> Evidence:
    """C1: the primary test."""
    rows = primary_test(data.results)
    return _compared(data.results, rows, "DPO against base, adjusted over models")


def rft_beats_base(data: RunData) -> Evidence:
    """C2: cells up, equal and down, and the pooled test."""
    results = data.results
    cells = [
        results.cell(experiment.model, "rft", benchmark)
        for experiment in results.config.experiments
        for benchmark in results.benchmarks
        if "rft" in experiment.methods
    ]
    changes = [mean(test.change for test in cell.tests) for cell in cells if cell.tests]
    evidence = _against("base", "rft", "RFT against base", data)
    if changes:
        up, down = sum(c > 0 for c in changes), sum(c < 0 for c in changes)
        equal = len(changes) - up - down
        evidence.lines.insert(0, f"cells: {up} up, {equal} equal, {down} down of {len(changes)}")
    return evidence


def off_policy_may_harm(data: RunData) -> Evidence:
    """C5: is some model below base after training on another model's pairs?"""
    rows = _comparisons("base", "dpo_off_policy", data)
    evidence = _compared(data.results, rows, "off-policy DPO against base")
    harmed = [tests for _, tests, p in rows if p < SIGNIFICANCE and tests[0].change < 0]
    found: dict[Answer, Answer] = {"supported": "not supported", "not supported": "supported"}
    answer = "supported" if harmed else found.get(evidence.answer, evidence.answer)
    return Evidence(answer, evidence.lines)


def implicit_reward_separates(data: RunData) -> Evidence:
    """C6: within a problem, do passing samples have the higher mean implicit reward?"""
    lines: list[str] = []
    answers: list[Answer] = []
    for found in data.analyses:
        if not found.mixed_problems:
            continue
        label = data.results.config.policy_label(found.model, found.method)
        p = float(binomtest(found.passing_ahead, found.mixed_problems).pvalue)
        lines.append(
            f"{label}: passing above failing samples in {found.passing_ahead} of "
            f"{found.mixed_problems} problems that have both, {p_text(p)} (among them the problems "
            "it was trained on)"
        )
        answers.append(_answer(p, 2 * found.passing_ahead > found.mixed_problems))
        lines += _among_failures(label, found)
    return Evidence(_joint(answers), lines or ["no sample was scored in this run"])


def _among_failures(label: str, found: RewardAnalysis) -> list[str]:
    """Say how the reward ranks failing samples that the rule reward scores alike (no test)."""
    if not found.auc:
        return []
    names = {
        "implicit_reward": "implicit reward",
        "implicit_reward_length_controlled": "the same without what length explains",
        "reference_log_prob": "the initial model's log-probability",
    }
    values = [
        f"{words} {auc.value:.2f} [{auc.low:.2f}, {auc.high:.2f}]"
        for words, auc in ((names[name], found.auc[name]) for name in names)
    ]
    return [
        f"{label}: of two failing samples that equation 2 scores alike, the one that passes more "
        f"tests is preferred (AUC, 0.5 is chance, 95% interval) by {'; '.join(values)}; "
        f"{found.pairs} pairs of {found.problems} problems, {found.not_run_on_all_tests} of "
        f"{found.failing_samples} failing samples left out as not all tests could be run"
    ]


def pair_yield(data: RunData) -> Evidence:
    """C7: pairs per model."""
    lines: list[str] = []
    answers: list[Answer] = []
    for item in data.pair_statistics:
        mixed, total = item["problems"]["mixed"], item["problems"]["total"]
        few = item["problems"].get("too_few_tests", 0)
        lines.append(
            f"{item['model']}: {item['pairs']} pairs (of {item['pairs_before_max_pairs']} drawn), "
            f"{mixed} of {total} problems had a passing and a failing sample"
            + (f", {few} had too few tests" if few else "")
        )
        answers.append("supported" if 2500 <= item["pairs"] <= 3500 else "not supported")
    return Evidence(_joint(answers), lines or ["no pairs in this run"])


def mbpp_has_378_tasks(data: RunData) -> Evidence:
    """C8: arithmetic on the printed scores."""
    paper = data.results.paper
    scores = [row.score[b] for row in paper.rows for b in ("mbpp", "mbpp+")]
    fits = {n: sum(bool(counts_that_print(score, n)) for score in scores) for n in (378, 399, 500)}
    lines = [
        f"{fit} of {len(scores)} printed MBPP and MBPP+ scores are k/{n}" for n, fit in fits.items()
    ]
    return Evidence("not supported" if fits[500] < len(scores) else "inconclusive", lines)


def gains_that_cannot_be_significant(data: RunData) -> Evidence:
    """C9: arithmetic on the printed counts."""
    paper = data.results.paper
    hopeless = _hopeless_gains(paper)
    needed = ", ".join(f"{least_significant_change(n, 0.1)} of {n}" for n in (164, 378, 542))
    lines = [
        f"{len(hopeless)} of 12 DPO gains are of 5 tasks or fewer: {'; '.join(hopeless)}; "
        f"even with nothing lost p is at least {least_p_value(5):.4f}",
        f"at 10% discordant tasks a gain of {needed} is needed (542: both benchmarks pooled)",
    ]
    return Evidence("not supported" if hopeless else "inconclusive", lines)


def _hopeless_gains(paper: PaperTables) -> list[str]:
    found = []
    for model, label in paper.models.items():
        dpo, base = paper.row(model, "dpo"), paper.row(model, "base")
        if dpo and base:
            for benchmark in paper.totals:
                gain = dpo.solved[benchmark] - base.solved[benchmark]
                if least_p_value(gain) >= SIGNIFICANCE:
                    found.append(f"{label} {paper.labels[benchmark]} +{gain}")
    return found


def _against(old: str, new: str, what: str, data: RunData) -> Evidence:
    return _compared(data.results, _comparisons(old, new, data), what)


def _comparisons(old: str, new: str, data: RunData) -> list[tuple[str, list[Paired], float]]:
    """Return (model, pooled comparison per seed, largest p over the seeds)."""
    rows = []
    for experiment in data.results.config.experiments:
        if {old, new} <= set(experiment.methods):
            tests = pooled(data.results, experiment.model, old, new)
            if tests:
                rows.append((experiment.model, tests, max(test.p_value for test in tests)))
    return rows


def _compared(
    results: Results, rows: Sequence[tuple[str, list[Paired], float]], what: str
) -> Evidence:
    lines, answers = [], []
    for model, tests, p in rows:
        tasks = tests[0].gained + tests[0].lost + tests[0].both + tests[0].neither
        lines.append(
            f"{results.config.models[model].label}: {what}, {tasks} pooled tasks: "
            f"{discordant(tests)}, {p_text(p)}"
        )
        answers.append(_answer(p, all(test.change > 0 for test in tests)))
    return Evidence(_joint(answers), lines or ["not run"])


def _answer(p: float, up: bool) -> Answer:
    if p >= SIGNIFICANCE:
        return "inconclusive"
    return "supported" if up else "not supported"


def _joint(answers: Sequence[Answer]) -> Answer:
    if not answers:
        return "not tested"
    if "not supported" in answers:
        return "not supported"
    return "supported" if set(answers) == {"supported"} else "inconclusive"


CHECKS: dict[str, Callable[[RunData], Evidence]] = {
    "dpo_beats_base": dpo_beats_base,
    "rft_beats_base": rft_beats_base,
    "dpo_beats_rft": partial(_against, "rft", "dpo", "DPO against RFT"),
    "on_policy_beats_off_policy": partial(
        _against, "dpo_off_policy", "dpo", "on-policy against off-policy"
    ),
    "off_policy_may_harm": off_policy_may_harm,
    "implicit_reward_separates": implicit_reward_separates,
    "pair_yield": pair_yield,
    "mbpp_has_378_tasks": mbpp_has_378_tasks,
    "gains_that_cannot_be_significant": gains_that_cannot_be_significant,
    "ppo_against_dpo": partial(_against, "ppo", "dpo", "DPO against PPO"),
}
"""by the name that ``paper/claims.yaml`` gives; methods are named as the paper's variants"""


def weigh(claims: Claims, data: RunData) -> list[tuple[Claim, Evidence]]:
    """Answer every claim."""
    return [(claim, CHECKS[claim.check](data)) for claim in claims.claims]


def scope(results: Results) -> str:
    """Say what the answers of this run are about."""
    if results.config.scale == "demo":
        return (
            f"{DEMO_STAMP[0].upper()}{DEMO_STAMP[1:]}. The answers say what this run shows about "
            "its own small models; they neither confirm nor refute the paper."
        )
    return "Answers follow the tolerances stated beforehand in paper/claims.yaml."


def markdown(
    answered: Sequence[tuple[Claim, Evidence]],
    claims: Claims,
    others: OtherFindings,
    results: Results,
) -> str:
    """Return ``claims.md``: a summary, then one section a claim, in the form of an appendix."""
    return TEMPLATES.get_template("claims.md.j2").render(
        paper=results.paper.paper,
        run=results.config.run,
        scope=scope(results),
        answered=answered,
        others=others,
        labels=results.paper.labels,
        costs=claims.costs_are,
    )
