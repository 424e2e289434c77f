"""Each claim of the paper, answered with what a run shows: the checks behind ``claims.md``."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from scipy.stats import binomtest

from codepref.tables.comparisons import Answer, Comparisons, answer, compare, joined
from codepref.tables.deviation_table import deviation_table
from codepref.tables.inputs import add_files, read_of_run
from codepref.tables.layout import p_text, plural
from codepref.tables.own_models import tests_on_own_models
from codepref.tables.paper import (
    PAIRS_ABOUT,
    Claim,
    Claims,
    OtherFindings,
    PaperTables,
    counts_that_print,
)
from codepref.tables.render import TEMPLATES
from codepref.tables.render import markdown as table_markdown
from codepref.tables.results import Answers, Results
from codepref.tables.standing import COMPARED, Summary, obstacles, summary
from codepref.tables.statistics import (
    SIGNIFICANCE,
    holm,
    least_p_value,
    least_significant_change,
)
from codepref.training.reward_analysis import RewardAnalysis


@dataclass(frozen=True)
class Evidence:
    """What a run says about one claim."""

    answer: Answer
    lines: list[str]
    second: Answer | None = None
    """from sampled answers, declared beforehand as the second, more powerful test"""
    why: str = ""
    """the run cannot answer it: what it lacks"""


@dataclass(frozen=True)
class RunData:
    """What the checks look at."""

    results: Results
    analyses: Sequence[RewardAnalysis] = ()
    seeds: int = 0
    """training seeds that the tests of claims want"""

    @property
    def statistics(self) -> list[Mapping[str, Any]]:
        """Statistics of the pairs of the paper's models."""
        return [x for x in self.results.pair_statistics if self._is_the_papers(x["model"])]

    def scored(self, methods: Sequence[str]) -> list[RewardAnalysis]:
        """Return analyses of rewards, of the paper's models and some methods, that can tell."""
        found = [x for x in self.analyses if x.method in methods]
        return [x for x in found if x.decided and self._is_the_papers(x.model)]

    def _is_the_papers(self, model: str) -> bool:
        return self.results.config.models[model].paper_model is not None


def add_evidence_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--claims --others --analyses``."""
    parser.add_argument("--claims", type=Path, required=True, help="paper/claims.yaml")
    parser.add_argument("--others", type=Path, required=True, help="paper/others.yaml")
    add_files(parser, "--analyses", "*.analysis.json of analyse_rewards.py")


def evidence_from(arguments: argparse.Namespace, results: Results) -> RunData:
    """Load what ``add_evidence_options`` names."""
    return RunData(results, read_of_run(results.config, arguments.analyses, RewardAnalysis))


def against(old: str, new: str, what: str, data: RunData, claim: Claim) -> Evidence:
    """Answer a claim that one method is better than another; C1's is the primary test.

    Per model the mean difference over the pooled tasks and all seeds, adjusted over all models that
    the claim names.
    """
    evidence = _answered(compare(data.results, claim.models, old, new, seeds=data.seeds), what)
    if data.results.samples is None:
        return evidence
    second = compare(data.results, claim.models, old, new, "sampled", data.seeds)
    if not second.found:
        return evidence
    least = min(min(one.pairing.samples) for one in second.found)
    lines = second.lines(f"{what}, mean pass rate of {least} samples")
    return Evidence(
        evidence.answer,
        [*evidence.lines, f"second answer, from sampled answers: {second.answer}", *lines],
        second.answer,
    )


def _answered(comparisons: Comparisons, what: str) -> Evidence:
    return Evidence(comparisons.answer, comparisons.lines(what))


def rft_beats_base(data: RunData, claim: Claim) -> Evidence:
    """C2: cells up, equal and down, and the pooled test."""
    results = data.results
    cells = [
        results.cell(experiment.model, "rft", benchmark)
        for experiment in results.config.experiments
        for benchmark in results.benchmarks
        if "rft" in experiment.methods and results.config.models[experiment.model].paper_model
    ]
    changes = [round(cell.pairing.estimate, 9) for cell in cells if cell.pairing]
    evidence = against("base", "rft", "RFT against base", data, claim)
    if changes:
        up, down = sum(c > 0 for c in changes), sum(c < 0 for c in changes)
        equal = len(changes) - up - down
        counted = f"cells (a count, no test): {up} up, {equal} equal, {down} down"
        evidence.lines.insert(0, f"{counted} of {len(changes)}")
    return evidence


def off_policy_may_harm(data: RunData, claim: Claim) -> Evidence:
    """C5: is some model below base after training on another model's pairs?"""
    evidence = against("base", "dpo_off_policy", "off-policy DPO against base", data, claim)
    sources: list[Answers] = ["greedy", "sampled"]
    first, second = (
        _some_below(
            compare(data.results, claim.models, "base", "dpo_off_policy", source, data.seeds)
        )
        for source in sources
    )
    return Evidence(first, evidence.lines, None if evidence.second is None else second)


def _some_below(comparisons: Comparisons) -> Answer:
    """Answer a claim that some model is below base: one is enough, no need for the others."""
    answers = [one.answer for one in comparisons.found]
    if "not supported" in answers:  # significantly below
        return "supported"
    every_above = joined(answers) == "supported" and comparisons.complete
    return "not supported" if every_above else "inconclusive" if answers else "cannot be answered"


def implicit_reward_separates(data: RunData, _claim: Claim) -> Evidence:
    """C6: within a problem, do passing samples have the higher mean implicit reward of DPO?

    Other methods of the run answer other questions than the paper's: they have their own figure.
    """
    lines: list[str] = []
    answers: list[Answer] = []
    analyses = data.scored(COMPARED["implicit_reward_separates"])
    raw = [float(binomtest(one.passing_ahead, one.decided).pvalue) for one in analyses]
    for found, p in zip(analyses, holm(raw), strict=True):
        label = data.results.config.policy_label(found.model, found.method)
        lines.append(
            f"{label}: passing above failing samples in {found.passing_ahead} of "
            f"{found.decided} problems that have both"
            + (f" ({found.mixed_ties} more with equal means left out)" if found.mixed_ties else "")
            + f", adjusted {p_text(p)} (among them problems it was trained on)"
        )
        answers.append(answer(p, 2 * found.passing_ahead > found.decided))
        lines += _among_failures(label, found)
    return Evidence(joined(answers), lines or ["no sample was scored in this run"])


def _among_failures(label: str, found: RewardAnalysis) -> list[str]:
    """Say how the reward ranks failing samples that the rule reward scores alike (no test)."""
    if not found.auc:
        return []
    names = {
        "implicit_reward": "implicit reward",
        "implicit_reward_length_controlled": "the same without what length explains",
        "reference_log_prob": "the initial model's log-probability",
    }
    values = [f"{words} {found.shown(name)}" for name, words in names.items()]
    return [
        f"{label}: of two failing samples that equation 2 scores alike, the one that passes more "
        f"tests is preferred (AUC, 0.5 is chance, 95% interval) by {'; '.join(values)}; "
        f"{found.pairs} pairs of {plural(found.problems, 'problem')}, "
        f"{found.not_run_on_all_tests} of "
        f"{found.failing_samples} failing samples left out as not all tests could be run"
    ]


def pair_yield(data: RunData, _claim: Claim) -> Evidence:
    """C7: pairs per model."""
    lines: list[str] = []
    answers: list[Answer] = []
    low, high = PAIRS_ABOUT
    for item in data.statistics:
        mixed, total = item["problems"]["mixed"], item["problems"]["total"]
        few = item["problems"].get("too_few_tests", 0)
        lines.append(
            f"{item['model']}: {item['pairs']} pairs (of {item['pairs_before_max_pairs']} drawn), "
            f"{mixed} of {total} problems had a passing and a failing sample"
            + (f", {few} had too few tests" if few else "")
        )
        answers.append("supported" if low <= item["pairs"] <= high else "not supported")
    return Evidence(joined(answers), lines or ["no pairs in this run"])


def mbpp_has_378_tasks(data: RunData, _claim: Claim) -> Evidence:
    """C8: arithmetic on the printed scores."""
    paper = data.results.paper
    scores = [row.score[b] for row in paper.rows for b in ("mbpp", "mbpp+")]
    fits = {n: sum(bool(counts_that_print(score, n)) for score in scores) for n in (378, 399, 500)}
    lines = [
        f"{fit} of {len(scores)} printed MBPP and MBPP+ scores are k/{n}" for n, fit in fits.items()
    ]
    return Evidence("not supported" if fits[500] < len(scores) else "inconclusive", lines)


def gains_that_cannot_be_significant(data: RunData, _claim: Claim) -> Evidence:
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


def _pairwise(check: str, words: str) -> Callable[[RunData, Claim], Evidence]:
    """Return the check that one method beats another (see ``COMPARED``)."""
    old, new = COMPARED[check]
    return partial(against, old, new, words)


CHECKS: dict[str, Callable[[RunData, Claim], Evidence]] = {
    "dpo_beats_base": _pairwise("dpo_beats_base", "DPO against base"),
    "rft_beats_base": rft_beats_base,
    "dpo_beats_rft": _pairwise("dpo_beats_rft", "DPO against RFT"),
    "on_policy_beats_off_policy": _pairwise(
        "on_policy_beats_off_policy", "on-policy against off-policy"
    ),
    "off_policy_may_harm": off_policy_may_harm,
    "own_pairs_beat_rated": _pairwise("own_pairs_beat_rated", "own pairs against judge-rated"),
    "implicit_reward_separates": implicit_reward_separates,
    "pair_yield": pair_yield,
    "mbpp_has_378_tasks": mbpp_has_378_tasks,
    "gains_that_cannot_be_significant": gains_that_cannot_be_significant,
    "ppo_against_dpo": _pairwise("ppo_against_dpo", "DPO against PPO"),
}
"""by the name that ``paper/claims.yaml`` gives; methods are named as the paper's variants"""


def weigh(claims: Claims, data: RunData) -> list[tuple[Claim, Evidence]]:
    """Answer every claim that the run can answer, and say of the others why it cannot."""
    wanted = replace(data, seeds=claims.power.seeds)
    return [(claim, _weighed(claim, wanted)) for claim in claims.claims]


def _weighed(claim: Claim, data: RunData) -> Evidence:
    """A run that did otherwise than the paper answers nothing; a part of it can refute, no more."""
    found = obstacles(claim, data.results)
    if found.bars:
        return Evidence("cannot be answered", [], why="; ".join(found.bars))
    evidence = CHECKS[claim.check](data, claim)
    lacks = list(found.lacks)
    open_ = evidence.answer in ("inconclusive", "cannot be answered")
    open_ |= evidence.answer == "supported" and not claim.models and not claim.arithmetic
    if open_ and claim.models:
        few = len(data.results.config.training.seeds)
        if few < data.seeds:
            lacks.append(f"{few} of the {data.seeds} training seeds that the test wants")
    if evidence.answer == "cannot be answered" and not lacks:
        lacks = ["it has no result that bears on it"]
    if open_ and lacks:
        return replace(evidence, answer="cannot be answered", why="; ".join(lacks))
    return evidence


def summarized(answered: Sequence[tuple[Claim, Evidence]]) -> Summary:
    """Count the answers."""
    return summary([(claim, evidence.answer) for claim, evidence in answered])


def scope(results: Results) -> str:
    """Say what the answers of this run are about."""
    if results.stamp.kind == "own":
        return (
            f"{results.stamp.text}. Its own models neither confirm nor refute what the paper "
            "claims about others."
        )
    return (
        f"{results.stamp.text}. Answers follow the tolerances of paper/claims.yaml; a part of the "
        "experiment can refute a claim about all, not support it."
    )


def markdown(
    answered: Sequence[tuple[Claim, Evidence]],
    claims: Claims,
    others: OtherFindings,
    results: Results,
    registered: str,
    certificate: Sequence[str] = (),
) -> str:
    """Return ``claims.md``: a summary, then one section a claim, in the form of an appendix.

    ``registered``: whether the claims were fixed before the run (``registration.told``).
    ``certificate``: base rows beside published scores.
    """
    return TEMPLATES.get_template("claims.md.j2").render(
        paper=results.paper.paper,
        run=results.config.run,
        scope=scope(results),
        summary=summarized(answered),
        registered=registered,
        certificate=certificate,
        own_tests=tests_on_own_models(results, claims),
        answered=answered,
        others=others,
        labels=results.paper.labels,
        claims=claims,
        power=claims.power,
        paper_models=results.paper.models,
        deviations=table_markdown(deviation_table(results).overview),
    )
