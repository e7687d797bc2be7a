"""Any picture in, any picture out: files to 8-bit sRGB pixels and back."""

import io
import math
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageFile, ImageOps, PngImagePlugin, TiffImagePlugin, UnidentifiedImageError, features

from impasto.engine.errors import ImpastoError
from impasto.engine.files import AnyPath, atomic_write, check_writable, open_input
from impasto.engine.installing import install
from impasto.engine.pictures.bare import MOST_TOLD, bare
from impasto.engine.pictures.developing import EXTRA, developed, heif_format, is_heif
from impasto.engine.pictures.frames import CameraRaw, choose_frame, look_for_raw, look_for_raw_tags
from impasto.engine.pictures.picture import Picture

SMALLEST_SIDE, LONGEST_ASPECT = 32, 20

# Read and written; never all that Pillow knows: EPS, for one, runs a program.
_FORMATS = {"PNG": ".png", "JPEG": ".jpg .jpeg", "WEBP": ".webp", "TIFF": ".tif .tiff", "BMP": ".bmp"}
_READ_ONLY = ("GIF", "AVIF")
_OPENINGS = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"II*\0", b"MM\0*", b"BM", b"GIF8")
_FOREIGN = {b"8BPS": "PSD", b"%PDF": "PDF"}
_MOST_PIXELS_A_SIDE = {"JPEG": 65500, "WEBP": 16383}  # libjpeg stops a little before the format's 65535
_PLAIN_MODE = {"1": "L", "RGBX": "RGB", "YCbCr": "RGB", "PA": "RGBA", "La": "LA", "RGBa": "RGBA"}
_BITS_PER_SAMPLE, _PHOTOMETRIC, _SAMPLE_FORMAT = 258, 262, 339  # TIFF tags
_PILLOW = threading.Lock()


def load_picture(path: AnyPath, max_pixels: int = 100_000_000) -> Picture:
    """Read a JPEG, PNG, WebP, TIFF, BMP, GIF or AVIF, or with an extra HEIC or a camera's raw file, as 8-bit
    sRGB, upright; of several frames or pages, the first that is a picture of its own.

    An embedded ICC profile is applied; one that is broken or meant for other channels is ignored, since its
    picture is still worth painting. Deeper greys are cut to 8 bits: 32-bit and float ones, which do not say
    what white is, by the smallest of the customary whites (1, 255, 65535) that their brightest pixel fits.

    Raises ImpastoError if the file cannot be read, is no such picture or is damaged, or if the picture has a
    side under 32 pixels or over 20 times the other, or more than `max_pixels` pixels. The size is checked
    before any pixel is decoded.
    """
    path = Path(path)
    with open_input(path) as stream, _pillow_set_up():
        try:
            image = _decoded(path, stream, max_pixels)
            colour, alpha = _without_alpha(image)
            rgb = np.array(_in_srgb(colour, image.info.get("icc_profile")))
        except MemoryError as error:
            raise ImpastoError(f"{path} needs more memory than there is; make it smaller first") from error
    opaque = alpha is None or alpha.getextrema() == (255, 255)
    return Picture(rgb, None if opaque else np.array(alpha))


def load_numbers(path: AnyPath, max_pixels: int = 100_000_000) -> np.ndarray | None:
    """The numbers (h, w) in a grey picture of 16 or 32 bits, or of whole floats, uncut, upright; int32, or int64 where
    that is too small. None if it is of another kind. What is below 0 becomes 0.

    Raises ImpastoError as `load_picture` does.
    """
    path = Path(path)
    with open_input(path) as stream, _pillow_set_up():
        image = _decoded(path, stream, max_pixels)
        if image.mode[0] not in "IF":
            return None
        found = np.array(image)
        if image.mode == "F":
            whole = bool(np.isfinite(found).all()) and bool((found == np.rint(found)).all()) and found.max() < 1 << 53
            found = found.astype(np.int64) if whole else None
        elif image.mode == "I" and getattr(image, "tag_v2", {_SAMPLE_FORMAT: (2,)}).get(_SAMPLE_FORMAT, (1,))[0] == 1:
            found = found.view(np.uint32).astype(np.int64)  # which Pillow takes for numbers with a sign
        if found is None:
            return None
        return found.astype(np.int32 if found.max(initial=0) < 1 << 31 else np.int64).clip(0)


def has_deep_colours(path: AnyPath) -> bool:
    """Has a PNG or TIFF more than 8 bits a colour, or grey beside alpha, of which only 8 are read?"""
    with open_input(path) as stream:
        head = stream.read(26)
        if head.startswith(b"\x89PNG"):
            return head[24] > 8 and head[25] != 0
        if not head.startswith((b"II*\0", b"MM\0*")):
            return False
        stream.seek(0)
        try:
            with Image.open(stream, formats=["TIFF"]) as image:
                bits = getattr(image, "tag_v2", {}).get(_BITS_PER_SAMPLE, (8,))
        except Exception:  # hostile bytes make Pillow raise almost anything
            return False
    return len(bits) > 1 and max(bits) > 8


def picture_suffixes() -> tuple[str, ...]:
    """What a picture's file may end with."""
    return tuple(" ".join(_FORMATS.values()).split())


def check_output(path: AnyPath, overwrite: bool = False, size: tuple[int, int] | None = None) -> None:
    """Make every check of an output `path`, and of its width and height if known, before painting starts.

    Raises ImpastoError for an unknown extension, for a side longer than the format takes, and for all that
    `engine.files.check_writable` refuses.
    """
    _written_format(Path(path))
    if size is not None:
        check_sides(Path(path), size[1], size[0])
    check_writable(path, overwrite)


def check_sides(path: Path, height: int, width: int) -> None:
    """Raise ImpastoError if one of these sides, in pixels, is longer than the format takes."""
    kind = _written_format(path)
    most = _MOST_PIXELS_A_SIDE.get(kind, math.inf)
    if max(height, width) > most:
        raise ImpastoError(f"{path} cannot be {width}×{height}: {kind} ends at {most} pixels; save it as .png")


def save_picture(path: AnyPath, rgba: np.ndarray, *, overwrite: bool = False, quality: int = 95) -> None:
    """Write (height, width, 4) straight-alpha or (height, width, 3) sRGB uint8, in the extension's format.

    The file is there whole or not at all. JPEG and BMP, which know no alpha, get the picture on white; an
    opaque picture is written without alpha. `quality` (1..100) is for JPEG and WebP. Only pixels are written,
    nothing about who, when or with what.

    Raises ImpastoError as `check_output` does, for a side longer than the format takes, and if writing fails.
    """
    path = Path(path)
    kind = _written_format(path)
    height, width = rgba.shape[:2]
    check_output(path, overwrite, (width, height))
    options = {
        "PNG": {"compress_type": zlib.Z_RLE},  # at most a tenth larger than with all of zlib, in a quarter of the time
        "JPEG": {"quality": quality, "subsampling": 0},  # halved colour would smear the edges of strokes
        "WEBP": {"quality": quality},
        "TIFF": {"compression": "tiff_lzw"},
    }
    encoded = io.BytesIO()  # given a file, Pillow writes to it past Python and overlooks a disk that runs full
    _as_image(rgba, kind).save(encoded, kind, **options.get(kind, {}))
    with atomic_write(path, overwrite) as stream:
        stream.write(encoded.getbuffer())


@contextmanager
def _pillow_set_up() -> Iterator[None]:
    """Suspend Pillow's own size limit, which `_check_size` replaces, and have libtiff read every TIFF.

    (Pillow's own TIFF reader silently garbles 16-bit channels that are stored one after the other.)
    What a PNG says about itself, such as a large profile or how it was made, may be longer than Pillow likes: that is
    no reason to refuse a picture. These settings are one for the whole process, so loads take turns; otherwise two of
    them could restore a setting in the wrong order and leave it changed for good.
    """
    with _PILLOW:
        wanted = [
            (Image, "MAX_IMAGE_PIXELS", None), (TiffImagePlugin, "READ_LIBTIFF", True),
            (PngImagePlugin, "MAX_TEXT_CHUNK", MOST_TOLD), (PngImagePlugin, "MAX_TEXT_MEMORY", 2 * MOST_TOLD),
        ]  # fmt: skip
        before = [getattr(module, name) for module, name, _ in wanted]
        for module, name, value in wanted:
            setattr(module, name, value)
        try:
            yield
        finally:
            for (module, name, _), value in zip(wanted, before, strict=True):
                setattr(module, name, value)


def _decoded(path: Path, stream: BinaryIO, max_pixels: int) -> Image.Image:
    """Return the picture upright, once its header has passed the checks."""
    refusal = f"{path} cannot be read; copy it to another disk"
    try:  # hostile bytes make Pillow raise almost anything
        head = stream.read(16)
        look_for_raw(head)
        refusal = _why_unreadable(path, head)
        try:
            image = Image.open(stream, formats=(*_FORMATS, *_READ_ONLY, *heif_format(head)))
        except UnidentifiedImageError:
            look_for_raw_tags(stream, head)
            raise
        choose_frame(path, image)
        _check_size(path, *image.size, max_pixels)
        refusal = f"{path} is damaged or cut short; get a fresh copy of it"
        _scale_clear_colour(image)
        image.load()
    except (ImpastoError, MemoryError):
        raise
    except CameraRaw as raw:
        return developed(path, stream, str(raw), lambda width, height: _check_size(path, width, height, max_pixels))
    except Exception as error:
        if (pixels := bare(stream)) is not None:  # it may be damaged only in what it says of itself
            return _decoded(path, pixels, max_pixels)
        raise ImpastoError(refusal) from error
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except Exception as error:  # broken EXIF is common, and no reason to refuse the picture
        if isinstance(error, MemoryError):
            raise
    return image


def _why_unreadable(path: Path, head: bytes) -> str:
    for signature, kind in _FOREIGN.items():
        if signature in head:
            return f"{path} is a {kind} file, which Impasto does not read; export it as PNG or JPEG first"
    if is_heif(head) and not heif_format(head):
        return f"{path} is a HEIC file, which takes more than is installed; {install(EXTRA)}, or export it as JPEG"
    if head[4:12] == b"ftypavif" and not features.check("avif"):
        return f"{path} is an AVIF file, which this Pillow does not read; export it as PNG or JPEG, or update Pillow"
    if head.startswith(_OPENINGS) or head[4:8] == b"ftyp":
        return f"{path} is damaged, has no pixels or is of a rare kind; export it afresh as PNG or JPEG"
    return f"{path} is not a picture Impasto can read; give it a JPEG, PNG, WebP, TIFF, BMP, GIF or AVIF"


def _check_size(path: Path, width: int, height: int, max_pixels: int) -> None:
    size = f"{path} is {width}×{height} pixels"
    if width * height > max_pixels:
        raise ImpastoError(f"{size}, over the limit of {max_pixels}; make it smaller or raise --max-pixels")
    if min(width, height) < SMALLEST_SIDE:
        raise ImpastoError(f"{size}; give a larger picture, of at least {SMALLEST_SIDE} a side")
    if max(width, height) > LONGEST_ASPECT * min(width, height):
        raise ImpastoError(f"{size}; crop it until one side is at most {LONGEST_ASPECT} times the other")


def _scale_clear_colour(image: ImageFile.ImageFile) -> None:
    """Bring PNG's one see-through colour to the 8 bits of the pixels: Pillow scales only those."""
    clear = image.info.get("transparency")
    if image.format != "PNG" or clear is None:
        return
    depth = str(image.tile[0][3])
    if step := {"1": 255, "L;2": 85, "L;4": 17}.get(depth):
        image.info["transparency"] = min(255, clear * step)  # newer Pillows have done so for "1"
    elif depth == "RGB;16B":
        image.info["transparency"] = tuple(value >> 8 for value in clear)


def _without_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Return the colours as L, RGB, CMYK or LAB, and the alpha as L or None."""
    if image.mode[0] in "IF":
        return _deep_grey(image)
    if image.mode in _PLAIN_MODE:
        image = image.convert(_PLAIN_MODE[image.mode])
    if image.mode == "P" or "transparency" in image.info:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode in ("LA", "RGBA"):
        return image.convert(image.mode[:-1]), image.getchannel("A")
    return image, None


def _deep_grey(image: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Bring a grey picture of 16 or 32 bits or floats to 8 bits, a band at a time to spare memory."""
    tags = getattr(image, "tag_v2", {})
    clear = image.info.get("transparency", math.nan)  # PNG's see-through grey; no grey equals nan
    if image.mode.startswith("I;16"):
        white = 2 ** tags.get(_BITS_PER_SAMPLE, (16,))[0] - 1
    else:
        peak = max(np.max(band, initial=0, where=np.isfinite(band)) for _, band in _bands(image))
        # Floats whose white is 1 often go a little beyond it, at lights and sharpened edges.
        whites = ((16 if image.mode == "F" else 0, 1), (256, 255), (65536, 65535), (math.inf, peak))
        white = next(white for most, white in whites if peak <= most)
    grey = np.empty((image.height, image.width), np.uint8)
    alpha = np.empty_like(grey)
    for rows, band in _bands(image):
        grey[rows] = np.nan_to_num(band * (255 / white)).clip(0, 255) + 0.5
        alpha[rows] = (band != clear) * 255
    if tags.get(_PHOTOMETRIC) == 0:  # white is zero; Pillow turns that round for 8 bits only
        np.subtract(255, grey, out=grey)
    return Image.fromarray(grey), Image.fromarray(alpha)


def _bands(image: Image.Image) -> Iterator[tuple[slice, np.ndarray]]:
    step = max(1, 2**20 // image.width)
    for top in range(0, image.height, step):
        bottom = min(top + step, image.height)
        yield slice(top, bottom), np.asarray(image.crop((0, top, image.width, bottom)))


def _in_srgb(colour: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture as RGB in sRGB; without a usable profile it is taken for sRGB or plain CMYK."""
    if profile:
        from PIL import ImageCms

        with suppress(ImageCms.PyCMSError, OSError, TypeError, ValueError):
            if colour.mode == "L" and profile[16:20] == b"RGB ":  # the profile's kind of colour
                colour = colour.convert("RGB")
            source, target = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
            how = ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION
            return ImageCms.buildTransform(source, target, colour.mode, "RGB", *how).apply(colour)
    return colour if colour.mode == "RGB" else colour.convert("RGB")


def _written_format(path: Path) -> str:
    for kind, extensions in _FORMATS.items():
        if path.suffix.lower() in extensions.split():
            return kind
    raise ImpastoError(f"{path} cannot be written; give it an extension of {' '.join(picture_suffixes())}")


def _as_image(rgba: np.ndarray, kind: str) -> Image.Image:
    if rgba.shape[2] == 3 or rgba[..., 3].min() == 255:
        return Image.fromarray(np.ascontiguousarray(rgba[..., :3]))
    image = Image.fromarray(rgba)
    if kind in ("JPEG", "BMP"):  # know no alpha
        flat = Image.new("RGB", image.size, "white")
        flat.paste(image, mask=image)
        return flat
    return image
