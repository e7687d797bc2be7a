"""Real daemons for the tests: started, spoken to, looked at from outside, and always ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zmq

from impasto.commands import main as cli
from impasto.engine.daemon.counters import COUNTERS
from impasto.engine.painter.events import Finished
from impasto.engine.painter.painter import Painter
from impasto.engine.pictures.io import Picture
from impasto.engine.styles import changed_style, load_style
from impasto.protocol.client import Client
from impasto.protocol.keys import allow, own_keys
from impasto.protocol.places import read_runtime

PROGRAM = Path(cli.__file__).resolve().parents[1] / "cli.py"
PATIENCE = 120.0  # seconds; only against hanging
QUICK = changed_style(
    load_style("painterly"),
    [
        "passes=[{radius=0.2,share=1,iterations=3},{radius=0.08,share=2,iterations=3}]", "finish=3", "medium.kind=flat",
        "background=average", "attention.interest=0",
    ],
)  # fmt: skip
LONG = changed_style(QUICK, ["finish=10000", "plateau=0", "passes.2.iterations=10000"])  # until it is cancelled
STROKES = 20
ENDLESS: dict[str, Any] = {"style": LONG.model_dump(mode="json"), "strokes": 2000, "working_size": 64}


tells_children = pytest.mark.skipif(
    not Path(f"/proc/self/task/{os.getpid()}/children").exists(), reason="only Linux tells a process's children"
)


def children(parent: int) -> list[int]:
    """Pids of a process's children."""
    tasks = Path(f"/proc/{parent}/task").glob("*/children")
    return [int(pid) for path in tasks for pid in path.read_text().split()]


def until(met: Any, what: str) -> Any:
    """Wait until it is so, and return what was found."""
    end = time.monotonic() + PATIENCE
    while not (found := met()):
        assert time.monotonic() < end, f"waited in vain until {what}"
        time.sleep(0.02)
    return found


class Daemon:
    """A daemon process with a home of its own."""

    def __init__(self, home: Path, *words: str, **options: Any) -> None:
        self.home, self.words, self.options = home, words, options
        self.env = os.environ | {"IMPASTO_HOME": str(home)}
        home.mkdir(parents=True, exist_ok=True)
        self.process: Any = None

    def start(self) -> Daemon:
        with (self.home.parent / f"{self.home.name}.out").open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, PROGRAM, "serve", *self.words], env=self.env, stdin=subprocess.DEVNULL,
                stdout=out, stderr=out, start_new_session=True, **self.options,
            )  # fmt: skip
        until(self.is_there, "the daemon answers")
        return self

    def is_there(self) -> bool:
        assert self.process.poll() is None, self.said()
        runtime = read_runtime(self.home)
        return runtime is not None and runtime["pid"] == self.process.pid

    def said(self) -> str:
        return (self.home.parent / f"{self.home.name}.out").read_text(errors="replace")

    def log(self) -> str:
        return (self.home / "daemon.log").read_text()

    def alive(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        """Whatever it is doing."""
        if self.process is not None and self.alive():
            self.process.kill()
            self.process.wait()

    def end(self, number: int = signal.SIGINT) -> int:
        """As Ctrl-C does, or another signal."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    @property
    def runtime(self) -> Any:
        return read_runtime(self.home)

    def client(self, name: str | None = None, *, allowed: bool = True, **options: Any) -> Client:
        """A client with the owner's keys, or with those of somebody of this name."""
        folder = self.folder(name)
        if name is not None and allowed:
            self.let_in(name)
        return Client(self.runtime["address"], self.runtime["key"], folder, **{"timeout": PATIENCE, **options})

    def let_in(self, name: str) -> None:
        own_keys("client", self.folder(name))
        allow(self.folder(name) / "keys" / "client.key", self.home)

    def folder(self, name: str | None) -> Path:
        return self.home if name is None else self.home.parent / f"{self.home.name}-{name}"

    def dealer(self, name: str | None = None, *, allowed: bool = True, **options: Any) -> zmq.Socket[Any]:
        """A socket with a client's keys, on which anything can be said."""
        if name is not None and allowed:
            self.let_in(name)
        socket = zmq.Context.instance().socket(zmq.DEALER)
        public, secret = own_keys("client", self.folder(name))
        socket.curve_publickey, socket.curve_secretkey = public.encode(), secret.encode()
        socket.curve_serverkey = self.runtime["key"].encode()
        for option, value in {"linger": 0, **options}.items():
            setattr(socket, option, value)
        socket.connect(self.runtime["address"])
        return socket

    def tasks(self) -> list[int]:
        """Pids of its worker."""
        return children(self.process.pid)

    def memory(self, pid: int | None = None) -> int:
        """Resident bytes of the daemon, or of another process."""
        text = Path(f"/proc/{pid or self.process.pid}/status").read_text()
        (line,) = [line for line in text.splitlines() if line.startswith("VmRSS:")]
        return int(line.split()[1]) << 10

    def spooled(self) -> set[str]:
        """What is in the spool, apart from the folder of uploads and the counters."""
        return {path.name for path in (self.home / "spool").iterdir()} - {"uploads", *COUNTERS}

    def uploaded(self) -> list[Path]:
        return [path for path in (self.home / "spool" / "uploads").rglob("*") if path.is_file()]


def photo(height: int = 32, width: int = 48) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 5 % 256, y * 7 % 256, 128 + 60 * np.sin(x / 5)], -1).astype(np.uint8)


def flat(colour: tuple[int, int, int], side: int = 32) -> np.ndarray:
    return np.full((side, side, 3), colour, np.uint8)


def put(client: Client, pixels: np.ndarray, **options: Any) -> dict[str, Any]:
    """Hand over a picture; the fields that describe it."""
    height, width, channels = pixels.shape
    name = client.put(pixels.tobytes(), **options)
    return {
        "plane": name, "width": width, "height": height, "channels": channels, "depth": "u8",
        "stride": width * channels,
    }  # fmt: skip


def order(client: Client, pixels: np.ndarray, **changes: Any) -> str:
    """Have a picture painted; the job."""
    fields: dict[str, Any] = {"style": QUICK.model_dump(mode="json"), "strokes": STROKES}
    fields |= {"working_size": 64, "preview": False}
    return client.start("paint", picture=put(client, pixels), **{**fields, **changes})


def endless(client: Client, pixels: np.ndarray | None = None, **changes: Any) -> str:
    """Have a picture painted that is not done before it is cancelled."""
    return order(client, photo() if pixels is None else pixels, **(ENDLESS | changes))


def last(client: Client, job: str) -> dict[str, Any]:
    """The event that ended a job."""
    *_, (header, _) = client.events(job)
    return header


def wait_for(client: Client, job: str, kind: str) -> dict[str, Any]:
    """The first event of a kind."""
    for header, _ in client.events(job):
        if header["event"] == kind:
            return header
    raise AssertionError(f"it ended without {kind}")


def painted(client: Client, job: str) -> np.ndarray:
    """The pixels of a job that will have been done."""
    header = last(client, job)
    assert header["event"] == "done", header
    size = header["height"] * header["width"] * 4
    return np.frombuffer(client.fetch(job, "pixels.rgba", size), np.uint8).reshape(header["height"], header["width"], 4)


@cache
def painted_here(seed: int = 0) -> np.ndarray:
    """What `order(client, photo(), seed=seed)` has to be, painted without any daemon."""
    painter = Painter(Picture(photo(), None), QUICK, strokes=STROKES, seed=seed, working_size=64)
    (done,) = [event for event in painter.paint() if isinstance(event, Finished)]
    return done.painting.render(*photo().shape[:2])
