"""The table of best-of-n: one sample of each task chosen by agreement, and by implicit reward."""

from collections.abc import Sequence

import pandas as pd

from codepref.config import Config
from codepref.evaluation.sampled_records import Reranked
from codepref.tables.differences import Pairing, pair
from codepref.tables.layout import (
    RenderedTable,
    Table,
    Text,
    change_text,
    few_notes,
    number,
    p_text,
)
from codepref.tables.results import Results
from codepref.tables.sampled import SampledResults
from codepref.tables.sampled_tables import head, names, sample_counts

WAYS = {"agreement": "By agreement", "implicit_reward": "By implicit reward"}
NOTES = (
    "One of a task's n samples is chosen; solved is what both judges pass, all tests. At random: "
    "the mean pass rate. Nothing is sampled for the other ways.",
    "By agreement: one of the samples whose outputs on the inputs that the prompt shows most "
    "samples share (Shi et al. 2022, MBR-EXEC; the prompts' calls are run, no test is). Where a "
    "prompt shows no call, or no sample runs, it is at random.",
    "By implicit reward: the sample with the highest log(policy / reference of its training), "
    "eq. 4, of the policy that drew it: it costs both models' pass over the samples of tasks that "
    "have passing and failing ones. Equal choices count as their mean. Any: pass@n, which no "
    "choice can exceed.",
    "In brackets: difference to one at random, in points [95% interval], and p of the sign-flip "
    "permutation test over clusters of tasks, unadjusted.",
)


def reranked_table(results: Results, files: Sequence[Reranked]) -> RenderedTable | None:
    """Lay out best-of-n beside pass@n; None: nothing was reranked."""
    if not files or results.samples is None:
        return None
    sampled = SampledResults(results.config, results.paper, results.samples)
    groups: dict[str, list[list[Text]]] = {}
    records = []
    for cell in sampled.cells:
        mine = [one for one in files if _key(one) == (cell.model, cell.method, cell.benchmark)]
        if not mine:
            continue
        at_random, most = 100 * cell.passed / cell.total, cell.pass_at(cell.samples_per_task) or 0.0
        changes = {way: _change(results, mine, way) for way in WAYS}
        texts = ["–" if change is None else _text(change) for change in changes.values()]
        texts = [sample_counts(cell), number(at_random), *texts, number(most)]
        groups.setdefault(cell.model, []).append([*head(sampled, cell), *map(Text, texts)])
        records.append(
            {
                **names(results, sampled, cell),
                "at_random": round(at_random, 4),
                **{key: value for way in WAYS for key, value in _record(way, changes[way]).items()},
                "any": round(most, 4),
            }
        )
    header = ["Model", "Variant", "Benchmark", "Samples", "At random %"]
    header += [*(f"{title} %" for title in WAYS.values()), "Any %"]
    shown = {(one.benchmark, one.shown, len(one.tasks)) for one in files if one.shown is not None}
    notes = [*NOTES, *_references(results.config, files), *few_notes(groups.values())]
    notes += [
        f"Of {tasks} tasks of {sampled.label(name)}, {count} show a call."
        for name, count, tasks in sorted(shown)
    ]
    title = "Sampled answers: best of n without looking at verdicts"
    overview = Table("reranked", title, header, [*groups.values()], notes, results.stamp.text, 3)
    return RenderedTable("reranked", overview, None, records)


def _references(config: Config, files: Sequence[Reranked]) -> list[str]:
    """Say what the reference is: of a later round it may be what that started from."""
    scored = {
        (one.model, one.method): config.reference_of(one.model, one.method)
        for one in files
        if any(task.implicit_reward is not None for task in one.tasks)
    }
    if not scored:
        return []
    others = [
        f"; of {config.policy_label(*row)}: {config.models[reference].label}"
        for row, reference in scored.items()
        if reference != row[0]
    ]
    return [f"Reference: the initial model{''.join(others)}."]


def _key(one: Reranked) -> tuple[str, str, str]:
    return one.model, one.method, f"{one.benchmark}+"


def _change(results: Results, files: Sequence[Reranked], way: str) -> Pairing | None:
    """Pair what a way chooses with a choice at random; None: it was not asked for."""
    if any(getattr(task, way) is None for one in files for task in one.tasks):
        return None

    def rates(field: str) -> pd.DataFrame:
        return pd.DataFrame(
            {one.seed: {t.task_id: float(getattr(t, field)) for t in one.tasks} for one in files}
        )

    old = rates("passed")
    known = results.clusters.get(files[0].benchmark, {})
    clusters = pd.Series({task: known.get(task, task) for task in old.index})
    count = files[0].samples_per_task
    return pair(old, rates(way), clusters, (count, 1))


def _text(change: Pairing) -> str:
    value = number(100 * float(change.new.to_numpy().mean()))
    return f"{value} ({change_text(change)}, {p_text(change.p_value)})"


def _record(way: str, change: Pairing | None) -> dict[str, float | None]:
    if change is None:
        return {way: None, f"{way}_change": None, f"{way}_p": None}
    value = 100 * float(change.new.to_numpy().mean())
    return {
        way: round(value, 4),
        f"{way}_change": round(100 * change.estimate, 4) + 0.0,
        f"{way}_p": round(change.p_value, 4),
    }
