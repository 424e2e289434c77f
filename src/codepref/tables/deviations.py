"""What of a run is not as in the paper, computed from its configuration and its data."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from codepref.config import Config, Experiment
from codepref.errors import UserError
from codepref.strict import nearest
from codepref.tables.labels import NOT_IN_PAPER, OWN_TASKS, benchmark_note, tasks_of
from codepref.tables.paper import PAIRS_ABOUT, PaperTables
from codepref.training.trainers import TRAINERS, setting_text

Kind = Literal["less", "other", "more"]
"""less: a part of what the paper did; other: done otherwise; more: the paper's, and beyond it"""

OWN_PROBLEMS = ("builtin", "templates", "jsonl", "synthesised")
_FULL = "all weights"


@dataclass(frozen=True)
class Facts:
    """What data say of a run; what is not known (yet) is as configured."""

    totals: Mapping[str, int] = field(default_factory=dict)
    """tasks by benchmark, as graded"""
    rows: frozenset[tuple[str, str]] | None = None
    """models and methods that have results; None: nothing was graded yet"""
    problems: int | None = None
    """that were sampled"""
    pairs: Mapping[str, int] = field(default_factory=dict)
    """by model"""


@dataclass(frozen=True)
class Deviation:
    """One row of the table of deviations."""

    key: str
    what: str
    paper: str
    here: str
    kind: Kind
    why: str = ""
    short: str = ""
    """``here`` in the stamp's few words, if it is long"""


def deviations(config: Config, paper: PaperTables, facts: Facts | None = None) -> list[Deviation]:
    """Return all that is not as in the paper, with the configured reasons.

    Args:
        config: the run's.
        paper: what it is compared with.
        facts: what its data say; None: nothing was run yet.
    """
    known, reasons = facts or Facts(), config.reasons or {}
    found = [one for part in _PARTS for one in part(config, paper, known)]
    return [replace(one, why=reasons.get(one.key, one.why)) for one in found]


def check_reasons(config: Config, paper: PaperTables) -> None:
    """Refuse reasons for what is not there to be explained.

    Raises:
        UserError: a key is of no deviation, or of nothing that this run does otherwise.
    """
    found = {one.key for one in deviations(config, paper)}
    valid = found | {"pairs"}  # how many there are shows in the data
    for key in config.reasons or {}:
        if key in valid:
            continue
        known = key in _keys(paper)
        what = "is as in the paper in this run" if known else "is no deviation"
        raise UserError(f"reasons.{key}: {what}{nearest(key, valid)}")


def _keys(paper: PaperTables) -> set[str]:
    """Return every key that a deviation can have."""
    tables = (paper.hyperparameters.table3, paper.hyperparameters.table4)
    settings = {f"{table.trainer}.{row.setting}" for table in tables for row in table.rows}
    tuned = {f"{name}.lora_rank" for name in TRAINERS}
    others = {"models", "methods", "exchange", "seeds", "problems", "samples_per_problem", "pairs"}
    return settings | tuned | others | {"benchmarks", "shots", "sampled_answers"}


def _used(config: Config) -> list[tuple[Experiment, str]]:
    """Return every row's experiment and method."""
    return [(one, method) for one in config.experiments for method in one.methods]


def _listed(labels: Iterable[str]) -> str:
    """Return labels as a list; those with commas of their own in quotation marks."""
    return ", ".join(f"“{label}”" if "," in label else label for label in labels)


def _models(config: Config, paper: PaperTables, facts: Facts) -> Iterator[Deviation]:
    models = [experiment.model for experiment in config.experiments]
    if facts.rows is not None:
        ran = {model for model, _ in facts.rows}
        models = [name for name in models if name in ran]
    theirs = {config.models[name].paper_model for name in models} - {None}
    own = any(config.models[name].paper_model is None for name in models)
    if theirs == set(paper.models) and not own:
        return
    kind: Kind = "other" if not theirs else "less" if len(theirs) < len(paper.models) else "more"
    here = _listed(dict.fromkeys(config.models[name].label for name in models)) or "none"
    count = f"{len(theirs)} of the paper's {len(paper.models)} models"
    short = count if theirs else "none of the paper's models"
    yield Deviation("models", "Models", _listed(paper.models.values()), here, kind, short=short)


def _methods(config: Config, paper: PaperTables, facts: Facts) -> Iterator[Deviation]:
    used = [(experiment.model, method) for experiment, method in _used(config)]
    ran = set(used) if facts.rows is None else facts.rows
    missing = []
    for experiment in config.experiments:
        theirs = config.models[experiment.model].paper_model
        for variant, label in paper.variants.items():
            if paper.row(theirs, variant) and (experiment.model, variant) not in ran:
                missing.append(f"{label} of {config.models[experiment.model].label}")
    if not any(config.models[name].paper_model for name, _ in used):
        have = {method for _, method in ran}
        missing = [label for name, label in paper.variants.items() if name not in have]
    extra = dict.fromkeys(method for _, method in used if method not in paper.variants)
    parts = [f"without {_listed(missing)}"] if missing else []
    if extra:
        parts.append("also " + _listed(config.methods[name].label for name in extra))
    if parts:
        yield Deviation(
            "methods",
            "Methods",
            _listed(paper.variants.values()),
            "; ".join(parts),
            "less" if missing else "more",
            short=f"without {len(missing)} of the paper's rows",
        )


def _exchange(config: Config, paper: PaperTables, _facts: Facts) -> Iterator[Deviation]:
    found = []
    for experiment, method in _used(config):
        model = config.models[experiment.model]
        partner = config.partner(experiment, method)
        if method != "dpo_off_policy" or partner is None or model.paper_model is None:
            continue
        if config.models[partner].paper_model != paper.exchange.get(model.paper_model):
            found.append(f"{model.label} on pairs of {config.models[partner].label}")
    theirs = [f"{paper.models[a]} on pairs of {paper.models[b]}" for a, b in paper.exchange.items()]
    if found:
        yield Deviation(
            "exchange", "Off-policy pairs", "; ".join(theirs), "; ".join(found), "other"
        )


def _seeds(config: Config, paper: PaperTables, _facts: Facts) -> Iterator[Deviation]:
    seeds = len(config.training.seeds)
    if seeds > paper.stated.seeds:
        yield Deviation(
            "seeds", "Trainings of each row", str(paper.stated.seeds), str(seeds), "more",
            "one training does not tell the method's effect from the seed's",
        )  # fmt: skip


def _problems(config: Config, _paper: PaperTables, facts: Facts) -> Iterator[Deviation]:
    problems, sources = config.problems, config.problem_sources
    own = [name for name in problems.sources if sources[name].kind in OWN_PROBLEMS]
    most = problems.most(sources)
    few = most < PAIRS_ABOUT[0]
    if not own and not few:
        return
    count = f"at most {most:,}" if facts.problems is None else f"{facts.problems:,}"
    place = ", ".join(problems.sources)
    if problems.pilot:
        place += ", chosen by a pilot"
    yield Deviation(
        "problems",
        "Problems",
        "from LeetCode, Codeforces and the like; how many is not stated",
        f"{count}, from {place}" + (f" (own problems: {', '.join(own)})" if own else ""),
        "other" if own else "less",
    )


def _samples(config: Config, paper: PaperTables, _facts: Facts) -> Iterator[Deviation]:
    ours, theirs = config.sampling.samples_per_problem, paper.stated.samples_per_problem
    if ours != theirs:
        yield Deviation(
            "samples_per_problem", "Responses of each problem", str(theirs), str(ours), "other"
        )


def _pairs(config: Config, paper: PaperTables, facts: Facts) -> Iterator[Deviation]:
    settings, stated = config.pairs, paper.stated
    changed = []
    if settings.choice != "random":
        changed.append(f"chosen by '{settings.choice}'")
    if settings.pairs_per_problem != stated.pairs_per_problem:
        changed.append(f"{settings.pairs_per_problem or 'all'} of each problem")
    if settings.min_tests:
        changed.append(f"only of problems with {settings.min_tests} tests or more")
    if settings.max_pairs is not None and settings.max_pairs < PAIRS_ABOUT[0]:
        changed.append(f"at most {settings.max_pairs:,} of a model")
    changed += [
        f"{config.method_label(name)} on a part of them"
        for name in dict.fromkeys(method for _, method in _used(config))
        if name in paper.variants and config.methods[name].takes_part
    ]
    low, high = PAIRS_ABOUT
    counts = {name: count for name, count in facts.pairs.items() if not low <= count <= high}
    counted = [f"{config.models[name].label}: {count:,}" for name, count in counts.items()]
    if changed or counted:
        yield Deviation(
            "pairs",
            "Preference pairs",
            f"{stated.pairs_per_problem} of each problem at random, roughly {stated.pairs:,}",
            "; ".join([*changed, *counted]),
            "other" if changed else "less",
        )


def _training(config: Config, paper: PaperTables, _facts: Facts) -> Iterator[Deviation]:
    for table in (paper.hyperparameters.table3, paper.hyperparameters.table4):
        used = _settings(config, table.trainer)
        for row in table.rows:
            values = {name: setting_text(one[row.setting]) for name, one in used.items()}
            yield from _setting(
                config, paper, table.trainer, row.setting, row.name, setting_text(row.value), values
            )
    for trainer in TRAINERS:
        used = _settings(config, trainer)
        values = {
            name: f"LoRA rank {one['lora_rank']}, alpha {one['lora_alpha']}"
            if one["lora_rank"]
            else _FULL
            for name, one in used.items()
        }
        yield from _setting(config, paper, trainer, "lora_rank", "Trained weights", _FULL, values)


def _settings(config: Config, trainer: str) -> dict[str, dict[str, Any]]:
    """Return the hyperparameters of the run's methods of a trainer."""
    methods = dict.fromkeys(method for _, method in _used(config))
    return {
        name: config.settings_of(name).model_dump()
        for name in methods
        if config.methods[name].trainer == trainer
    }


def _setting(
    config: Config,
    paper: PaperTables,
    trainer: str,
    setting: str,
    name: str,
    theirs: str,
    values: Mapping[str, str],
) -> Iterator[Deviation]:
    """Yield a hyperparameter of a trainer that some method has otherwise."""
    differ = {method: value for method, value in values.items() if value != theirs}
    if not differ:
        return
    every = len(differ) == len(values) and len(set(differ.values())) == 1
    here = "; ".join(f"{config.methods[one].label}: {value}" for one, value in differ.items())
    kind: Kind = "other" if differ.keys() & paper.variants.keys() else "more"
    what = f"{trainer.upper()}: {name[0].lower()}{name[1:]}"
    text = next(iter(differ.values())) if every else here
    yield Deviation(f"{trainer}.{setting}", what, theirs, text, kind)


def _benchmarks(config: Config, paper: PaperTables, facts: Facts) -> Iterator[Deviation]:
    texts: list[str] = []
    full: set[str] = set()
    part: set[str] = set()
    for name in config.use_benchmarks:
        benchmark = config.benchmarks[name]
        note = benchmark_note(config, paper, name, facts.totals.get(name))
        greedy = config.is_greedy(name)
        if not note and greedy:
            full.add(benchmark.dataset)
            continue
        if note not in (OWN_TASKS, NOT_IN_PAPER):
            part.add(benchmark.dataset)
        tasks = facts.totals.get(name) or tasks_of(config, paper, name)
        if note == OWN_TASKS and tasks:
            note = f"{tasks} {OWN_TASKS}"
        parts = [note, "" if greedy else "samples only, no greedy answers"]
        texts.append(f"{benchmark.label}: {', '.join(filter(None, parts))}")
    theirs = [name for name in paper.totals if not name.endswith("+")]
    missing = [paper.labels[name] for name in theirs if name not in full]
    if not texts and not missing:
        return
    without = [paper.labels[name] for name in theirs if name not in full | part]
    here = "; ".join([*texts, *([f"without {' and '.join(without)}"] if without else [])])
    kind: Kind = "more" if not missing else "less" if full or part else "other"
    words = ", ".join(f"{paper.labels[name]}: {paper.totals[name]} tasks" for name in theirs)
    yield Deviation("benchmarks", "Benchmarks", words, here, kind, short=here)


def _shots(config: Config, _paper: PaperTables, _facts: Facts) -> Iterator[Deviation]:
    if any(config.benchmarks[name].data.kind == "evalplus" and config.benchmarks[name].dataset
           == "mbpp" for name in config.use_benchmarks):  # fmt: skip
        yield Deviation(
            "shots",
            "Examples in MBPP's prompts",
            "some (few-shot; how many is not stated)",
            "none",
            "more",
            "the shots are not reported; published EvalPlus scores are without examples",
        )


def _sampled_answers(config: Config, _paper: PaperTables, _facts: Facts) -> Iterator[Deviation]:
    counts = {name: config.samples_per_task(name) for name in config.use_benchmarks}
    if any(counts.values()):
        here = "; ".join(
            f"{config.benchmarks[name].label}: {count} of each task"
            for name, count in counts.items()
            if count
        )
        yield Deviation(
            "sampled_answers", "Sampled answers to benchmark tasks", "none", here, "more",
            "greedy answers alone say little of so few tasks",
        )  # fmt: skip


_PARTS = (
    *(_models, _methods, _exchange, _seeds, _problems, _samples, _pairs, _training),
    *(_benchmarks, _shots, _sampled_answers),
)
