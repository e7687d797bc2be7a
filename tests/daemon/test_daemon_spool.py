"""What is on disk: damaged, too old, too much, or no room for it. The daemon lives, and says what is wrong."""

import resource
import shutil
import signal
import time
import uuid
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pytest
from serving import Daemon, endless, flat, last, order, painted, painted_here, photo, put, until, wait_for

from impasto.engine.daemon.counters import COUNTERS
from impasto.engine.daemon.records import OUTCOME, Record, outcome_of, write
from impasto.engine.daemon.spool import RESULTS_BYTES, RESULTS_SECONDS, Spool
from impasto.engine.daemon.sums import kept
from impasto.engine.daemon.uploads import Uploads
from impasto.protocol import ProtocolError
from impasto.protocol.keys import own_keys

NOW = time.time()


def request(**changes: Any) -> dict[str, Any]:
    return {
        "client": "x" * 40, "kind": "render", "accepted": NOW, "fields": {"painting": "p", "width": 4, "height": 4},
    } | changes  # fmt: skip


def outcome(**changes: Any) -> dict[str, Any]:
    return {"event": "done", "ended": NOW} | changes


def place(spool: Path, **files: Any) -> str:
    """A job's folder with such files; the job."""
    job = uuid.uuid4().hex
    (spool / job).mkdir(parents=True)
    for name, value in files.items():
        data = value if isinstance(value, bytes) else msgpack.packb(value)
        (spool / job / f"{name}.mp").write_bytes(bytes(data or b""))
    return job


FIELDS = {"painting": "p", "width": 4, "height": 4}
NEWER = request(fields={**FIELDS, "sheen": 0.5}), request(kind="animate", fields={"pages": []})
DAMAGED: list[dict[str, Any]] = [
    {"request": NEWER[0]},
    {"request": NEWER[1]},
    {"request": request(format=3)},
    {"request": request(format="1")},
    {"request": request(), "outcome": outcome(format=3)},
    {"request": b""},
    {"request": b"\xff\x00noise"},
    {"request": bytes(msgpack.packb(request()) or b"")[:-9]},
    {"request": [1, 2]},
    {"request": {"accepted": NOW}},
    {"request": request(kind="hello")},
    {"request": request(kind=["render"])},
    {"request": request(kind="ping")},
    {"request": request(client=7)},
    {"request": request(accepted="now")},
    {"request": request(accepted=float("nan"))},
    {"request": request(fields={"painting": "p"})},
    {"request": request(fields=[])},
    {"request": request(fields={"painting": "p", "width": -4, "height": 4})},
    {"request": request(), "outcome": b""},
    {"request": request(), "outcome": {"event": "strange", "ended": NOW}},
    {"request": request(), "outcome": {"event": "done"}},
    {"request": request(), "outcome": {"event": "done", "ended": "x"}},
    {"request": request(), "outcome": outcome(ended=float("inf"))},
    {"outcome": outcome()},
    {"request": b"\x91" * 100_000},
]


@pytest.mark.parametrize("files", DAMAGED, ids=range(len(DAMAGED)))
def test_what_is_not_understood_is_set_aside(tmp_path: Path, files: dict[str, Any]) -> None:
    """Jobs that are damaged, or of a newer Impasto, are kept as they are, and come back once they are understood."""
    damaged, good = place(tmp_path, **files), place(tmp_path, request=request(), outcome=outcome())
    (tmp_path / damaged / "pixels.rgba").write_bytes(b"result")
    before = {path.name: path.read_bytes() for path in (tmp_path / damaged).iterdir()}
    for _ in range(2):  # also when started again
        spool = Spool(tmp_path)
        assert [job for job, _, _ in spool.jobs()] == [good]
        assert {path.name: path.read_bytes() for path in (tmp_path / "damaged" / damaged).iterdir()} == before
        assert spool.why_aside(damaged, "x" * 40)
        assert not spool.why_aside(good, "x" * 40)
    for name, value in (("request", request()), ("outcome", outcome())):
        (tmp_path / "damaged" / damaged / f"{name}.mp").write_bytes(bytes(msgpack.packb(value) or b""))
    spool = Spool(tmp_path)
    assert {job for job, _, _ in spool.jobs()} == {good, damaged}
    assert spool.part(damaged, "pixels.rgba", 0, 6) == b"result"
    assert not spool.why_aside(damaged, "x" * 40)


@pytest.mark.parametrize("newer", NEWER, ids=["field", "kind"])
def test_a_result_is_there_whatever_it_was_made_from(tmp_path: Path, newer: dict[str, Any]) -> None:
    job = place(tmp_path, request=newer | {"fields": {**newer["fields"], "label": "mine"}}, outcome=outcome())
    ((found, record, _),) = Spool(tmp_path).jobs()
    assert (found, record.kind, record.label) == (job, newer["kind"], "mine")
    assert record.event == outcome()


def test_half_forgotten_is_forgotten(tmp_path: Path) -> None:
    """Whatever moment the power goes at: half of a job that was thrown away is no damaged one."""
    job = place(tmp_path, request=request(), outcome=outcome())
    (tmp_path / job / "request.mp").unlink()
    (tmp_path / job).rename(tmp_path / f"gone-{job}")  # as `forget` begins
    assert list(Spool(tmp_path).jobs()) == []
    assert {path.name for path in tmp_path.iterdir()} == {"uploads", *COUNTERS}


def test_what_cannot_be_read_now_is_kept(tmp_path: Path) -> None:
    """A disk that is not well, too many open files: that is no reason to throw a picture away."""
    job = place(tmp_path, request=request())
    spool = Spool(tmp_path)
    path = tmp_path / job / "request.mp"
    path.rename(tmp_path / "elsewhere")
    path.mkdir()  # opening that is an error of the system
    assert list(spool.jobs()) == []
    assert "cannot be read now" in spool.why_aside(job, "x" * 40)
    path.rmdir()
    (tmp_path / "elsewhere").rename(path)
    assert [found for found, _, _ in spool.jobs()] == [job]
    path.unlink()  # but without a request there is nothing to do
    assert list(spool.jobs()) == []
    assert not (tmp_path / job).exists()


def test_started_among_ruins(start_daemon: Any, tmp_path: Path) -> None:
    home = tmp_path / "home"
    spool = home / "spool"
    owner = own_keys("client", home)[0]
    damaged = {place(spool, **files) for files in DAMAGED}
    empty = place(spool)
    newer = place(spool, request=request(client=owner, format=3))
    incomplete = place(spool, request=request(client=owner))  # its painting is missing
    (spool / "uploads" / "x").mkdir(parents=True)
    (spool / "uploads" / "x" / "y.part").write_bytes(b"half")
    (spool / "new-abc").mkdir()
    (spool / "stranger").write_text("not ours")
    daemon = start_daemon()
    assert daemon.spooled() == {incomplete, "stranger", "damaged"}
    assert {path.name for path in (spool / "damaged").iterdir()} == damaged | {newer}
    assert f"{len(damaged) + 1} jobs are set aside" in daemon.log()
    assert empty not in daemon.log()
    assert daemon.uploaded() == []
    with daemon.client("stranger") as client, pytest.raises(ProtocolError, match="there is no such job"):
        client.attach(newer)
    with daemon.client() as client:
        client.attach(incomplete)
        header = last(client, incomplete)
        assert header["event"] == "failed"
        for kind in ("attach", "cancel", "forget"):
            with pytest.raises(ProtocolError, match="set aside: it was made by a newer Impasto; it is kept in spool/d"):
                client.ask(kind, job=newer)
        assert (spool / "damaged" / newer).exists()
        job = order(client, photo())
        assert np.array_equal(painted(client, job), painted_here())
    assert daemon.end() == 0


def keep(spool: Path, client: str, at: float, **results: bytes) -> str:
    """A job that ended at this second of the spool's counters; the job."""
    job = uuid.uuid4().hex
    (spool / job).mkdir(parents=True)
    for name, data in results.items():
        (spool / job / f"{name}.rgba").write_bytes(data)
    sums = {path.name: kept(path) for path in (spool / job).iterdir()}
    write(spool / job / OUTCOME, outcome_of(Record(client, "paint"), {"event": "done"}, at, sums))
    return job


def test_old_and_large_results_make_way(start_daemon: Any, tmp_path: Path) -> None:
    """By the time that daemons ran beside them, whatever the computer's clock says; and the oldest if all are large."""
    home = tmp_path / "home"
    spool = home / "spool"
    owner = own_keys("client", home)[0]
    guest = own_keys("client", tmp_path / "home-guest")[0]
    run = 3 * RESULTS_SECONDS
    old = keep(spool, guest, run - RESULTS_SECONDS - 60, pixels=b"data")
    young = keep(spool, guest, run - RESULTS_SECONDS + 3600, pixels=b"data")
    keep(spool, owner, run - RESULTS_SECONDS + 3600)
    large = [keep(spool, owner, run - age) for age in (300, 200, 100)]
    for job in large:
        with (spool / job / "pixels.rgba").open("wb") as file:
            file.truncate(RESULTS_BYTES // 2 - 5000)  # takes no room on the disk
    write(spool / COUNTERS[0], {"start": 7, "seconds": float(run)})
    daemon = start_daemon()
    with daemon.client() as client, daemon.client("guest") as other:
        left = {large[1], large[2]}  # another of the owner's is older than these, and the room is used up
        until(lambda: {job["job"] for job in client.ask("list")["jobs"]} == left, "it has tidied up")
        until(lambda: daemon.spooled() == {*left, young}, "the disk is free")
        with pytest.raises(ProtocolError) as refused:
            other.fetch(old, "pixels.rgba", 4)
        assert refused.value.code == "job"
        assert other.fetch(young, "pixels.rgba", 4) == b"data"


def test_planes_nobody_comes_back_for_within_an_hour(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, "somebody")
    for name, ago in (("old", 3601), ("new", 3500)):
        uploads.put(name, 0, 9, "no", b"half")
        uploads.planes[name].touched -= ago
    uploads.clean()
    assert set(uploads.planes) == {"new"}
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def small_files(size: int) -> Any:
    """What a full disk looks like to a process: no file may become larger. For Popen."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_no_room_for_planes(start_daemon: Any) -> None:
    daemon = start_daemon(preexec_fn=small_files(20_000))
    with daemon.client() as client:
        with pytest.raises(ProtocolError) as refused:
            client.put(bytes(30_000))
        assert refused.value.code == "disk"
        assert "ulimit" in refused.value.remedy
        assert daemon.uploaded() == []
        assert str(daemon.home) not in str(refused.value)
        job = order(client, flat((1, 2, 3), 16), strokes=4)
        assert painted(client, job).shape == (16, 16, 4)


def test_no_room_for_results(start_daemon: Any) -> None:
    daemon = start_daemon(preexec_fn=small_files(20_000))
    with daemon.client() as client:
        picture = put(client, flat((1, 2, 3), 80))  # 19,200 bytes, and as many again with alpha
        job = client.start("paint", picture=picture, style=ENDS, strokes=4, preview=False)
        header = last(client, job)
        assert (header["event"], header["code"]) == ("failed", "disk"), header
        assert header["sentence"]
        assert header["remedy"]
        assert str(daemon.home) not in str(header)
        client.ask("forget", job=job)
        job = order(client, flat((1, 2, 3), 16), strokes=4)
        assert painted(client, job).shape == (16, 16, 4)
    assert daemon.alive()


ENDS = {"name": "x", "passes": [{"radius": 0.2, "share": 1, "iterations": 2}], "finish": 1}


def test_no_spool_any_more(start_daemon: Any) -> None:
    """A file in its place: nothing can be kept, whoever asks."""
    daemon = start_daemon()
    spool = daemon.home / "spool"
    with daemon.client() as client:
        running = endless(client)
        wait_for(client, running, "started")
        waiting = order(client, flat((1, 2, 3)))
        picture = put(client, flat((1, 2, 3)))
        shutil.rmtree(spool)
        spool.write_text("in the way")
        with pytest.raises(ProtocolError) as refused:
            client.start("paint", picture=picture, style=ENDS)
        assert refused.value.code in ("plane", "disk")
        with pytest.raises(ProtocolError) as refused:
            put(client, flat((1, 2, 3)))
        assert refused.value.code == "disk"
        client.ask("cancel", job=running)
        assert last(client, running)["event"] in ("cancelled", "failed")
        header = last(client, waiting)
        assert (header["event"], header["code"]) == ("failed", "disk")
        for job in (running, waiting):
            client.ask("forget", job=job)
        spool.unlink()
        job = order(client, flat((1, 2, 3), 16), strokes=4)  # there is a place again
        assert painted(client, job).shape == (16, 16, 4)
    assert daemon.end() == 0


def test_jobs_go_on_after_the_end(start_daemon: Any) -> None:
    daemon: Daemon = start_daemon()
    with daemon.client("watcher") as client:
        running = order(client, photo(), style={**ENDS, "finish": 400})
        seen = wait_for(client, running, "begun")
        waiting = order(client, photo())
        assert daemon.end(signal.SIGHUP) == 0  # its terminal was closed
        assert not (daemon.home / "daemon.json").exists()
        begun = daemon.home / "spool" / running / "checkpoint.impasto"
        begun.write_bytes(b"what only a newer Impasto understands")
        daemon.start()
        client._asked = (daemon.runtime["address"], daemon.runtime["key"])
        client.connect()
        assert {job["job"] for job in client.ask("list")["jobs"]} == {running, waiting}
        client.attach(running, since=seen["seq"] + 1000)  # numbers go on: what comes now is newer than all before
        client.attach(waiting)
        assert "cannot be read; the painting begins again" in wait_for(client, running, "fitted")["what"]
        (kept,) = begun.parent.glob("*.unread")  # until it is done without it
        assert kept.read_bytes() == b"what only a newer Impasto understands"
        assert last(client, running)["event"] == "done"
        assert not kept.exists()
        until(lambda: "what was painted before cannot be read" in daemon.log(), "the log says so")
        assert np.array_equal(painted(client, waiting), painted_here())
    daemon.end()
    daemon.start()
    with daemon.client("watcher") as client:  # results are still there
        client.attach(waiting)
        assert np.array_equal(painted(client, waiting), painted_here())
