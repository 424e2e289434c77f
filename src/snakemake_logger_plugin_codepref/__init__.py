"""A logger for Snakemake (``--logger codepref``): one line per job, in 80 columns.

Everything else that Snakemake says is in its own log, ``.snakemake/log/``.
"""

import contextlib
import logging
import re
import sys
import threading
from dataclasses import dataclass, field
from typing import Any

from snakemake_interface_common.exceptions import WorkflowError
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.settings import LogHandlerSettingsBase

_SECONDS_BETWEEN_LOOKS = 2.0
# What Snakemake says without an event that a user should read, too.
_SHOWN = ("Nothing to be done", "Unlocking", "Report created", "Creating report")
# What it says of a failed job besides the event that is told.
_TOLD = re.compile(
    r"^Exiting because a job|At least one job did not complete|^RuleException:\nCalledProcessError"
)
_PLACE = re.compile(r'^ *File ".*", line \d+, in ')
_INTERRUPTED = "Terminating processes on user request"


@dataclass
class LogHandlerSettings(LogHandlerSettingsBase):
    """Settings of the logger."""

    seconds: str | None = field(
        default=None,
        metadata={"help": "File with what such a run took once: tells the time left", "type": str},
    )


class LogHandler(LogHandlerBase):
    """Turns Snakemake's events into the lines of a ``Story``."""

    settings: LogHandlerSettings | None

    def __post_init__(self) -> None:
        """Begin; a thread of its own looks at the logs of running jobs."""
        # Not at the top: Snakemake imports all plugins whenever it starts.
        from codepref.errors import UserError
        from codepref.terminal import show_plainly
        from codepref.workflow.pace import read_seconds
        from codepref.workflow.story import Story

        seconds = self.settings.seconds if self.settings else None
        try:
            self._story = Story(read_seconds(seconds) if seconds else None)
        except UserError as error:
            raise WorkflowError(str(error)) from error
        self._stream = sys.stdout if self.common_settings.stdout else sys.stderr
        show_plainly(self._stream)
        self._terminal = self._stream.isatty()
        self._rewritten = 0
        self._over = threading.Event()
        if not self.common_settings.dryrun:
            threading.Thread(target=self._watch, daemon=True).start()

    @property
    def writes_to_stream(self) -> bool:
        """It replaces what Snakemake itself writes to the terminal."""
        return True

    @property
    def writes_to_file(self) -> bool:
        """It writes no file."""
        return False

    @property
    def has_filter(self) -> bool:
        """It chooses itself; a dry run is shown as Snakemake shows it."""
        return not self.common_settings.dryrun

    @property
    def has_formatter(self) -> bool:
        """A dry run is shown as Snakemake shows it."""
        return not self.common_settings.dryrun

    @property
    def needs_rulegraph(self) -> bool:
        """It draws nothing."""
        return False

    def emit(self, record: logging.LogRecord) -> None:
        """Write the lines of one event."""
        try:
            if self.common_settings.dryrun:
                self._write([self.format(record)])
            else:
                self._write(self._lines(record))
        except BrokenPipeError:
            raise
        except Exception:  # a run does not end for its log
            self.handleError(record)

    def close(self) -> None:
        """Write the end of the story."""
        if not self._over.is_set():
            self._over.set()
            with self.lock or contextlib.nullcontext():
                self._write(self._story.ended())
        super().close()

    def _lines(self, record: logging.LogRecord) -> list[str]:
        from codepref.workflow.story import wrapped

        event = getattr(record, "event", None)
        given: dict[str, Any] = vars(record)
        if event == LogEvent.RUN_INFO:
            return self._story.planned(given["stats"])
        if event == LogEvent.JOB_INFO:
            wildcards = given["wildcards"] or {}
            self._story.started(given["jobid"], given["rule_name"], wildcards, given["log"])
        elif event == LogEvent.JOB_FINISHED:
            return self._story.finished(given["job_id"])
        elif event == LogEvent.JOB_ERROR:
            return self._story.failed(given["jobid"], given["rule_msg"] or "")
        elif event == LogEvent.GROUP_ERROR:
            jobs = given["job_error_info"]
            return [line for job in jobs for line in self._story.failed(job["jobid"])]
        elif event in (None, LogEvent.ERROR):
            text = record.getMessage()
            if text.startswith(_INTERRUPTED):
                self._story.interrupted()
            shown = record.levelno >= logging.ERROR and not _TOLD.search(text)
            if shown or text.startswith(_SHOWN):
                lines = [line for line in text.splitlines() if not _PLACE.match(line)]
                return [part for line in lines for part in wrapped(line)]
        return []

    def _watch(self) -> None:
        while not self._over.wait(_SECONDS_BETWEEN_LOOKS):
            with self.lock or contextlib.nullcontext():
                if lines := self._story.waits(self._terminal):
                    self._write(lines, rewrite=self._terminal)

    def _write(self, lines: list[str], rewrite: bool = False) -> None:
        if not lines:
            return
        clean = f"\r{' ' * self._rewritten}\r" if self._rewritten else ""
        text = "\n".join(lines)
        self._rewritten = len(text) if rewrite else 0
        self._stream.write(clean + text + ("" if rewrite else "\n"))
        self._stream.flush()
