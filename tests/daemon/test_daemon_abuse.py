"""The benchmark of abuse keeps its limits."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.curve import sodium

ROOT = Path(__file__).parents[2]


@pytest.mark.nightly
@pytest.mark.skipif(sodium() is None or not Path("/proc/self/status").exists(), reason="needs libsodium and a Linux")
def test_the_daemon_bears_abuse() -> None:
    """All of it, with fewer damages than by hand."""
    command = [sys.executable, "-m", "benchmarks.abuse", "--damages", "40", "--seconds", "4"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "OVER" not in done.stdout and done.stdout.count("memory over rest") == 3
