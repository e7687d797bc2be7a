"""A real scheduler and real workers of Dask, each a process of its own, over TCP on this machine or over TLS."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
FOUND = os.pathsep.join([str(ROOT), str(ROOT / "tests/engine")])  # what workers import


@dataclass
class Machines:
    """They run as long as the `with` of `machines` lasts. words: how `batch` is told of them."""

    file: Path
    address: str
    scheduler: subprocess.Popen
    workers: list[subprocess.Popen]
    certificates: tuple[Path, Path, Path] | None

    @property
    def words(self) -> tuple[str, ...]:
        if self.certificates is None:
            return "--cluster", str(self.file)
        names = ("--cluster-ca", "--cluster-cert", "--cluster-key")
        pairs = zip(names, map(str, self.certificates), strict=True)
        return ("--cluster", self.address, *(word for pair in pairs for word in pair))

    def painting(self) -> list[int]:
        """The processes that paint: children of the workers' nannies."""
        return [child for nanny in self.workers for child in children(nanny.pid)]


@contextmanager
def machines(folder: Path, workers: int = 2, tls: bool = False, patience: float = 120.0) -> Iterator[Machines]:
    file, certificates = folder / "scheduler.json", certified(folder) if tls else None
    env = os.environ | {"PYTHONPATH": FOUND}
    started: list[subprocess.Popen] = []

    def start(kind: str, *words: str) -> subprocess.Popen:
        secure = []
        if certificates is not None:
            for name, path in zip(("--tls-ca-file", "--tls-cert", "--tls-key"), certificates, strict=True):
                secure += [name, str(path)]
        log = (folder / f"{kind}{len(started)}.log").open("wb")
        command = [sys.executable, "-m", "dask", kind, *words, "--host", "127.0.0.1", "--no-dashboard", *secure]
        started.append(subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log, start_new_session=True))
        return started[-1]

    try:
        protocol = ("--protocol", "tls") if tls else ()
        scheduler = start("scheduler", "--port", "0", "--scheduler-file", str(file), *protocol)
        until = time.monotonic() + patience
        while not file.exists() or not file.read_bytes():
            assert time.monotonic() < until and scheduler.poll() is None, (folder / "scheduler0.log").read_text()
            time.sleep(0.05)
        address = json.loads(file.read_text())["address"]
        own = ("--nthreads", "1", "--local-directory", str(folder / "own"))
        yield Machines(file, address, scheduler, [start("worker", address, *own) for _ in range(workers)], certificates)
    finally:
        for process in started[::-1]:
            for pid in (process.pid, *children(process.pid)):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            process.wait()


def children(pid: int) -> list[int]:
    """All processes below one, the resource trackers of multiprocessing left out."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
            words = (status.parent / "cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            continue
        if parent == pid and b"resource_tracker" not in words:
            own = int(status.parent.name)
            found += [own, *children(own)]
    return found


def certified(folder: Path) -> tuple[Path, Path, Path]:
    """A certificate that signs itself and serves both sides, with its key: (ca, certificate, key)."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    made = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    words = ["openssl", *made, "-subj", "/CN=impasto", "-out", str(cert), "-keyout", str(key)]
    subprocess.run(words, check=True, capture_output=True)
    return cert, cert, key
