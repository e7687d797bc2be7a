"""`impasto batch --cluster`: a scheduler that is not there, and machines that have another Impasto."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from desk import PROGRAM, QUICK, Desk
from machines import children, machines

pytest.importorskip("distributed")
pytestmark = [pytest.mark.xdist_group("dask"), pytest.mark.nightly]
BATCH = ("batch", "photo.png", "-o", "out", *QUICK)


def pictures(desk: Desk) -> list[str]:
    return [path.name for path in (desk.folder / "out").iterdir() if not path.name.startswith(".")]


def test_a_scheduler_that_is_not_there_is_one_sentence(desk: Desk) -> None:
    done = desk.finish(*BATCH, "--cluster", "tcp://127.0.0.1:9")
    assert done.returncode == 2 and pictures(desk) == []
    (said,) = done.stderr.splitlines()
    assert said.startswith("error: nobody answers as a scheduler at tcp://127.0.0.1:9 (")
    assert "); start one with dask scheduler, or see its address and its certificates" in said
    assert desk.finish(*BATCH).returncode == 0 and pictures(desk) == ["photo.png"]  # nothing is in the way


def test_a_machine_with_another_impasto_is_one_sentence(desk: Desk, tmp_path: Path) -> None:
    """One line of its source is another."""
    other = tmp_path / "other"
    root = PROGRAM.parent
    left_out = shutil.ignore_patterns(".git", "docs", "tests", "__pycache__", "*.egg-info", "build", "benchmarks")
    shutil.copytree(root, other, symlinks=True, ignore=left_out)
    with (other / "engine/errors.py").open("a") as file:
        file.write("# another one\n")
    (tmp_path / "dask").mkdir()
    with machines(tmp_path / "dask", workers=0) as there:
        env = os.environ | {"PYTHONPATH": str(other)}
        own = ("--host", "127.0.0.1", "--no-dashboard", "--nthreads", "1", "--local-directory", str(tmp_path / "own"))
        words = [sys.executable, "-m", "dask", "worker", there.address, *own]
        with subprocess.Popen(words, env=env, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as it:
            try:
                done = desk.finish(*BATCH, *there.words)
            finally:
                for pid in (*children(it.pid), it.pid):
                    os.kill(pid, 9)
    assert done.returncode == 2 and pictures(desk) == []
    (said,) = done.stderr.splitlines()
    assert said.startswith("error: tcp://127.0.0.1:") and " has impasto " in said
    assert said.endswith("; install the same on both.") and " and this machine " in said
