"""Which of the paper's claims a run can answer, and how many answers of each kind it gives."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from codepref.tables.comparisons import Answer
from codepref.tables.paper import Claim
from codepref.tables.results import Results
from codepref.training.trainers import TRAINERS

COMPARED: dict[str, tuple[str, ...]] = {
    "dpo_beats_base": ("base", "dpo"),
    "rft_beats_base": ("base", "rft"),
    "dpo_beats_rft": ("rft", "dpo"),
    "on_policy_beats_off_policy": ("dpo_off_policy", "dpo"),
    "off_policy_may_harm": ("base", "dpo_off_policy"),
    "own_pairs_beat_rated": ("dpo_judge", "dpo"),
    "implicit_reward_separates": ("dpo",),
    "ppo_against_dpo": ("ppo", "dpo"),
}
"""by check: the methods whose policies it is about, named as the paper's variants"""


@dataclass(frozen=True)
class Obstacles:
    """What stands between a run and the answer to a claim."""

    bars: Sequence[str] = ()
    """done otherwise than in the paper: whatever comes out is about something else"""
    lacks: Sequence[str] = ()
    """not run: a claim about all can be refuted by a part, not supported"""


def obstacles(claim: Claim, results: Results) -> Obstacles:
    """Return why a run cannot answer a claim; nothing of a claim about the printed numbers."""
    if claim.arithmetic:
        return Obstacles()
    return Obstacles([*_bars(claim, results)], [*_lacks(claim, results)])


def _own(results: Results) -> dict[str | None, str]:
    """Return the run's models by the paper's model that each is."""
    config, rows = results.config, results.facts.rows or ()
    ran = [e.model for e in config.experiments if any(e.model == model for model, _ in rows)]
    return {config.models[name].paper_model: name for name in reversed(ran)}


def _bars(claim: Claim, results: Results) -> Iterator[str]:
    asked = claim.models or [*results.paper.models]
    if not _own(results).keys() & set(asked):
        yield "it has none of the models that the claim is about"
        return
    if claim.models and not _full(results):
        yield "it has no greedy answers to all tasks of a benchmark of the paper"
    methods = COMPARED.get(claim.check, ())
    config = results.config
    trainers = {config.methods[m].trainer for m in methods if m in config.methods} - {"none"}
    if not methods or trainers:
        for one in results.stamp.deviations:
            trainer = one.key.partition(".")[0]
            of_data = one.key in ("problems", "samples_per_problem", "pairs", "exchange")
            if one.key == "exchange" and "dpo_off_policy" not in methods:
                continue
            changed = one.kind == "other" or (one.key == "problems" and one.kind == "less")
            if changed and (of_data or (trainer in TRAINERS and trainer in trainers)):
                yield f"{one.what}: {one.here} (in the paper: {one.paper})"


def _lacks(claim: Claim, results: Results) -> Iterator[str]:
    own, rows = _own(results), results.facts.rows or ()
    asked = claim.models or [*results.paper.models]
    missing = [results.paper.models[name] for name in asked if name not in own]
    if missing:
        yield f"{', '.join(missing)} not run"
    for method in COMPARED.get(claim.check, ()):
        labels = [
            results.paper.models[name]
            for name in asked
            if name in own and (own[name], method) not in rows
        ]
        if labels:
            ours = results.config.methods.get(method)
            label = results.paper.variants.get(method, ours.label if ours else method)
            yield f"{label} of {', '.join(labels)} not run"
    papers = [name for name in results.paper.totals if not name.endswith("+")]
    partial = [results.paper.labels[name] for name in papers if name not in _full(results)]
    if claim.models and partial:
        yield f"not all tasks of {', '.join(partial)}"


def _full(results: Results) -> set[str]:
    """Return the paper's benchmarks of which the run has greedy answers to all tasks."""
    return {
        results.config.benchmarks[name].dataset
        for name in results.answered("greedy")
        if results.config.benchmarks[name].data.kind == "evalplus"
        and not results.stamp.labels.get(name)
    }


@dataclass(frozen=True)
class Summary:
    """How many claims were answered how."""

    of_run: Counter[Answer]
    """answers of the run"""
    of_print: Counter[Answer]
    """arithmetic on the paper's printed numbers, which every run repeats"""

    @property
    def text(self) -> str:
        """The counts in words."""
        run, printed = self.of_run, self.of_print
        said = (
            f"Of {run.total()} claims about training this run supports {run['supported']}, does "
            f"not support {run['not supported']}, leaves {run['inconclusive']} open and cannot "
            f"answer {run['cannot be answered']}."
        )
        if printed:
            said += (
                f" {printed.total()} more are arithmetic on the paper's printed numbers, which "
                f"support {printed['supported']} of them and do not support "
                f"{printed['not supported']}."
            )
        return said


def summary(answers: Sequence[tuple[Claim, Answer]]) -> Summary:
    """Count answers."""
    return Summary(
        Counter(answer for claim, answer in answers if not claim.arithmetic),
        Counter(answer for claim, answer in answers if claim.arithmetic),
    )
