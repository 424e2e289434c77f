"""What holds for every test: shared fixtures, equal circumstances, fast and long runs.

``--fast`` leaves out what one does not wait for between two edits (``make test-fast``), ``--long``
runs only what does not fit continuous integration (``make test-long``), neither all but that.
"""

import itertools
import os
import re
import signal
import sys
from collections import defaultdict
from pathlib import Path

import hypothesis
import pytest
from helpers.places import SHARED, TESTS

from codepref import devices

pytest_plugins = ["helpers.fixtures"]

# The same examples in every run; HYPOTHESIS_PROFILE=random looks for new ones. Wall time says
# nothing on a busy machine.
hypothesis.settings.register_profile("fixed", derandomize=True, deadline=None)
hypothesis.settings.register_profile("random", deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))

SLOW_MARKERS = {"slow", "long", "shared", "cluster"}
SLOW_FIXTURES = {
    *("smollm_folder", "tiny_model_folder", "executor", "judge", "graded"),
    *("checkout", "extended", "dry_run", "finished", "tiny_run", "paper_tables", "demo_tables"),
}
IMPORTS_TORCH = re.compile(r"^(import|from) torch\b", re.M)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fast", action="store_true", help="no model, sandbox, workflow, slow test")
    parser.addoption("--long", action="store_true", help="only tests too long for CI")


WORKER = "PYTEST_XDIST_WORKER"
LONGEST = ("workflow", "training", "sampling", "evaluation")
"""folders whose tests start first where several processes share them: nothing long is left over"""
LISTED = 25
SHARED_RUN = "tiny_run"
"""a whole run, made once in each process: its tests start first"""


def pytest_configure() -> None:
    """Undo what a shell, a terminal or a service manager may have set for this process."""
    if WORKER in os.environ:  # a core each; threads that spin would take the other's
        os.environ |= {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    # The same number format on every processor, in jobs too.
    os.environ["CODEPREF_CPU_INFO"] = os.devnull
    devices.CPU_INFO = Path(os.devnull)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored behind "&" in a script
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.umask(0o022)
    for name in list(os.environ):
        if name.startswith("SNAKEMAKE") or name in ("COLUMNS", "FORCE_COLOR", "PYTHONOPTIMIZE"):
            del os.environ[name]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out programs under test, and in a fast run files that load torch."""
    if collection_path == TESTS / "sandbox" / "corpus":
        return True
    fast = config.getoption("fast") and collection_path.suffix == ".py"
    return True if fast and IMPORTS_TORCH.search(collection_path.read_text("utf-8")) else None


@pytest.hookimpl(trylast=True)  # folders add markers
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Choose by ``--fast`` and ``--long``; skip tests of real data where there are none."""
    fast, long = config.getoption("fast"), config.getoption("long")
    chosen, others = [], []
    for item in items:
        markers = {mark.name for mark in item.iter_markers()}
        slow = markers & SLOW_MARKERS or SLOW_FIXTURES & set(getattr(item, "fixturenames", ()))
        left_out = (fast and slow) or long != ("long" in markers)
        (others if left_out else chosen).append(item)
        if "shared" in markers and not SHARED.is_dir():
            item.add_marker(pytest.mark.skip(reason=f"needs the real data in {SHARED}"))
    items[:] = sorted(chosen, key=_place) if WORKER in os.environ else chosen
    config.hook.pytest_deselected(items=others)
    if fast and "torch" in sys.modules:
        raise pytest.UsageError("a fast test file loads torch: import it inside its tests")


def _place(item: pytest.Item) -> tuple[bool, int]:
    """Return where a test stands in the queue of processes: the longest first."""
    folder = item.path.relative_to(TESTS).parts[0]
    last = LONGEST.index(folder) if folder in LONGEST else len(LONGEST)
    return SHARED_RUN not in getattr(item, "fixturenames", ()), last


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
) -> None:
    """Say where the time went, and which tests of real data were skipped beside the data."""
    by_folder: dict[str, float] = defaultdict(float)
    by_file: dict[str, float] = defaultdict(float)
    for report in itertools.chain.from_iterable(terminalreporter.stats.values()):
        if isinstance(report, pytest.TestReport):
            path = Path(report.location[0]).relative_to("tests")
            by_folder[path.parts[0]] += report.duration / 60
            by_file[str(path)] += report.duration / 60
    for title, minutes in (("folder", by_folder), ("file, the longest", by_file)):
        terminalreporter.section(f"minutes by {title}")
        for name, spent in sorted(minutes.items(), key=lambda entry: -entry[1])[:LISTED]:
            terminalreporter.write_line(f"{spent:6.2f}  {name}")
    for report in _wrongly_skipped(terminalreporter):
        terminalreporter.write_line(f"must not be skipped here: {report.nodeid}", red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail the run if a test of real data was skipped although the data are there."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if exitstatus == 0 and reporter and _wrongly_skipped(reporter):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _wrongly_skipped(reporter: pytest.TerminalReporter) -> list[pytest.TestReport]:
    skipped = reporter.getreports("skipped") if SHARED.is_dir() else []
    return [report for report in skipped if "shared" in report.keywords]
