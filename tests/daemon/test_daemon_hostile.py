"""Whatever those do who have a key, the daemon lives, does not grow, and serves the others."""

import shutil
import threading
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zmq
from hostility import PATHS, Villain
from serving import (
    ENDLESS,
    QUICK,
    STROKES,
    Daemon,
    endless,
    flat,
    last,
    order,
    painted,
    painted_here,
    photo,
    put,
    until,
    wait_for,
)

from impasto.protocol import NEWEST_VERSION, ProtocolError
from impasto.protocol.client import Client
from impasto.protocol.codec import pack, unpack
from impasto.protocol.limits import CHUNK_BYTES

MESSAGES, SOCKETS = 24_000, 4
GROWTH = 30 << 20
proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc")
CODES = {
    "malformed", "too_large", "unknown", "version", "limit", "plane", "job", "refused", "forbidden", "disk", "handle",
    "exists",
}  # fmt: skip


def heard(socket: Any) -> Any:
    assert socket.poll(120_000), "no answer"
    return unpack(socket.recv_multipart())


def answer(socket: Any, number: int) -> Any:
    """The answer to a request, whatever comes before it."""
    while True:
        header, frames = heard(socket)
        if header["id"] == number and header["kind"] != "event":
            return header, frames


def tidy(daemon: Daemon, name: str) -> None:
    """End and forget all jobs of a client."""
    with daemon.client(name) as client:
        for job in client.ask("list")["jobs"]:
            client.ask("cancel", job=job["job"])
        ended = ("done", "failed", "cancelled")
        until(lambda: all(job["state"] in ended for job in client.ask("list")["jobs"]), "all have ended")
        for job in client.ask("list")["jobs"]:
            client.ask("forget", job=job["job"])
    shutil.rmtree(daemon.home / "styles", ignore_errors=True)


def assault(daemon: Daemon, seed: int, count: int, told: dict[str, Any]) -> None:
    """Send so many messages through one socket, hearing most answers, and make sure that all have arrived."""
    villain = Villain(seed)
    with daemon.dealer("villain", sndhwm=100) as socket:
        for k in range(count):
            socket.send_multipart(villain.message())
            while k % 50 == 49 and socket.poll(0):
                header, _ = unpack(socket.recv_multipart())
                if header["kind"] == "error":
                    told[header["code"]] = told.get(header["code"], 0) + 1
                elif header["kind"] == "ok" and "position" in header:
                    villain.jobs.append(header["job"])
        socket.send_multipart(pack("ping", 2**60))
        answer(socket, 2**60)
    told["all of"] = told.get("all of", 0) + count


@proc
def test_twenty_thousand_messages(start_daemon: Any) -> None:
    daemon = start_daemon()
    daemon.client("villain").close()
    with daemon.client() as client:
        first = order(client, photo(), seed=1)
        assert np.array_equal(painted(client, first), painted_here(1))
        assault(daemon, 0, 500, {})
        before = daemon.memory()
        told: dict[str, Any] = {}
        threads = [
            threading.Thread(target=assault, args=(daemon, seed, MESSAGES // SOCKETS, told))
            for seed in range(1, SOCKETS + 1)
        ]
        for thread in threads:
            thread.start()
        good = 0
        while any(thread.is_alive() for thread in threads) or not good:
            job = order(client, photo(), seed=good)  # meanwhile
            assert np.array_equal(painted(client, job), painted_here(good))
            client.ask("forget", job=job)
            good += 1
        for thread in threads:
            thread.join()
        assert told.pop("all of") == MESSAGES
        assert {"malformed", "too_large", "unknown", "version", "plane", "job", "forbidden"} <= told.keys() <= CODES
        assert daemon.alive()
        assert daemon.memory() - before < GROWTH
        assert "a message was not understood" not in daemon.log()
        assert "a turn went wrong" not in daemon.log()
        assert client.fetch(first, "pixels.rgba", 32 * 48 * 4)
    tidy(daemon, "villain")
    until(lambda: daemon.spooled() == {first}, "the disk is free")
    until(lambda: not daemon.uploaded(), "what they had put went with their connections")
    assert not (daemon.home.parent / "harm").exists()
    assert not Path("/tmp/harm").exists()


def test_every_refusal_is_answered(daemon: Daemon) -> None:
    """Also the one whose number is known, under that number, and no socket is cut for it."""
    with daemon.dealer() as socket:
        for number, (kind, fields, code) in enumerate(
            [
                ("ping", {"x": 1}, "malformed"), ("nothing", {}, "unknown"), ("cancel", {"job": "0" * 32}, "job"),
                ("put", {"plane": "p", "offset": 5, "total": 9}, "malformed"),
                ("hello", {"versions": [9, 9]}, "version"),
                ("render", {"painting": "p", "width": 4, "height": 4}, "plane"),
            ],
            10,
        ):  # fmt: skip
            socket.send_multipart(pack(kind, number, fields, [b"xy"] if kind == "put" else []))
            header, _ = answer(socket, number)
            assert (header["kind"], header["code"]) == ("error", code)
            assert header["sentence"]


@pytest.mark.parametrize("name", PATHS)
def test_names_that_are_paths(daemon: Daemon, name: str) -> None:
    with daemon.client("names") as client:
        client.ask("put", (bytes(300),), plane=name[:64], offset=0, total=300)
        picture = {"plane": name[:64], "width": 10, "height": 10, "channels": 3, "depth": "u8", "stride": 30}
        job = order_plane(client, picture)
        assert last(client, job)["event"] == "done"
        if name not in ("pixels.rgba", "result.impasto"):
            with pytest.raises(ProtocolError) as refused:
                client.fetch(job, name, 1)
            assert refused.value.code in ("refused", "malformed")
            assert str(daemon.home) not in str(refused.value)
        client.ask("forget", job=job)
    assert not daemon.uploaded() or {p.suffix for p in daemon.uploaded()} == {".part"}


def order_plane(client: Any, picture: dict[str, Any]) -> str:
    return client.start("paint", picture=picture, style=QUICK.model_dump(mode="json"), strokes=4, preview=False)


@pytest.mark.parametrize(
    "data", [bytes(1000), bytes(CHUNK_BYTES), np.random.default_rng(1).bytes(CHUNK_BYTES)], ids=range(3)
)
def test_packed_chunks(daemon: Daemon, data: bytes) -> None:
    with daemon.client("packer") as client:
        name = client.put(data, packed=True)
        with pytest.raises(ProtocolError, match=f"{len(data)} bytes instead of"):
            client.start("segment", picture={
                "plane": name, "width": 1, "height": 1, "channels": 1, "depth": "u8", "stride": 1,
            })  # fmt: skip
        for frame, code in [
            (zlib.compress(bytes(CHUNK_BYTES + 1)), "too_large"), (zlib.compress(data[:1000])[:-5], "malformed"),
            (b"", "malformed"), (zlib.compress(b""), "malformed"), (zlib.compress(bytes(2000)), "malformed"),
        ]:  # fmt: skip
            with pytest.raises(ProtocolError) as refused:
                client.ask("put", (frame,), plane="bomb", offset=0, total=1000, packed="zlib")
            assert refused.value.code == code, len(frame)


def test_chunks_in_the_wrong_order(daemon: Daemon) -> None:
    with daemon.client("packer") as client:
        pixels = photo()
        data = pixels.tobytes()

        def chunk(start: int, end: int, **changes: Any) -> Any:
            fields = {"plane": "p", "offset": start, "total": len(data)} | changes
            return client.ask("put", (data[start:end],), **fields)["received"]

        def refused(*place: int, **changes: Any) -> None:
            with pytest.raises(ProtocolError) as error:
                chunk(*place, **changes)
            assert error.value.code == "malformed"

        refused(100, 200)
        assert chunk(0, 100) == 100
        refused(200, 300)  # a hole
        refused(50, 150)  # overlapping
        refused(100, 100)  # empty
        refused(100, 200, total=len(data) + 1)
        refused(100, 200, offset=99)
        assert chunk(100, 200) == 200
        refused(100, 200)  # again
        with pytest.raises(ProtocolError) as incomplete:
            order_plane(client, {"plane": "p", "width": 48, "height": 32, "channels": 3, "depth": "u8", "stride": 144})
        assert incomplete.value.code == "plane"
        assert chunk(0, 1000) == 1000  # from the start
        assert chunk(1000, len(data)) == len(data)
        job = order(client, pixels)
        plane = {"plane": "p", "width": 48, "height": 32, "channels": 3, "depth": "u8", "stride": 144}
        fields = {"style": QUICK.model_dump(mode="json"), "strokes": STROKES, "working_size": 64, "preview": False}
        other = client.start("paint", picture=plane, **fields)
        assert np.array_equal(painted(client, other), painted(client, job))
        for each in (job, other):
            client.ask("forget", job=each)


def test_planes_have_their_limits(daemon: Daemon) -> None:
    with daemon.client("hoarder") as client:
        for k in range(64):
            client.ask("put", (b"x",), plane=f"p{k}", offset=0, total=2)
        with pytest.raises(ProtocolError) as refused:
            client.ask("put", (b"x",), plane="one more", offset=0, total=2)
        assert refused.value.code == "limit"
        client.ask("put", (b"x",), plane="p0", offset=0, total=2)  # anew
        with daemon.client("other") as other:
            other.ask("put", (b"x",), plane="p", offset=0, total=2)


def test_jobs_have_their_limits(daemon: Daemon) -> None:
    with daemon.client("eager") as client, daemon.client() as other:
        running = endless(client)
        wait_for(client, running, "started")
        for _ in range(100):
            order(client, flat((1, 2, 3), 8), strokes=4)
        with pytest.raises(ProtocolError) as refused:
            order(client, flat((1, 2, 3), 8), strokes=4)
        assert refused.value.code == "limit"
        job = order(other, flat((1, 2, 3), 8), strokes=4)  # others have their own
        client.ask("cancel", job=running)
        assert last(other, job)["event"] == "done"
        other.ask("forget", job=job)
    tidy(daemon, "eager")


def test_begun_and_cancelled_for_ever(daemon: Daemon) -> None:
    """They are not kept for ever."""
    with daemon.client("fickle") as client:
        running = endless(client)
        wait_for(client, running, "started")
        for _ in range(530):
            job = client.start("segment", picture=put(client, flat((1, 2, 3), 8)), size=48)
            client.ask("cancel", job=job)
        kept = client.ask("list")["jobs"]
        assert len(kept) <= 500
        assert {job["job"] for job in kept} >= {running}
    tidy(daemon, "fickle")


@proc
def test_a_client_that_never_reads(daemon: Daemon) -> None:
    with daemon.client("reader") as client:
        result = order(client, flat((9, 9, 9), 512))
        assert painted(client, result).shape == (512, 512, 4)
        job = endless(client, preview=True)
        wait_for(client, job, "preview")
        before = daemon.memory()
        with daemon.dealer("reader", rcvhwm=1, rcvbuf=4096, sndhwm=0) as deaf:
            fetch = {"job": result, "file": "pixels.rgba", "offset": 0, "size": 1 << 20}
            for number in range(900):  # 900 MB of answers
                deaf.send_multipart(pack("fetch", number, fetch))
                if number % 3 == 0:
                    deaf.send_multipart(pack("attach", number, {"job": job}))
            deaf.send_multipart(pack("put", 0, {"plane": "the last", "offset": 0, "total": 2}, [b"x"]))
            highest, there = 0, len(daemon.uploaded())

            def all_heard() -> bool:
                nonlocal highest
                client.ask("ping")  # others are served meanwhile
                highest = max(highest, daemon.memory())
                return len(daemon.uploaded()) > there

            until(all_heard, "the daemon has heard it all")
            assert highest - before < (64 << 20) + (8 << 20) + GROWTH
            assert wait_for(client, job, "preview")["seq"]  # those who do read still get theirs
        client.ask("cancel", job=job)
        assert last(client, job)["event"] == "cancelled"
    tidy(daemon, "reader")


def test_a_preview_is_sent_when_the_last_was_seen(daemon: Daemon) -> None:
    with daemon.client("watcher") as client, daemon.dealer("watcher") as socket:
        socket.send_multipart(pack("paint", 1, {**ENDLESS, "picture": put(client, photo())}))
        job = answer(socket, 1)[0]["job"]

        def events(kind: str, before: Any) -> Any:
            found = []
            while True:
                header, frames = heard(socket)
                if header.get("event") == kind:
                    found.append((header, frames))
                if before(header):
                    return found

        (first,) = events("preview", lambda h: h.get("event") == "preview")
        header, frames = first
        assert (header["x"], header["y"]) == (0, 0)
        assert (header["width"], header["height"]) == (header["canvas_width"], header["canvas_height"])
        assert sum(map(len, frames)) == header["width"] * header["height"] * 4
        count = 0

        def long_after(header: Any) -> bool:
            nonlocal count
            count += header.get("event") == "progress"
            return count >= 15  # 0.1 s apart: several previews could have come

        assert events("preview", long_after) == []
        socket.send_multipart(pack("seen", 2, {"job": job, "seq": header["seq"] + 10**6}))  # not that one
        count = 0
        assert events("preview", long_after) == []
        socket.send_multipart(pack("seen", 3, {"job": job, "seq": header["seq"]}))
        (second,) = events("preview", lambda h: h.get("event") == "preview")
        assert second[0]["seq"] > header["seq"]
        client.ask("cancel", job=job)
        events("preview", lambda h: h.get("event") == "cancelled")
    tidy(daemon, "watcher")


def test_connections_by_the_hundred(daemon: Daemon) -> None:
    """Opened and dropped, with or without a word, of one client or of many."""

    def connected() -> Client | None:
        try:
            return daemon.client()
        except ProtocolError as refused:  # those before may not be known to be gone yet
            assert refused.code == "limit"
            return None

    for k in range(150):
        with until(connected, "there is room for one more") as client:
            assert client.hello["version"] == NEWEST_VERSION
        with daemon.dealer("villain" if k % 2 else None) as socket:
            if k % 3:
                socket.send_multipart(pack("hello", 1, {"versions": [1, 1]}))


def test_half_sent_messages(daemon: Daemon) -> None:
    for k in range(30):
        with daemon.dealer("villain") as socket:
            socket.send_multipart(
                pack("put", 1, {"plane": "p", "offset": 0, "total": CHUNK_BYTES}, [bytes(CHUNK_BYTES)])
            )
            socket.send(b"\x80", zmq.SNDMORE)
            socket.poll(k % 4)  # hung up in the middle of it
    with daemon.client() as client:
        assert client.ask("list")["kind"] == "ok"


def test_too_many_connections_at_once(daemon: Daemon) -> None:
    sockets = [daemon.dealer("villain") for _ in range(16)]
    try:
        for number, socket in enumerate(sockets):
            socket.send_multipart(pack("ping", number))
            assert answer(socket, number)[0]["kind"] == "ok"
        with pytest.raises(ProtocolError) as refused:
            daemon.client("villain")
        assert refused.value.code == "limit"
        with daemon.client() as client:  # others have their own
            client.ask("ping")
        sockets.pop().close()

        def served() -> bool:
            try:
                daemon.client("villain").close()
            except ProtocolError as error:
                assert error.code == "limit"
                return False
            return True

        until(served, "there is room again")
        for number, socket in enumerate(sockets, 100):
            socket.send_multipart(pack("ping", number))
            assert answer(socket, number)[0]["kind"] == "ok"  # it was not one of these that had to go
    finally:
        for socket in sockets:
            socket.close()


def test_a_frame_over_the_limit_cuts_its_connection_only(daemon: Daemon) -> None:
    with daemon.client() as client:
        with daemon.dealer("villain") as socket:
            put_it = pack("put", 1, {"plane": "p", "offset": 0, "total": CHUNK_BYTES}, [bytes(CHUNK_BYTES + 1)])
            socket.send_multipart(put_it)
            assert answer(socket, 1)[0]["code"] == "too_large"
            socket.send_multipart(pack("ping", 2, {}, [bytes(32 << 20)]))
            assert client.ask("ping")["kind"] == "ok"
            socket.send_multipart(pack("ping", 3))  # after it has connected again
            answer(socket, 3)
        assert client.ask("ping")["kind"] == "ok"
