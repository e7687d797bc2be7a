"""What is kept is whole: checked byte by byte, told only once it is on disk, and numbered by no clock."""

import itertools
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zmq
from serving import Daemon, endless, last, order, painted, painted_here, photo, until, wait_for

from impasto.engine.daemon import results, sums
from impasto.engine.daemon.counters import COUNTERS, PER_START, Counters
from impasto.engine.daemon.discretion import Discretion
from impasto.engine.daemon.disk_work import DiskWork
from impasto.engine.daemon.job_book import JobBook
from impasto.engine.daemon.listeners import Listeners
from impasto.engine.daemon.peers import Peers
from impasto.engine.daemon.records import NotUnderstood, Record, read, write
from impasto.engine.daemon.spool import Spool
from impasto.engine.errors import ImpastoError
from impasto.protocol import ProtocolError

FIELDS = {"painting": "p", "width": 4, "height": 4}
ASKED = {"client": "x" * 40, "kind": "render", "fields": FIELDS}
RECORD = Record("x" * 40, "render")
RESULT = random.Random(3).randbytes(sums.BLOCK + 777)
PLANE = random.Random(4).randbytes(5000)


def accepted(spool: Spool, folder: Path) -> str:
    """A job with one plane."""
    (folder / "p").write_bytes(PLANE)
    job = spool.place({"painting.raw": folder / "p"})
    spool.accept(job, {**ASKED, "number": spool.counters.next()})
    return job


def ended(spool: Spool, folder: Path) -> str:
    """A job with a result."""
    job = accepted(spool, folder)
    end(spool, job)
    return job


def end(spool: Spool, job: str) -> None:
    path = spool.path(job) / "pixels.rgba"
    path.write_bytes(RESULT)
    spool.end(RECORD, job, {"event": "done"}, {path.name: sums.kept(path)})


def damages(data: bytes, rng: random.Random) -> bytes | None:
    """Some damage to what a file holds; None: it is gone."""
    at = rng.randrange(len(data))
    return rng.choice(
        [
            data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :], data[:at], b"", bytes(len(data)),
            rng.randbytes(len(data)), data + b"more", None,
        ]
    )  # fmt: skip


def state(spool: Spool, job: str) -> str:
    """What a client is given of a job: "right" (its plane or its result is), "aside", or what is wrong."""
    found = {name: record for name, record, _ in spool.jobs()}
    if job not in found:
        kept = (spool.folder / "damaged" / job).is_dir() and spool.why_aside(job, RECORD.client)
        return "aside" if kept else "gone"
    record = found[job]
    try:
        if record.event is None:
            for file, its in (record.planes or {}).items():
                sums.check(spool.path(job) / file, its)
            return "right"
        parts = [spool.part(job, "pixels.rgba", at, len(RESULT[at:][: sums.BLOCK])) for at in (0, 999, sums.BLOCK)]
        return "right" if parts == [RESULT[at:][: sums.BLOCK] for at in (0, 999, sums.BLOCK)] else "WRONG"
    except (sums.Damaged, NotUnderstood) as error:
        spool.set_aside(job, RECORD.client, str(error), getattr(error, "file", None))
        return state(Spool(spool.folder), job)  # also the next time


@pytest.mark.parametrize("make", [accepted, ended])
def test_no_damage_is_served_and_nothing_vanishes(tmp_path: Path, make: Callable[[Spool, Path], str]) -> None:
    """Damages, each to one file of a job: what is given is right, or all that is left of the job is set aside."""
    rng, told = random.Random(5), []
    job = make(Spool(tmp_path / "master"), tmp_path)
    files = sorted(path.name for path in (tmp_path / "master" / job).iterdir())
    for _ in range(60):
        folder = tmp_path / "spool"
        shutil.copytree(tmp_path / "master", folder)
        victim = folder / job / rng.choice(files)
        before, data = victim.read_bytes(), damages(victim.read_bytes(), rng)
        victim.unlink() if data is None else victim.write_bytes(data)
        told.append(state(Spool(folder), job))
        if told[-1] == "aside":
            assert len([*(folder / "damaged" / job).glob("[opr]*")]) == len(files) - (data is None)
            (folder / "damaged" / job / victim.name).write_bytes(before)  # and once it is mended it comes back
            assert state(Spool(folder), job) == "right", victim.name
        shutil.rmtree(folder)
    assert set(told) <= {"right", "aside"} and told.count("aside") > 30


def cut(work: Callable[[], Any], calls: int) -> bool:
    """Do some work in a process that dies at its n-th call that changes a file; says whether it was done before."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    left = [calls]

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if writes or event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link"):
            left[0] -= 1
            if left[0] < 0:
                os._exit(1)

    try:
        sys.addaudithook(count)
        work()
    except BaseException:
        os._exit(2)
    os._exit(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_cut_after_any_call_leaves_a_job_that_is_whole_or_none(tmp_path: Path) -> None:
    def forget(spool: Spool, job: str) -> None:
        spool.forget(job)
        spool.sweep(job)

    ways: dict[str, tuple[Any, Any, set[str]]] = {
        "accepting": (None, lambda spool, _: accepted(spool, tmp_path), {"right", "gone"}),
        "ending": (accepted, end, {"right"}),
        "forgetting": (ended, forget, {"right", "gone"}),
        "setting aside": (ended, lambda spool, job: spool.set_aside(job, "x", "so"), {"right"}),
    }
    for what, (before, work, allowed) in ways.items():
        seen, calls, done = set(), 0, False
        while not done:
            folder = tmp_path / f"{what}{calls}"
            spool = Spool(folder)
            job = before(spool, tmp_path) if before else ""
            list(spool.jobs())
            done = cut(lambda: work(spool, job), calls)  # noqa: B023
            names = [job] if job else [path.name for path in folder.iterdir() if len(path.name) == 32]
            again = Spool(folder)
            seen |= {state(again, name) for name in names} or {"gone"}
            assert {p.name for p in folder.iterdir()} <= {*names, "uploads", *COUNTERS, "damaged"}, (what, calls)
            calls += 1
        assert seen == allowed and calls > 3, (what, calls, seen)


def test_all_is_on_disk_before_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is synced, then the folder that names it, then the folder that names that."""
    spool, synced, sync = Spool(tmp_path / "spool"), [], os.fsync

    def spy(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        sync(descriptor)

    if not Path("/proc/self/fd").exists():
        pytest.skip("only Linux tells what a descriptor is of")
    monkeypatch.setattr(os, "fsync", spy)
    job = accepted(spool, tmp_path)
    plane, request, place, folder = synced
    assert (plane, request[:9], place, folder) == ("painting.raw", ".impasto-", f"new-{job}", "spool")
    synced.clear()
    end(spool, job)
    result, outcome, place = synced
    assert (result, outcome[:9], place) == ("pixels.rgba", ".impasto-", job)
    synced.clear()
    spool.forget(job)
    assert synced == ["spool"]


def test_nobody_waits_for_the_disk_in_the_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many jobs are accepted, arranged, paused, ended and forgotten, and however large a painting is."""
    spool, sync, check, at = Spool(tmp_path / "spool"), os.fsync, sums.check, []
    jobs = [accepted(spool, tmp_path) for _ in range(3)]
    context = zmq.Context()
    disk = DiskWork(context)
    nobody: Any = None  # paints, or is connected
    book = JobBook(
        spool, nobody, Listeners(Peers(context.socket(zmq.ROUTER), nobody, Counter())), disk, Discretion("owner")
    )
    for module, name, real in ((os, "fsync", sync), (results, "check", check)):

        def spy(*args: Any, real: Any = real, name: str = name) -> None:
            at.append((name, threading.current_thread() is threading.main_thread()))
            real(*args)

        monkeypatch.setattr(module, name, spy)
    answers: list[Any] = []

    def done(later: Any) -> Any:
        later.then(answers.append)
        while disk.busy:
            disk.turn()
        return answers.pop()

    try:
        first, second, third = (book.own(RECORD.client, job) for job in jobs)
        assert first.record.fields == {} and first.record.planes is None  # what is kept costs no memory
        assert done(book.arrange([third, second, first])) == done(book.pause(second, True)) == {}
        (tmp_path / "p").write_bytes(PLANE)
        accept = book.accept(RECORD.client, "render", FIELDS, {"painting.raw": tmp_path / "p"}, b"")
        assert set(done(accept)) == {"job", "position"}
        file = spool.path(first.id) / "result.impasto"
        file.write_bytes(RESULT)
        book._ends.end(first, {"event": "done"}, {file.name: sums.kept(file)})
        at.pop()  # which a worker does
        while disk.busy:
            disk.turn()
        assert done(book.results.painting(first, lambda path: {"held": path})) == {"held": file}
        assert done(book.results.forget(first)) == {}
        assert {name for name, _ in at} == {"fsync", "check"} and not any(main for _, main in at)
        again = {record.number: spool.turn(job, 0) for job, record, _ in Spool(spool.folder).jobs()}
        assert [paused for _, paused in again.values()] == [True, False, False]
        assert spool.turn(third.id, 0)[0] < spool.turn(second.id, 0)[0]
    finally:
        disk.close()
        context.destroy(0)


def test_numbers_grow_and_results_age_by_no_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(tmp_path)
    list(spool.jobs())
    firsts = [spool.counters.first]
    job = ended(spool, tmp_path)
    assert firsts[0] > time.time() * 1000  # what older Impastos began with
    for days, lost in ((0, False), (-1, False), (-40, False), (0, True), (900, False), (-900, True)):
        then = time.time() + days * 86400
        monkeypatch.setattr(time, "time", lambda then=then: then)
        if lost:
            (tmp_path / COUNTERS[0]).write_bytes(b"noise")
        spool = Spool(tmp_path)
        ((_, record, _),) = spool.jobs()
        firsts.append(spool.counters.first)
        assert 0 <= spool.counters.seconds - record.at < 60
        assert spool.counters.next() > spool.counters.first
        monkeypatch.undo()
    assert all(later >= first + PER_START for first, later in itertools.pairwise(firsts))
    write(tmp_path / COUNTERS[1], {"start": 1 << 20, "seconds": 1e6})
    assert Counters(tmp_path).seconds >= 1e6
    assert job


def test_uploads_in_the_way_are_said_not_deleted(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "photo").write_text("mine")
    for make in (lambda path: path.write_text("mine"), lambda path: path.symlink_to(mine)):
        home = tmp_path / "home"
        (home / "spool").mkdir(parents=True)
        home.chmod(0o700)
        make(home / "spool" / "uploads")
        daemon = Daemon(home)
        with pytest.raises(AssertionError, match=r"spool/uploads is in the way, it is no folder; move it elsewhere"):
            daemon.start()
        assert daemon.process.wait() == 2 and "Traceback" not in daemon.said()
        assert os.path.lexists(home / "spool" / "uploads") and (mine / "photo").read_text() == "mine"
        shutil.rmtree(home)


def test_uploads_that_cannot_be_emptied_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a disk that can only be read; who tests may be root, whom no mode stops."""
    (tmp_path / "uploads").mkdir()

    def protected(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(shutil, "rmtree", protected)
    with pytest.raises(ImpastoError, match=r"uploads cannot be emptied \(Permission denied\); make it writable"):
        Spool(tmp_path)


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits a process that runs")
def test_an_end_is_told_only_once_it_is_kept(start_daemon: Any) -> None:
    """On a full disk; and of what is damaged a client is told what became of it."""
    daemon: Daemon = start_daemon("--checkpoint-every", "0.1")
    with daemon.client() as client:
        job = order(client, photo())
        assert np.array_equal(painted(client, job), painted_here())
        (daemon.home / "spool" / f"gone-{job}" / "in the way").mkdir(parents=True)
        with pytest.raises(ProtocolError, match="cannot be forgotten") as refused:
            client.ask("forget", job=job)
        assert refused.value.code == "disk" and client.fetch(job, "pixels.rgba", 32 * 48 * 4)
        shutil.rmtree(daemon.home / "spool" / f"gone-{job}")
        client.ask("forget", job=job)
        with pytest.raises(ProtocolError, match="no such job"):
            client.ask("forget", job=job)

        running = endless(client)
        wait_for(client, running, "started")
        hard = resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (0, hard))
        client.ask("cancel", job=running)
        until(lambda: (daemon.home / "spool" / running / "result.impasto").exists(), "it was painted so far")
        assert client.next_event(running, 1.0) is None or client.ask("list")["jobs"][0]["state"] == "running"
        with pytest.raises(ProtocolError) as refused:
            order(client, photo())
        assert refused.value.code == "disk"
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        assert last(client, running)["event"] == "cancelled"
        assert read(daemon.home / "spool" / running / "outcome.mp")["told"]["event"] == "cancelled"

        damaged = order(client, photo())
        size = last(client, damaged)["painting"]
        file = daemon.home / "spool" / damaged / "result.impasto"
        file.write_bytes(file.read_bytes()[:-1] + b"?")
        for _ in range(2):
            with pytest.raises(ProtocolError, match=r"set aside: its result.impasto is damaged; it is kept in spool/"):
                client.fetch(damaged, "result.impasto", size)
        assert (daemon.home / "spool" / "damaged" / damaged).is_dir()

        first, waiting = endless(client), order(client, photo())
        plane = daemon.home / "spool" / waiting / "picture.raw"
        plane.write_bytes(bytes(len(plane.read_bytes())))
        client.ask("cancel", job=first)
        failed = last(client, waiting)
        assert (failed["event"], failed["code"]) == ("failed", "job")
        assert "set aside: its picture.raw is damaged" in failed["sentence"] and "spool/damaged" in failed["remedy"]
        assert {job["job"] for job in client.ask("list")["jobs"]} == {running, first}
        assert "2" in subprocess.run(
            [sys.executable, "-m", "impasto", "serve", "status"], env=daemon.env, capture_output=True, text=True
        ).stdout.partition("damaged or newer jobs")[0].splitlines()[-1]  # fmt: skip
    assert daemon.end(signal.SIGTERM) == 0
