"""The paper as data: its tables, hyperparameters and claims, read from the folder ``paper/``."""

from typing import Literal

from pydantic import field_validator, model_validator

from codepref.strict import Strict, nearest
from codepref.training.trainers import TRAINERS

PaperModel = Literal["codeqwen", "deepseek", "codellama"]


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


class PaperTables(Strict):
    """Tables 1 and 2."""

    paper: Citation
    totals: dict[str, int]
    labels: dict[str, str]
    models: dict[PaperModel, str]
    variants: dict[str, str]
    tables: dict[Literal["table1", "table2"], PaperTable]
    rows: list[PaperRow]

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


class Claim(Strict):
    """One claim of the paper and how this project tests it."""

    id: str
    claim: str
    stated_in: str
    paper_numbers: Literal["support it", "support it in part", "do not support it", "none given"]
    why: str
    check: str
    experiment: str
    command: str
    tolerance: str
    cost: str


class Claims(Strict):
    """All claims, in order."""

    costs_are: str
    claims: list[Claim]

    @model_validator(mode="after")
    def _ids_are_unique(self) -> "Claims":
        ids = [claim.id for claim in self.claims]
        if len(set(ids)) != len(ids):
            raise ValueError(f"claims: an id occurs twice in {ids}")
        return self


def counts_that_print(score: float, total: int) -> list[int]:
    """Return every count k whose percentage k/total prints as ``score`` (one decimal)."""
    return [k for k in range(total + 1) if f"{100 * k / total:.1f}" == f"{score:.1f}"]
