"""A film's strokes in one file: a zip of paintings, one for each frame that was painted, and how long each is seen.

Each painting in it is an .impasto file like any other, so that a single frame can be taken out and opened.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from impasto.engine.errors import ImpastoError
from impasto.engine.files import atomic_write, open_input
from impasto.engine.painting.archive import Refused, one_sentence
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.reading import read

SUFFIX = ".impastofilm"
MOST = 250_000  # paintings
FORMAT, VERSION = "impastofilm", 1
_MOST_ONE = 256 << 20  # bytes of a painting
_MOST_DIRECTORY = 64 << 20
_RECIPE = "film.json"


def name_of(frame: int) -> str:
    """What the painting of a frame is called."""
    return f"{frame:08d}.impasto"


def frame_of(name: str) -> int | None:
    """Which frame's painting is called so; None if none is."""
    match = re.fullmatch(r"([0-9]{8})\.impasto", name)
    return None if match is None else int(match[1])


def write_reel(path: Path, paintings: Iterable[Path], frames: int, rate: Fraction, overwrite: bool) -> None:
    """Put paintings that lie in files called as `name_of` says into one; frames: of the film, at `rate` a second."""
    recipe = {"format": FORMAT, "version": VERSION, "frames": frames, "rate": [rate.numerator, rate.denominator]}
    with atomic_write(path, overwrite) as file, ZipFile(file, "w", ZIP_STORED) as archive:
        for name, data in [(_RECIPE, json.dumps(recipe).encode()), *((each.name, each) for each in paintings)]:
            info = ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.external_attr = 0o644 << 16
            archive.writestr(info, data if isinstance(data, bytes) else data.read_bytes())


class Reel:
    """A film's strokes, opened; nothing in the file is trusted.

    Raises ImpastoError if it is missing, damaged, hostile or from a newer Impasto.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._sentence():
            self._file = open_input(path)
            tail = _tail(self._file)
            if tail > _MOST_DIRECTORY:
                raise Refused("it holds too many frames")
            self._zip = ZipFile(self._file)
            recipe = json.loads(self._bytes(_RECIPE, 4096))
            if recipe["format"] != FORMAT or recipe["version"] != VERSION:
                raise Refused("it is of a newer Impasto")
            self.count = int(recipe["frames"])
            self.rate = Fraction(*(int(n) for n in recipe["rate"]))
            names = [info.filename for info in self._zip.infolist() if info.filename != _RECIPE]
            found = [frame_of(name) for name in names]
            self.frames = [frame for frame in found if frame is not None]
            sound = (
                len(self.frames) == len(names) and self.frames[:1] == [0] and len(names) <= MOST
                and all(a < b for a, b in zip(self.frames, self.frames[1:], strict=False))
                and self.frames[-1] < self.count <= 4 * MOST and 0 < self.rate <= 1000
            )  # fmt: skip
            if not sound:
                raise Refused("its frames are not in order")

    def __iter__(self) -> Iterator[tuple[Painting, int]]:
        """The paintings, and for how many frames each is seen."""
        for frame, then in zip(self.frames, [*self.frames[1:], self.count], strict=True):
            yield self.painting(frame), then - frame

    def painting(self, frame: int) -> Painting:
        """The painting that was made for a frame."""
        with self._sentence():
            name = name_of(frame)
            return Painting(**read(io.BytesIO(self._bytes(name, _MOST_ONE)), self.path / name))

    def _bytes(self, name: str, most: int) -> bytes:
        info = self._zip.getinfo(name)
        if info.file_size > most or info.compress_type != ZIP_STORED:
            raise Refused(f"{name} is larger than any can be")
        return self._zip.read(info)

    def _sentence(self) -> Any:
        return one_sentence(
            self.path, "is not a film's strokes, or is damaged ({reason}); restore it from a copy or paint again",
            unknown="it cannot be unpacked",
        )  # fmt: skip


def _tail(file: Any) -> int:
    """Bytes of a zip's directory, as its end says."""
    file.seek(0, 2)
    file.seek(max(0, file.tell() - 22))
    end = file.read(22)
    file.seek(0)
    if not end.startswith(b"PK\5\6"):
        raise Refused("its end is missing")
    return int.from_bytes(end[12:16], "little")


def is_reel(path: Path) -> bool:
    """Does a name stand for a film's strokes?"""
    return path.suffix.lower() == SUFFIX


def check_reel(path: Path) -> None:
    """Raise ImpastoError for a name that a film's strokes cannot have."""
    if not is_reel(path):
        raise ImpastoError(f"{path} cannot be a film's strokes; give it the extension {SUFFIX}")
