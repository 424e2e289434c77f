"""Tables 3 and 4: the hyperparameters of the paper beside those of this run."""

from typing import Any

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
from codepref.tables.paper import Hyperparameters, HyperparameterTable

Used = dict[str, dict[str, dict[str, Any]]]
"""method -> label of a checkpoint -> setting -> value"""


def hyperparameter_table(
    config: Config, name: str, spec: HyperparameterTable, used: dict[str, dict[str, Any]]
) -> PaperTable:
    """Lay out Table 3 or 4.

    Args:
        config: the configuration of the run.
        name: "table3" or "table4".
        spec: the paper's rows.
        used: per checkpoint label, the settings that its training recorded; the configured
            values stand where there is none.
    """
    section = getattr(config.training, spec.method)
    configured = {row.setting: getattr(section, row.setting) for row in spec.rows}
    effective: dict[str, dict[str, Any]] = used or {"configured": configured}
    rows, records = [], []
    for row in spec.rows:
        values = [
            settings.get(row.setting, configured[row.setting]) for settings in effective.values()
        ]
        distinct = list(dict.fromkeys(_setting(value) for value in values))
        same = all(_setting(value) == _setting(row.value) for value in values)
        ours = (
            distinct[0]
            if len(distinct) == 1
            else "; ".join(
                f"{label}: {_setting(value)}"
                for label, value in zip(effective, values, strict=True)
            )
        )
        rows.append(
            [
                Text(row.name),
                Text(_setting(row.value)),
                Text(ours, bold=not same),
                Text("as in the paper" if same else "differs"),
            ]
        )
        records.append(
            {
                "setting": row.setting,
                "name": row.name,
                "paper": _setting(row.value),
                "this_run": ours,
                "same": same,
            }
        )
    source = (
        f"This run: recorded by the training of {', '.join(effective)}."
        if used
        else "This run: the configuration; no checkpoint's record was given."
    )
    return PaperTable(
        name=name,
        look=Table(
            name,
            full_title(name, spec.title),
            ["Hyperparameter", "Paper", "This run", "Comparison"],
            [rows],
            [source, *lora_notes(config), *deviation_notes(config)],
            DEMO_STAMP if config.scale == "demo" else "",
            text_columns=1,
        ),
        detail=None,
        records=records,
    )


def _setting(value: Any) -> str:
    return (
        f"{value:g}"
        if isinstance(value, int | float) and not isinstance(value, bool)
        else str(value)
    )


def setting_tables(config: Config, paper: Hyperparameters, used: Used) -> list[PaperTable]:
    """Lay out Tables 3 and 4; ``used``: what each training recorded."""
    return [
        hyperparameter_table(config, name, spec, used.get(spec.method, {}))
        for name, spec in (("table3", paper.table3), ("table4", paper.table4))
    ]
