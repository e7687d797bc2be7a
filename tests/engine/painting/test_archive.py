"""What an .impasto file is made of: arrays, JSON and masks as bytes, and zips that nobody vouches for."""

import io
import struct
import sys
import time
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from impasto.engine.painting.archive import (
    Archive,
    Refused,
    pack_arrays,
    pack_image,
    pack_json,
    unpack_arrays,
    unpack_image,
    unpack_json,
    write_zip,
)
from impasto.protocol.limits import LARGEST_MASK_SIDE

NPZ = "checkpoint.npz"


def zipped(members, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def opened(data, total=1000):
    return Archive(io.BytesIO(data), total)


def npz(npy):
    return zipped([("a.npy", npy)], zipfile.ZIP_STORED)


def npy(header, body=b"", magic=b"\x93NUMPY\1\0"):
    return magic + struct.pack("<H", len(header)) + header.encode() + body


def header(descr="<f4", shape="(2,)", order="False"):
    return f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n"


# Zips


def test_a_zip_comes_back_and_depends_on_its_members_only(monkeypatch):
    members = [("b", b"2" * 50), ("a", b"")]
    first, second = io.BytesIO(), io.BytesIO()
    write_zip(first, members)
    monkeypatch.setattr(time, "time", lambda: 1e9)
    monkeypatch.setattr(sys, "platform", "win32")
    write_zip(second, members)
    assert first.getvalue() == second.getvalue()
    archive = Archive(first, 1000)
    assert archive.names == ["b", "a"] and archive.read("b", 50) == b"2" * 50 and archive.read("a", 0) == b""


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "its end is missing"),
        (zipped([("a", b"1")])[:-1], "its end is missing"),
        (zipped([("a", b"1")]) + b"\0", "its end is missing"),
        (zipped([(f"{i:0100}", b"") for i in range(1000)]), "too many members"),
        (b"PK\6\7" + bytes(16) + zipped([]), "too many members"),  # a zip64 directory
        (zipped([("a", bytes(600)), ("b", bytes(401))]), "more than"),
    ],
)
def test_a_zip_is_refused_as_a_whole(data, message):
    with pytest.raises(Refused, match=message):
        opened(data)


def test_two_members_of_one_name_are_refused():
    with pytest.warns(UserWarning, match="Duplicate"):
        data = zipped([("a", b"1"), ("a", b"2")])
    with pytest.raises(Refused, match="same name"):
        opened(data)


def test_a_member_is_refused_alone():
    archive = opened(zipped([("good", b"12"), ("large", bytes(501))]))
    assert archive.read("good", 500) == b"12"
    with pytest.raises(Refused, match="large is larger than"):
        archive.read("large", 500)
    with pytest.raises(Refused, match="other is missing"):
        archive.read("other", 500)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_cannot_be_bounded_are_refused(method):
    with pytest.raises(Refused, match="unknown method"):
        opened(zipped([("a", b"1")], method)).read("a", 500)


def test_a_member_that_ends_early_is_refused():
    data = bytearray(zipped([("a", b"")]))
    central = data.index(b"PK\1\2")
    data[central + 24 : central + 28] = struct.pack("<I", 9)  # promises nine bytes
    with pytest.raises(Refused, match="a is cut short"):
        opened(bytes(data)).read("a", 500)


# Arrays

DTYPES = ["?", "i1", "u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8", ">i4", ">f8"]
SHAPES = hnp.array_shapes(min_dims=0, min_side=0, max_side=4)
ARRAYS = st.sampled_from(DTYPES).flatmap(lambda dtype: hnp.arrays(dtype, SHAPES))


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.from_regex("[a-z_][a-zA-Z0-9_.-]{0,8}", fullmatch=True), ARRAYS, max_size=3))
def test_arrays_come_back_bit_for_bit(arrays):
    packed = pack_arrays(arrays)
    assert packed == pack_arrays(dict(reversed(arrays.items())))
    back = unpack_arrays(packed, NPZ)
    assert back.keys() == arrays.keys()
    for name, array in arrays.items():
        found = back[name]
        assert found.dtype == array.dtype.newbyteorder("=") and found.shape == array.shape
        assert found.tobytes() == array.astype(found.dtype).tobytes()
        assert found.flags.c_contiguous and found.flags.writeable


def test_numpy_reads_packed_arrays():
    array = np.arange(6.0).reshape(3, 2).T
    with np.load(io.BytesIO(pack_arrays({"a": array}))) as loaded:
        assert np.array_equal(loaded["a"], array)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": np.array([None])}, "object instead of numbers"),
        ({"a": np.zeros(1, "M8[s]")}, "instead of numbers"),
        ({"a": np.zeros(1, [("x", "f4")])}, "instead of numbers"),
        ({"a": np.zeros(1, complex)}, "instead of numbers"),
        ({"a": np.zeros((1,) * 9)}, "8 dimensions"),
        ({"a": [1.0]}, "not an array"),
        ({"../a": np.zeros(1)}, "plain word"),
        ({"": np.zeros(1)}, "plain word"),
        ({f"a{i}": np.zeros(0) for i in range(257)}, "257 arrays"),
    ],
)
def test_arrays_that_cannot_be_packed(arrays, message):
    with pytest.raises(Refused, match=message):
        pack_arrays(arrays)


def test_as_many_arrays_as_can_be_packed_can_be_unpacked():
    arrays = {f"{'a' * 60}{i:04}": np.zeros(i % 3) for i in range(256)}
    assert unpack_arrays(pack_arrays(arrays), NPZ).keys() == arrays.keys()


def test_the_handmade_arrays_of_these_tests_are_sound():
    values = unpack_arrays(npz(npy(header(), struct.pack("<2f", 1, 2))), NPZ)["a"]
    assert values.tolist() == [1, 2] and values.dtype == np.float32
    turned = unpack_arrays(npz(npy(header(shape="(2, 2)", order="True"), struct.pack("<4f", 1, 2, 3, 4))), NPZ)["a"]
    assert turned.tolist() == [[1, 3], [2, 4]] and turned.flags.c_contiguous  # as NumPy writes what was transposed
    truths = unpack_arrays(npz(npy(header("|b1"), b"\0\7")), NPZ)["a"]
    assert truths.tobytes() == b"\0\1"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x93NUMPY\1\0",
        npy(header(), bytes(8), magic=b"\x93NUMPY\3\0"),
        npy(header(), bytes(8), magic=b"\x94NUMPY\1\0"),
        npy(header("|O"), bytes(16)),
        npy(header("|V4"), bytes(8)),
        npy(header(">f4"), bytes(8)),
        npy(header("<M8"), bytes(16)),
        npy(header(order="Maybe"), bytes(8)),
        npy(header(shape="(-2,)"), bytes(8)),
        npy(header(shape="(__import__('os').abort(),)"), bytes(8)),
        npy(header(shape="(2, )"), bytes(8)),
        npy(header() + "x", bytes(8)),
    ],
)
def test_npy_headers_that_are_refused(data):
    with pytest.raises(Refused, match="not a plain array"):
        unpack_arrays(npz(data), NPZ)


@pytest.mark.parametrize(
    ("shape", "body"),
    [
        ("(2,)", bytes(7)),
        ("(2,)", bytes(9)),
        ("()", b""),
        ("(999999999999, 999999999999)", bytes(8)),
        ("(1, 1, 1, 1, 1, 1, 1, 1, 1)", bytes(4)),
    ],
)
def test_npy_sizes_must_be_kept(shape, body):
    with pytest.raises(Refused, match="the size it promises"):
        unpack_arrays(npz(npy(header(shape=shape), body)), NPZ)


def test_a_long_npy_header_is_refused():
    """One that took time to be read would hang here for hours."""
    for filling in ("1" * 60_000, "1, " * 20_000, "{" * 60_000):
        with pytest.raises(Refused):
            unpack_arrays(npz(npy(header(shape=f"({filling}!)"))), NPZ)


@pytest.mark.parametrize("name", ["a", "a.npy/", "../a.npy", ".npy", "folder/a.npy", "a.txt"])
def test_an_npz_holds_arrays_only(name):
    with pytest.raises(Refused, match="not an array"):
        unpack_arrays(zipped([(name, npy(header(), bytes(8)))]), NPZ)


# JSON

LEAVES = st.none() | st.booleans() | st.integers(-(10**79), 10**79) | st.text()
LEAVES |= st.floats(allow_nan=False, allow_infinity=False)
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.text(), TREES, max_size=4))
def test_json_comes_back_and_ignores_the_order_of_keys(value):
    packed = pack_json(value)
    assert unpack_json(packed, "it") == value
    assert packed == pack_json(dict(reversed(value.items())))


def nested(levels):
    return [nested(levels - 1)] if levels else 0


@pytest.mark.parametrize(
    "value",
    [
        [],
        {"a": float("nan"), "b": 1},
        {"a": {1: 2, "b": 3}},
        {"a": {1, 2}},
        {"a": np.float32(1)},
        {"a": "\ud800"},
        {"a": 10**80},
        {"a": -(10**5000)},
        {"a": nested(40)},
    ],
)
def test_json_that_cannot_be_packed(value):
    with pytest.raises(Refused, match="JSON"):
        pack_json(value)


def test_a_value_that_contains_itself_is_refused():
    value = {}
    value["a"] = value
    with pytest.raises(Refused, match="nested deeper"):
        pack_json(value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"1",
        b"\xff\xfe{\0}\0",
        b'\xef\xbb\xbf{"a": 1}',
        b'{"a": -Infinity}',
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": "\\ud800"}',
        b'{"a": "\xff"}',
        b'{"a": ' + b"[" * 33 + b"]" * 33 + b"}",
        b'{"a": ' + b"[" * 200_000,
        b'{"a": ' + b"9" * 81 + b"}",
        b'{"a": ' + b"9" * 1_000_000 + b"}",
    ],
)
def test_json_that_is_refused(data):
    with pytest.raises(Refused, match="JSON"):
        unpack_json(data, "it")


# Masks


@settings(max_examples=40, deadline=None)
@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_masks_come_back(mask):
    packed = pack_image(mask)
    assert packed == pack_image(mask.copy())
    back = unpack_image(packed, "mask.png", "L", LARGEST_MASK_SIDE)
    assert back.dtype == np.uint8 and np.array_equal(back, mask) and back.flags.writeable


def png(image, **options):
    buffer = io.BytesIO()
    image.save(buffer, "PNG", **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not an 8-bit PNG in L"),
        (b"GIF89a" + bytes(100), "not an 8-bit PNG in L"),
        *((png(Image.new(mode, (4, 4))), "not an 8-bit PNG in L") for mode in ("1", "P", "LA", "RGB", "I;16")),
        (png(Image.new("L", (LARGEST_MASK_SIDE + 1, 1))), "4097 x 1 pixels, beyond 4096"),
        (png(Image.new("L", (1, LARGEST_MASK_SIDE + 1))), "1 x 4097 pixels, beyond 4096"),
        (pack_image(np.zeros((2, 2), np.uint8)).replace(b"\0\0\0\2\0\0\0\2", bytes(8)), "0 x 0 pixels"),
    ],
)
def test_masks_that_are_refused(data, message):
    with pytest.raises(Refused, match=message):
        unpack_image(data, "mask.png", "L", LARGEST_MASK_SIDE)


def test_a_mask_with_two_headers_is_refused():
    first, second = pack_image(np.zeros((2, 2), np.uint8)), pack_image(np.zeros((9, 9), np.uint8))
    with pytest.raises(Refused, match="contradicts itself"):
        unpack_image(first[:33] + second[8:], "mask.png", "L", LARGEST_MASK_SIDE)


def test_colour_images_come_back_and_grey_ones_are_refused():
    pixels = np.random.default_rng(1).integers(0, 256, (3, 5, 3), np.uint8)
    assert np.array_equal(unpack_image(pack_image(pixels), "underpainting.png", "RGB", 5), pixels)
    with pytest.raises(Refused, match="in RGB"):
        unpack_image(pack_image(pixels[..., 0]), "underpainting.png", "RGB", 5)
    with pytest.raises(Refused, match="beyond 4"):
        unpack_image(pack_image(pixels), "underpainting.png", "RGB", 4)


def test_no_flipped_bit_hides_a_member() -> None:
    """What is not seen would be taken for what never was there: colours that were refitted, a mask, a tip."""
    members = {name: name.encode() for name in ("recipe.json", "strokes.npz", "refit.npz", "tip.png")}
    buffer, refused = io.BytesIO(), 0
    write_zip(buffer, members.items())
    whole = buffer.getvalue()
    for place in range(whole.index(b"PK\1\2") * 8, len(whole) * 8):
        damaged = bytearray(whole)
        damaged[place // 8] ^= 1 << place % 8
        try:
            archive = Archive(io.BytesIO(damaged), 1 << 20)
            found = {name: archive.read(name, 1 << 20) for name in members if name in archive.names}
        except Exception:  # which whoever opens a file says in one sentence
            refused += 1
        else:
            assert found == members, place
    assert refused > 500
