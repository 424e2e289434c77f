"""What a run is, in words that follow from what was run: the paper's, a part of it, one's own."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from codepref.config import Config
from codepref.tables.deviations import Deviation, Facts, deviations
from codepref.tables.labels import benchmark_note, model_label
from codepref.tables.paper import PaperTables

Standing = Literal["paper", "part", "changed", "own"]

TITLES: dict[Standing, str] = {
    "paper": "The paper's experiment",
    "part": "Part of the paper's experiment",
    "changed": "The paper's models, not the paper's experiment",
    "own": "Own run",
}


@dataclass(frozen=True)
class Stamp:
    """What a run is."""

    kind: Standing
    """paper: all of the paper's experiment; part: some of it; changed: the paper's models, but
    something is done otherwise; own: none of the paper's models"""
    heading: str
    """the title of the run's page"""
    labels: dict[str, str]
    """by benchmark and model: what sets it apart from the paper's; those that nothing does lack"""
    deviations: list[Deviation]

    @property
    def title(self) -> str:
        """What the run is, in a few words."""
        return TITLES[self.kind]

    @cached_property
    def words(self) -> str:
        """In what the run is not the paper's experiment, in short; empty: in nothing."""
        kinds = {"part": ("less",), "changed": ("other", "less"), "own": ("other", "less")}
        shown = [one for one in self.deviations if one.kind in kinds.get(self.kind, ())]
        if self.kind == "own":
            shown = [one for one in shown if one.key in ("models", "benchmarks")]
        return "; ".join(one.short or f"{one.what}: {one.here}" for one in shown)

    @property
    def text(self) -> str:
        """Title and words in a line, as tables carry it."""
        return f"{self.title} ({self.words})" if self.words else self.title


def stamp(config: Config, paper: PaperTables, facts: Facts | None = None) -> Stamp:
    """Return what a run is.

    Args:
        config: the run's.
        paper: what it is compared with.
        facts: what its data say; None: nothing was run yet.
    """
    found = deviations(config, paper, facts)
    models = list(dict.fromkeys(experiment.model for experiment in config.experiments))
    totals = facts.totals if facts else {}
    notes = {
        name: benchmark_note(config, paper, name, totals.get(name))
        for name in config.use_benchmarks
    }
    own = {name: "own model" for name in models if config.models[name].paper_model is None}
    kind = _kind(found, all(name in own for name in models))
    names = " and ".join(model_label(config, name) for name in models)
    heading = f"Preference training of {names}" if kind == "own" else paper.paper.title
    labels = {**{name: note for name, note in notes.items() if note}, **own}
    return Stamp(kind, heading, labels, found)


def _kind(found: list[Deviation], own: bool) -> Standing:
    kinds = {one.kind for one in found}
    if own:
        return "own"
    if "other" in kinds:
        return "changed"
    return "part" if "less" in kinds else "paper"
