"""The paper as data: its tables, hyperparameters and claims, read from the folder ``paper/``."""

from typing import Literal

from pydantic import Field, field_validator, model_validator

from codepref.strict import Strict, nearest
from codepref.training.trainers import TRAINERS

PaperModel = Literal["codeqwen", "deepseek", "codellama"]
PAIRS_ABOUT = (2500, 3500)
"""numbers of pairs that count as the paper's 'roughly 3,000'"""
_ONCE_A_MODEL = ("samples", "base", "rewards")
"""what more training seeds do not repeat"""


class PaperRow(Strict):
    """One row of Table 1 or 2: solved tasks and printed score (percent) per benchmark."""

    model: PaperModel
    variant: str
    solved: dict[str, int]
    score: dict[str, float]


class PaperTable(Strict):
    """Which rows a table shows, in the paper's order."""

    title: str
    models: list[PaperModel]
    variants: list[str]


class Citation(Strict):
    """What is reproduced."""

    title: str
    authors: str
    year: int
    url: str


class HyperparameterRow(Strict):
    """One line of Table 3 or 4; ``setting`` is the key of our configuration."""

    name: str
    setting: str
    value: float | str


class HyperparameterTable(Strict):
    """Table 3 or 4."""

    title: str
    trainer: str
    rows: list[HyperparameterRow]

    @field_validator("trainer")
    @classmethod
    def _trainer_is_known(cls, name: str) -> str:
        if name not in TRAINERS:
            raise ValueError(f"there is no such trainer{nearest(name, TRAINERS)}")
        return name


class Hyperparameters(Strict):
    """Tables 3 and 4."""

    table3: HyperparameterTable
    table4: HyperparameterTable


class Stated(Strict):
    """Numbers of sections 2.2 and 3."""

    samples_per_problem: int
    pairs_per_problem: int
    pairs: int
    """roughly; ``PAIRS_ABOUT`` says how far from it still is that number"""
    seeds: int


class PaperTables(Strict):
    """Tables 1 to 4, and what else the paper says of its experiment in numbers."""

    paper: Citation
    totals: dict[str, int]
    labels: dict[str, str]
    models: dict[PaperModel, str]
    variants: dict[str, str]
    tables: dict[Literal["table1", "table2"], PaperTable]
    rows: list[PaperRow]
    stated: Stated
    exchange: dict[PaperModel, PaperModel]
    """whose pairs Table 2 trains a model on"""
    hyperparameters: Hyperparameters

    @model_validator(mode="after")
    def _counts_give_the_scores(self) -> "PaperTables":
        for row in self.rows:
            for benchmark, total in self.totals.items():
                where = f"rows: {row.model} {row.variant} {benchmark}"
                if benchmark not in row.solved or benchmark not in row.score:
                    raise ValueError(f"{where}: missing")
                counts = counts_that_print(row.score[benchmark], total)
                if row.solved[benchmark] not in counts:
                    raise ValueError(
                        f"{where}: {row.solved[benchmark]}/{total} does not print as "
                        f"{row.score[benchmark]}; counts that do: {counts or 'none'}"
                    )
        return self

    def row(self, model: str | None, variant: str) -> PaperRow | None:
        """Return the paper's row of a model and a method, None if it reports none."""
        return next((r for r in self.rows if (r.model, r.variant) == (model, variant)), None)


class Quotation(Strict):
    """The paper's own words, and the section that they stand in."""

    section: str
    text: str

    @property
    def place(self) -> str:
        """The section as a reader names it."""
        return f"section {self.section}" if self.section[0].isdigit() else self.section


class Claim(Strict):
    """One claim of the paper, or (without quotes) a question of this project, and its test."""

    id: str
    claim: str
    quotes: list[Quotation]
    shown_in: str | None = None
    paper_numbers: Literal["support it", "support it in part", "do not support it", "none given"]
    why: str
    check: str
    arithmetic: bool = False
    """about the paper's own printed numbers: no run is needed, and none changes the answer"""
    models: list[PaperModel] = Field(default=[])
    """whose comparisons answer it; their tests are adjusted together"""
    experiment: str
    command: str
    tolerance: str
    needs: list[str] = Field(default=[])
    """the parts of a run that it needs beyond those of earlier claims, as in ``gpu_hours``"""

    @property
    def standing(self) -> str:
        """What the paper's own numbers say of it, as a sentence."""
        if self.paper_numbers == "none given":
            return "The paper gives no numbers"
        return f"The paper's numbers {self.paper_numbers}"

    @property
    def stated_in(self) -> str:
        """Where the paper says and shows it."""
        said = dict.fromkeys(quote.place for quote in self.quotes)
        places = [*(said or ["not stated: a question of this project"]), self.shown_in]
        return "; ".join(place for place in places if place)


class OtherFinding(Strict):
    """What somebody else measured that bears on claims: scores in percent per benchmark."""

    claims: list[str]
    source: str
    url: str
    where: str
    model: str
    columns: list[str]
    rows: dict[str, list[float]]
    differs: str
    finding: str

    @model_validator(mode="after")
    def _rows_have_all_columns(self) -> "OtherFinding":
        for name, scores in self.rows.items():
            if len(scores) != len(self.columns):
                raise ValueError(
                    f"rows: {name}: {len(scores)} scores for {len(self.columns)} columns"
                )
        return self


class OtherFindings(Strict):
    """What others found, read from ``paper/others.yaml``."""

    others: list[OtherFinding]

    def on(self, claim: str) -> list[OtherFinding]:
        """Return those that bear on a claim."""
        return [other for other in self.others if claim in other.claims]


class Power(Strict):
    """Probabilities that the primary test finds each model's effect, under assumptions."""

    test: Literal["greedy", "sampled"]
    discordance: float
    persisting: float
    found: dict[PaperModel, float]


class PowerOfDesign(Strict):
    """What the paper's configuration can find, computed beforehand by ``scripts/power.py``."""

    tasks: int
    seeds: int
    samples: int
    table: list[Power]


class Claims(Strict):
    """All claims, in order, and the power of the primary test."""

    costs_are: str
    claims: list[Claim]
    power: PowerOfDesign
    gpu_hours: dict[str, float]
    """planned, of the parts of an experiment, for one model and one seed"""

    def cost_of(self, claim: Claim) -> str:
        """Return what testing a claim costs beyond the claims before it, in words."""
        if not claim.needs:
            return "nothing beyond the experiments above"
        parts = ", ".join(f"{name} {self.gpu_hours[name]:.1f}" for name in claim.needs)
        hours = sum(self.gpu_hours[name] for name in claim.needs)
        shared = [name for name in claim.needs if name in _ONCE_A_MODEL]
        rest = f", of which {' and '.join(shared)} once for all seeds" if shared else ""
        return f"about {hours:.1f} GPU hours for one model with one seed ({parts}){rest}"

    @model_validator(mode="after")
    def _ids_are_unique(self) -> "Claims":
        ids = [claim.id for claim in self.claims]
        if len(set(ids)) != len(ids):
            raise ValueError(f"claims: an id occurs twice in {ids}")
        return self


def counts_that_print(score: float, total: int) -> list[int]:
    """Return every count k whose percentage k/total prints as ``score`` (one decimal)."""
    return [k for k in range(total + 1) if f"{100 * k / total:.1f}" == f"{score:.1f}"]
