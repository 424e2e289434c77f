"""Base rows of known models beside the scores that others published for them."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from codepref.strict import Strict, nearest
from codepref.tables.layout import Table, Text, number
from codepref.tables.paper import counts_that_print
from codepref.tables.results import Results
from codepref.tables.score_tables import rows_of


def _known(column: str) -> str:
    columns = [f"{name}{plus}" for name in ("humaneval", "mbpp") for plus in ("", "+")]
    if column not in columns:
        raise ValueError(f"no column is called '{column}'{nearest(column, columns)}")
    return column


Column = Annotated[str, AfterValidator(_known)]


class Source(Strict):
    """Where scores are published."""

    title: str
    url: str
    where: str


class PublishedModel(Strict):
    """One model's scores in percent, and of how many tasks each is a share, by benchmark column."""

    source: str
    tasks: dict[Column, Annotated[int, Field(strict=True, ge=1)]]
    scores: dict[Column, Annotated[float, Field(strict=True, ge=0, le=100)]]


class PublishedScores(Strict):
    """Scores of models as they came, by the hub's repository."""

    sources: dict[str, Source]
    models: dict[str, PublishedModel]

    @model_validator(mode="after")
    def _scores_are_shares_of_known_source(self) -> "PublishedScores":
        for name, model in self.models.items():
            if model.source not in self.sources:
                hint = nearest(model.source, self.sources)
                raise ValueError(f"models.{name}: no source is called '{model.source}'{hint}")
            if model.tasks.keys() != model.scores.keys():
                raise ValueError(f"models.{name}: 'tasks' and 'scores' name other benchmarks")
            for column, score in model.scores.items():
                if score != round(score, 1):
                    raise ValueError(
                        f"models.{name}: {column} {score}: expected percent with one decimal"
                    )
                if not counts_that_print(score, model.tasks[column]):
                    total = model.tasks[column]
                    raise ValueError(f"models.{name}: {column} {score} is no share of {total}")
        return self


@dataclass(frozen=True)
class Comparison:
    """A cell of a base row beside a published score.

    Attributes:
        model, benchmark: of the cell, as the configuration names them.
        solved, total: ours.
        rate, interval: ours in percent, with the 95% Wilson interval.
        score: published, in percent.
        tasks: of how many tasks it is a share.
        source: where it is published.
    """

    model: str
    benchmark: str
    solved: int
    total: int
    rate: float
    interval: tuple[float, float]
    score: float
    tasks: int
    source: str

    @property
    def inside(self) -> bool:
        """Whether the published score lies in our interval: it counts as reproduced."""
        return self.interval[0] <= self.score <= self.interval[1]


def comparisons(results: Results, published: PublishedScores) -> list[Comparison]:
    """Compare the base rows of known models, on whole published data sets."""
    found = []
    for experiment in results.config.experiments:
        model = experiment.model
        known = published.models.get(results.config.models[model].repository or "")
        base = results.config.base_of(model)
        if known is None or base is None:
            continue
        for benchmark in results.benchmarks:
            cell, column = results.cell(model, base, benchmark), results.dataset(benchmark)
            score = known.scores.get(column)
            if score is None or not cell.run or not cell.published_data or cell.interval is None:
                continue  # no such score, or too few tasks
            if cell.total not in (known.tasks[column], results.paper.totals.get(column)):
                continue  # a part of the tasks
            found.append(
                Comparison(
                    *(model, benchmark, cell.solved[0], cell.total, cell.rate, cell.interval),
                    *(score, known.tasks[column], known.source),
                )
            )
    return found


def published_table(name: str, results: Results, published: PublishedScores) -> Table | None:
    """Compare the base rows of Table 1 or 2 with published scores; None if there are none.

    Only whole published data sets are compared. A score counts as reproduced if it lies in the 95%
    Wilson interval of ours.
    """
    shown = {model for model, _ in rows_of(results.config, name)}
    found = [one for one in comparisons(results, published) if one.model in shown]
    groups: dict[str, list[list[Text]]] = {}
    for one in found:
        low, high = one.interval
        groups.setdefault(one.model, []).append(
            [
                Text(results.config.models[one.model].label),
                Text(results.label(one.benchmark)),
                Text(number(one.rate), secondary=f"{number(low)} to {number(high)}"),
                Text(number(one.score), secondary=f"of {one.tasks} tasks"),
                Text(number(one.rate - one.score)),
                Text("inside" if one.inside else "outside"),
            ]
        )
    sources = {one.source: published.sources[one.source] for one in found}
    others = [
        f"{results.config.models[one.model].label}, {results.label(one.benchmark)}"
        for one in found
        if one.tasks != one.total
    ]
    if not groups:
        return None
    header = ["Model", "Benchmark", "Ours, 95% interval", "Published", "Difference", "Our interval"]
    notes = [f"Published: {one.title}, {one.where}, {one.url}." for one in sources.values()]
    notes.append(
        "Inside: the published score lies in the 95% Wilson interval of ours; one that is outside "
        "needs an explanation (weights, prompt, where answers end, version of the data). Our "
        f"prompts are worded in the style '{results.config.generation.prompt_style}'."
    )
    if others:
        notes.append(f"Published of another number of tasks than ours: {'; '.join(others)}.")
    title = "The models as they came, beside published scores"
    return Table(
        f"{name}-published", title, header, [*groups.values()], notes, results.stamp.text, 2
    )
