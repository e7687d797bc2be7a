"""A second look, where `IMPASTO_AGAIN=1` asks for it, as CI does: a test that drives other programs and fails runs once
more, on its own fixtures, and both are told. A machine that stops for seconds fails one test of hundreds that wait for
daemons, Kritas and pipes; what is broken fails twice.
"""

import os
from collections.abc import Sequence

import pytest
from _pytest.runner import runtestprotocol

DRIVEN = ("tests/cli/", "tests/daemon/", "tests/gimp/", "tests/krita/", "tests/protocol/")
_TAKEN = "second look"


class SecondLook:
    """A plugin of pytest."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Run a test that drives other programs, and once more if it fails; leave all others to pytest."""
        if not item.nodeid.startswith(DRIVEN):
            return None
        hook = item.ihook
        hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        if any(report.failed for report in reports):
            item._initrequest()  # pyright: ignore[reportAttributeAccessIssue] (pytest has no other way)
            first = _told(reports)
            reports = runtestprotocol(item, log=False, nextitem=nextitem)
            for report in reports:
                report.sections.append((f"{_TAKEN}: the first", first))
        for report in reports:
            hook.pytest_runtest_logreport(report=report)
        hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Name those that passed at the second look only, and say why they had failed."""
        for report in terminalreporter.getreports("passed"):
            for name, text in report.sections:
                if name.startswith(_TAKEN):
                    terminalreporter.section(f"passed at a second look: {report.nodeid}")
                    terminalreporter.write_line(text)


def _told(reports: Sequence[pytest.TestReport]) -> str:
    return "\n".join(str(report.longrepr) for report in reports if report.failed)


def wanted() -> bool:
    """Does the environment ask for it?"""
    return os.environ.get("IMPASTO_AGAIN") == "1"
