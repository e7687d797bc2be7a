"""Whose each pixel is, counted by Qt; the list of regions and what a document keeps of it. Qt is real, Krita is not."""

import zlib

import numpy as np
import pytest

from tests.krita.planted import ended

SIDE = 4


def plane(plugin, values):
    """A grey picture of SIDE × SIDE values, or of one."""
    return plugin["document.mask_math"].grey(np.full((SIDE, SIDE), values, np.uint8).tobytes(), SIDE, SIDE)


def array(plugin, image):
    return np.frombuffer(plugin["document.mask_math"].bytes_of(image), np.uint8).reshape(SIDE, SIDE).astype(int)


def random_base():
    first = np.random.default_rng(5).integers(0, 256, (SIDE, SIDE))
    return first, 255 - first


def test_shares_sum_to_255_and_are_what_the_engine_makes(plugin):
    maths = plugin["document.mask_math"]
    first, second = random_base()
    over = np.random.default_rng(6).integers(0, 256, (SIDE, SIDE))
    planes = [plane(plugin, values) for values in (first, second, over)]
    found = [array(plugin, image) for image in ended(maths.shares(planes, 1, [[0], [1], [2]], -1))]
    assert (np.sum(found, 0) == 255).all() and np.array_equal(found[2], over)
    left = 255 - over
    assert np.abs(found[0] - first * left / 255).max() <= 1 and np.abs(found[1] - second * left / 255).max() <= 1


def test_the_later_of_two_that_lie_over_has_what_both_want_and_the_rest_what_nobody_does(plugin):
    maths = plugin["document.mask_math"]
    planes = [plane(plugin, value) for value in (255, 100, 200)]
    found = [array(plugin, image) for image in ended(maths.shares(planes, 2, [[], [1], [2]], 0))]
    assert [int(each[0, 0]) for each in found] == [0, 55, 200]
    none = [array(plugin, image) for image in ended(maths.shares(planes[1:2], 1, [[], [0]], 0))]
    assert [int(each[0, 0]) for each in none] == [155, 100]


def test_layers_over_each_other_look_like_the_whole(plugin):
    """From the back: what a layer lets through, times what those in front do; to 2/255 for soft edges."""
    maths = plugin["document.mask_math"]
    first, second = random_base()
    parts = [plane(plugin, first), plane(plugin, second)]
    cutter = maths.Cutter(SIDE, SIDE)
    ended(cutter.begin(parts))
    for alpha in (255, 128):
        whole = bytes([alpha]) * SIDE * SIDE
        behind, front = (
            np.frombuffer(cutter.alphas(number, 0, SIDE, whole), np.uint8).reshape(SIDE, SIDE).astype(int)
            for number in (0, 1)
        )
        assert np.abs(front - second * alpha / 255).max() <= 1
        together = 255 - (255 - behind) * (255 - front) / 255
        assert np.abs(together - alpha).max() <= 2
    cut = cutter.alphas(1, 1, 2, bytes([255]) * SIDE * 2, bytes([51]) * SIDE * 2)  # two rows, a fifth selected
    assert np.abs(np.frombuffer(cut, np.uint8).reshape(2, SIDE) - second[1:3] / 5).max() <= 1


def test_planes_that_meet_and_rectangles_around_two(plugin):
    maths = plugin["document.mask_math"]
    assert maths.meet(b"\0\1\0", b"\0\x80\0") and not maths.meet(b"\0\1\0", b"\7\0\xff")
    assert maths.united((5, 20, 10, 4), (2, 22, 4, 30)) == (2, 20, 13, 32)
    wide = maths.grey(bytes(range(9)), 3, 3)  # Qt pads its rows to 4 bytes
    assert wide.bytesPerLine() == 4 and maths.bytes_of(wide) == bytes(range(9))


@pytest.fixture
def book(plugin):
    """A list of two regions that were found and one that was drawn."""
    rows = plugin["work.region_book"]
    made = rows.RegionBook(plugin["document.open_documents"].key_of(plugin.document(40, 20)))
    made.size = (SIDE, SIDE)
    made.base = [rows.MaskPlane(plane(plugin, values), False) for values in random_base()]
    made.add("sky", made.base[:1])
    made.add("sea", made.base[1:])
    made.add("sky", [rows.MaskPlane(plane(plugin, 9), True)])
    made.settle()
    return made


def test_names_are_the_engines_and_each_once(plugin, book):
    assert [entry.name for entry in book.entries] == ["sky", "sea", "sky 2"]
    cleaned = plugin["work.region_book"].cleaned
    assert cleaned(" a:b=c,d;e/f\\g\n\u200b") == "a b c d e f g" and cleaned("\0") == "region"
    assert cleaned("x" * 61) == "x" * 60 and len(book.unique("x" * 70)) == 60
    book.add("y" * 60, [])
    assert book.unique("y" * 60) == "y" * 55 + " 2" and book.unique("y" * 60, book.entries[-1]) == "y" * 60


def test_there_is_a_rest_as_long_as_something_is_left_for_it(plugin, book):
    planes, over = book.planes()
    assert over == 1 and book.owners(planes) == ([[0], [1], [2]], -1)
    book.entries = book.entries[1:]  # what was the sky's is nobody's
    book.settle()
    assert [(entry.name, entry.rest) for entry in book.entries] == [("rest", True), ("sea", False), ("sky 2", False)]
    assert book.owners(planes) == ([[], [1], [2]], 0)
    book.entries[1].planes = list(book.base)
    book.settle()
    assert not any(entry.rest for entry in book.entries)
    book.base, book.entries = [], []
    book.settle()
    assert book.entries == []


def test_a_copy_is_changed_alone_and_planes_are_of_1024_pixels(plugin, book):
    other = book.copied()
    other.entry(1).planes.clear()
    other.entries.pop()
    assert len(book.entries) == 3 and len(book.entry(1).planes) == 1
    size = plugin["work.region_book"].plane_size
    assert (size(4096, 1024), size(1024, 30), size(5000, 1)) == ((1024, 256), (1024, 30), (1024, 1))
    large = plugin["work.region_book"].MaskPlane(plugin["document.mask_math"].even(512, 256, 7), False)
    assert (large.small.width(), large.small.height()) == (256, 128)


def test_steps_are_undone_and_done_again_and_the_like_are_one(plugin):
    steps = plugin["work.region_steps"].RegionSteps()
    assert not steps.can_undo and not steps.can_redo
    for before, what in (("a", ""), ("b", "detail"), ("c", "detail"), ("d", "")):
        steps.step(before, what)
    assert [steps.undone("e"), steps.undone("d"), steps.undone("b")] == ["d", "b", "a"]
    assert not steps.can_undo and [steps.done_again(x) for x in "abd"] == ["b", "d", "e"]
    steps.undone("e")
    steps.step("d", "")
    assert not steps.can_redo
    for number in range(120):
        steps.step(number, "")
    assert [steps.undone(0) for _ in range(100)][-1] == 20 and not steps.can_undo


def test_a_document_keeps_its_list_and_no_more_than_that(plugin, book):
    kept = plugin["document.kept_regions"]
    document = plugin["document.open_documents"].document_of(book.key)
    described = plugin["work.region_steps"]._described(book)
    planes = book.planes()[0]
    for each in planes:
        kept.keep_plane(document, each.id, plugin["document.mask_math"].bytes_of(each.image))
    kept.keep_plane(document, "0" * 16, b"of an older list")
    kept.keep_list(document, described)
    assert kept.planes_there(document) == {each.id for each in planes} and kept.kept_list(document) == described
    data = kept.kept_plane(document, planes[2].id, SIDE * SIDE)
    assert data == bytes([9]) * 16
    made = plugin["work.region_steps"]._made(book.key, described, {each.id: each for each in planes})
    assert plugin["work.region_steps"]._described(made) == described
    kept.keep_list(document, None)
    assert kept.kept_list(document) is None and not document.annotationTypes()


def test_a_list_that_makes_no_sense_is_none(plugin, book):
    kept, error = plugin["document.kept_regions"], plugin["protocol"].ProtocolError
    document = plugin["document.open_documents"].document_of(book.key)
    good = plugin["work.region_steps"]._described(book)
    first = good["planes"][0]["id"]
    empty = good["entries"][0] | {"planes": []}
    bad = [
        good | {"entries": []}, good | {"base": [*good["base"], "f" * 16]}, good | {"width": 0},
        good | {"planes": [*good["planes"], good["planes"][0]]},
        good | {"entries": [good["entries"][0], good["entries"][0]]},  # one plane of two regions
        good | {"entries": [good["entries"][0] | {"detail": 4.1}]},
        good | {"planes": [{"id": "G" * 16, "over": False}], "base": [], "entries": [empty]},
    ]  # fmt: skip
    for each in bad:
        kept.keep_list(document, each)
        assert kept.kept_list(document) is None, each
    for data in (zlib.compress(bytes(17)), zlib.compress(bytes(15)), zlib.compress(bytes(16))[:-1], b"no"):
        plugin["document.annotations"].keep(document, kept.PLANE + first, "", data)
        with pytest.raises(error):
            kept.kept_plane(document, first, SIDE * SIDE)
    with pytest.raises(error):
        kept.kept_plane(document, "e" * 16, 16)
