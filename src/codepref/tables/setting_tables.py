"""Tables 3 and 4: the hyperparameters of the paper beside those of this run."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from codepref.config import Config
from codepref.tables.deviations import setting_text
from codepref.tables.layout import PaperTable, Table, Text, full_title
from codepref.tables.paper import HyperparameterRow, HyperparameterTable
from codepref.tables.results import Results


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
    pairs_seen: int | None = None
    """in all epochs; None: it learns from problems"""
    responses: int | None = None
    """that it drew while it trained; None: it learns from pairs"""


def setting_tables(results: Results, trainings: Sequence[TrainingRecord]) -> list[PaperTable]:
    """Lay out Tables 3 and 4: what each training recorded, or what is configured if none did."""
    tables, paper = [], results.paper.hyperparameters
    for name, spec in (("table3", paper.table3), ("table4", paper.table4)):
        used = {
            f"{record.model} {record.method} seed{record.seed}": {
                **record.hyperparameters,
                "batch_size": record.global_batch,
            }
            for record in trainings
            if record.trainer == spec.trainer
        }
        tables.append(_setting_table(results, name, spec, used))
    return tables


def _setting_table(
    results: Results, name: str, spec: HyperparameterTable, recorded: dict[str, dict[str, Any]]
) -> PaperTable:
    values = recorded or _configured(results.config, spec.trainer)
    rows, records = [], []
    for row in spec.rows:
        used = {label: every.get(row.setting, "not recorded") for label, every in values.items()}
        found = _record(row, used)
        ours = Text(found["this_run"], bold=not found["same"])
        comparison = Text("as in the paper" if found["same"] else "differs")
        rows.append([Text(row.name), Text(found["paper"]), ours, comparison])
        records.append(found)
    source = (
        f"This run: recorded by the training of {', '.join(recorded)}."
        if recorded
        else "This run: the configuration; no checkpoint's record was given."
    )
    overview = Table(
        name,
        full_title(name, spec.title),
        ["Hyperparameter", "Paper", "This run", "Comparison"],
        [rows],
        [source],
        results.stamp.text,
        text_columns=1,
    )
    return PaperTable(name, overview, None, records)


def _configured(config: Config, trainer: str) -> dict[str, dict[str, Any]]:
    """Return the settings of the run's methods with this trainer; of the trainer if none has it."""
    names = [name for experiment in config.experiments for name in experiment.methods]
    methods = {
        name: config.settings_of(name).model_dump()
        for name in names
        if config.methods[name].trainer == trainer
    }
    return methods or {trainer: config.training.of(trainer).model_dump()}


def _record(row: HyperparameterRow, values: dict[str, Any]) -> dict[str, Any]:
    """Return a line of the CSV file: the paper's value, and ours by what has it."""
    texts = {label: setting_text(value) for label, value in values.items()}
    distinct = set(texts.values())
    ours = "; ".join(f"{label}: {text}" for label, text in texts.items())
    return {
        "setting": row.setting,
        "name": row.name,
        "paper": setting_text(row.value),
        "this_run": distinct.pop() if len(distinct) == 1 else ours,
        "same": set(texts.values()) == {setting_text(row.value)},
    }
