"""Whatever is killed, and whenever: every job completes, and is the painting that was never disturbed, to the bit."""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from serving import children, tells_children, until

from impasto.commands import main as cli
from impasto.engine.painter import events
from impasto.engine.styles import Style
from impasto.protocol import ProtocolError
from impasto.protocol.client import LAST, Client
from impasto.protocol.places import read_runtime

KILLS = 20
HEIGHT, WIDTH = 60, 80
PROGRAM = Path(cli.__file__).resolve().parents[1] / "cli.py"
# About two seconds of painting: long enough to be killed in.
STYLE = Style.model_validate(
    {
        "name": "slow",
        "passes": [{"radius": 0.2, "share": 1, "iterations": 150}, {"radius": 0.06, "share": 3, "iterations": 400}],
        "finish": 200,
        "plateau": 0,
    }
)

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system knows no SIGKILL")


class Daemon:
    """A daemon in a folder of its own, that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        command = [sys.executable, str(PROGRAM), "serve", "--checkpoint-every", "0.1", "--threads", "1"]
        environment = {**os.environ, "IMPASTO_HOME": str(self.folder)}
        with (self.folder / "out.txt").open("ab") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        end = time.monotonic() + 60
        while (found := read_runtime(self.folder)) is None or found["pid"] != self.process.pid:
            assert time.monotonic() < end and self.process.poll() is None, (self.folder / "out.txt").read_text()
            time.sleep(0.02)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def client(self) -> Client:
        return Client(folder=self.folder, timeout=60.0)


@pytest.fixture
def daemon(tmp_path):
    found = Daemon(tmp_path)
    yield found
    found.kill()


def pixels(number: int) -> np.ndarray:
    y, x = np.mgrid[:HEIGHT, :WIDTH] / WIDTH
    rgb = np.stack([0.3 + 0.6 * x, 0.8 - 0.7 * y, 0.5 + 0.3 * np.sin(25 * x + number)], -1)
    return np.round(255 * rgb.clip(0, 1)).astype(np.uint8)


def begin(client: Client, number: int = 0, **fields: Any) -> str:
    picture = {"plane": client.put(pixels(number).tobytes()), "width": WIDTH, "height": HEIGHT, "channels": 3,
               "depth": "u8", "stride": 3 * WIDTH}  # fmt: skip
    style = STYLE.model_dump(mode="json")
    return client.start("paint", picture=picture, style=style, strokes=60, preview=False, label=str(number), **fields)


def ended(client: Client, job: str) -> dict[str, Any]:
    client.attach(job)
    for header, _ in client.events(job):
        if header["event"] in LAST:
            return header
    raise AssertionError("events end with the end")


def result(client: Client, job: str) -> bytes:
    header = ended(client, job)
    assert header["event"] == "done", header
    assert len(client.fetch(job, "pixels.rgba", HEIGHT * WIDTH * 4)) == HEIGHT * WIDTH * 4
    return bytes(client.fetch(job, "result.impasto", header["painting"]))


def undisturbed(number: int = 0) -> bytes:
    from impasto.engine.painter.painter import Painter
    from impasto.engine.pictures.io import Picture

    *_, last = Painter(Picture(pixels(number)), STYLE, strokes=60, threads=1).paint()
    assert isinstance(last, events.Finished)
    with tempfile.TemporaryDirectory() as folder:
        last.painting.save(Path(folder) / "undisturbed.impasto")
        return (Path(folder) / "undisturbed.impasto").read_bytes()


def test_a_daemon_killed_at_any_moment_loses_nothing(daemon):
    """Twenty kills, some of them of one job again and again, some before it has begun, some of its last steps."""
    rng = random.Random(1)
    expected, kills, interrupted = undisturbed(), 0, 0
    while kills < KILLS:
        with daemon.client() as client:
            job = begin(client)
        for _ in range(rng.choice([1, 2, 3])):
            time.sleep(rng.choice([0.0, rng.uniform(0, 0.5), rng.uniform(0, 4)]))
            daemon.kill()
            interrupted += not (daemon.folder / "spool" / job / "outcome.mp").exists()
            kills += 1
            daemon.start()
        with daemon.client() as client:
            assert result(client, job) == expected
            client.ask("forget", job=job)
            assert client.ask("list")["jobs"] == []
    assert interrupted >= KILLS // 2


def well_begun(client: Client) -> str:
    """A job of which a fifth is painted, and which the client hears of."""
    job = begin(client)
    client.attach(job)
    next(header for header, _ in client.events(job) if header["event"] == "progress" and header["fraction"] > 0.2)
    return job


@tells_children
def test_a_worker_killed_is_started_again_and_goes_on(daemon):
    with daemon.client() as client:
        job = well_begun(client)
        (killed,) = children(daemon.process.pid)
        os.kill(killed, signal.SIGKILL)
        assert [header["resumed"] for header, _ in client.events(job) if header["event"] == "started"] == [True]
        assert result(client, job) == undisturbed()
    (worker,) = children(daemon.process.pid)
    assert worker != killed


@tells_children
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere one that is stopped is ended when it goes on")
def test_a_worker_that_hangs_is_replaced(daemon):
    """Its job goes on from its checkpoint. And one whose daemon is gone ends, stopped or busy."""
    with daemon.client() as client:
        job = well_begun(client)
        (hangs,) = children(daemon.process.pid)
        os.kill(hangs, signal.SIGSTOP)
        assert result(client, job) == undisturbed()
        assert "hangs: it gave no sign of life for 20 seconds" in (daemon.folder / "daemon.log").read_text()
        job = begin(client)
        for stopped in (True, False):
            client.attach(job)
            next(event for event in client.events(job) if event[0]["event"] == "progress")
            workers = children(daemon.process.pid)
            assert hangs not in workers and workers
            if stopped:
                os.kill(workers[0], signal.SIGSTOP)
            daemon.kill()
            until(lambda: not any(map(is_there, workers)), "its workers have ended")  # noqa: B023
            daemon.start()
            client.connect()
        assert result(client, job) == undisturbed()


def is_there(pid: int) -> bool:
    """Is there a process of this number, that has not ended?"""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


PAINT = """
import sys
sys.path[:0] = [{tests!r}, {root!r}]
from test_daemon_kills import Client, begin
client = Client(timeout=60.0)
print("begun", begin(client, {number}), flush=True)
import time
time.sleep(60)
"""


def test_a_client_killed_at_any_moment_loses_nothing(daemon):
    """Whatever was accepted is painted, and fetched by another client of the same user."""
    rng, begun = random.Random(2), []
    environment = {**os.environ, "IMPASTO_HOME": str(daemon.folder)}
    for number in range(KILLS):
        code = PAINT.format(tests=str(Path(__file__).parent), root=str(PROGRAM.parent), number=number % 3)
        process = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE)
        if number % 4 == 0:
            time.sleep(rng.uniform(0.2, 1.2))  # perhaps in the middle of sending
        else:
            assert process.stdout is not None
            begun.append(process.stdout.readline().split()[1].decode())
            time.sleep(rng.uniform(0, 0.3))
        process.kill()
        process.wait()
        if number % 5 == 4:  # or the daemon has more to do than it can
            with daemon.client() as client:
                for job in client.ask("list")["jobs"][:-2]:
                    client.ask("cancel", job=job["job"])
    with daemon.client() as client:
        jobs = client.ask("list")["jobs"]
        assert set(begun) <= {job["job"] for job in jobs} and len(jobs) <= KILLS
        expected = [undisturbed(number) for number in range(3)]
        completed = 0
        for job in jobs:
            if job["state"] != "cancelled" and ended(client, job["job"])["event"] == "done":
                assert result(client, job["job"]) == expected[int(job["label"]) % 3]
                completed += 1
        assert completed >= 4


def test_a_client_that_comes_back_hears_the_rest(daemon):
    with daemon.client() as client:
        job = begin(client)
        heard = []
        for header, _ in client.events(job):
            heard.append(header["seq"])
            if header["event"] == "progress":
                break
    with daemon.client() as client:
        state = client.attach(job, since=heard[-1])
        assert state["state"] == "running"
        later = [header for header, _ in client.events(job)]
    assert later[-1]["event"] == "done" and min(h["seq"] for h in later) > heard[-1]
    assert [h["seq"] for h in later] == sorted({h["seq"] for h in later})


def test_cancelling_keeps_what_was_painted(daemon, tmp_path):
    from impasto.engine.painter.painter import Painter
    from impasto.engine.painting.painting import Painting
    from impasto.engine.pictures.io import Picture

    with daemon.client() as client:
        job = begin(client)
        for header, _ in client.events(job):
            if header["event"] == "progress" and header["fraction"] > 0.2:
                client.ask("cancel", job=job)
                break
        header = ended(client, job)
        assert header["event"] == "cancelled"
        (tmp_path / "half.impasto").write_bytes(client.fetch(job, "result.impasto", header["painting"]))
        waiting = [begin(client, 1), begin(client, 2)]
        client.ask("cancel", job=waiting[1])
        assert ended(client, waiting[1])["event"] == "cancelled"
        with pytest.raises(ProtocolError, match="cancel it first"):
            client.ask("forget", job=waiting[0])
    half = Painting.load(tmp_path / "half.impasto")
    *_, last = Painter.resume(half, Picture(pixels(0)), threads=1).paint()
    assert isinstance(last, events.Finished)
    last.painting.save(tmp_path / "whole.impasto")
    assert (tmp_path / "whole.impasto").read_bytes() == undisturbed()
