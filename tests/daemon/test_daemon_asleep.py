"""Computers that sleep, clocks that jump, and networks that go: nothing is lost, nothing is taken for a fault."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zmq
from serving import (
    PATIENCE,
    Daemon,
    endless,
    last,
    order,
    painted,
    painted_here,
    photo,
    tells_children,
    until,
    wait_for,
)

from impasto.engine.daemon.talking_process import TalkingProcess
from impasto.protocol.client import Client

SETTABLE = """
import time
from pathlib import Path
real = time.time
time.time = lambda: real() + float(Path({!r}).read_text())
"""
HOUR, DAY = 3600.0, 86400.0
SILENCE = 20.0  # seconds
asleep = SILENCE + 4  # seconds: longer than a process may be silent


@pytest.fixture
def set_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the clock of all daemons and workers of a test ahead, or back, by so many seconds, also while they run."""
    offset = tmp_path / "offset"
    offset.write_text("0")
    (tmp_path / "clock").mkdir()
    (tmp_path / "clock" / "sitecustomize.py").write_text(SETTABLE.format(str(offset)))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "clock"))

    def set_by(seconds: float) -> None:
        (tmp_path / "next").write_text(str(seconds))
        (tmp_path / "next").replace(offset)

    return set_by


def test_clocks_that_are_set_turn_nothing_back(start_daemon: Any, set_clock: Callable[[float], None]) -> None:
    """Back by an hour between two starts: events go on. Ahead by weeks, at a start and after it: results stay."""
    daemon: Daemon = start_daemon("--checkpoint-every", "0.1")
    with Client(folder=daemon.home, timeout=PATIENCE) as client:
        done, job = order(client, photo()), endless(client)
        assert last(client, done)["event"] == "done"
        wait_for(client, job, "progress")
        daemon.kill()
        daemon.start()
        client.connect()
        client.attach(job)
        seen, _ = until(lambda: client.next_event(job, 1.0), "it is heard of")
        daemon.kill()
        set_clock(-HOUR)
        daemon.start()
        client.connect()
        client.attach(job, since=seen["seq"])
        heard, _ = until(lambda: client.next_event(job, 1.0), "its events go on")
        assert heard["seq"] > seen["seq"]
        daemon.kill()
        set_clock(30 * DAY)
        daemon.start()
        set_clock(60 * DAY)
        client.connect()
        client.attach(job)
        until(lambda: client.next_event(job, 1.0), "it is heard of again")
        assert {job["job"]: job["state"] for job in client.ask("list")["jobs"]} == {done: "done", job: "running"}
        assert client.fetch(done, "pixels.rgba", 32 * 48 * 4) == painted_here().tobytes()
        client.ask("cancel", job=job)
        assert last(client, job)["event"] == "cancelled"


@tells_children
@pytest.mark.nightly
def test_a_computer_that_sleeps_wakes_to_the_same_painting(
    start_daemon: Any, set_clock: Callable[[float], None]
) -> None:  # fmt: skip
    """Daemon and worker stopped for longer than a worker may be silent, while the clock goes on by a week."""
    daemon: Daemon = start_daemon("--checkpoint-every", "0.1")
    with daemon.client() as client:
        job = endless(client)
        waiting = order(client, photo())
        wait_for(client, job, "progress")
        pids = [daemon.process.pid, *daemon.tasks()]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(asleep)
        set_clock(8 * DAY)
        for pid in reversed(pids):
            os.kill(pid, signal.SIGCONT)
        wait_for(client, job, "progress")
        assert daemon.tasks() == pids[1:] and "hangs" not in daemon.log()
        client.ask("cancel", job=job)
        assert np.array_equal(painted(client, waiting), painted_here())


SAYS = """
import sys, time
sys.path.insert(0, {root!r})
from impasto.engine.daemon import pipe
for beat in range(10**6):
    pipe.write(sys.stdout.buffer, {{"event": "alive", "spent": beat * {spent}}})
    time.sleep({apart})
"""


@pytest.fixture
def let_pass(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets seconds pass at a blow."""
    real, ahead = time.monotonic, [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: real() + ahead[0])

    def by(seconds: float) -> None:
        ahead[0] += seconds

    return by


@pytest.mark.parametrize(
    ("apart", "spent", "why"),
    [
        (0.002, 0.0, "it did nothing for 300 seconds"),
        (0.002, 1.0, None),
        (60.0, 1.0, "it gave no sign of life for 20 seconds"),
    ],
    ids=["stuck", "busy", "silent"],
)
def test_who_waits_for_ever_or_is_silent_is_ended_unless_all_have_slept(
    let_pass: Callable[[float], None], caplog: pytest.LogCaptureFixture, apart: float, spent: float, why: str | None
) -> None:
    said = SAYS.format(root=str(Path(__file__).parents[2]), apart=apart, spent=spent)
    with zmq.Context() as context:
        process = TalkingProcess(context, "worker")
        process.start([sys.executable, "-c", said])
        assert process.socket.poll(1000 * PATIENCE)  # its first word
        heard = process.heard()
        process.mind(busy=True)
        for hour in range(20):
            let_pass(HOUR)
            process.mind(busy=True)
            assert process.seen < hour + 2
        turn = 0
        while heard is None and turn < 620:  # for five minutes
            turn += 1
            let_pass(0.5)
            process.mind(busy=True)
            if apart < 1 and turn % 8 == 0:
                process.socket.poll(1000)
            heard = process.heard()
        assert (f"the worker hangs: {why}" if why else "") in caplog.text
        if why is None:
            assert heard is None and process.alive
        else:
            heard = heard or until(process.heard, "it has ended")
            assert heard[0]["event"] == "died" and heard[0]["why"] == why
        process.close()


PAINT = """
import sys
sys.path[:0] = {paths!r}
from serving import order, painted, photo, wait_for, QUICK
from impasto.protocol.client import Client
client = Client({address!r}, {key!r}, {folder!r}, timeout=20.0)
style = {{**QUICK.model_dump(mode="json"), "finish": 4000, "plateau": 0}}
job = order(client, photo(), style=style)
wait_for(client, job, "progress")
print("painting", job, flush=True)
print("painted", painted(client, job).sum(), flush=True)
"""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """A network of its own, joined to this one by a cable, of which this end has 10.77.13.1; its name."""
    name, end = f"impasto{os.getpid()}", f"imp{os.getpid() % 100000}"
    steps = [
        f"ip netns add {name}", f"ip link add {end} type veth peer name there netns {name}",
        f"ip addr add 10.77.13.1/24 dev {end}", f"ip link set {end} up",
        f"ip -n {name} addr add 10.77.13.2/24 dev there", f"ip -n {name} link set there up",
    ]  # fmt: skip
    if shutil.which("ip") is None or any(subprocess.run(s.split(), capture_output=True).returncode for s in steps):
        subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False) if shutil.which("ip") else None
        pytest.skip("networks cannot be made here")
    yield name
    subprocess.run(["ip", "netns", "del", name], check=False)


@pytest.mark.nightly
def test_a_network_that_goes_and_comes_again(start_daemon: Any, elsewhere: str) -> None:
    """The client hears the end of its job, which went on meanwhile."""
    daemon: Daemon = start_daemon("--bind", "tcp://10.77.13.1:*")
    daemon.let_in("away")
    paths = [str(Path(__file__).parent), str(Path(__file__).parents[2])]
    script = PAINT.format(paths=paths, folder=str(daemon.folder("away")), **daemon.runtime)
    words = ["ip", "netns", "exec", elsewhere, sys.executable, "-c", script]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=daemon.env) as client:
        assert client.stdout is not None
        job = client.stdout.readline().split()[1]
        cable = ["ip", "-n", elsewhere, "link", "set", "there"]
        subprocess.run([*cable, "down"], check=True)
        until(lambda: (daemon.home / "spool" / job / "outcome.mp").exists(), "the job is done")
        time.sleep(20)
        assert client.poll() is None
        subprocess.run([*cable, "up"], check=True)
        said = client.stdout.readline().split()
        assert client.wait(60) == 0
    folder = daemon.folder("away")
    with Client(daemon.runtime["address"], daemon.runtime["key"], folder) as here:
        here.attach(job)
        assert ["painted", str(painted(here, job).sum())] == said
