"""A failed job's log is shown: what the job said is nowhere else (``--show-failed-logs``)."""

import logging

from snakemake.logging import DefaultFormatter


def show_failed_logs() -> None:
    """Let Snakemake print a failed job's log, also where its option was not given."""
    for handler in logging.getLogger("snakemake.logging").handlers:
        if isinstance(handler.formatter, DefaultFormatter):
            handler.formatter.show_failed_logs = True
