"""Which of a file's pictures is read: never a thumbnail, and nothing of what a camera's raw file holds beside."""

import struct
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from making_pictures import HEIGHT, WIDTH, colours, encoded, load, plain, refusal

FULL, REDUCED, MASK = 0, 1, 4  # kinds of pages, tag 254
CFA, RGB, GREY = 32803, 2, 1  # tag 262
CHEAP, MEANT = (9, 9, 9), (200, 100, 50)


@dataclass
class Page:
    """One picture of a TIFF, of a single colour."""

    colour: tuple[int, ...]
    tags: dict[int, int] = field(default_factory=dict)
    below: list["Page"] = field(default_factory=list)


def pages(*listed: Page, order: str = "<") -> bytes:
    """A TIFF of pages, with pictures below them, by hand: all numbers are 32 bits."""
    body = bytearray(b"II*\0" if order == "<" else b"MM\0*") + bytes(4)

    def put(page: Page) -> int:
        children = [put(child) for child in page.below]
        pixels, count = bytes(page.colour) * (WIDTH * HEIGHT), len(page.colour)
        tags: dict[int, list[int]] = {
            256: [WIDTH], 257: [HEIGHT], 258: [8] * count, 259: [1], 262: [RGB if count == 3 else GREY],
            273: [len(body)], 277: [count], 278: [HEIGHT], 279: [len(pixels)],
        } | {tag: [value] for tag, value in page.tags.items()}  # fmt: skip
        if children:
            tags[330] = children
        body.extend(pixels)
        entries = b""
        for tag, values in sorted(tags.items()):
            data = struct.pack(f"{order}{len(values)}I", *values)
            if len(values) > 1:
                data = struct.pack(f"{order}I", len(body))
                body.extend(struct.pack(f"{order}{len(values)}I", *values))
            entries += struct.pack(f"{order}HHI", tag, 4, len(values)) + data
        body.extend(b"\0" * (len(body) % 2))
        place = len(body)
        body.extend(struct.pack(f"{order}H", len(tags)) + entries + bytes(4))
        return place

    link = 4
    for page in listed:
        place = put(page)
        body[link : link + 4] = struct.pack(f"{order}I", place)
        link = len(body) - 4
    return bytes(body)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    "marks", [[{254: REDUCED}], [{255: 2}], [{254: MASK}], [{254: REDUCED}, {254: REDUCED | MASK}]]
)
def test_smaller_copies_and_masks_are_not_the_picture(tmp_path: Path, marks: list[dict[int, int]], order: str) -> None:
    content = pages(*(Page(CHEAP, mark) for mark in marks), Page(MEANT, {254: FULL}), Page(CHEAP), order=order)
    assert colours(load(tmp_path, content)) == {MEANT}


def test_a_smaller_copy_below_the_picture_is_left_alone(tmp_path: Path) -> None:
    assert colours(load(tmp_path, pages(Page(MEANT, below=[Page(CHEAP, {254: REDUCED})])))) == {MEANT}


def test_a_copy_of_nothing_is_what_everybody_sees_of_that_file(tmp_path: Path) -> None:
    assert colours(load(tmp_path, pages(Page(MEANT, {254: REDUCED}), Page(CHEAP, {254: REDUCED})))) == {MEANT}


def test_a_picture_that_cannot_be_reached_is_not_replaced_by_its_thumbnail(tmp_path: Path) -> None:
    (tmp_path / "p.tif").write_bytes(content := pages(Page(CHEAP, {254: REDUCED}, [Page(MEANT)])))
    said = refusal(lambda: load(tmp_path, content))
    assert "begins with a smaller copy of its picture" in said and "save it afresh" in said


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (pages(Page(CHEAP, {254: REDUCED, 50706: 0x0401}, [Page((7,), {262: CFA})])), "DNG"),
        (pages(Page(CHEAP, {254: REDUCED}, [Page((7,), {262: CFA})])), "made by a camera"),
        (pages(Page(CHEAP), Page((7,), {262: CFA}), order=">"), "made by a camera"),
        (b"II*\0\x10\0\0\0CR\x02\0" + pages(Page(CHEAP))[12:], "Canon's CR2"),
        (b"\0\0\0\x18ftypcrx " + bytes(99), "Canon's CR3"),
        (b"FUJIFILMCCD-RAW 0201" + bytes(99), "Fujifilm's RAF"),
        (b"IIRO\x08\0\0\0" + bytes(99), "Olympus' ORF"),
        (b"IIU\0\x18\0\0\0" + bytes(99), "Panasonic's RW2"),
    ],
    ids=["dng", "nef", "page", "cr2", "cr3", "raf", "orf", "rw2"],
)
@pytest.mark.parametrize("installed", [True, False])
def test_raw_files_that_cannot_be_read_are_refused_with_the_remedy(
    tmp_path: Path, content: bytes, kind: str, installed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not installed:
        monkeypatch.setitem(sys.modules, "rawpy", None)
    said = refusal(lambda: load(tmp_path, content))
    assert f"is a raw file ({kind})" in said and "develop it in your raw program" in said
    assert ("takes more than is installed; run " in said and "[photos]" in said) != installed


def test_what_only_old_programs_show_of_an_animation_is_not_the_picture(tmp_path: Path) -> None:
    frames = [plain("RGB", MEANT), plain("RGB", (0, 0, 0))]
    content = encoded(plain("RGB", CHEAP), "PNG", save_all=True, append_images=frames, default_image=True)
    assert colours(load(tmp_path, content)) == {MEANT}


def test_directories_that_lead_nowhere_or_in_circles(tmp_path: Path) -> None:
    content = bytearray(pages(Page(MEANT, below=[Page(CHEAP, {254: REDUCED})])))
    (first,) = struct.unpack_from("<I", content, 4)
    entries = struct.unpack_from("<H", content, first)[0]
    for k in range(entries):
        at = first + 2 + 12 * k
        if struct.unpack_from("<H", content, at)[0] == 330:
            content[at + 8 : at + 12] = struct.pack("<I", 2**31)
    content[-4:] = struct.pack("<I", first)  # the next page is this one
    assert colours(load(tmp_path, bytes(content))) == {MEANT}
