"""What the benchmarks say of two checkouts, and that each is asked for its own code."""

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.checkouts import PROGRAM
from benchmarks.verdicts import Painted, Sitting, headings, verdict

ROOT = Path(__file__).resolve().parents[1]


def painted(l1: float, *seconds: float, megabytes: float = 200) -> Painted:
    return Painted([Sitting(s, s + 1, 2 * s, megabytes, 100, 50) for s in seconds], l1, 30 - l1, 0.9 - l1)


def test_ratios_are_medians_over_turns_and_then_over_photos() -> None:
    before = {"a": painted(0.02, 2, 4, 100), "b": painted(0.04, 10, 10, 10), "c": painted(0.06, 7)}
    after = {"a": painted(0.03, 1, 1, 100), "b": painted(0.01, 9, 5, 7, megabytes=300), "c": painted(0.02, 1)}
    found = verdict(before, after, ["a", "b"])
    # the turns' ratios are .5, .25 and 1; .9, .5 and .7; c was painted once, to see how close it comes
    assert (round(found.seconds.ratio, 6), found.seconds.least, found.seconds.most) == (0.6, 0.5, 0.7)
    assert (found.seconds.before, found.seconds.after) == (7, 4)
    assert (found.lower_on, found.photos, found.timed) == (2, 3, 2)
    assert [round(l1, 6) for l1 in found.l1] == [0.04, 0.02]
    assert (found.processor.before, found.processor.ratio) == (14, found.seconds.ratio)
    assert found.megabytes == (200, 300)
    line = found.line("4000 high")
    assert line.split()[:6] == ["4000", "high", "7.00", "4.00", "0.60", "0.50"]
    assert {len(each) for each in headings().splitlines()} == {len(line)}


def test_another_checkouts_code_does_not_paint(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path), "--help"]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr == f"the code in {ROOT} answers in its place\n"
    command[3] = str(ROOT)
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=tmp_path, capture_output=True)
    assert done.returncode == 0
