"""What holds for every test: shared fixtures, and no silent skip of a test of real data."""

import pytest
from helpers.places import SHARED

pytest_plugins = ["helpers.fixtures"]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
) -> None:
    """Say which tests of real data were skipped although the data are there: that is a failure."""
    if not SHARED.is_dir():
        return
    for report in terminalreporter.getreports("skipped"):
        if "shared" in report.keywords:
            terminalreporter.write_line(f"must not be skipped here: {report.nodeid}", red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail the run if a test of real data was skipped although the data are there."""
    if not SHARED.is_dir():
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.getreports("skipped") if reporter else []
    if exitstatus == 0 and any("shared" in report.keywords for report in skipped):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
