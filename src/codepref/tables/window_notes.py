"""What tables say of benchmarks whose tasks have dates."""

from codepref.evaluation.benchmarks import BENCHMARKS
from codepref.evaluation.livecodebench.releases import releases
from codepref.evaluation.settings import LiveCodeBenchData
from codepref.tables.results import Results


def window_notes(results: Results) -> list[str]:
    """Return a note per such benchmark: its release, and what each model was asked of it."""
    return [
        _note(results, name)
        for name in results.answered("greedy")
        if BENCHMARKS[results.config.benchmarks[name].dataset].dated
    ]


def _note(results: Results, name: str) -> str:
    config = results.config
    benchmark = config.benchmarks[name]
    mine = results.scores[results.scores["benchmark"] == name]
    totals = mine.groupby("model", sort=False)["total"].last().to_dict()
    asked = {str(model): total for model, total in totals.items()}
    windows = ", ".join(
        f"{config.models[model].label} after {config.models[model].released_after} ({count} tasks)"
        for model, count in asked.items()
    )
    data = benchmark.data
    release = ""
    if isinstance(data, LiveCodeBenchData):
        count = f"{data.tasks:,} tasks, " if data.tasks else ""
        errata = f"without those of its errata, {len(releases().excluded)} in all"
        release = f"{data.release} of the data ({count}{errata}). "
    return (
        f"{benchmark.label}: {release}A model is asked only what was released after its training "
        f"data end, as far as is known: {windows}. So models are not compared on the same tasks; "
        "each is, with its base."
    )
