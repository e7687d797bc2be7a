"""What goes wrong while a worker starts is said in the log and to clients, and can be mended without a restart."""

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from serving import endless, order, painted, painted_here, photo, tells_children, until, wait_for


@pytest.fixture
def damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that only the worker needs, damaged, in front of the good one for all processes to come."""
    package = tmp_path / "packages" / "numba" / "__init__.py"
    package.parent.mkdir(parents=True)
    package.write_text('raise RuntimeError(f"{__file__} is\\n  damaged here")')
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "packages"))
    return package


def test_a_worker_that_does_not_start(start_daemon: Any, damaged: Path, tmp_path: Path) -> None:
    strange = tmp_path / "strange"  # and nothing that lies where the user happens to be is run
    (strange / "engine").mkdir(parents=True)
    for name in ("random.py", "engine/__init__.py"):
        (strange / name).write_text("raise RuntimeError('not ours')")
    daemon = start_daemon(cwd=strange)
    with daemon.client() as client:
        jobs = [order(client, photo()), endless(client)]
        until(lambda: all(j["state"] == "failed" for j in client.ask("list")["jobs"]), "the jobs have failed")
        for job in jobs:
            client.attach(job)
            failed, _ = next(client.events(job))
            assert failed["code"] == "crash"
            assert "worker does not start (RuntimeError: __init__.py is damaged here)" in failed["sentence"]
            assert failed["remedy"]
        client.connect()
        assert "__init__.py is damaged here" in client.hello["preparing"]
        assert "RuntimeError: " in daemon.log()
        assert "Traceback" in daemon.log()
        assert "not ours" not in daemon.log() + daemon.said()
        shutil.rmtree(damaged.parent)
        job = order(client, photo())
        assert np.array_equal(painted(client, job), painted_here())
        client.connect()
        until(lambda: client.connect() or client.hello["preparing"] is None, "it is ready")
    assert daemon.end() == 0


@tells_children
def test_a_worker_that_is_ended_again_and_again(start_daemon: Any) -> None:
    """With a job, that one is to blame; the next one is painted."""
    daemon = start_daemon()
    with daemon.client() as client:
        job = endless(client)
        for _ in range(3):
            wait_for(client, job, "begun")
            wait_for(client, job, "progress")
            os.kill(daemon.tasks()[0], 9)
        failed = wait_for(client, job, "failed")
        assert "three times (it was ended by SIGKILL)" in failed["sentence"]
        assert painted(client, order(client, photo())).any()
