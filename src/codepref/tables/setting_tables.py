"""Tables 3 and 4: the hyperparameters of the paper beside those of this run."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict

from codepref.config import Config
from codepref.tables.layout import (
    DEMO_STAMP,
    PaperTable,
    Table,
    Text,
    deviation_notes,
    full_title,
    lora_notes,
)
from codepref.tables.paper import HyperparameterRow, Hyperparameters, HyperparameterTable


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


class Used(NamedTuple):
    """The hyperparameters that one training used."""

    method: str
    values: dict[str, Any]

    def text(self, setting: str) -> str:
        """Return one of them as the tables write it."""
        return _setting(self.values.get(setting, "not recorded"))


def setting_tables(
    config: Config, paper: Hyperparameters, trainings: Sequence[TrainingRecord]
) -> list[PaperTable]:
    """Lay out Tables 3 and 4: what each training recorded, or what is configured if none did."""
    tables = []
    for name, spec in (("table3", paper.table3), ("table4", paper.table4)):
        used = {
            f"{record.model} {record.method} seed{record.seed}": Used(
                record.method, {**record.hyperparameters, "batch_size": record.global_batch}
            )
            for record in trainings
            if record.trainer == spec.trainer
        }
        tables.append(_setting_table(config, name, spec, used))
    return tables


def _setting_table(
    config: Config, name: str, spec: HyperparameterTable, recorded: dict[str, Used]
) -> PaperTable:
    """Lay out one of the tables: a column for each method, in the configuration's order."""
    values = recorded or _configured(config, spec.trainer)
    used = {one.method for one in values.values()}
    methods = {m: config.method_label(m) for m in config.methods if m in used} or {
        spec.trainer: spec.trainer.upper()
    }
    rows, records = [], []
    for row in spec.rows:
        found = _record(row, values)
        theirs = found["paper"]
        cells = []
        for method in methods:
            mine = [one.text(row.setting) for one in values.values() if one.method == method]
            text = "; ".join(dict.fromkeys(mine))
            cells.append(Text(text, bold=text != theirs))
        comparison = Text("as in the paper" if found["same"] else "differs")
        rows.append([Text(row.name), Text(theirs), *cells, comparison])
        records.append(found)
    source = (
        f"This run: recorded by the training of {', '.join(recorded)}."
        if recorded
        else "This run: the configuration; no checkpoint's record was given."
    )
    overview = Table(
        name,
        full_title(name, spec.title),
        ["Hyperparameter", "Paper", *methods.values(), "Comparison"],
        [rows],
        [source, *lora_notes(config), *deviation_notes(config)],
        DEMO_STAMP if config.scale == "demo" else "",
        text_columns=1,
    )
    return PaperTable(name, overview, None, records)


def _configured(config: Config, trainer: str) -> dict[str, Used]:
    """Return the settings of the run's methods with this trainer; of the trainer if none has it."""
    names = [name for experiment in config.experiments for name in experiment.methods]
    methods = {
        name: Used(name, config.settings_of(name).model_dump())
        for name in names
        if config.methods[name].trainer == trainer
    }
    return methods or {trainer: Used(trainer, config.training.of(trainer).model_dump())}


def _record(row: HyperparameterRow, values: dict[str, Used]) -> dict[str, Any]:
    """Return a line of the CSV file: the paper's value, and ours by what has it."""
    texts = {label: used.text(row.setting) for label, used in values.items()}
    distinct = set(texts.values())
    ours = "; ".join(f"{label}: {text}" for label, text in texts.items())
    return {
        "setting": row.setting,
        "name": row.name,
        "paper": _setting(row.value),
        "this_run": distinct.pop() if len(distinct) == 1 else ours,
        "same": set(texts.values()) == {_setting(row.value)},
    }


def _setting(value: Any) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value:g}" if number else str(value)
