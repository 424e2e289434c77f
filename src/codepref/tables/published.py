"""Base rows of known models beside the scores that others published for them."""

from pydantic import model_validator

from codepref.strict import Strict, nearest
from codepref.tables.layout import Table, Text, number
from codepref.tables.paper import counts_that_print
from codepref.tables.results import Results
from codepref.tables.score_tables import rows_of


class Source(Strict):
    """Where scores are published."""

    title: str
    url: str
    where: str


class PublishedModel(Strict):
    """One model's scores in percent, and of how many tasks each is a share, by benchmark column."""

    source: str
    tasks: dict[str, int]
    scores: dict[str, float]


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
                if not counts_that_print(score, model.tasks[column]):
                    total = model.tasks[column]
                    raise ValueError(f"models.{name}: {column} {score} is no share of {total}")
        return self


def published_table(name: str, results: Results, published: PublishedScores) -> Table | None:
    """Compare the base rows of Table 1 or 2 with published scores; None if there are none.

    Only whole published data sets are compared. A score counts as reproduced if it lies in the 95%
    Wilson interval of ours.
    """
    groups, sources, others = [], {}, []
    for model, _ in rows_of(results.config, name):
        known = published.models.get(results.config.models[model].repository or "")
        base = results.base(model)
        if known is None or base is None:
            continue
        rows = []
        for benchmark in results.benchmarks:
            cell = results.cell(model, base, benchmark)
            score = known.scores.get(results.dataset(benchmark))
            if score is None or not cell.run or not cell.published_data:
                continue
            if cell.interval is None:  # too few tasks
                continue
            low, high = cell.interval
            tasks = known.tasks[results.dataset(benchmark)]
            if tasks != cell.total:
                others.append(f"{results.config.models[model].label}, {results.label(benchmark)}")
            rows.append(
                [
                    Text(results.config.models[model].label),
                    Text(results.label(benchmark)),
                    Text(number(cell.rate), secondary=f"{number(low)} to {number(high)}"),
                    Text(number(score), secondary=f"of {tasks} tasks"),
                    Text(number(cell.rate - score)),
                    Text("inside" if low <= score <= high else "outside"),
                ]
            )
        if rows:
            groups.append(rows)
            sources[known.source] = published.sources[known.source]
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
    return Table(f"{name}-published", title, header, groups, notes, results.stamp.text, 2)
