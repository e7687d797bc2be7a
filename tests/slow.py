"""Which tests the one-minute loop leaves out: `python -m tests.slow [FOLDER …]` measures, and rewrites tests/slow.txt.

A test is slow if it takes more than `LONGEST` seconds of processor time, with all processes that it starts, or more
than `LONGEST_WAIT` by the clock. Measure on a quiet machine, once kernels are compiled. Marks in the code count, too.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

LONGEST, LONGEST_WAIT = 0.2, 1.5  # seconds
ROOT = Path(__file__).resolve().parents[1]
LISTED = ROOT / "tests" / "slow.txt"
_HEAD = (
    "# Left out by pytest -m 'not slow': files, and tests with all their parameters. Written by python -m tests.slow.\n"
)


def listed() -> set[str]:
    """What tests/slow.txt names: files, and tests as pytest names them, without parameters."""
    lines = LISTED.read_text("utf-8").splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def is_slow(nodeid: str, slow: set[str]) -> bool:
    """Is a test, as pytest names it, among the slow ones? (After @ xdist says which tests belong on one worker.)"""
    return nodeid.partition("::")[0] in slow or nodeid.partition("[")[0].partition("@")[0] in slow


class Measured:
    """A plugin of pytest that notes the longest of each test's parameters, and which tests need slow fixtures.

    What tests share is set up by the first of them, which is another one if some are left out.
    """

    def __init__(self) -> None:
        self.took: dict[str, tuple[float, float]] = {}
        self.waiting: set[str] = set()
        self._shared: dict[Any, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[None]:
        """Measure what tests share."""
        begun = time.monotonic()
        found = yield
        if fixturedef.scope != "function":
            self._shared[fixturedef] = max(time.monotonic() - begun, self._shared.get(fixturedef, 0.0))
        return found

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Measure one test, with what it sets up and takes away."""
        before, begun = os.times(), time.monotonic()
        found = yield
        after, name = os.times(), item.nodeid.partition("[")[0]
        took = sum(after[:4]) - sum(before[:4]), time.monotonic() - begun
        known = self.took.get(name, (0.0, 0.0))
        self.took[name] = max(took[0], known[0]), max(took[1], known[1])
        info = item._fixtureinfo  # pyright: ignore[reportAttributeAccessIssue]
        needed = [each for some in info.name2fixturedefs.values() for each in some]
        if any(self._shared.get(each, 0.0) > LONGEST_WAIT for each in needed):
            self.waiting.add(name)
        return found


def main(folders: list[str]) -> int:
    """Measure these folders, or all; returns pytest's exit status."""
    measured = Measured()
    status = pytest.main(["-n", "0", *folders], plugins=[measured])
    ran = {name.partition("::")[0] for name in measured.took}
    kept = {name for name in listed() if name.partition("::")[0] not in ran}
    slow = {name for name, (cpu, wait) in measured.took.items() if cpu > LONGEST or wait > LONGEST_WAIT}
    slow |= measured.waiting
    whole = {file for file in ran if all(name in slow for name in measured.took if name.partition("::")[0] == file)}
    slow = {name for name in slow if name.partition("::")[0] not in whole} | whole
    LISTED.write_text(_HEAD + "".join(f"{name}\n" for name in sorted(kept | slow)), "utf-8")
    return int(status)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
