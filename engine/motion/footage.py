"""Moving pictures in: a film (by PyAV) or pictures that are numbered, as frames at an even rate.

A film's frames come at any times; what is shown at each of ours is the last one that has come, as players do it.
Nothing in a file is trusted: its demuxer opens no others, and sizes are checked before pixels are decoded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.engine.errors import ImpastoError
from impasto.engine.files import open_input
from impasto.engine.installing import install
from impasto.engine.pictures.io import LONGEST_ASPECT, SMALLEST_SIDE, Picture, load_picture

EXTRA = "film"
USUAL_RATE = Fraction(25)  # frames a second, of numbered pictures
SLOWEST, FASTEST = Fraction(1, 10), Fraction(240)
MOST_FRAMES = 1_000_000
_DEMUXERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,ogg,flv,asf,mxf,yuv4mpegpipe,h264,hevc,ivf,apng,"
    "gif,dv"
)
_UNSAID, _SMALL = 2, 576  # of a film's colours; rows up to which it is of standard definition
WRONG = (RuntimeError, ValueError, OSError, ArithmeticError, LookupError)  # as which PyAV's own come


@dataclass(frozen=True, eq=False)
class Shot:
    """One frame. source: of which picture of the footage, so that equal numbers are equal pictures; see: its pixels."""

    source: int
    see: Callable[[], Picture]


class Footage(Protocol):
    """What is to be painted. name: for sentences; rate: frames a second; count: how many, None if not known."""

    name: Path
    rate: Fraction
    count: int | None
    warnings: list[str]

    def shots(self, first: Fraction, last: Fraction | None, rate: Fraction) -> Iterator[Shot]:
        """What is seen every 1 / rate seconds from `first` to `last` (the end if None), in seconds."""
        ...


def footage(name: Path, rate: Fraction | None, max_pixels: int) -> Footage:
    """The footage of a name: a pattern such as frames/%04d.png, or a film. rate: of numbered pictures.

    Raises ImpastoError if it cannot be read, has no pictures, or if some numbers are missing.
    """
    return Numbered(name, rate or USUAL_RATE, max_pixels) if is_pattern(name) else FilmFootage(name, max_pixels)


def is_pattern(name: Path) -> bool:
    """Does a name stand for numbered pictures?"""
    return "%" in name.name


def numbers_of(pattern: Path) -> dict[int, Path]:
    """The files that a pattern such as %04d.png stands for, by number. Raises ImpastoError for what is no pattern."""
    match = re.fullmatch(r"((?:[^%]|%%)*)%(0?\d{0,2})d((?:[^%]|%%)*)", pattern.name)
    if match is None:
        raise ImpastoError(f"{pattern} does not say where numbers go; write them as %04d, as in frames/%04d.png")
    before, width, after = match[1].replace("%%", "%"), match[2], match[3].replace("%%", "%")
    digits = int(width or 0) if width.startswith("0") else 0
    found: dict[int, Path] = {}
    try:
        for path in pattern.parent.iterdir():
            name = path.name
            middle = name[len(before) : len(name) - len(after)]
            number = int(middle) if re.fullmatch("[0-9]{1,9}", middle) else -1
            if number >= 0 and name == f"{before}{number:0{digits}d}{after}":
                found[number] = path
    except OSError as error:
        raise ImpastoError(f"{pattern.parent} cannot be read ({error.strerror}); check the folder's name") from error
    return dict(sorted(found.items()))


def numbered(pattern: Path, number: int) -> Path:
    """The file of one number."""
    return pattern.with_name(pattern.name % number)


class Numbered:
    """Pictures with numbers in their names, one a frame."""

    def __init__(self, pattern: Path, rate: Fraction, max_pixels: int) -> None:
        self.name, self.rate, self.warnings = pattern, rate, []
        self._most = max_pixels
        self.files = numbers_of(pattern)
        if not self.files:
            raise ImpastoError(f"there are no pictures {pattern}; check the folder and the number of digits")
        first, last = min(self.files), max(self.files)
        if missing := next((k for k in range(first, last) if k not in self.files), None):
            raise ImpastoError(
                f"{numbered(pattern, missing)} is missing between {first} and {last}; restore it, or number the "
                "pictures without a gap"
            )
        self.count: int | None = len(self.files)

    def shots(self, first: Fraction, last: Fraction | None, rate: Fraction) -> Iterator[Shot]:
        """See `Footage`."""
        paths = list(self.files.values())
        end = Fraction(len(paths)) / self.rate if last is None else last
        for k in range(frames_between(first, end, rate)):
            source = int((first + k / rate) * self.rate)
            if source >= len(paths):
                return
            yield Shot(source, lambda path=paths[source]: load_picture(path, self._most))


class FilmFootage:
    """A film's first stream of pictures."""

    def __init__(self, path: Path, max_pixels: int) -> None:
        self.name, self.warnings = path, []
        self._most = max_pixels
        with self._opened() as (_, stream):
            rate = stream.average_rate or stream.guessed_rate or USUAL_RATE
            self.rate = min(max(Fraction(rate), SLOWEST), FASTEST)
            self.count: int | None = stream.frames or None
            if self.count is None and (seconds := self._seconds(stream)) is not None:
                self.count = round(seconds * self.rate)

    def shots(self, first: Fraction, last: Fraction | None, rate: Fraction) -> Iterator[Shot]:
        """See `Footage`. A frame that is broken is passed over: the one before stays, as `warnings` tell."""
        n, shown, number, broken = 0, None, 0, 0
        tick = Fraction(1, 2) / max(rate, self.rate) / 2  # what times in the file may be off by
        with self._opened() as (container, stream):
            start = Fraction(stream.start_time or 0) * Fraction(stream.time_base)
            if first > 5:
                container.seek(int((first + start - 2) / stream.time_base), stream=stream)
            at = -1 / self.rate
            for frame in self._decoded(container, stream):
                if frame is None:
                    broken += 1
                    continue
                at += 1 / self.rate
                if frame.pts is not None:
                    at = Fraction(frame.pts) * Fraction(stream.time_base) - start
                while shown is not None and first + n / rate + tick < at:
                    if last is not None and first + n / rate >= last:
                        break
                    yield self._shot(number, shown, stream)
                    n += 1
                if last is not None and first + n / rate >= last:
                    break
                shown, number = frame, number + 1
            if shown is None:
                raise ImpastoError(f"{self.name} has no picture in it; give another film")
            end = at + 1 / self.rate if last is None else min(last, at + 1 / self.rate)
            while first + n / rate + tick < end:
                yield self._shot(number, shown, stream)
                n += 1
        if broken:
            self.warnings.append(f"{broken} pictures in {self.name} are broken; those before them stay instead")

    def _decoded(self, container: Any, stream: Any) -> Iterator[Any]:
        """The frames, and None for each that is broken."""
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                for frame in packet.decode():
                    yield None if frame.is_corrupt else frame
            except EOFError:
                return
            except WRONG:
                yield None

    def _shot(self, number: int, frame: Any, stream: Any) -> Shot:
        return Shot(number, lambda: picture_of(frame, stream.sample_aspect_ratio))

    def _seconds(self, stream: Any) -> Fraction | None:
        if stream.duration:
            return Fraction(stream.duration) * Fraction(stream.time_base)
        return Fraction(stream.container.duration, 1_000_000) if stream.container.duration else None

    def _opened(self) -> Opened:
        return Opened(self.name, self._most)


class Opened:
    """A film's container and its stream of pictures, while it is entered."""

    def __init__(self, path: Path, max_pixels: int = 1 << 40) -> None:
        self._path, self._most = path, max_pixels

    def __enter__(self) -> tuple[Any, Any]:
        """Open it. Raises ImpastoError for what is no film."""
        av = pyav(self._path)
        self._file = open_input(self._path)
        try:
            options = {"format_whitelist": _DEMUXERS}
            self._container = av.open(self._file, "r", options=options, metadata_errors="ignore")
        except WRONG as error:
            self._file.close()
            reason = "is not a film that can be read, or is damaged; give an MP4, WebM or MOV, or numbered pictures"
            raise ImpastoError(f"{self._path} {reason}") from error
        try:
            stream = next(iter(self._container.streams.video), None)
            if stream is None:
                raise ImpastoError(f"{self._path} has no pictures in it, only sound; give a film")
            self._check(stream)
        except BaseException:
            self.__exit__()
            raise
        stream.thread_type = "AUTO"
        # each frame has a size of its own, too; twice, for what a codec adds at the borders
        stream.codec_context.options = {**stream.codec_context.options, "max_pixels": str(2 * self._most)}
        return self._container, stream

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self._container.close()
        self._file.close()

    def _check(self, stream: Any) -> None:
        width, height = stream.width, stream.height
        size = f"{self._path} is {width}×{height} pixels"
        if width * height > self._most:
            raise ImpastoError(f"{size}, over the limit of {self._most}; make it smaller or raise --max-pixels")
        if min(width, height) < SMALLEST_SIDE or max(width, height) > LONGEST_ASPECT * min(width, height):
            raise ImpastoError(f"{size}; give a film of at least {SMALLEST_SIDE} a side, no longer than wide")


def picture_of(frame: Any, aspect: Any = None) -> Picture:
    """A decoded frame as sRGB, upright, with square pixels."""
    has_alpha = any(component.is_alpha for component in frame.format.components)
    if frame.format.is_rgb and all(component.bits == 8 for component in frame.format.components):
        return _upright(frame, frame.reformat(format="rgba" if has_alpha else "rgb24").to_ndarray(), aspect, has_alpha)
    # 16 bits, since FFmpeg cuts off where it should round; a film that does not say is of BT.709 if it is large
    matrix = {} if frame.colorspace != _UNSAID else {"src_colorspace": "ITU709" if frame.height > _SMALL else "ITU601"}
    deep = frame.reformat(format="gbrap16le" if has_alpha else "gbrp16le", **matrix).to_ndarray()
    scale = 257 if frame.format.is_rgb else 256  # what FFmpeg makes of YUV: 65283 is white
    return _upright(frame, ((deep.astype(np.uint32) + 128) // scale).clip(0, 255).astype(np.uint8), aspect, has_alpha)


def _upright(frame: Any, pixels: NDArray[np.uint8], aspect: Any, has_alpha: bool) -> Picture:
    """A frame's pixels (h, w, 3 or 4) as they are to be seen."""
    pixels = np.rot90(pixels, round(frame.rotation / 90) % 4)
    if aspect and Fraction(aspect) != 1:
        width = max(1, round(frame.width * min(max(Fraction(aspect), Fraction(1, 8)), Fraction(8))))
        shape = (width, frame.height) if pixels.shape[:2] == (frame.height, frame.width) else (frame.height, width)
        pixels = np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).resize(shape, Image.Resampling.LANCZOS))
    rgb = np.ascontiguousarray(pixels[..., :3])
    alpha = np.ascontiguousarray(pixels[..., 3]) if has_alpha else None
    return Picture(rgb, None if alpha is None or alpha.min() == 255 else alpha)


def pyav(path: Path) -> Any:
    """PyAV. Raises ImpastoError with the remedy if it is missing."""
    try:
        import av
    except ImportError as error:
        raise ImpastoError(f"{path} takes more than is installed; {install(EXTRA)}") from error
    return av


def frames_between(first: Fraction, last: Fraction, rate: Fraction) -> int:
    """How many frames there are from one time to another."""
    return max(0, -int(-(last - first) * rate // 1))
