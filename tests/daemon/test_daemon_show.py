"""Paintings that are held and shown in another look, beside whatever is being painted."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from serving import PROGRAM, QUICK, Daemon, endless, last, order, photo, tells_children, until, wait_for

from impasto.engine.media import MEDIA
from impasto.engine.painting.look import with_look
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.strokes import Strokes
from impasto.engine.styles.own import MOST_OWN
from impasto.protocol import ProtocolError
from impasto.protocol.codec import pack, unpack
from impasto.protocol.limits import MOST_HELD, MOST_SHOWN_BYTES
from impasto.protocol.session import SHOWN

PACKAGE = """
import os, time
from impasto.engine.media import Medium

class Inverted(Medium):
    def render(self, table, height, width, **options):
        if width == 13:
            os.abort()
        table = table.copy()
        table[:, 10:] = 1 - table[:, 10:]
        return super().render(table, height, width, **options)
"""
INVERTED = {"kind": "inverted"}


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One of our own, that has a medium of another package."""
    folder = tmp_path_factory.mktemp("show")
    facts = folder / "packages" / "inverted-1.0.dist-info"
    facts.mkdir(parents=True)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: inverted\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[impasto.media]\ninverted = inverted_medium:Inverted\n")
    (folder / "packages" / "inverted_medium.py").write_text(PACKAGE)
    daemon = Daemon(folder / "home")
    daemon.env["PYTHONPATH"] = str(folder / "packages")
    try:
        yield daemon.start()
        assert daemon.alive(), daemon.said()
        assert "a message was not understood" not in daemon.log() and "a turn went wrong" not in daemon.log()
    finally:
        daemon.kill()


@pytest.fixture(scope="module")
def painting(daemon: Daemon, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, bytes, Painting]:
    """A job that has been done, its file, and the painting."""
    with daemon.client() as client:
        job = order(client, photo(), find="unsupervised")
        data = bytes(client.fetch(job, "result.impasto", last(client, job)["painting"]))
    path = tmp_path_factory.mktemp("painting") / "it.impasto"
    path.write_bytes(data)
    return job, data, Painting.load(path)


def held(daemon: Daemon) -> list[Path]:
    return list((daemon.home / "spool" / "uploads").glob("held/*"))


def array(pixels: bytes, height: int, width: int) -> np.ndarray:
    return np.frombuffer(pixels, np.uint8).reshape(height, width, 4)


def test_a_painting_in_another_look(daemon: Daemon, painting: Any, tmp_path: Path) -> None:
    """To the bit what the engine renders, by a file that was sent or a job that is there, which stays."""
    job, data, here = painting
    with daemon.client() as client:
        assert client.can("show") and "inverted" in {one["name"] for one in client.hello["offers"]["media"]}
        handles = [client.hold(data), client.hold(job=job)]
        oil = with_look(here, {"kind": "oil"}, {"angle": 20})
        for handle in handles:
            told, _ = client.view_event()
            assert (told["event"], told["handle"], told["strokes"]) == ("held", handle, len(here.strokes))
            assert told["regions"] == list(here.regions.names) and told["width"] == here.width
            assert told["passes"] == [2] * len(here.regions)
            flat = array(client.show(handle, 30, 20), 20, 30)
            assert np.array_equal(flat, here.render(20, 30))
            other = array(client.show(handle, 30, 20, medium=INVERTED, light={"relief": 0.5}), 20, 30)
            assert np.abs(255.0 - other[..., :3] - flat[..., :3]).mean() < 40 < np.abs(0.0 + other - flat).mean()
            for draft in (True, False):
                shown = client.show(handle, 30, 20, {"kind": "oil"}, {"angle": 20}, draft=draft)
                assert np.array_equal(array(shown, 20, 30), oil.render(20, 30, draft=draft))
        assert client.fetch(job, "result.impasto", len(data)) == data
        size = {"width": 30, "height": 20}
        again = client.start("render", painting=client.put(data), **size, medium={"kind": "oil"}, light={"angle": 20})
        done = last(client, again)
        assert array(bytes(client.fetch(again, "pixels.rgba", 2400)), 20, 30).tobytes() == oil.render(20, 30).tobytes()
        (tmp_path / "oil.impasto").write_bytes(bytes(client.fetch(again, "result.impasto", done["painting"])))
        assert Painting.load(tmp_path / "oil.impasto").style["medium"] == {"kind": "oil"}
        for handle in handles:
            client.ask("let_go", handle=handle)
        assert held(daemon) == [] and daemon.uploaded() == []
        with pytest.raises(ProtocolError, match="holds no such painting") as refused:
            client.show(handles[0], 30, 20)
        assert refused.value.code == "handle"


def test_the_newest_wish_wins(daemon: Daemon, painting: Any) -> None:
    """Each wish hears of itself once; what waits makes way, what comes last is shown last."""
    with daemon.client() as client:
        handle = client.hold(painting[1])
    with daemon.dealer() as socket, daemon.client() as client:

        def said() -> tuple[Any, list[bytes]]:
            assert socket.poll(120_000)
            header, *frames = socket.recv_multipart()
            return unpack([header])[0], frames

        socket.send_multipart(pack("hold", 0, {"painting": client.put(painting[1])}))
        handle = said()[0]["handle"]
        for serial in range(40):
            look = {"medium": INVERTED if serial % 2 else None, "serial": serial}
            socket.send_multipart(pack("show", serial, {"handle": handle, "width": 1200, "height": 800, **look}))
        found: dict[int, str] = {}
        order, pixels = [], b""
        while len(found) < 40:
            header, frames = said()
            if header.get("event") in SHOWN:
                assert header["serial"] not in found
                found[header["serial"]] = header["event"]
                if header["event"] == "shown":
                    order.append(header["serial"])
                    pixels = b"".join(frames)
        assert set(found.values()) == {"shown", "superseded"}
        assert order == sorted(order) and order[-1] == 39
        flat = painting[2].render(800, 1200)
        assert np.abs(255.0 - array(pixels, 800, 1200)[..., :3] - flat[..., :3]).mean() < 40


def test_what_cannot_be_held_or_shown(daemon: Daemon, painting: Any) -> None:
    """A sentence each; and nobody sees, or learns of, what another connection holds."""
    job, data, _ = painting
    with daemon.client() as client, daemon.client() as same, daemon.client("stranger") as other:
        bad = client.hold(data[: len(data) // 2])
        told, _ = client.view_event(wanted=lambda header: header["handle"] == bad)
        assert (told["event"], told["code"]) == ("dropped", "refused")
        assert "damaged" in told["sentence"] and str(daemon.home) not in told["sentence"]
        handle = client.hold(data)
        for stranger in (same, other):
            for kind, fields in (("show", {"width": 3, "height": 2}), ("let_go", {})):
                with pytest.raises(ProtocolError) as refused:
                    stranger.ask(kind, handle=handle, **fields)
                assert refused.value.code == "handle"
        for more, named in (
            ({"medium": {"kind": "oils"}}, "no medium oils"), ({"light": {"relief": 9}}, "relief"),
            ({"medium": {"strange": 1}}, "strange"), ({"light": {"ground": [1]}}, "ground"),
        ):  # fmt: skip
            with pytest.raises(ProtocolError, match=named) as refused:
                client.show(handle, 30, 20, more.get("medium"), more.get("light"))
            assert refused.value.code == "refused"
        side = int((MOST_SHOWN_BYTES / 4) ** 0.5) + 1
        for width, height in ((side, side), (60000, 60000)):
            with pytest.raises(ProtocolError) as refused:
                client.show(handle, width, height)
            assert refused.value.code == "too_large"
        for fields in ({}, {"job": job, "painting": "p"}, {"job": "0" * 32}, {"painting": "none"}):
            with pytest.raises(ProtocolError) as refused:
                client.ask("hold", **fields)
            assert refused.value.code in ("malformed", "job", "plane")
        with pytest.raises(ProtocolError, match="there is no medium"):
            client.sample("oils")
        assert array(client.show(handle, 30, 20), 20, 30).any()


def test_as_many_as_may_be_held_and_none_of_who_is_gone(daemon: Daemon, painting: Any) -> None:
    until(lambda: not held(daemon), "those of earlier tests are let go, whose connections are gone")
    with daemon.client() as client:
        handles = [client.hold(painting[1]) for _ in range(MOST_HELD + 1)]
        told, _ = client.view_event(wanted=lambda header: header["event"] == "dropped")
        assert told["handle"] == handles[0] and len(held(daemon)) == MOST_HELD
        assert client.show(handles[-1], 30, 20)
    until(lambda: not held(daemon), "they are let go")


def test_who_holds_one_painting_after_the_other_keeps_nobody_waiting(
    daemon: Daemon, painting: Any, tmp_path: Path
) -> None:  # fmt: skip
    """Keys take turns, whatever each asks for."""
    table = np.random.default_rng(0).uniform(0.1, 0.9, (150_000, 13)).astype(np.float32)
    slow = replace(painting[2], strokes=Strokes.of(table), regions=None, refit=None)  # to be loaded
    slow.save(tmp_path / "slow.impasto")
    data = (tmp_path / "slow.impasto").read_bytes()
    with daemon.client("greedy") as greedy, daemon.client() as client:
        handle = client.hold(painting[1])
        client.show(handle, 30, 20)
        for _ in range(MOST_HELD):
            greedy.hold(data)
        assert client.show(handle, 30, 20)
        greedy.ask("ping")  # all that it was told before has come with the answer
        loaded = 0
        with pytest.raises(ProtocolError):
            while greedy.view_event(0):
                loaded += 1
        assert loaded <= MOST_HELD // 2, "all that was to be loaded came first"


def test_a_job_goes_on_meanwhile(daemon: Daemon, painting: Any) -> None:
    with daemon.client() as painter, daemon.client() as client:
        job = endless(painter)
        wait_for(painter, job, "started")
        before = wait_for(painter, job, "progress")
        handle = client.hold(painting[1])
        for _ in range(3):
            assert client.show(handle, 300, 200, medium=INVERTED)
        (state,) = [one["state"] for one in client.ask("list")["jobs"] if one["job"] == job]
        assert state == "running"
        assert wait_for(painter, job, "progress")["iteration"] != before["iteration"]
        painter.ask("cancel", job=job)
        assert last(painter, job)["event"] == "cancelled"


@tells_children
def test_a_viewer_that_ends(daemon: Daemon, painting: Any) -> None:
    """By itself or by what it is to show: the next one shows the rest; what ends it again is let go."""
    with daemon.client() as client:
        handle = client.hold(painting[1])
        client.show(handle, 30, 20)
        (viewer,) = [pid for pid in daemon.tasks() if b"daemon.viewer" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        os.kill(viewer, signal.SIGKILL)
        assert client.show(handle, 30, 20)
        with pytest.raises(ProtocolError, match=r"twice \(.*Aborted") as refused:
            client.show(handle, 13, 9, medium=INVERTED)
        assert refused.value.code == "crash"
        told, _ = client.view_event(wanted=lambda header: header["event"] == "dropped")
        assert (told["handle"], told["code"]) == (handle, "crash")
        with pytest.raises(ProtocolError, match="no such painting"):
            client.show(handle, 30, 20)
        assert client.show(client.hold(painting[1]), 30, 20)


@tells_children
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere one that is stopped is ended when it goes on")
def test_a_viewer_that_hangs_is_replaced(daemon: Daemon, painting: Any) -> None:
    """What was asked of it is answered by the next one."""

    def viewers() -> list[int]:
        return [pid for pid in daemon.tasks() if b"daemon.viewer" in Path(f"/proc/{pid}/cmdline").read_bytes()]

    with daemon.client() as client:
        handle = client.hold(painting[1])
        before = bytes(client.show(handle, 30, 20))
        (hangs,) = viewers()
        os.kill(hangs, signal.SIGSTOP)
        assert bytes(client.show(handle, 30, 20)) == before
        assert hangs not in viewers() and len(viewers()) == 1
    assert "the viewer hangs: it gave no sign of life for 20 seconds" in daemon.log()


def test_every_medium_has_a_picture_and_a_sentence(daemon: Daemon) -> None:
    with daemon.client() as client:
        media = {one["name"]: one["about"] for one in client.hello["offers"]["media"]}
        assert set(MEDIA.ours) | {"inverted"} == set(media)
        assert all(media[name] for name in MEDIA.ours)
        pictures = {name: bytes(client.sample(name)) for name in media}
        began = time.monotonic()
        assert bytes(client.sample("flat")) == pictures["flat"]
        assert time.monotonic() - began < 60  # kept
        for data in pictures.values():
            assert len(data) <= 8192 and np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).std() > 20
        assert len(set(pictures.values())) == len(pictures)


def test_a_style_of_ones_own(daemon: Daemon) -> None:
    """Whole and found by all; never in place of another unasked, and of another user's not at all."""
    values = {**QUICK.model_dump(mode="json"), "medium": {"dryness": 1.5}, "description": 'my "own" – mine'}
    file = daemon.home / "styles" / "rough sea.toml"
    with daemon.client() as client, daemon.client("guest") as guest:
        assert client.can("keep_style")
        kept = client.ask("keep_style", name="rough sea", style=values)["style"]
        assert kept["values"] == {**values, "name": "rough sea"} and kept["description"] == values["description"]
        command = [sys.executable, str(PROGRAM), "styles", "rough sea", "--json"]
        shown = subprocess.run(command, env=daemon.env, capture_output=True, text=True, check=True).stdout
        assert json.loads(shown) == kept["values"]
        client.connect()
        assert kept in client.hello["styles"]
        before = file.read_bytes()
        for who, more, code in (
            (client, {}, "exists"), (guest, {}, "exists"), (guest, {"replace": True}, "forbidden"),
            (client, {"name": "painterly", "replace": True}, "refused"), (client, {"name": "../up"}, "refused"),
            (client, {"name": "..", "replace": True}, "refused"), (client, {"name": "con"}, "refused"),
            (client, {"style": {"passes": []}, "replace": True}, "refused"),
            (client, {"name": "new", "style": {**values, "medium": {"kind": "oils"}}}, "refused"),
        ):  # fmt: skip
            with pytest.raises(ProtocolError) as refused:
                who.ask("keep_style", **({"name": "rough sea", "style": values} | more))
            assert refused.value.code == code, refused.value
        assert file.read_bytes() == before and list(file.parent.iterdir()) == [file]
        client.ask("keep_style", name="rough sea", style={**values, "strokes": 77}, replace=True)
        assert b"strokes = 77" in file.read_bytes()
        guest.ask("keep_style", name="the guests", style=values)
        for number in range(MOST_OWN // 2 - 2):
            (file.parent / f"style {number}.toml").write_bytes(before)
        with pytest.raises(ProtocolError, match="many styles already") as refused:
            guest.ask("keep_style", name="one more", style=values)
        assert refused.value.code == "limit" and client.ask("keep_style", name="one more", style=values)
