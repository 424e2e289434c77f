"""Tables 3 and 4: the hyperparameters of the paper beside those of this run."""

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from codepref.config import Config
from codepref.tables.layout import RenderedTable, Table, Text, full_title
from codepref.tables.paper import HyperparameterTable
from codepref.tables.results import Results
from codepref.training.trainers import setting_name, setting_text

Settings = dict[str, dict[str, str]]
"""by method and setting: its value as text"""


class TrainingRecord(BaseModel):
    """What readers need of a checkpoint's ``training.json``."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    model: str
    method: str
    seed: int
    trainer: str
    hyperparameters: dict[str, Any]
    global_batch: int
    """the batch that came about: devices x per device x accumulation"""
    pairs: int | None = None
    problems: int | None = None
    """that it learned from: those that its pairs are of, or its own"""
    pairs_seen: int | None = None
    """in all epochs; None: it learns from problems"""
    responses: int | None = None
    """that it drew while it trained; None: it learns from pairs"""

    @property
    def passes(self) -> float:
        """How many times it saw each pair."""
        return self.pairs_seen / self.pairs if self.pairs and self.pairs_seen else 1.0


def setting_tables(results: Results, trainings: Sequence[TrainingRecord]) -> list[RenderedTable]:
    """Lay out Tables 3 and 4: what each training recorded, or what is configured if none did."""
    return [
        _setting_table(
            results, name, spec, [one for one in trainings if one.trainer == spec.trainer]
        )
        for name, spec in (
            ("table3", results.paper.hyperparameters.table3),
            ("table4", results.paper.hyperparameters.table4),
        )
    ]


def _setting_table(
    results: Results, table: str, spec: HyperparameterTable, trainings: Sequence[TrainingRecord]
) -> RenderedTable:
    config = results.config
    used = _recorded(trainings) or _configured(config, spec.trainer)
    papers = {row.setting: (row.name, setting_text(row.value)) for row in spec.rows}
    own = [setting for setting in _overridden(config, used) if setting not in papers]
    lines = papers | {setting: _only_here(setting) for setting in own}
    columns = _columns(list(lines), used)
    rows, records = [], []
    for setting, (title, paper) in lines.items():
        cells = []
        for methods, values in columns.items():
            text, same = values[setting], values[setting] == paper
            cells.append(Text(text, bold=not same))
            records.append(
                {
                    **{"setting": setting, "name": title, "paper": paper},
                    **{"methods": " ".join(methods), "this_run": text, "same": same},
                }
            )
        alike = "as in the paper" if not any(cell.bold for cell in cells) else "differs"
        comparison = Text(alike if setting in papers else "not in the paper")
        rows.append([Text(title), Text(paper), *cells, comparison])
    labels = ["; ".join(map(_labels(config), methods)) for methods in columns]
    runs = ", ".join(f"{one.model} {one.method} seed{one.seed}" for one in trainings)
    source = (
        f"recorded by the training of {runs}" if runs else "as configured; nothing was recorded"
    )
    notes = [f"This run: {source}. Bold: not as in the paper."]
    overview = Table(
        table,
        full_title(table, spec.title),
        ["Hyperparameter", "Paper", *labels, "Comparison"],
        [rows],
        notes,
        results.stamp.text,
        text_columns=1,
    )
    return RenderedTable(table, overview, None, records)


def _recorded(trainings: Sequence[TrainingRecord]) -> Settings:
    """Return by method what its trainings recorded: a value, or several if they differ."""
    found: dict[str, dict[str, list[Any]]] = {}
    for one in trainings:
        of_method = found.setdefault(one.method, {})
        for name, value in {**one.hyperparameters, "batch_size": one.global_batch}.items():
            of_method.setdefault(name, []).append(value)
    return {
        method: {name: "; ".join(dict.fromkeys(map(setting_text, v))) for name, v in values.items()}
        for method, values in found.items()
    }


def _configured(config: Config, trainer: str) -> Settings:
    """Return the settings of the run's methods with this trainer; of the trainer if none has it."""
    methods = {
        name: config.settings_of(name)
        for experiment in config.experiments
        for name in experiment.methods
        if config.methods[name].trainer == trainer
    }
    return {
        name: {key: setting_text(value) for key, value in settings.model_dump().items()}
        for name, settings in (methods or {trainer: config.training.of(trainer)}).items()
    }


def _overridden(config: Config, used: Settings) -> list[str]:
    """Return the settings that some method of the run has of its own."""
    methods = [method for method in used if method in config.methods]
    return list(dict.fromkeys(name for method in methods for name in config.own_settings(method)))


def _only_here(setting: str) -> tuple[str, str]:
    """Return name and value in the paper of a setting that its table does not have."""
    name = setting_name(setting)
    return name[0].upper() + name[1:], "–"


def _columns(settings: Sequence[str], used: Settings) -> dict[tuple[str, ...], dict[str, str]]:
    """Return the values that are shown, by the methods that have them all alike."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for method, values in used.items():
        shown = tuple(values.get(setting, "not recorded") for setting in settings)
        groups.setdefault(shown, []).append(method)
    return {
        tuple(methods): dict(zip(settings, shown, strict=True)) for shown, methods in groups.items()
    }


def _labels(config: Config) -> Callable[[str], str]:
    """Return what names a method; a trainer that no method of the run has is named in capitals."""
    return lambda method: (
        config.method_label(method) if method in config.methods else method.upper()
    )
