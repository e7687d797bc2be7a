"""Limits that hold before memory or disk are taken; and what refusals and ended connections leave, which is nothing."""

import errno
import json
import os
import shutil
import tracemalloc
import zlib
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from serving import QUICK, Daemon, endless, flat, last, order, painted, photo, put, until, wait_for

from benchmarks.curve import Curve, sodium
from impasto.engine.daemon.connections import MOST_BACKLOG, MOST_PEERS, MOST_REFUSED
from impasto.engine.daemon.discretion import Discretion, without_paths
from impasto.engine.daemon.uploads import MOST_UPLOADED_BYTES, SPARE, Uploads, check_disk
from impasto.engine.files import disk_trouble
from impasto.protocol import ProtocolError
from impasto.protocol.keys import own_keys
from impasto.protocol.limits import CHUNK_BYTES

counted = pytest.mark.skipif(
    sodium() is None or not Path("/proc/self/status").exists(), reason="needs libsodium, and a system that counts bytes"
)


def raw(daemon: Daemon, name: str) -> Curve:
    daemon.let_in(name)
    return Curve(daemon.runtime["address"], daemon.runtime["key"], *own_keys("client", daemon.folder(name)))


@counted
@pytest.mark.parametrize("size", [CHUNK_BYTES, 0])
def test_a_message_without_an_end_is_cut_off(daemon: Daemon, size: int) -> None:
    """Of large frames or of empty ones, which take more memory than they are long; others are served meanwhile."""
    before, sent, frames = daemon.memory(), 0, 1 if size else 2000
    with daemon.client() as owner:
        connection = raw(daemon, "endless")
        with pytest.raises(OSError):
            while sent < 20 * MOST_BACKLOG:
                data = b"".join(connection.packed(bytes(size), more=True) for _ in range(frames))
                connection.socket.sendall(data)
                sent += len(data)
        assert owner.ask("ping")["kind"] == "ok"
        assert daemon.memory() - before < 200 << 20
        until(lambda: daemon.memory() - before < 60 << 20, "what it had sent is thrown away")


@counted
def test_connections_of_one_key_are_counted_before_they_say_anything(daemon: Daemon) -> None:
    there = []
    try:
        with pytest.raises((OSError, EOFError)):
            for _ in range(2 * (MOST_PEERS + MOST_REFUSED)):
                there.append(raw(daemon, "many"))
        assert len(there) >= MOST_PEERS
        with daemon.client() as other:
            assert other.ask("ping")["kind"] == "ok"
    finally:
        for connection in there:
            connection.close()


def test_what_was_put_for_a_job_that_is_refused_is_thrown_away(daemon: Daemon) -> None:
    with daemon.client("careless") as client:
        for _ in range(70):  # more than may wait
            picture = put(client, flat((1, 2, 3), 8))
            with pytest.raises(ProtocolError) as refused:
                client.start(
                    "paint", picture={**picture, "width": 9, "stride": 27}, style=QUICK.model_dump(mode="json")
                )
            assert refused.value.code == "plane"
        for _ in range(3):
            with pytest.raises(ProtocolError):
                client.start("segment", picture=put(client, flat((1, 2, 3), 8)), method="none such")
            with pytest.raises(ProtocolError):
                client.start("segment", picture={**put(client, flat((1, 2, 3), 8)), "stride": 1})
        assert not daemon.uploaded()


def test_what_was_put_for_a_message_that_is_not_understood_is_thrown_away(daemon: Daemon) -> None:
    """Of a newer client, and a careless one; but not what others had put, nor it for later."""
    with daemon.client("careless") as client, daemon.client("careless") as other:
        kept = other.put(b"of another connection"), client.put(b"for later")

        def asked(kind: str, **fields: object) -> None:
            with pytest.raises(ProtocolError):
                client.ask(kind, **fields)

        for fields in ({"newer": 1}, {"strokes": "many"}):
            asked("paint", **{"picture": put(client, flat((1, 2, 3), 8)), "style": {}, **fields})
        asked("a newer job", painting=client.put(b"x"))
        asked("hold", painting=client.put(b"x"), job="0" * 32)
        assert len(daemon.uploaded()) == len(kept)
        number, parts = client._session.request("paint", {"style": {"": [0] * 60_000}}, ())
        assert number and client._wire.send(parts)  # of which nothing is read: all that came with it goes
        until(lambda: len(daemon.uploaded()) == 1, "it is thrown away")


def test_what_a_connection_had_put_goes_with_it(daemon: Daemon) -> None:
    for _ in range(2):  # else the second one had no room
        with daemon.client("hasty") as client, daemon.client("hasty") as other:
            for k in range(40):
                client.ask("put", (b"x",), plane=f"p{k}", offset=0, total=2)
            other.ask("put", (b"x",), plane="mine", offset=0, total=2)
            client.close()
            until(lambda: len(daemon.uploaded()) == 1, "what was put over the other connection stays")
    until(lambda: not daemon.uploaded(), "all is thrown away")


def test_planes_that_were_promised_and_those_of_waiting_jobs_are_counted(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    others = Uploads(tmp_path, "other", promised=lambda: free - SPARE)
    with pytest.raises(ProtocolError, match="disk is full"):
        others.put("p", 0, 1 << 30, "no", b"x")
    full = Uploads(tmp_path, "full", waiting=lambda: MOST_UPLOADED_BYTES - 5)
    full.put("p", 0, 5, "no", b"x")
    assert full.missing == 4
    with pytest.raises(ProtocolError, match="wait to be painted"):
        full.put("q", 0, 1, "no", b"x")


@pytest.mark.parametrize(("missing", "full"), [(0, False), (1, True)])
def test_a_quarter_of_a_gigabyte_stays_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: int, full: bool
) -> None:
    free = SPARE + 1000 + 5 - missing
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=1 << 50, used=0, free=free))
    with pytest.raises(ProtocolError, match="disk is full") if full else nullcontext():
        check_disk(tmp_path, 1000, 5)
    assert SPARE == 256 << 20


def test_what_is_packed_takes_no_more_memory_than_a_chunk(tmp_path: Path) -> None:
    bomb, uploads = zlib.compress(bytes(256 << 20)), Uploads(tmp_path, "somebody")
    assert len(bomb) < CHUNK_BYTES
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolError) as refused:
            uploads.put("bomb", 0, CHUNK_BYTES, "zlib", bomb)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert refused.value.code == "too_large" and most < 4 * CHUNK_BYTES


def test_what_waiting_jobs_came_with_is_counted_by_the_daemon(daemon: Daemon) -> None:
    with daemon.client("waiting") as client:
        long = endless(client)
        wait_for(client, long, "started")
        jobs = [order(client, np.zeros((2048, 2048, 4), np.uint8), strokes=4) for _ in range(2)]
        half = MOST_UPLOADED_BYTES // 2
        try:
            client.ask("put", (b"x",), plane="a", offset=0, total=half)
        except ProtocolError as error:
            pytest.skip(f"this needs a larger disk: {error}")
        with pytest.raises(ProtocolError) as refused:
            client.ask("put", (b"x",), plane="b", offset=0, total=half - (16 << 20))
        assert refused.value.code == "limit"
        for job in (*jobs, long):
            client.ask("cancel", job=job)
            last(client, job)
            client.ask("forget", job=job)


def test_a_guest_learns_of_no_path_and_names_networks_only(daemon: Daemon, tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "config.json").write_text('{"model_type": "its-secret"}')
    said = {}
    for name in (None, "guest"):
        with daemon.client(name) as client:
            said[name] = set()
            for model in (str(tmp_path / "net"), *([str(tmp_path / "none"), "/root", ".", "../.."] if name else [])):
                try:
                    job = client.start(
                        "segment", picture=put(client, flat((1, 2, 3), 64)), method="panoptic", model=model
                    )
                    said[name].add(last(client, job)["sentence"])
                    client.ask("forget", job=job)
                except ProtocolError as error:
                    said[name].add(str(error))
    assert len(said["guest"]) == 1 and "/" not in said["guest"].pop()
    assert any(str(tmp_path) in sentence for sentence in said[None])  # the owner is told more


def test_a_guest_paints_with_the_tips_of_styles_and_learns_not_where_they_lie(daemon: Daemon) -> None:
    folder = daemon.home / "styles"
    folder.mkdir(mode=0o700, exist_ok=True)
    Image.fromarray(np.uint8(np.arange(1024).reshape(32, 32) % 256)).save(folder / "comb.png")
    values = {**QUICK.model_dump(mode="json"), "medium": {"kind": "oil", "tip": str(folder / "comb.png")}}
    try:
        with daemon.client() as owner, daemon.client("guest") as guest:
            owner.ask("keep_style", name="combed", style=values)
            for client in (owner, guest):
                client.connect()
            told = [
                next(style["values"] for style in client.hello["styles"] if style["name"] == "combed")
                for client in (owner, guest)
            ]
            assert [style["medium"]["tip"] for style in told] == [str(folder / "comb.png"), "styles/comb.png"]
            assert str(daemon.home) not in json.dumps(guest.hello)
            assert np.array_equal(painted(owner, order(owner, photo(), style=told[0])),
                                  painted(guest, order(guest, photo(), style=told[1])))  # fmt: skip
            assert guest.ask("keep_style", name="mine", style=told[1])["style"]["values"]["medium"]["tip"] == "comb.png"
            guest.connect()
            assert json.dumps(guest.hello).count("styles/comb.png") == 2
    finally:
        for file in folder.iterdir():
            file.unlink()


def test_of_paths_the_last_part_is_left() -> None:
    assert without_paths("/home/me/.impasto/spool/ab/result.impasto is damaged; see /home/me/log") == (
        "result.impasto is damaged; see log"
    )
    assert without_paths(r"C:\Users\me\net has no x.safetensors (~/nets/a/b)") == "net has no x.safetensors (b)"
    plain = "300 × 200 and/or 1/2; say hello (impasto serve logs)"
    assert without_paths(plain) == plain


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.ENOSPC, "free space"), (errno.EROFS, "written"), (errno.EACCES, "written"), (errno.EFBIG, "ulimit")],
)
def test_the_remedy_is_for_what_the_disk_says(number: int, remedy: str) -> None:
    why, what = disk_trouble(OSError(number, os.strerror(number)))
    assert why == os.strerror(number) and remedy in what
    assert disk_trouble(OSError("no number"))[0] == disk_trouble(None)[0] == "it could not be written"


def test_only_the_owner_is_told_of_folders_whatever_they_are_told_in() -> None:
    for name in ("sentence", "remedy", "what", "why"):
        said = {name: "there is no /home/me/nets/words.onnx"}
        assert Discretion("owner").told("owner", said) == said
        assert Discretion("owner").told("guest", said) == {name: "there is no words.onnx"}
