"""What goes wrong while a worker starts is said in the log and to clients, and can be mended without a restart."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zmq
from serving import PATIENCE, PROGRAM, endless, order, painted, painted_here, photo, tells_children, until, wait_for

from impasto.engine import child
from impasto.engine.daemon.talking_process import TalkingProcess
from impasto.protocol import ProtocolError
from impasto.protocol.client import Client


@pytest.fixture
def damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Puts a package of a name and some code in front of the good one, for all processes to come; its folder."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "packages"))

    def put(name: str, code: str) -> Path:
        package = tmp_path / "packages" / name
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(code)
        return package

    return put


@pytest.mark.slow
def test_a_worker_that_does_not_start(start_daemon: Any, damage: Callable[[str, str], Path], tmp_path: Path) -> None:
    damaged = damage("numba", 'raise RuntimeError(f"{__file__} is\\n  damaged here")')  # which only the worker needs
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
        shutil.rmtree(damaged)
        job = order(client, photo())
        assert np.array_equal(painted(client, job), painted_here())
        client.connect()
        until(lambda: client.connect() or client.hello["preparing"] is None, "it is ready")
    assert daemon.end() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps to such a limit")
def test_too_few_addresses_are_said(tmp_path: Path) -> None:
    """As of `ulimit -v`: then libraries fail in strange words while they are loaded, or try again for ever."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (300 << 20, 300 << 20))

    orders, mine = os.pipe()
    command = child.python("impasto.engine.daemon.worker")
    with subprocess.Popen(
        command, preexec_fn=limit, stdin=orders, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as worker:
        assert worker.stderr is not None
        said = worker.stderr.read().decode()
    os.close(orders)
    os.close(mine)
    assert worker.returncode == 1
    assert said.splitlines()[-1] == "it may use only 300 MB of addresses and needs 512; see ulimit -v"


def test_a_process_that_nobody_can_listen_to_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no more threads may be started, that is why, and it is said; nothing stays `starting` for ever."""

    def full(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with zmq.Context() as context:
        process = TalkingProcess(context, "worker")
        monkeypatch.setattr(threading.Thread, "start", full)
        process.start([sys.executable, "-c", "import time; time.sleep(60)"])
        assert not process.alive
        heard = process.heard()
        assert heard is not None and "no thread can be started" in heard[0]["why"]
        process.close()


@tells_children
@pytest.mark.slow
def test_a_worker_that_is_ended_again_and_again(start_daemon: Any, damage: Callable[[str, str], Path]) -> None:
    """By what it loads beforehand: then it loads it no more. With a job: that one is to blame, the next is painted."""
    damage("skimage", "import os; os.abort()")  # only finding regions needs it
    daemon = start_daemon()
    until(lambda: "Fatal Python error: Aborted (SIGABRT)" in daemon.log(), "the first one has died")
    with daemon.client() as client:
        job = endless(client)
        for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV):
            wait_for(client, job, "begun")
            wait_for(client, job, "progress")
            os.kill(daemon.tasks()[0], number)
        failed = wait_for(client, job, "failed")
        assert "three times (Fatal Python error: Segmentation fault (SIGSEGV))" in failed["sentence"]
        for how in ("it was ended by SIGTERM", "it was ended by SIGKILL", "most recent call first"):
            assert how in daemon.log()
        assert painted(client, order(client, photo())).any()


@tells_children
def test_an_engine_that_hangs_is_said_with_its_process(start_daemon: Any) -> None:
    daemon = start_daemon()
    pid = daemon.process.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(ProtocolError, match=rf"does not answer; if it stays so, end its process \({pid}\)"):
            Client(folder=daemon.home, timeout=1.0)
        with pytest.raises(ProtocolError, match="does not answer; see that it runs"):
            Client("tcp://127.0.0.1:9", daemon.runtime["key"], daemon.home, timeout=0.2)
    finally:
        os.kill(pid, signal.SIGCONT)


def test_an_engine_of_another_machine_is_said(start_daemon: Any) -> None:
    """Two machines share a home: the other one's address, of its loopback, is nobody's here."""
    daemon = start_daemon()
    path = daemon.home / "daemon.json"
    facts = json.loads(path.read_text())
    assert facts["machine"]["id"]
    path.write_text(json.dumps({**facts, "machine": {"id": "f" * 32, "name": "atelier"}}))

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, str(PROGRAM), *words]
        return subprocess.run(line, env=daemon.env, capture_output=True, text=True, timeout=PATIENCE)

    said = "an engine on the machine atelier has this home; set IMPASTO_HOME to a folder of this machine's own"
    for words in (("serve", "status"), ("serve",), ("serve", "--detach"), ("serve", "stop"), ("serve", "jobs")):
        done = run(*words)
        assert done.returncode == 2 and said in done.stderr, (words, done.stderr)
    if facts["machine"]["net"]:  # a container that has this machine's id, and a loopback of its own
        path.write_text(json.dumps({**facts, "machine": {**facts["machine"], "net": "another", "name": "atelier"}}))
        assert said in run("serve", "status").stderr
        path.write_text(json.dumps({**facts, "machine": {**facts["machine"], "id": "f" * 32}}))
        assert run("serve", "status").returncode == 0  # in a container with a file of its own, and this loopback
    path.write_text(json.dumps({**facts, "machine": {"id": "f" * 12, "name": "atelier"}}))
    assert said not in run("serve", "status").stderr  # the other kind of id, which a sandbox without the file has
    daemon.kill()  # what it left behind keeps nobody from working
    assert "no engine is running" in run("serve", "status").stdout
