"""A client's side without sockets: numbers, windows, sequence, previews; and engines of another age."""

import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.protocol import NEWEST_VERSION, OLDEST_VERSION, ProtocolError
from impasto.protocol.codec import pack, request
from impasto.protocol.limits import CHUNK_BYTES
from impasto.protocol.session import Answer, Fetch, JobEvent, PreviewCanvas, Put, Session, Told

JOB = "0" * 32
# {"v": 2, "kind": "ok", "id": 1, "versions": [1, 2], "version": 2, "segmenters": ["auto"]}, as version 2 sends it
HELLO_2 = b"\x86\xa1v\x02\xa4kind\xa2ok\xa2id\x01\xa8versions\x92\x01\x02\xa7version\x02\xaasegmenters\x91\xa4auto"


def greeted(hello: bytes | None = None, **fields: Any) -> Session:
    session = Session("test")
    number, parts = session.greeting()
    assert request(parts)[3] == {"versions": [OLDEST_VERSION, NEWEST_VERSION], "client": "test"}
    fields = {"versions": [OLDEST_VERSION, NEWEST_VERSION], **fields}
    found = session.heard(pack("ok", number, fields) if hello is None else [hello])
    assert isinstance(found, Answer)
    session.greeted(found.header)
    return session


def test_an_older_engine() -> None:
    """It lists no features, and hears its own version from then on."""
    session = greeted(HELLO_2)
    assert session.version == 2
    assert not session.can("segmenters")
    assert session.hello["segmenters"] == ["auto"]
    assert request(session.request("list")[1])[0] == 2


def test_features() -> None:
    session = greeted(features=["segmenters"])
    assert session.version == NEWEST_VERSION
    assert session.can("segmenters")
    assert not session.can("wishes")


def test_an_engine_too_new() -> None:
    with pytest.raises(ProtocolError) as refused:
        greeted(versions=[NEWEST_VERSION + 1, NEWEST_VERSION + 2])
    assert (refused.value.code, refused.value.remedy) == ("version", "update the client")


def test_answers_find_their_requests_once() -> None:
    session = greeted()
    numbers = [session.request("ping")[0] for _ in range(3)]
    assert numbers == [2, 3, 4]
    untold, _ = session.request("seen", {"job": JOB, "seq": 1}, heeded=False)
    refusal = {"code": "job", "sentence": "there is no such job", "remedy": "look"}
    answer = session.heard(pack("error", 3, refusal))
    assert isinstance(answer, Answer)
    assert (answer.number, answer.error.code, answer.error.remedy) == (3, "job", "look")
    assert session.heard(pack("ok", 3)) is None
    assert session.heard(pack("error", untold, refusal)) is None
    assert session.heard(pack("ok", 2)) == (2, {"v": NEWEST_VERSION, "kind": "ok", "id": 2}, [], None)


def test_what_is_nothing_for_it() -> None:
    session = greeted()
    event = {"event": "begun", "job": JOB, "seq": 7}
    assert isinstance(session.heard(pack("event", 0, event)), JobEvent)
    for fields in ({"event": "still"}, {**event, "seq": None}, {**event, "seq": True}, {**event, "job": 3}):
        assert session.heard(pack("event", 0, fields)) is None
    for parts in ([], [b""], [b"\xc1"], [b"\x80"], [b"x"] * 9, pack("ok", True), pack("ok", 10**9)):
        assert session.heard(parts) is None


@given(st.lists(st.integers(1, 30)), st.integers(0, 20))
def test_each_event_once_and_in_order(numbers: list[int], since: int) -> None:
    told = Told(since)
    heard = [seq for seq in numbers if told.is_new({"event": "pass", "seq": seq})]
    assert heard == sorted(set(heard))
    assert told.since == max([since, *numbers])
    assert all(seq > since for seq in heard)


def test_nothing_after_the_end() -> None:
    told = Told()
    assert told.is_new({"event": "done", "seq": 5})
    assert told.ended
    assert not told.is_new({"event": "pass", "seq": 6})
    assert told.since == 5


@given(st.binary(max_size=300), st.integers(1, 9), st.integers(1, 50), st.booleans())
def test_put(data: bytes, window: int, piece: int, packed: bool) -> None:
    plan, flying, came = Put(data, packed, window, piece), 0, b""
    while not plan.done:
        while (message := plan.next()) is not None:
            fields, (chunk,) = message
            assert request(pack("put", 1, fields, [chunk]))[3] == fields
            assert (fields["plane"], fields["offset"], fields["total"]) == (plan.result, len(came), len(data))
            came += zlib.decompress(chunk) if fields["packed"] == "zlib" else bytes(chunk)
            assert len(came) - fields["offset"] <= piece
            flying += 1
            assert flying <= window
        plan.answered()
        flying -= 1
    assert came == data
    assert flying == 0


def test_put_packs_what_gets_smaller() -> None:
    fields, (chunk,) = Put(bytes(1000), packed=True).next()
    assert (fields["packed"], len(chunk) < 100) == ("zlib", True)
    assert Put(b"ab", packed=True).next()[0]["packed"] == "no"
    assert Put(b"a").result != Put(b"a").result


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, 3 * CHUNK_BYTES + 7])
def test_fetch(size: int) -> None:
    data, plan = bytes(np.arange(size, dtype=np.uint32).astype(np.uint8)), Fetch(JOB, "pixels.rgba", size, 2)
    asked = []
    while not plan.done:
        while (message := plan.next()) is not None:
            asked.append(request(pack("fetch", 1, *message))[3])
        assert 1 <= len(asked) <= 2
        fields = asked.pop(0)
        plan.answered([data[fields["offset"] : fields["offset"] + fields["size"]]])
    assert plan.result == data


def test_fetch_goes_on_where_it_was_left() -> None:
    data, plan = bytes(range(200)), Fetch(JOB, "pixels.rgba", 60, offset=100)
    fields, _ = plan.next()
    assert (fields["offset"], fields["size"]) == (100, 60)
    plan.answered([data[100:160]])
    assert plan.done and plan.result == data[100:160]
    pieces = Fetch(JOB, "pixels.rgba", CHUNK_BYTES + 1, offset=7)
    assert [pieces.next()[0]["offset"] for _ in range(2)] == [7, 7 + CHUNK_BYTES]


@pytest.mark.parametrize("frames", [[], [b"123"], [b"12345"], [b"12", b"34"]])
def test_half_a_file(frames: list[bytes]) -> None:
    plan = Fetch(JOB, "result.impasto", 4)
    plan.next()
    with pytest.raises(ProtocolError) as refused:
        plan.answered(frames)
    assert refused.value.code == "damaged"


@given(st.data())
def test_previews_are_put_together(data: st.DataObject) -> None:
    preview, canvas = PreviewCanvas(), np.zeros((0, 0, 4), np.uint8)
    for k in range(3):
        height, width = data.draw(st.sampled_from([(5, 7), (4, 3)]))
        y, x = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
        rows, columns = data.draw(st.integers(1, height - y)), data.draw(st.integers(1, width - x))
        part = np.full((rows, columns, 4), k + 1, np.uint8) + np.arange(4, dtype=np.uint8)
        canvas = canvas.copy() if canvas.shape[:2] == (height, width) else np.zeros((height, width, 4), np.uint8)
        canvas[y : y + rows, x : x + columns] = part
        cut = data.draw(st.integers(0, part.size))
        whole = part.tobytes()
        frames = [whole] if cut in (0, part.size) else [whole[:cut], whole[cut:]]
        place = {"x": x, "y": y, "width": columns, "height": rows, "canvas_width": width, "canvas_height": height}
        before, kept = preview.pixels, bytes(preview.pixels)
        assert preview.laid(place, frames) == canvas.tobytes()
        assert (preview.width, preview.height) == (width, height)
        assert before == kept


@pytest.mark.parametrize("wrong", [{"x": 3}, {"y": -1}, {"height": 5}, {"width": 0}, {"width": 1}])
def test_parts_that_do_not_fit(wrong: dict[str, int]) -> None:
    place = {"x": 0, "y": 0, "width": 2, "height": 2, "canvas_width": 4, "canvas_height": 4, **wrong}
    with pytest.raises(ProtocolError):
        PreviewCanvas().laid(place, [bytes(16)])
