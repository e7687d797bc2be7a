"""Messages to frames and back, and what is no message."""

import contextlib
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.protocol import NEWEST_VERSION, ProtocolError
from impasto.protocol.codec import pack, request, unpack
from impasto.protocol.limits import CHUNK_BYTES, LARGEST_HEADER_BYTES, MOST_FRAMES, MOST_VALUES
from impasto.protocol.messages import REQUESTS

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)
NUMBERS = st.integers(0, 2**63 - 1)
FRAMES = st.lists(st.binary(max_size=100), max_size=MOST_FRAMES - 1)


@given(st.dictionaries(st.text(), PLAIN, max_size=8), NUMBERS, FRAMES)
def test_round_trip(fields: dict[str, Any], number: int, frames: list[bytes]) -> None:
    parts = pack("put", number, fields, frames)
    header, found = unpack([bytes(part) for part in parts])
    assert header == {**fields, "v": NEWEST_VERSION, "kind": "put", "id": number}
    assert found == frames


def test_frames_are_not_copied() -> None:
    pixels = bytearray(100)
    parts = pack("put", 1, {}, [memoryview(pixels)])
    pixels[7] = 7
    assert parts[1][7] == 7


@given(st.lists(st.binary(max_size=200), max_size=6))
def test_garbage(parts: list[bytes]) -> None:
    for read in (unpack, request):
        try:
            read(list(parts))
        except ProtocolError as error:
            assert error.code in ("malformed", "too_large", "unknown", "version")


NAMES = st.sampled_from(["v", "kind", "id", "plane", "job"])


@given(PLAIN | st.dictionaries(NAMES, PLAIN | st.sampled_from([*REQUESTS])), FRAMES)
def test_wrong_messages(header: Any, frames: list[bytes]) -> None:
    try:
        version, kind, number, fields, found = request([msgpack.packb(header), *frames])
    except ProtocolError as error:
        assert error.code in ("malformed", "too_large", "unknown", "version")
    else:
        assert kind in REQUESTS
        assert fields.keys() == REQUESTS[kind][0].keys()
        assert found == frames
        assert header["id"] == number
        assert header["v"] == version or kind == "hello"


@given(st.data())
def test_broken_bytes(data: st.DataObject) -> None:
    whole = bytes(pack("put", 3, {"plane": "p", "offset": 0, "total": 9, "packed": "no"}, ())[0])
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(ProtocolError) as refused:
        unpack([whole[:cut]])
    assert refused.value.code == "malformed"
    with pytest.raises(ProtocolError):
        unpack([whole + data.draw(st.binary(min_size=1, max_size=9))])
    at, value = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 255))
    with contextlib.suppress(ProtocolError):
        request([whole[:at] + bytes([value]) + whole[at + 1 :], b"x" * 9])


def deep(levels: int) -> bytes:
    return b"\x91" * levels + b"\x01"


def pack_name(name: str) -> Any:
    return msgpack.packb(name)


def raw_header(**fields: bytes) -> bytes:
    """A map whose values are given as msgpack."""
    return bytes([0x80 + len(fields)]) + b"".join(bytes(pack_name(name)) + value for name, value in fields.items())


NAMED = {"v": b"\x01", "kind": msgpack.packb("ping"), "id": b"\x01"}


@pytest.mark.parametrize("levels", [10, 300, 500, 900, 5000])
@pytest.mark.parametrize("name", ["v", "kind", "id", "plane"])
def test_deep_nesting(name: str, levels: int) -> None:
    with pytest.raises(ProtocolError):
        request([raw_header(**{**NAMED, name: deep(levels)})])


@pytest.mark.parametrize(
    "value",
    [b"\xc0", b"\xc3", b"\xcb" + b"\x3f\xf0" + bytes(6), b"\xcf" + b"\xff" * 8, b"\xff", b"\x90", b"\x80", b"\xa1v"],
    ids=["none", "true", "1.0", "huge", "-1", "list", "map", "text"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["v", "kind", "id"])
def test_wrong_types(name: str, value: bytes) -> None:
    with pytest.raises(ProtocolError):
        request([raw_header(**{**NAMED, name: value})])


@pytest.mark.parametrize(
    "value",
    [
        b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff",
        b"\xc9\xff\xff\xff\xff\x01", b"\xd6\xff\x00\x00\x00\x00", b"\xc4\x01a", b"\xa1\xff",
    ],
    ids=["list", "map", "text", "bytes", "extension", "time", "bin", "utf8"],
)  # fmt: skip
def test_huge_counts_and_strange_kinds(value: bytes) -> None:
    with pytest.raises(ProtocolError) as refused:
        request([raw_header(**{**NAMED, "x": value})])
    assert refused.value.code == "malformed"


def test_limits() -> None:
    with pytest.raises(ProtocolError) as refused:
        unpack([bytes(LARGEST_HEADER_BYTES + 1)])
    assert refused.value.code == "too_large"
    for count in (0, MOST_FRAMES + 1, 10_000):
        with pytest.raises(ProtocolError):
            unpack([b"\x80"] * count)
    put = {"plane": "p", "offset": 0, "total": CHUNK_BYTES}
    assert request(pack("put", 1, put, [bytes(CHUNK_BYTES)]))[1] == "put"
    with pytest.raises(ProtocolError) as refused:
        request(pack("put", 1, put, [bytes(CHUNK_BYTES + 1)]))
    assert refused.value.code == "too_large"


def test_a_request_has_only_so_many_values() -> None:
    """Each takes time to check, in which nobody else is answered; what the engine says may be longer."""
    for many in (
        {"styles": [["x"] * 100] * (MOST_VALUES // 100)},
        {f"{k}": {"x": list(range(5000))} for k in range(10)},
    ):
        message = pack("paint", 1, {"style": many})
        assert len(message[0]) < LARGEST_HEADER_BYTES and unpack(message)[0]["style"] == many
        with pytest.raises(ProtocolError, match=f"at most {MOST_VALUES} values"):
            request(message)


@pytest.mark.parametrize("kind", REQUESTS)
def test_count_of_frames(kind: str) -> None:
    wanted = REQUESTS[kind][1]
    for count in {0, 1, 2, 3} - {wanted}:
        with pytest.raises(ProtocolError, match=f"{kind} has {wanted} frames") as refused:
            request(pack(kind, 5, {}, [b"x"] * count))
        assert refused.value.number == 5


def test_refusals_name_the_request() -> None:
    for wrong in (pack("nothing", 77), pack("ping", 77, version=NEWEST_VERSION + 1), pack("ping", 77, {"x": 1})):
        with pytest.raises(ProtocolError) as refused:
            request(wrong)
        assert refused.value.number == 77


def test_versions_are_agreed_on_first() -> None:
    with pytest.raises(ProtocolError) as refused:
        request(pack("ping", 1, version=NEWEST_VERSION + 1))
    assert (refused.value.code, refused.value.remedy) == ("version", "say hello first")
    assert request(pack("hello", 1, {"versions": [1, 9]}, version=9))[1] == "hello"
