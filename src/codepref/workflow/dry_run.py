"""What jobs a run has, from Snakemake's own dry run in this process; nothing is started."""

import logging
import sys
from pathlib import Path
from typing import Any

from codepref.config import Config
from codepref.config_loading import load_config
from codepref.config_places import Places
from codepref.errors import UserError
from codepref.planning.schedule import Job


def dry_run(options: list[str]) -> list[Job]:
    """Return every job of the run, finished or not.

    Args:
        options: for Snakemake, for example ``--configfile mine.yaml``.

    Raises:
        UserError: Snakemake refuses the configuration (its message is printed before).
    """
    from snakemake.cli import main as snakemake
    from snakemake.logging import logger

    records: list[dict[str, Any]] = []
    messages: list[str] = []

    def keep(record: logging.LogRecord) -> bool:
        if hasattr(record, "rule_name") and hasattr(record, "resources"):
            records.append(vars(record))
        elif record.levelno >= logging.ERROR:
            messages.append(record.getMessage())
        return False

    logger.addFilter(keep)
    # More cores than any rule asks for: a dry run cuts threads to what it is given.
    arguments = ["--dry-run", "--forceall", "--nolock", "--cores", "100000", *options]
    try:
        snakemake(arguments)
    except SystemExit as stopped:
        if stopped.code:
            print("\n".join(messages), file=sys.stderr)
            raise UserError("no plan: the dry run failed; its message is above") from None
    finally:
        logger.removeFilter(keep)
    if not records:
        raise UserError("no plan: the dry run has no jobs")
    return [_job(record) for record in records]


def configuration(options: list[str]) -> Config:
    """Return the configuration that Snakemake's options (see ``dry_run``) give.

    Raises:
        UserError: it is not valid.
    """
    from snakemake.cli import parse_args, parse_config
    from snakemake.settings.types import ConfigSettings

    _, given = parse_args(options)
    values, files = parse_config(given.config), [Path(file) for file in given.configfile or []]
    # The defaults of config.yaml are those of the model; it only says where they stand.
    defaults = [file for file in [Path("config.yaml")] if file.exists()]
    places = Places.read([*defaults, *files], values)
    settings = ConfigSettings(config=values, configfiles=files)
    return load_config(settings.overwrite_config, places=places)


def _job(record: dict[str, Any]) -> Job:
    usage = record["benchmark"]
    return Job(
        rule=record["rule_name"],
        gpus=record["resources"].get("gpu", 0),
        threads=record["threads"],
        usage=Path(usage) if usage else None,
        inputs=tuple(map(str, record["input"])),
        outputs=tuple(map(str, record["output"])),
        wildcards=dict(record["wildcards"] or {}),
    )
