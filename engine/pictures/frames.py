"""Which of a file's pictures is meant: never a thumbnail in the place of what the file is about.

TIFFs hold pages, and pages may hold others below themselves (SubIFDs); each may be a smaller copy. Cameras' raw files
are mostly TIFFs that begin with a thumbnail.
"""

from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from PIL import ImageFile, TiffImagePlugin

from impasto.engine.errors import ImpastoError

MOST_LOOKED_AT = 32  # pages of a file, and pictures below a page
_SUBFILE, _OLD_SUBFILE, _PHOTOMETRIC, _SUB_IFDS, _DNG_VERSION = 254, 255, 262, 330, 50706  # tags
_REDUCED_OR_MASK = 0b101  # bits of the first
_RAW_COLOURS = (32803, 34892)  # a colour filter's pattern; linear raw

# How raw files that are no TIFFs begin, or say that they are no ordinary ones: where, what, whose.
_RAW_SIGNATURES = (
    (8, b"CR\x02", "Canon's CR2"), (4, b"ftypcrx", "Canon's CR3"), (0, b"HEAPCCDR", "Canon's CRW"),
    (0, b"IIRO", "Olympus' ORF"), (0, b"IIRS", "Olympus' ORF"), (0, b"MMOR", "Olympus' ORF"),
    (0, b"IIU\0", "Panasonic's RW2"), (0, b"FUJIFILMCCD-RAW", "Fujifilm's RAF"), (0, b"FOVb", "Sigma's X3F"),
    (0, b"\0MRM", "Minolta's MRW"),
)  # fmt: skip


class CameraRaw(Exception):
    """A file is a camera's raw file, of the kind this says."""


def look_for_raw(head: bytes) -> None:
    """Raise CameraRaw if a file that begins so, 16 bytes at least, is a camera's raw file."""
    for where, signature, kind in _RAW_SIGNATURES:
        if head[where : where + len(signature)] == signature:
            raise CameraRaw(kind)


def look_for_raw_tags(stream: BinaryIO, head: bytes) -> None:
    """Raise CameraRaw if the first page of a TIFF that begins so is what only raw files have, and Pillow refuses."""
    if head[:4] not in (b"II*\0", b"MM\0*"):
        return
    kind = None
    with suppress(Exception):  # hostile bytes make Pillow raise almost anything
        tags = TiffImagePlugin.ImageFileDirectory_v2(head[:8])
        stream.seek(tags.next)
        tags.load(stream)  # pyright: ignore[reportArgumentType]
        kind = _kind_of_raw(tags)
    if kind is not None:
        raise CameraRaw(kind)


def choose_frame(path: Path, image: ImageFile.ImageFile) -> None:
    """Go to the picture that is meant: the first page that is no smaller copy and no mask.

    Of an animation, its first frame. Raises CameraRaw, and ImpastoError if nothing but a copy can be read.
    """
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        _choose_page(path, image)
    elif image.info.get("default_image"):  # shown only by programs that know no animated PNG
        image.seek(1)


def _choose_page(path: Path, image: TiffImagePlugin.TiffImageFile) -> None:
    pages, full_below = [], False
    for number in range(MOST_LOOKED_AT):
        try:
            image.seek(number)
            readable = True
        except EOFError:
            break
        except (SyntaxError, KeyError):  # a page of a rare kind, whose tags are known all the same
            readable = False
        below = _below(image)
        kind = next((found for tags in (image.tag_v2, *below) if (found := _kind_of_raw(tags))), None)
        if kind is not None:
            raise CameraRaw(kind)
        full_below |= not all(_is_copy(tags) for tags in below)
        pages.append(_is_copy(image.tag_v2) or not readable)
    if all(pages) and full_below:
        raise ImpastoError(
            f"{path} begins with a smaller copy of its picture, which lies where Impasto does not look; open it in "
            "another program and save it afresh as PNG or TIFF"
        )
    image.seek(pages.index(False) if False in pages else 0)  # a copy of nothing that is here is the picture itself


def _below(image: TiffImagePlugin.TiffImageFile) -> list[Any]:
    """The tags of the pictures below a page; those that cannot be read are left out."""
    places, found = image.tag_v2.get(_SUB_IFDS, ()), []
    magic = b"MM\0*" if image.tag_v2.prefix == b"MM" else b"II*\0"
    for place in (places if isinstance(places, tuple) else (places,))[:MOST_LOOKED_AT]:
        with suppress(Exception):  # hostile bytes make Pillow raise almost anything
            tags = TiffImagePlugin.ImageFileDirectory_v2(magic + bytes(4))
            image.fp.seek(int(place))  # pyright: ignore[reportOptionalMemberAccess]
            tags.load(image.fp)  # pyright: ignore[reportArgumentType]
            found.append(tags)
    return found


def _is_copy(tags: Any) -> bool:
    kind = tags.get(_SUBFILE)
    return bool(int(kind) & _REDUCED_OR_MASK) if kind is not None else tags.get(_OLD_SUBFILE) == 2


def _kind_of_raw(tags: Any) -> str | None:
    """What a raw file with these tags is called; None if they are no raw file's."""
    if _DNG_VERSION in tags:
        return "DNG"
    return "made by a camera" if tags.get(_PHOTOMETRIC) in _RAW_COLOURS else None
