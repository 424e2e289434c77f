"""Claims about a run's own models, fixed before the run and decided by it: won, lost or undecided.

The demo's are ``configs/demo_claims.yaml``. They say nothing about the paper (``claims.py`` does).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any, Literal

import pandas as pd
from pydantic import Field, model_validator

from codepref.config import Config
from codepref.errors import UserError
from codepref.rates import pass_at_k
from codepref.records import HeldOutAccuracy
from codepref.strict import Name, Strict
from codepref.tables.differences import Pairing, pair
from codepref.tables.layout import change_text, p_text
from codepref.tables.statistics import holm

Measure = Literal["pass_rate", "error_rate", "reward_accuracy"]
Outcome = Literal["won", "lost", "undecided", "not measured", "not run"]

MEASURES: Mapping[str, str] = {
    "pass_rate": "Mean pass rate",
    "error_rate": "Share of runtime errors, compile errors and answers without code",
    "reward_accuracy": "Reward accuracy on held-out pairs",
}
ERRORS = ("runtime_error", "compile_error", "no_code")  # equation 2 rewards no code as the second


class OwnClaim(Strict):
    """That a measure of ``new`` is above (``up``) or below that of ``old`` (one half: None)."""

    id: str
    claim: str
    measure: Measure
    new: Name
    old: Name | None = None
    direction: Literal["up", "down"]

    @model_validator(mode="after")
    def _compares_what_can_be_compared(self) -> "OwnClaim":
        if (self.old is None) != (self.measure == "reward_accuracy"):
            raise ValueError(
                f"{self.id}: 'old' names a method, and a reward_accuracy has none: it is compared "
                "with one half"
            )
        return self


class OwnClaims(Strict):
    """All claims of a file, and the methods that are reported beside them, decided by no test."""

    model: Name
    benchmark: str
    significance: float = Field(gt=0, lt=1)
    claims: list[OwnClaim]
    reported: list[Name] = Field(default=[])

    def check(self, config: Config) -> None:
        """Refuse claims about what the run does not have: they could only be left open.

        Raises:
            UserError: a method is no row of the model, or the benchmark has no samples.
        """
        name = self.benchmark.removesuffix("+")
        if name not in config.use_benchmarks or not config.samples_per_task(name):
            raise UserError(f"own_claims: benchmark '{name}' is not one that this run samples")
        methods = {method for model, method, _ in config.rows if model == self.model}
        used = [method for one in self.claims for method in (one.old, one.new) if method]
        if self.reported and config.base_of(self.model) is None:
            raise UserError(
                f"own_claims: 'reported' compares with base, of which model '{self.model}' has no "
                "row in this run; add it to its methods in 'experiments'"
            )
        for method in [*used, *self.reported]:
            if method not in methods:
                raise UserError(
                    f"own_claims: method '{method}' of model '{self.model}' is not in this run"
                )


@dataclass(frozen=True)
class Decision:
    """What came out for one claim."""

    claim: OwnClaim
    pairing: Pairing | None
    """None: there is nothing to compare"""
    ran: bool
    """whether the policies that it names have samples"""
    adjusted: float
    """p after Holm's correction over all claims of the file"""
    significance: float

    @property
    def outcome(self) -> Outcome:
        """Won if the difference is beyond chance in the claim's direction, lost if in the other."""
        if self.pairing is None:
            return "not measured" if self.ran else "not run"
        if self.adjusted >= self.significance:
            return "undecided"
        up = self.pairing.estimate > 0
        return "won" if up == (self.claim.direction == "up") else "lost"


@dataclass(frozen=True)
class RunSamples:
    """What claims are decided by: a row per sample, clusters of tasks, rewards' accuracies."""

    samples: pd.DataFrame
    clusters: Mapping[str, Mapping[str, str]]
    accuracies: Sequence[HeldOutAccuracy]

    def has(self, claims: OwnClaims, claim: OwnClaim) -> bool:
        """Return whether every policy that a claim names has samples of its benchmark."""
        of, name = self.samples, claims.benchmark.removesuffix("+")
        mine = of[(of["model"] == claims.model) & (of["benchmark"] == name)]
        return {claim.new, claim.old} - {None} <= set(mine["method"])

    def rates(self, claims: OwnClaims, method: str, measure: Measure) -> pd.DataFrame:
        """Return a measure of each task (rows) at each training seed (columns)."""
        name = claims.benchmark.removesuffix("+")
        if measure == "reward_accuracy":
            return pd.DataFrame(
                {
                    one.seed: pd.Series({t.task_id: t.right / t.pairs for t in one.tasks})
                    for one in self.accuracies
                    if (one.model, one.method, one.benchmark) == (claims.model, method, name)
                }
            )
        of = self.samples
        mine = of[
            (of["model"] == claims.model) & (of["method"] == method) & (of["benchmark"] == name)
        ]
        part = "plus" if claims.benchmark.endswith("+") else "base"
        value = mine[part] if measure == "pass_rate" else mine["failure"].isin(ERRORS)
        by_task: Any = mine.assign(value=value.astype(float)).groupby(["task_id", "seed"])["value"]
        return by_task.mean().unstack("seed")

    def pairing(self, claims: OwnClaims, claim: OwnClaim, config: Config) -> Pairing | None:
        """Pair the two sides of a claim, task by task."""
        new = self.rates(claims, claim.new, claim.measure)
        if new.empty:
            return None
        name = claims.benchmark.removesuffix("+")
        known = self.clusters.get(name, {})
        clusters = pd.Series({task: known.get(task, task) for task in new.index})
        if claim.old is None:
            half = pd.DataFrame(0.5, index=new.index, columns=new.columns)
            return pair(half, new, clusters)
        old = self.rates(claims, claim.old, claim.measure)
        if old.empty:
            return None
        each = config.samples_per_task(name)
        untrained = config.methods[claim.old].trainer == "none"
        try:
            return pair(old, new, clusters, (each, each), untrained)
        except ValueError as error:
            raise UserError(f"{claim.id}: {error}") from error


def decide(claims: OwnClaims, run: RunSamples, config: Config) -> list[Decision]:
    """Decide every claim; p-values are adjusted over all of them, also what was not run."""
    pairings = [run.pairing(claims, claim, config) for claim in claims.claims]
    p_values = [1.0 if one is None else one.p_value for one in pairings]
    return [
        Decision(claim, pairing, run.has(claims, claim), adjusted, claims.significance)
        for claim, pairing, adjusted in zip(claims.claims, pairings, holm(p_values), strict=True)
    ]


class OwnAnswer(Strict):
    """What a page says of one claim."""

    id: str
    claim: str
    outcome: Outcome
    found: str = Field(description="before, after, difference with interval, p; empty: nothing")


class OwnAnswers(Strict):
    """``own_claims.json``: what came out for each claim, then what is reported."""

    title: str
    rule: str
    answers: list[OwnAnswer]
    reported: list[str]


def answers(
    claims: OwnClaims,
    decided: Sequence[Decision],
    reported: Sequence[str],
    config: Config,
    registered: str,
) -> OwnAnswers:
    """Put what came out into words.

    ``registered``: whether the claims were fixed before the run (``registration.told``).
    """
    name = config.benchmarks[claims.benchmark.removesuffix("+")].label
    return OwnAnswers(
        title=f"Claims about {config.models[claims.model].label}, decided by run {config.run}",
        rule=f"{registered} Measured on: {name}. Differences are in percentage points, "
        "with 95% intervals; tasks of one template are one cluster; p of the sign-flip permutation "
        f"test, adjusted over all {len(claims.claims)} claims (Holm), decides at "
        f"{claims.significance:g}.",
        answers=[
            OwnAnswer(
                id=one.claim.id, claim=one.claim.claim, outcome=one.outcome, found=_found(one)
            )
            for one in decided
        ],
        reported=list(reported),
    )


def _found(one: Decision) -> str:
    if one.pairing is None:
        return ""
    sides = (one.pairing.old, one.pairing.new)
    before, after = (100 * side.to_numpy().mean() for side in sides)
    return (
        f"{MEASURES[one.claim.measure]} {before:.1f} → {after:.1f} ({one.pairing.tasks} tasks): "
        f"{change_text(one.pairing)}, {p_text(one.adjusted)}"
    )


def markdown(page: OwnAnswers) -> str:
    """Return the page as Markdown."""
    lines = [f"# {page.title}", "", page.rule, ""]
    for one in page.answers:
        lines.append(f"- **{one.id} {one.outcome}.** {one.claim} {one.found}".rstrip())
    if page.reported:
        lines += ["", "Reported whichever way it goes, decided by no test:", ""]
        lines += [f"- {line}" for line in page.reported]
    return "\n".join(lines) + "\n"


def told(
    claims: OwnClaims,
    run: RunSamples,
    config: Config,
    logs: Mapping[str, Sequence[Mapping[str, float]]],
) -> list[str]:
    """Describe each reported method: pass rate, pass@k, and how far its training moved it.

    Args:
        claims: name the methods.
        run: the samples.
        config: the run's.
        logs: the training log of each method.
    """
    each = config.samples_per_task(claims.benchmark.removesuffix("+"))
    base = config.base_of(claims.model)
    lines = []
    for method in claims.reported:
        claim = OwnClaim(
            id=method, claim="", measure="pass_rate", old=base, new=method, direction="up"
        )
        change = run.pairing(claims, claim, config)
        if change is None:
            continue
        before, after = (
            100
            * mean(pass_at_k(each, round(each * rate), each) for rate in side.to_numpy().ravel())
            for side in (change.old, change.new)
        )
        line = (
            f"{config.method_label(method)}: {change_text(change)} points of mean pass rate, "
            f"pass@{each} {before:.1f} before and {after:.1f} after"
        )
        log = logs.get(method)
        if log and "rewards/chosen" in log[-1]:
            last, beta = log[-1], config.settings_of(method).model_dump()["beta"]
            line += (
                f"; at its last step the chosen responses' log-probability was "
                f"{last['rewards/chosen'] / beta:+.2f} against the start, the rejected ones' "
                f"{last['rewards/rejected'] / beta:+.2f} (nats per response)"
            )
        lines.append(line)
    return lines
