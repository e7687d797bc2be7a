"""Painted frames out: as a film with the sound of the one they were painted from, or as numbered pictures.

A film is written in pieces, each whole or not at all, and put together in the end: what was interrupted goes on
after the last whole piece.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from impasto.engine.errors import ImpastoError
from impasto.engine.export.encoding import CODECS, MOST_SIDE, PictureStream, tools
from impasto.engine.files import atomic_write, check_writable
from impasto.engine.motion.flow import tools as opencv
from impasto.engine.motion.footage import Opened, is_pattern, numbered, numbers_of
from impasto.engine.motion.sound import Sound
from impasto.engine.pictures.io import check_output, save_picture

PIECE = 48  # frames of a film that are to be printed again at most, when it is interrupted
_PIECE = "piece"  # what the one that is being written is called
_DEEP = (".png", ".tif", ".tiff")
_KINDS = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp")


class Print(Protocol):
    """Where frames go. done: how many are there for good."""

    done: int

    def add(self, pixels: NDArray[Any]) -> None:
        """One more frame (h, w, 4), straight alpha, uint8; numbered pictures may be uint16."""
        ...

    def pause(self) -> None:
        """Keep what is there so far."""
        ...

    def end(self, sound: Sound | None) -> None:
        """All are there."""
        ...


def check_print(out: Path, overwrite: bool, bits: int = 8) -> None:
    """Refuse what frames cannot be written to before anything is painted. Raises ImpastoError."""
    if bits == 16 and not (is_pattern(out) and out.suffix.lower() in _DEEP):
        raise ImpastoError(f"{out} has 8 bits; for 16 name pictures such as frames/%04d.png or %04d.tif")
    if is_pattern(out):
        check_output(numbered(out, 1), True)
        if not out.parent.is_dir():
            raise ImpastoError(f"there is no folder {out.parent}; create it first")
        there = numbers_of(out)
        if there and not overwrite:
            raise ImpastoError(f"{next(iter(there.values()))} already exists; choose another name, or add --force")
    elif out.suffix.lower() in CODECS:
        tools(out)
        check_writable(out, overwrite)
    elif out.suffix.lower() in _KINDS:
        raise ImpastoError(f"{out} is one picture; write numbered ones as {out.with_name(f'%04d{out.suffix}')}")
    else:
        raise ImpastoError(f"{out} cannot be written; name a .mp4, a .webm, or pictures such as frames/%04d.png")


class NumberedPrint:
    """A picture for each frame, numbered from `first` on; how many there are is noted in a folder."""

    def __init__(self, out: Path, folder: Path, *, first: int = 1, quality: int = 95) -> None:
        self._out, self._first, self._quality = out, first, quality
        self._note = folder / "printed"
        with suppress(OSError, ValueError):
            self.done = max(0, int(self._note.read_text()))

    done = 0

    def add(self, pixels: NDArray[Any]) -> None:
        """See `Print`."""
        path = numbered(self._out, self._first + self.done)
        if pixels.dtype == np.uint16:
            save_deep(path, pixels)
        else:
            save_picture(path, pixels, overwrite=True, quality=self._quality)
        self.done += 1
        with atomic_write(self._note, True) as file:
            file.write(str(self.done).encode())

    def pause(self) -> None:
        """Each is there already."""

    def end(self, sound: Sound | None) -> None:
        """All are there."""


class FilmPrint:
    """A film, in pieces in a folder until it ends. It is laid on white where it is clear."""

    def __init__(
        self, out: Path, folder: Path, size: tuple[int, int], rate: Fraction, *, quality: int = 95,
        threads: int | None = None, overwrite: bool = False,
    ) -> None:  # fmt: skip
        """size: height and width in pixels. Raises ImpastoError for a size that films cannot have."""
        if max(size) > MOST_SIDE:
            raise ImpastoError(
                f"{out} cannot be {size[1]}×{size[0]}: films end at {MOST_SIDE} pixels; choose a smaller --size"
            )
        self._out, self._folder, self._size, self._rate = out, folder, size, rate
        self._quality, self._threads, self._overwrite = quality, threads, overwrite
        self._suffix = out.suffix.lower()
        self._pieces = list(_whole_pieces(folder, self._suffix))
        self.done = sum(count for _, count in self._pieces)
        self._open: tuple[ExitStack, PictureStream] | None = None
        self._count = 0  # of frames in the piece that is open

    def add(self, pixels: NDArray[Any]) -> None:
        """See `Print`."""
        with self._with_room():
            if self._open is None:
                self._open = self._begun()
            self._open[1].add(_on_white(pixels), 1)
        self._count += 1
        if self._count == PIECE:
            self.pause()

    def pause(self) -> None:
        """End the piece so far."""
        if self._open is None:
            return
        (stack, stream), self._open = self._open, None
        with self._with_room(), stack:
            stream.end()
        path = self._folder / f"{self.done:08d}-{self._count:04d}{self._suffix}"
        with atomic_write(path, True) as file, (self._folder / _PIECE).open("rb") as written:
            shutil.copyfileobj(written, file)
        self._pieces.append((path, self._count))
        self.done += self._count
        self._count = 0

    @contextmanager
    def _with_room(self) -> Iterator[None]:
        """While a piece is written: a full disk as one sentence; the paintings are kept until it is whole."""
        try:
            yield
        except OSError as error:
            if self._open is not None:
                with suppress(OSError):
                    self._open[0].close()
                self._open = None
            reason = error.strerror or error
            raise ImpastoError(
                f"{self._out} could not be written ({reason}); free space, and say the same again"
            ) from error

    def _begun(self) -> tuple[ExitStack, PictureStream]:
        """A piece, open."""
        av = tools(self._out)
        with ExitStack() as stack:
            file = stack.enter_context((self._folder / _PIECE).open("wb"))
            container = stack.enter_context(av.open(file, "w", format=CODECS[self._suffix][0]))
            stream = PictureStream(
                av, container, self._suffix, self._size, self._rate, self._quality, self._threads
            )  # fmt: skip
            return stack.pop_all(), stream

    def end(self, sound: Sound | None) -> None:
        """Put the pieces together, with the sound."""
        self.pause()
        av = tools(self._out)
        with (
            atomic_write(self._out, self._overwrite) as file,
            av.open(file, "w", format=CODECS[self._suffix][0]) as container,
        ):
            with Opened(self._pieces[0][0]) as (_, first):
                stream = container.add_stream_from_template(first)
            heard = None if sound is None else sound.into(container, self._suffix)
            for time, packet in self._packets(stream):
                if heard is not None:
                    heard.until(time)
                container.mux(packet)
            if heard is not None:
                heard.until(None)

    def _packets(self, stream: Any) -> Iterator[tuple[Fraction, Any]]:
        """All pieces' packets, with their times in seconds."""
        at = 0
        for path, count in self._pieces:
            begin = at / self._rate
            with Opened(path) as (container, own):
                for packet in container.demux(own):
                    if packet.dts is None:
                        continue
                    base = Fraction(packet.time_base)
                    offset = round(begin / base)
                    time = packet.pts * base + begin
                    packet.pts, packet.dts = packet.pts + offset, packet.dts + offset
                    packet.stream = stream
                    yield time, packet
            at += count


def save_deep(path: Path, pixels: NDArray[np.uint16]) -> None:
    """Write a PNG or TIFF of 16 bits (h, w, 4), straight; without alpha if it is opaque."""
    channels = [2, 1, 0] if pixels[..., 3].min(initial=65535) == 65535 else [2, 1, 0, 3]
    _, encoded = opencv().imencode(path.suffix, np.ascontiguousarray(pixels[..., channels]))
    with atomic_write(path, True) as file:
        file.write(encoded.tobytes())


def _whole_pieces(folder: Path, suffix: str) -> Iterator[tuple[Path, int]]:
    """The pieces in a folder that follow each other from the first frame on, and how many frames each has."""
    found = {}
    for path in folder.glob(f"*-*{suffix}"):
        if match := re.fullmatch(r"([0-9]{8})-([0-9]{4})", path.stem):
            found[int(match[1])] = path, int(match[2])
    at = 0
    while at in found:
        yield found[at]
        at += found[at][1]


def _on_white(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if pixels[..., 3].min(initial=255) == 255:
        return np.ascontiguousarray(pixels[..., :3])
    alpha = pixels[..., 3:].astype(np.uint16)
    return ((pixels[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
