"""Pictures that need more than Pillow: cameras' raw files, and HEIC as phones write it, by packages of an extra."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from impasto.engine.errors import ImpastoError
from impasto.engine.installing import install

if TYPE_CHECKING:
    from PIL import Image

EXTRA = "photos"
LARGEST_RAW = 1 << 30  # bytes of a raw file
_HEIF = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")  # how its kinds begin


def developed(path: Path, stream: BinaryIO, kind: str, check: Callable[[int, int], None]) -> Image.Image:
    """A raw file developed as its camera would, upright, 8-bit sRGB; check: refuses a width and height in pixels.

    Raises ImpastoError if rawpy is missing, and for a file that LibRaw does not read.
    """
    from PIL import Image

    what = f"{path} is a raw file ({kind})"
    remedy = "develop it in your raw program and export it as TIFF, PNG or JPEG"
    try:
        import rawpy
    except ImportError as error:
        raise ImpastoError(f"{what}, which takes more than is installed; {install(EXTRA)}, or {remedy}") from error
    stream.seek(0)
    if stream.seek(0, 2) > LARGEST_RAW:
        raise ImpastoError(f"{what} of more than {LARGEST_RAW >> 20} MB; {remedy}")
    stream.seek(0)
    try:
        raw: Any = rawpy.imread(stream)  # reads what it says of itself; pixels only when they are developed
        with raw:
            check(raw.sizes.iwidth, raw.sizes.iheight)
            return Image.fromarray(raw.postprocess(use_camera_wb=True, output_bps=8))
    except (ImpastoError, MemoryError):
        raise
    except Exception as error:  # LibRaw's own, and whatever hostile bytes bring about
        raise ImpastoError(f"{what} that is damaged, or of a camera that is not known yet; {remedy}") from error


def heif_format(head: bytes) -> tuple[str, ...]:
    """What Pillow is to read a file that begins so as besides its own formats: HEIF, if it is that and can be."""
    if not is_heif(head):
        return ()
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return ()
    register_heif_opener()
    return ("HEIF",)


def is_heif(head: bytes) -> bool:
    """Does a file that begins so hold HEIC, or what is packed alike?"""
    return head[4:8] == b"ftyp" and head[8:12] in _HEIF
