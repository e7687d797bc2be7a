"""What clients are told, and when: of another age, cut off, or just curious."""

from typing import Any

import numpy as np
import pytest
from PIL import Image
from serving import QUICK, Daemon, endless, flat, last, order, painted, painted_here, photo, put, until, wait_for

from impasto import protocol
from impasto.engine.daemon import jobs, peers
from impasto.engine.daemon.records import REQUEST, read
from impasto.engine.daemon.remote import RemotePainter
from impasto.engine.errors import ImpastoError
from impasto.engine.order import Order
from impasto.engine.painter.events import Finished
from impasto.engine.pictures.io import Picture
from impasto.engine.styles import Style, changed_style, load_style, preset_names
from impasto.protocol import ProtocolError
from impasto.protocol import session as session_module
from impasto.protocol.client import Client
from impasto.protocol.codec import pack, unpack
from impasto.protocol.session import LAST


def test_hello(daemon: Daemon) -> None:
    with daemon.client() as client:
        told = client.hello
    assert told["versions"] == [protocol.OLDEST_VERSION, protocol.NEWEST_VERSION]
    assert {style["name"]: Style.model_validate(style["values"]) for style in told["styles"]} == {
        name: load_style(name) for name in preset_names()
    }
    assert told["parameters"]["properties"]["finish"]["maximum"] >= 10000
    assert told["devices"][0]["threads"] >= 1
    assert "unsupervised" in told["segmenters"]
    assert told["limits"]["chunk"] == 4 << 20
    assert {"effort", "segmenters", "offers"} <= set(told["features"])
    names = {kind: [one["name"] for one in there] for kind, there in told["offers"].items()}
    assert names.keys() == {"segmenters", "media", "losses", "exports", "pigments"}
    assert names["segmenters"] == told["segmenters"]
    titles = {one["name"]: one["title"] for one in told["offers"]["segmenters"]}
    assert titles["unsupervised"] == "By looks" and titles["auto"] == "Auto"
    assert names["losses"] == told["parameters"]["properties"]["loss"]["anyOf"][0]["enum"]


@pytest.mark.parametrize("version", [1, 2])
def test_an_older_client(daemon: Daemon, version: int) -> None:
    """What clients of versions 1 and 2 say, byte by byte as msgpack has it, is answered as they know it."""
    with daemon.dealer("painter") as socket:

        def asked(header: bytes) -> dict[str, Any]:
            socket.send_multipart([header])
            assert socket.poll(60_000)
            return unpack(socket.recv_multipart())[0]

        v = bytes([version])
        names = bytes([0xA1]) + b"v" + v + b"\xa2id\x05\xa4kind"
        told = asked(b"\x84" + names + b"\xa5hello\xa8versions\x92\x01" + v)
        assert (told["kind"], told["id"], told["version"]) == ("ok", 5, version)
        assert {"styles", "parameters", "devices", "limits", "preparing", "waiting"} <= told.keys()
        assert "unsupervised" in told["segmenters"]
        assert asked(b"\x83" + names + b"\xa4list") | {"v": 0} == {"v": 0, "kind": "ok", "id": 5, "jobs": []}
        job = b"\xa3job\xd9\x20" + b"0" * 32
        assert asked(b"\x84" + names + b"\xa6cancel" + job)["code"] == "job"
        assert asked(b"\x83" + names + b"\xa5paint")["code"] == "malformed"


def test_an_effort_is_sent_only_to_an_engine_that_offers_it(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = [Order(Picture(photo(), None), QUICK, strokes=20, effort=effort) for effort in ("normal", "draft")]
    with daemon.client() as client:
        start, sent = client.start, []
        monkeypatch.setattr(client, "start", lambda kind, **fields: sent.append(fields) or start(kind, **fields))
        for order in orders:
            painter = RemotePainter(client, order)
            asked = read(daemon.home / "spool" / painter.job / REQUEST)
            assert asked["fields"]["effort"] == order.effort
            *_, done = painter.paint()
            assert isinstance(done, Finished)
        assert ["effort" in fields for fields in sent] == [False, True]  # an older engine would refuse the field
        client.hello["features"].remove("effort")
        with pytest.raises(ImpastoError, match="knows no effort but normal; update it"):
            RemotePainter(client, orders[1])
        assert len(sent) == 2


def test_a_tip_goes_with_its_order(daemon: Daemon, tmp_path: Any) -> None:
    """What the engine elsewhere paints with it is what is painted here; a tip that is none, or only named, is said."""
    tip = np.zeros((40, 40), np.uint8)
    tip[10:30, 8:36:4] = 255
    Image.fromarray(255 - tip).save(tmp_path / "rake.png")
    style = changed_style(QUICK, ["medium.kind=oil", f"medium.tip={tmp_path / 'rake.png'}"])
    order = Order(Picture(photo(), None), style, strokes=20, working_size=64).with_tip_read()
    *_, here = order.painter().paint()
    assert isinstance(here, Finished) and here.painting.tip is not None
    with daemon.client("painter") as client:
        *_, there = RemotePainter(client, order).paint()
        assert isinstance(there, Finished)
        assert np.array_equal(there.painting.render(), here.painting.render())
        values = {"style": order.style.model_dump(mode="json"), "strokes": 20, "working_size": 64}
        data = (tmp_path / "rake.png").read_bytes()
        for tip, said in (
            ({"plane": client.put(data)}, None), ({"plane": client.put(data[:60])}, "the tip that was sent"),
            ({"plane": client.put(data), "kind": "stroke"}, "256 × 128"), (None, "there is only the name"),
        ):  # fmt: skip
            job = client.start("paint", picture=put(client, photo()), **values, tip=tip)
            ended = last(client, job)
            assert ended["event"] == ("done" if said is None else "failed") and (said or "") in ended.get(
                "sentence", ""
            )
            client.ask("forget", job=job)
        client.hello["features"].remove("tip")
        with pytest.raises(ImpastoError, match="knows no tips"):
            RemotePainter(client, order)


@pytest.mark.parametrize(("kind", "field"), [("segment", "method"), ("paint", "find")])
def test_a_segmenter_that_is_not_there(daemon: Daemon, kind: str, field: str) -> None:
    """The names there are come with the refusal."""
    with daemon.client("painter") as client:
        more = {} if kind == "segment" else {"style": {}}
        for name in ("by heart", "masks"):
            with pytest.raises(ProtocolError, match="unsupervised") as refused:
                client.start(kind, picture=put(client, photo()), **more, **{field: name})
            assert refused.value.code == "refused"
        job = client.start("segment", picture=put(client, photo()), size=48)
        assert last(client, job)["event"] == "done"
        client.ask("forget", job=job)


def test_a_newer_client(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes on in the older version, from its first message after `hello`."""
    for module in (protocol, session_module):
        monkeypatch.setattr(module, "NEWEST_VERSION", protocol.NEWEST_VERSION + 4)
    with daemon.client() as client:
        assert client.hello["version"] < protocol.NEWEST_VERSION
        assert client.ask("list")["kind"] == "ok"


def test_a_client_too_new(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (protocol, session_module):
        monkeypatch.setattr(module, "OLDEST_VERSION", protocol.NEWEST_VERSION + 2)
        monkeypatch.setattr(module, "NEWEST_VERSION", protocol.NEWEST_VERSION + 4)
    with pytest.raises(ProtocolError) as refused:
        daemon.client()
    assert (refused.value.code, refused.value.remedy) == ("version", "update the engine")


@pytest.mark.parametrize("address", ["nonsense", "tcp://", "tcp://127.0.0.1", "tcp://nowhere.invalid.:x", "ipc://"])
def test_addresses_that_are_none(daemon: Daemon, address: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        Client(address, daemon.runtime["key"], daemon.home)
    assert refused.value.code == "address"


def test_keys_that_are_none(daemon: Daemon) -> None:
    for key in ("x", "é" * 40, "#" * 40, daemon.home, daemon.home / "none"):
        with pytest.raises(ProtocolError) as refused:
            Client(daemon.runtime["address"], key, daemon.home)
        assert refused.value.code == "keys"
    with Client(daemon.runtime["address"], daemon.home / "keys" / "server.key", daemon.home) as client:
        assert client.hello["version"] == protocol.NEWEST_VERSION


def test_nobody_there(tmp_path: Any) -> None:
    with pytest.raises(ProtocolError) as refused:
        Client(folder=tmp_path)
    assert refused.value.code == "absent"


def numbers(client: Client, job: str) -> list[int]:
    return [header["seq"] for header, _ in client.events(job)]


def test_attached_again(daemon: Daemon) -> None:
    """What was told is told again, from where one wishes; the end at least once, and each event once."""
    with daemon.client("painter") as client:
        job = order(client, photo(), preview=True)
        seen = numbers(client, job)
        assert seen == sorted(set(seen))
        assert client.attach(job)["state"] == "done"
        again = numbers(client, job)
        assert set(again) <= set(seen)
        assert again[-1] == seen[-1]
        client.attach(job, since=again[1])
        assert numbers(client, job) == again[2:]
    with daemon.client("painter") as client:  # another connection
        client.attach(job)
        assert np.array_equal(painted(client, job), painted_here())
        client.ask("forget", job=job)
        with pytest.raises(ProtocolError) as refused:
            client.attach(job)
        assert refused.value.code == "job"


def test_two_listen(daemon: Daemon) -> None:
    with daemon.client("painter") as one, daemon.client("painter") as two:
        job = endless(one)
        wait_for(one, job, "started")
        assert two.attach(job)["state"] == "running"
        two.ask("cancel", job=job)
        assert last(one, job)["event"] == last(two, job)["event"] == "cancelled"
        one.ask("forget", job=job)


def test_events_of_a_painting(daemon: Daemon) -> None:
    with daemon.client("painter") as client:
        job = order(client, photo(), preview=True, layers="passes", label="a name")
        told = [header for header, _ in client.events(job)]
        kinds = [header["event"] for header in told]
        assert kinds[0] == "begun"
        assert [kind for kind in kinds if kind in LAST] == ["done"]
        assert kinds.index("started") < kinds.index("pass") < kinds.index("progress") < kinds.index("layer")
        layers = [header for header in told if header["event"] == "layer"]
        assert [layer["file"] for layer in told[-1]["layers"]] == [layer["file"] for layer in layers]
        for layer in layers:
            assert client.fetch(job, layer["file"], layer["width"] * layer["height"] * 4)
        assert len(client.fetch(job, "result.impasto", told[-1]["painting"])) == told[-1]["painting"]
        (listed,) = client.ask("list")["jobs"]
        assert (listed["label"], listed["state"], listed["kind"]) == ("a name", "done", "paint")
        with pytest.raises(ProtocolError) as refused:
            client.fetch(job, "result.impasto", told[-1]["painting"] + 1)
        assert refused.value.code == "refused"
        client.ask("forget", job=job)
        assert client.ask("list")["jobs"] == []


def test_previews_add_up(daemon: Daemon) -> None:
    """The rectangles, laid over each other, are a whole picture at any time."""
    with daemon.client("painter") as client:
        job = endless(client, preview=True)
        canvas, count = None, 0
        for header, frames in client.events(job):
            if header["event"] != "preview":
                continue
            if canvas is None:
                canvas = np.zeros((header["canvas_height"], header["canvas_width"], 4), np.uint8)
                assert (header["width"], header["height"]) == (canvas.shape[1], canvas.shape[0])
            part = np.frombuffer(b"".join(frames), np.uint8).reshape(header["height"], header["width"], 4)
            x, y = header["x"], header["y"]
            assert 0 <= x < x + header["width"] <= canvas.shape[1]
            assert 0 <= y < y + header["height"] <= canvas.shape[0]
            canvas[y : y + header["height"], x : x + header["width"]] = part
            if (count := count + 1) == 5:
                client.ask("cancel", job=job)
                break
        assert canvas is not None
        difference = np.abs(canvas[..., :3].astype(float) - np.array(photo(), float)).mean()
        assert difference < 40  # it looks like the photo
        until(lambda: client.ask("list")["jobs"][0]["state"] == "cancelled", "it has ended")
        client.ask("forget", job=job)


def test_waiting_and_cancelled(daemon: Daemon) -> None:
    with daemon.client("painter") as client:
        running = endless(client)
        wait_for(client, running, "started")
        waiting = order(client, photo())
        for job in (running, waiting):
            with pytest.raises(ProtocolError) as refused:
                client.ask("forget", job=job)
            assert refused.value.code == "job"
            with pytest.raises(ProtocolError) as refused:
                client.fetch(job, "pixels.rgba", 4)
            assert refused.value.code == "job"
        client.ask("cancel", job=waiting)
        assert last(client, waiting)["event"] == "cancelled"
        client.ask("cancel", job=running)
        header = last(client, running)
        assert header["event"] == "cancelled"
        assert client.fetch(running, "result.impasto", header["painting"])  # what there was of it
        client.ask("cancel", job=running)  # again: no harm
        for job in (running, waiting):
            client.ask("forget", job=job)


def test_requests_the_engine_refuses(daemon: Daemon) -> None:
    """Accepted, since they are well formed, and failed with a sentence."""
    with daemon.client("painter") as client:
        for changes in ({"style": {"name": "x", "passes": []}}, {"strokes": 1}, {"style": {"radius": 3}}):
            job = order(client, photo(), **changes)
            header = last(client, job)
            assert (header["event"], header["code"]) == ("failed", "refused")
            assert header["sentence"]
            client.ask("forget", job=job)
        clear = np.zeros((8, 8, 4), np.uint8)
        job = order(client, clear)
        assert last(client, job)["code"] == "refused"
        client.ask("forget", job=job)


@pytest.mark.parametrize(
    "changes",
    [{"stride": 10}, {"height": 33}, {"height": 31}, {"channels": 4, "stride": 192}, {"depth": "u16", "stride": 288}],
)
def test_planes_of_another_size(daemon: Daemon, changes: dict[str, Any]) -> None:
    with daemon.client("painter") as client:
        plane = put(client, photo())
        with pytest.raises(ProtocolError) as refused:
            client.start("segment", picture={**plane, **changes})
        assert refused.value.code in ("plane", "refused")
        with pytest.raises(ProtocolError) as refused:
            client.start("segment", picture=plane, size=48)  # it went with the refusal
        assert refused.value.code == "plane"


def test_one_plane_twice(daemon: Daemon) -> None:
    with daemon.client("painter") as client:
        name = client.put(flat((1, 2, 3), 8)[..., :1].tobytes())
        picture = {"plane": name, "width": 8, "height": 8, "channels": 1, "depth": "u8", "stride": 8}
        mask = {"plane": name, "width": 8, "height": 8, "count": 1}
        with pytest.raises(ProtocolError) as refused:
            client.start("paint", picture=picture, selection=mask, style={})
        assert refused.value.code == "plane"


def test_what_is_kept_can_always_be_told() -> None:
    """All events of a job fit into what waits for one connection, with room for answers."""
    assert peers.MOST_SENDING > jobs.KEPT_EVENTS + 100


def test_many_attach_at_once(daemon: Daemon) -> None:
    """Answers and events come in order, also when hundreds are on their way."""
    with daemon.client("painter") as client:
        job = order(client, photo())
        numbers(client, job)
        with daemon.dealer("painter") as socket:
            for number in range(60):
                socket.send_multipart(pack("attach", number, {"job": job}))
            answers, events = [], 0
            while len(answers) < 60:
                assert socket.poll(120_000)
                header, _ = unpack(socket.recv_multipart())
                if header["kind"] == "event":
                    events += 1
                else:
                    answers.append((header["kind"], header["id"], events))
            assert [answer[:2] for answer in answers] == [("ok", number) for number in range(60)]
            counts = [count for _, _, count in answers]
            assert counts == [counts[0] * (k + 1) for k in range(60)]
        client.ask("forget", job=job)
