"""One method against another over the models that a claim names: tests, adjusted, and an answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from codepref.tables.differences import Pairing
from codepref.tables.layout import change_text, discordant, p_text, plural
from codepref.tables.paper import PaperModel
from codepref.tables.results import Answers, Results
from codepref.tables.statistics import SIGNIFICANCE, holm

Answer = Literal["supported", "not supported", "inconclusive", "cannot be answered"]
"""the last: by this run, which lacks what the claim is about"""


@dataclass(frozen=True)
class Comparison:
    """Two methods of one model on the tasks of all benchmarks that the claim is about."""

    label: str
    """of the model"""
    pairing: Pairing
    adjusted: float
    """p after Holm's correction over all models that the claim names"""
    flips_at: int | None = None
    """the least number of tasks that must come out otherwise for another answer"""

    @property
    def answer(self) -> Answer:
        """The answer of this model alone."""
        return answer(self.adjusted, self.pairing.estimate > 0)

    def line(self, what: str) -> str:
        """Say what came out."""
        change = self.pairing
        counts = "" if max(change.samples) > 1 else f" ({discordant(change)})"
        flips = (
            f"; {plural(self.flips_at, 'task')} answered otherwise change it"
            if self.flips_at
            else ""
        )
        return (
            f"{self.label}: {what}, {change.tasks} pooled tasks: {change_text(change)} "
            f"points{counts}, adjusted {p_text(self.adjusted)}{flips}"
        )


@dataclass(frozen=True)
class Comparisons:
    """What ran of what a claim asks for."""

    found: Sequence[Comparison]
    models: int
    """how many the claim names"""
    missing: Sequence[str] = ()
    """what the claim asks for and this run does not have, in words"""

    @property
    def complete(self) -> bool:
        """Whether everything that the claim names was run."""
        return bool(self.found) and not self.missing

    @property
    def answer(self) -> Answer:
        """The joint answer: "supported" only if every model that the claim names supports it."""
        joint = joined([one.answer for one in self.found])
        return "inconclusive" if joint == "supported" and not self.complete else joint

    @property
    def coverage(self) -> str:
        """How many of the claim's models ran, and what is missing."""
        ran = f"{len(self.found)} of {self.models} models ran"
        return f"{ran}; missing: {', '.join(self.missing)}" if self.missing else ran

    def lines(self, what: str) -> list[str]:
        """Say for each model what came out."""
        return [*(one.line(what) for one in self.found), self.coverage]


def answer(p_value: float, up: bool) -> Answer:
    """Return what a test says of a claim that something is higher."""
    if p_value >= SIGNIFICANCE:
        return "inconclusive"
    return "supported" if up else "not supported"


def joined(answers: Sequence[Answer]) -> Answer:
    """Return the answer to a claim about all, from the answers about each."""
    if not answers:
        return "cannot be answered"
    if "not supported" in answers:
        return "not supported"
    return "supported" if set(answers) == {"supported"} else "inconclusive"


def compare(
    results: Results,
    models: Sequence[PaperModel],
    old: str,
    new: str,
    answers: Answers = "greedy",
    seeds: int = 0,
) -> Comparisons:
    """Compare two methods of each model over the pooled tasks of the base benchmarks.

    The plus columns are left out: they are the same tasks again.

    Args:
        results: the run's.
        models: the paper's models that the claim names.
        old, new: the methods.
        answers: greedy ones, or samples.
        seeds: training seeds that the test wants.
    """
    asked = _asked(results, models, old, new)
    benchmarks, missing = papers_benchmarks(results, answers)
    labels: list[str] = []
    pairings: list[Pairing] = []
    for label, model in asked.items():
        pairing = model and results.pairing(model, old, new, benchmarks, answers)
        if not pairing:
            missing.append(label)
            continue
        labels.append(label)
        pairings.append(pairing)
        untrained = results.config.methods[new].trainer == "none"
        planned = [] if untrained else results.config.training.seeds
        gone = sorted(set(planned) - set(pairing.seeds))
        missing += [f"seed {seed} of {label}" for seed in gone]
        if not untrained and len(planned) < seeds:
            missing.append(f"{seeds - len(planned)} of {seeds} training seeds of {label}")
    raw = [pairing.p_value for pairing in pairings]
    found = [
        Comparison(labels[n], pairings[n], p, _flips_at(n, pairings[n], raw, len(asked)))
        for n, p in enumerate(holm(raw, len(asked)))
    ]
    return Comparisons(found, len(asked), missing)


def _asked(
    results: Results, models: Sequence[PaperModel], old: str, new: str
) -> dict[str, str | None]:
    """Return by label the run's model (None: it has none) of each that a claim asks for."""
    config = results.config
    having = [e.model for e in config.experiments if {old, new} <= set(e.methods)]
    own = {config.models[name].paper_model: name for name in reversed(having)}
    return {results.paper.models[name]: own.get(name) for name in models}


def papers_benchmarks(results: Results, answers: Answers) -> tuple[list[str], list[str]]:
    """Return the base columns that claims are about, and which of the paper's are missing."""
    config = results.config
    papers = {name: results.paper.labels[name] for name in results.paper.totals if "+" not in name}
    mine = {
        name: config.benchmarks[name].dataset
        for name in results.answered(answers)
        if config.benchmarks[name].dataset in papers
        and config.benchmarks[name].data.kind == "evalplus"
    }
    return list(mine), [label for name, label in papers.items() if name not in mine.values()]


def _flips_at(place: int, pairing: Pairing, raw: Sequence[float], tests: int) -> int | None:
    """Return how many tasks change this model's answer, the other models' tests as they are."""

    def outcome(changed: Pairing) -> Answer:
        p_values = [*raw[:place], changed.p_value, *raw[place + 1 :]]
        return answer(holm(p_values, tests)[place], changed.estimate > 0)

    return pairing.least_change(outcome)
