"""How the daemon bears many users, much that is kept, damage, and those who mean harm. Ends with 1 over a limit.

    python -m benchmarks.abuse [silence memory turns damage] [--jobs 500] [--damages 200] [--seconds 8]

silence: the longest time without an answer beside kept jobs of 30 regions. memory: what the daemon takes over rest
under messages without an end, such of empty frames, and 300 connections of one key. turns: how long another key's short
job takes beside a long one, which has to go on to the same bits. damage: what becomes of jobs one of whose files was
damaged while the daemon was down. Needs `pip install -e '.[daemon]'`, and a Linux.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import zmq

from benchmarks.curve import Curve
from impasto.engine.styles import changed_style, load_style
from impasto.protocol import ProtocolError
from impasto.protocol.client import Client
from impasto.protocol.codec import pack
from impasto.protocol.keys import allow, client_socket, own_keys
from impasto.protocol.limits import CHUNK_BYTES
from impasto.protocol.places import read_runtime

PROGRAM = Path(__file__).resolve().parent.parent / "cli.py"
MOST_SILENCE, MOST_MEGABYTES, MOST_WAIT = 0.2, 200, 2.0
_PASSES = "passes=[{{radius=0.2,share=1,iterations={0}}},{{radius=0.08,share=2,iterations={0}}}]"
TINY, LONG = (
    changed_style(load_style("painterly"), [_PASSES.format(n), f"finish={n}", "plateau=0"]).model_dump(mode="json")
    for n in (3, 300)
)
Row = tuple[str, str, str, bool]  # what, how much, the limit, is it kept


class Daemon:
    """One of our own, in a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Daemon:
        """Start it; it answers when this returns."""
        environment = {**os.environ, "IMPASTO_HOME": str(self.home)}
        command = [sys.executable, str(PROGRAM), "serve", "--checkpoint-every", "0.1"]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 120
        while (read_runtime(self.home) or {}).get("pid") != self.process.pid:
            if self.process.poll() is not None or time.monotonic() > end:
                sys.exit("the daemon does not start")
            time.sleep(0.01)
        return self

    def ready(self) -> Daemon:
        """Wait until it can paint."""
        with self.client() as client:
            while client.ask("hello", versions=[1, 2])["preparing"] is not None:
                time.sleep(0.1)
        return self

    def kill(self) -> None:
        """End it as a power cut does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def folder(self, name: str | None) -> Path:
        """The keys of somebody of this name, who may come in; the owner's without one."""
        if name is None:
            return self.home
        folder = self.home.with_name(f"{self.home.name}-{name}")
        own_keys("client", folder)
        allow(folder / "keys" / "client.key", self.home)
        return folder

    def client(self, name: str | None = None) -> Client:
        """A client with these keys."""
        said = read_runtime(self.home)
        return Client(said["address"], said["key"], self.folder(name), timeout=120)

    @property
    def megabytes(self) -> int:
        """Resident memory of the daemon itself."""
        assert self.process is not None
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(text.split("VmRSS:")[1].split()[0]) >> 10


@contextmanager
def daemon_in(folder: Path, name: str) -> Iterator[Daemon]:
    """A daemon that is ready, and gone afterwards."""
    daemon = Daemon(folder / name)
    try:
        yield daemon.start().ready()
    finally:
        daemon.kill()


@contextmanager
def watched(look: Callable[[], float], every: float) -> Iterator[list[float]]:
    """Look again and again meanwhile."""
    found, stop = [look()], threading.Event()

    def watch() -> None:
        while not stop.wait(every):
            found.append(look())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        stop.set()
        thread.join()


def pings(client: Client) -> Callable[[], float]:
    """Measures how long an answer takes, in seconds."""

    def ping() -> float:
        started = time.perf_counter()
        client.ask("ping")
        return time.perf_counter() - started

    return ping


def photo(side: int = 64) -> np.ndarray:
    """Something to paint."""
    y, x = np.mgrid[:side, :side] / side
    rgb = np.stack([0.3 + 0.6 * x, 0.8 - 0.7 * y, 0.5 + 0.3 * np.sin(25 * x) * np.cos(17 * y)], -1)
    return np.round(255 * rgb.clip(0, 1)).astype(np.uint8)


def paint(client: Client, side: int = 64, regions: int = 0, **fields: Any) -> str:
    """Begin a painting; the job."""
    pixels = photo(side)
    picture = {"plane": client.put(pixels.tobytes()), "width": side, "height": side, "channels": 3}
    if regions:
        planes = np.zeros((regions, side, side), np.uint8)
        for k, columns in enumerate(np.array_split(np.arange(side), regions)):
            planes[k][:, columns] = 255
        masks = {"plane": client.put(planes.tobytes()), "width": side, "height": side, "count": regions}
        fields |= {"masks": masks, "regions": [{"name": f"region {k}", "style": TINY} for k in range(regions)]}
    plain = {"style": TINY, "strokes": 60, "preview": False, "working_size": side}
    return client.start("paint", picture={**picture, "depth": "u8", "stride": 3 * side}, **(plain | fields))


def result(client: Client, job: str) -> str:
    """A digest of what a job came to, once it has; how it failed, if it did."""
    client.attach(job)
    *_, (last, _) = client.events(job)
    if last["event"] != "done":
        return f"{last['event']} {last.get('code')}"
    files = {"result.impasto": last["painting"], "pixels.rgba": 4 * last["width"] * last["height"]}
    return hashlib.sha256(b"".join(client.fetch(job, *file) for file in files.items())).hexdigest()


def silence(folder: Path, options: argparse.Namespace) -> Iterator[Row]:
    """The longest silence beside jobs that are kept."""
    with daemon_in(folder, "silence") as daemon:
        with daemon.client() as client:
            job = paint(client, regions=30)
            result(client, job)
        daemon.kill()
        spool = daemon.home / "spool"
        for _ in range(options.jobs - 1):
            shutil.copytree(spool / job, spool / uuid.uuid4().hex)
        started = time.perf_counter()
        daemon.start()
        start = time.perf_counter() - started
        with daemon.client() as client, watched(pings(client), 0.02) as times:
            time.sleep(options.listen)
        kept = f"{options.jobs} kept jobs of 30 regions"
        yield f"longest silence, {kept}", f"{max(times):.3f} s", f"{MOST_SILENCE} s", max(times) <= MOST_SILENCE
        yield f"start and memory, {kept}", f"{start:.1f} s, {daemon.megabytes} MB", "", True


def memory(folder: Path, options: argparse.Namespace) -> Iterator[Row]:
    """What attacks take over rest, and what is left of that."""

    def endless(daemon: Daemon, size: int) -> None:
        keys, said = own_keys("client", daemon.folder("mallory")), read_runtime(daemon.home)
        end, connection = time.monotonic() + options.seconds, None
        while time.monotonic() < end:
            try:
                connection = connection or Curve(said["address"], said["key"], *keys)
                frames = 1 if size else 1000
                connection.socket.sendall(b"".join(connection.packed(bytes(size), True) for _ in range(frames)))
            except (OSError, EOFError):  # cut: so it tries again
                connection = None

    def many(daemon: Daemon, _: int) -> None:
        said, folder = read_runtime(daemon.home), daemon.folder("mallory")
        message = pack("put", 1, {"plane": "x", "offset": 1, "total": 5 << 30}, [bytes(CHUNK_BYTES)])
        sockets = [client_socket(said["key"], said["address"], folder) for _ in range(300)]
        for socket in sockets:
            socket.setsockopt(zmq.RCVHWM, 1)
            socket.connect(said["address"])
        end = time.monotonic() + options.seconds
        while time.monotonic() < end:
            for socket in sockets:
                try:
                    socket.send_multipart(message, zmq.NOBLOCK, copy=False)
                except zmq.Again:
                    continue
        for socket in sockets:
            socket.close()

    attacks = {"a message without an end": (endless, CHUNK_BYTES), "one of empty frames": (endless, 0),
               "300 connections of one key": (many, 0)}  # fmt: skip
    with daemon_in(folder, "memory") as daemon:
        for what, (attack, size) in attacks.items():
            time.sleep(3)
            rest = daemon.megabytes
            with (
                daemon.client() as client,
                watched(pings(client), 0.05) as times,
                watched(lambda: daemon.megabytes, 0.01) as used,
            ):
                attack(daemon, size)
            time.sleep(5)
            over, left = max(used) - rest, daemon.megabytes - rest
            told = f"{over:.0f} MB (later {left}), answers within {max(times):.2f} s"
            yield f"memory over rest, {what}", told, f"{MOST_MEGABYTES} MB", over <= MOST_MEGABYTES


def turns(folder: Path, options: argparse.Namespace) -> Iterator[Row]:
    """Another key's short jobs beside a long one."""
    long = {"style": LONG, "strokes": 600, "seed": 5, "side": 128}
    with daemon_in(folder, "turns") as daemon, daemon.client() as owner, daemon.client("guest") as guest:
        alone = result(guest, paint(guest, **long))
        job = paint(guest, **long)
        waits: list[float] = []
        begun: list[float] = []
        while len(waits) < 20 and guest.attach(job)["state"] in ("waiting", "running"):
            started = time.perf_counter()
            short = paint(owner)
            while (told := owner.next_event(short, 60.0)) is None or told[0]["event"] != "begun":
                continue
            begun.append(time.perf_counter() - started)
            ended = result(owner, short)
            waits.append(time.perf_counter() - started)
            assert " " not in ended, ended
        same = result(guest, job) == alone
        what = f"another key's short job beside a long one, longest of {len(waits)}"
        much = f"{max(waits):.2f} s, begun after {max(begun):.2f} s"
        yield what, much, f"{MOST_WAIT} s", max(waits) <= MOST_WAIT
        yield "the long one's bits", "the same" if same else "OTHERS", "the same", same


def damage(folder: Path, options: argparse.Namespace) -> Iterator[Row]:
    """Jobs of each state, one damaged file in each."""
    chance = random.Random(options.seed)
    with daemon_in(folder, "damage") as daemon:
        spool, wanted = daemon.home / "spool", {}
        with daemon.client() as client:
            done = paint(client, 96)
            wanted[done] = result(client, done)
            regions, begun = result(client, paint(client, 96, 4)), result(client, paint(client, 96, style=LONG))
            running = paint(client, 96, style=LONG)
            while not (spool / running / "checkpoint.impasto").exists():
                time.sleep(0.005)
            wanted |= {running: begun, paint(client, 96, 4): regions}
        daemon.kill()
        files = sorted(path for job in wanted for path in (spool / job).iterdir())
        victims = {}
        for _ in range(options.damages):
            file, job = chance.choice(files), uuid.uuid4().hex
            shutil.copytree(file.parent, spool / job)
            victims[job] = f"{file.name} {_damaged(spool / job / file.name, chance)}", wanted[file.parent.name]
        daemon.start()
        told: Counter[str] = Counter()
        with daemon.client() as client:
            for job, (how, right) in {**victims, **{job: ("whole", right) for job, right in wanted.items()}}.items():
                found = _became(daemon, client, job, right)
                told[found] += 1
                if found not in ("right", "said") or (how == "whole" and found != "right"):
                    told["others' harmed"] += how == "whole"
                    print(f"  {how}: {found}")
        wrong, gone, harmed = (told[name] for name in ("served wrong", "vanished", "others' harmed"))
        about = f"{told['right'] - len(wanted)} right all the same, {told['said']} said to be damaged"
        yield f"served wrong of {options.damages} damaged", f"{wrong} ({about})", "0", not wrong
        yield "vanished without a word", f"{gone}", "0", not gone
        yield "jobs harmed that were whole", f"{harmed}", "0", not harmed


def _damaged(path: Path, chance: random.Random) -> str:
    how, data = chance.choice(["flipped", "flipped", "cut", "empty", "zeros", "gone", "noise", "longer"]), b""
    data = path.read_bytes()
    if how == "gone":
        path.unlink()
        return how
    if how == "flipped" and data:
        at = chance.randrange(len(data))
        data = data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
    changed = {"cut": data[: len(data) // 2], "empty": b"", "zeros": bytes(len(data)),
               "noise": chance.randbytes(len(data)), "longer": data + bytes(100)}  # fmt: skip
    path.write_bytes(changed.get(how, data))
    return how


def _became(daemon: Daemon, client: Client, job: str, right: str) -> str:
    """What became of a job whose result should be `right`, or nothing: but then it has to be said."""
    try:
        found = result(client, job)
    except ProtocolError as error:
        kept = (daemon.home / "spool" / "damaged" / job).exists() or "forgotten" not in str(error)
        return "said" if kept else "vanished"
    return "right" if found == right else "said" if " " in found else "served wrong"


CHECKS = {"silence": silence, "memory": memory, "turns": turns, "damage": damage}


def main() -> None:
    """Run the checks, print a table, and end with 1 if a limit was not kept."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("checks", nargs="*", metavar="CHECK", help=f"some of {', '.join(CHECKS)}; all, if none")
    parser.add_argument("--jobs", type=int, default=500, help="that are kept")
    parser.add_argument("--listen", type=float, default=70.0, help="seconds; each minute is tidied up")
    parser.add_argument("--damages", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=8.0, help="of each attack")
    options = parser.parse_args()
    if unknown := set(options.checks) - set(CHECKS):
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(CHECKS)}")
    kept = True
    with tempfile.TemporaryDirectory() as folder:
        for name in options.checks or CHECKS:
            for what, much, most, good in CHECKS[name](Path(folder), options):
                kept &= good
                print(f"{what:62} {much:48} {most:10} {'' if good else 'OVER'}", flush=True)
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
