"""Palettes: the only colours strokes may have. Read from GIMP's and Krita's files, or found in a picture."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO
from warnings import catch_warnings, simplefilter
from xml.parsers.expat import ExpatError, ParserCreate
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import numpy as np

from impasto.engine.errors import ImpastoError
from impasto.engine.files import atomic_write
from impasto.engine.pictures.io import Picture
from impasto.engine.pictures.oklab import from_oklab, to_oklab
from impasto.engine.styles.style import MOST_COLOURS

LARGEST_FILE = 4 << 20  # bytes, packed and unpacked
LOOKED_AT = 20_000  # pixels of a picture, at most, whose colours are grouped
CHROMA = 2.0  # what differences of hue and saturation count for, times those of lightness, when colours are chosen
RESTARTS, ROUNDS = 6, 25  # of the grouping
_COLOUR = re.compile(r"\s*(\d{1,3})\s+(\d{1,3})\s+(\d{1,3})(\s.*)?")


def levels_of(names: Sequence[str]) -> np.ndarray:
    """sRGB colours (N, 3) float32, 8 bits / 255, of names as #rrggbb."""
    levels = np.array([[int(name[k : k + 2], 16) for k in (1, 3, 5)] for name in names], np.float32)
    return levels / np.float32(255)


def nearest(colours: np.ndarray, palette: Sequence[str]) -> np.ndarray:
    """Of each sRGB colour (N, 3) 0..1 the palette's colour that looks most like it, float32 (N, 3), its 8 bits / 255.

    palette: as #rrggbb. How much alike they look is measured in Oklab.
    """
    values = levels_of(palette)
    wanted = to_oklab(colours)
    best, least = np.zeros(len(wanted), np.intp), np.full(len(wanted), np.inf)
    for k, known in enumerate(to_oklab(values)):
        distance = ((wanted - known) ** 2).sum(1)
        closer = distance < least
        best[closer], least[closer] = k, distance[closer]
    return values[best]


def of_picture(picture: Picture, count: int, seed: int = 0) -> tuple[str, ...]:
    """The `count` colours that stand best for those of a picture, as #rrggbb, from dark to light; transparent parts
    do not count. A picture of fewer colours gives those it has.

    They are the means of as many groups of colours (k-means in Oklab, the best of several tries), the same for the same
    seed. Raises ImpastoError for a count that is not 2 to 256, and for a picture with less than two colours.
    """
    if not 2 <= count <= MOST_COLOURS:
        raise ImpastoError(f"a palette of {count} colours cannot be; choose 2 to {MOST_COLOURS}")
    rng = np.random.default_rng(seed)
    colours = picture.rgb.reshape(-1, 3)
    if picture.alpha is not None:
        colours = colours[picture.alpha.reshape(-1) >= 128]
    if len(colours) > LOOKED_AT:
        colours = colours[rng.choice(len(colours), LOOKED_AT, replace=False)]
    levels = np.unique(colours, axis=0)
    if len(levels) > count:
        scale = np.array([1, CHROMA, CHROMA])
        groups = _groups(to_oklab(colours / 255) * scale, count, rng) / scale
        levels = np.unique(np.round(from_oklab(groups) * 255).astype(np.uint8), axis=0)
    if len(levels) < 2:
        raise ImpastoError("the picture has one colour only, and a palette two or more; give the file of a palette")
    lightness = to_oklab(levels / 255)[:, 0]
    return tuple("#{:02x}{:02x}{:02x}".format(*levels[k]) for k in np.argsort(lightness, kind="stable"))


def _groups(points: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """The means (count, 3) of the points' (N, 3) groups: of several tries those with the points nearest to them."""
    from scipy.cluster.vq import kmeans2, vq  # takes its time, and few need it

    best, least = points[:count], np.inf
    for _ in range(RESTARTS):
        start = points[rng.integers(len(points))][None]
        apart = np.full(len(points), np.inf)
        while len(start) < count:  # each is chosen the sooner, the farther it is from those before it
            apart = np.minimum(apart, ((points - start[-1]) ** 2).sum(1))
            chosen = np.searchsorted(apart.cumsum(), rng.random() * apart.sum(), side="right")
            start = np.concatenate([start, points[min(chosen, len(points) - 1)][None]])
        with catch_warnings():
            simplefilter("ignore")  # a group may lose its last point, and then stays where it was
            means, _ = kmeans2(points, start, ROUNDS, minit="matrix")
        far = float((vq(points, means)[1] ** 2).sum())
        if far < least:
            best, least = means, far
    return best


def read_palette(path: Path) -> tuple[tuple[str, ...], list[str]]:
    """The colours of a palette file of GIMP (.gpl) or Krita (.kpl) as #rrggbb, each once, and warnings.

    Raises ImpastoError for a file that cannot be read or is none, and for less than 2 or more than 256 colours.
    """
    reader = {".gpl": _read_gpl, ".kpl": _read_kpl}.get(path.suffix.lower())
    if reader is None:
        raise ImpastoError(f"{path} is no palette; give a .gpl (GIMP) or .kpl (Krita) file")
    try:
        if not path.is_file():
            raise ImpastoError(f"there is no palette {path}; check its name and folder")
        with path.open("rb") as file:
            if len(file.read(LARGEST_FILE + 1)) > LARGEST_FILE:
                raise ImpastoError(f"{path} is over {LARGEST_FILE >> 20} MB; that is no palette")
            file.seek(0)
            found, others = reader(file)
    except ImpastoError:
        raise
    except OSError as error:
        raise ImpastoError(f"the palette {path} cannot be read ({error.strerror}); check the path") from None
    except Exception as error:  # zipfile and zlib have many names for broken bytes
        reason = error if isinstance(error, _Refused) else "it cannot be unpacked"
        raise ImpastoError(f"{path} is no palette, or a broken one ({reason}); save it again") from None
    colours = tuple(dict.fromkeys(found))
    left = f"; {others} in other colour models were left out" if others else ""
    if not 2 <= len(colours) <= MOST_COLOURS:
        raise ImpastoError(f"{path} has {len(colours)} colours, and a palette 2 to {MOST_COLOURS}{left}")
    return colours, [f"{others} of the colours in {path} are not in sRGB and were left out"] if others else []


def write_palette(path: Path, colours: Sequence[str], name: str, *, overwrite: bool = False) -> None:
    """Write colours, as #rrggbb, as a palette of GIMP's of this name; whole or not at all.

    Raises ImpastoError for all that `engine.files.check_writable` refuses, and if writing fails.
    """
    lines = ["GIMP Palette", f"Name: {' '.join(name.split())[:100]}", "Columns: 8", "#"]
    for colour in colours:
        levels = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
        lines.append("{:3} {:3} {:3}\t{}".format(*levels, colour))
    with atomic_write(path, overwrite) as file:
        file.write(("\n".join(lines) + "\n").encode("utf-8", "replace"))


class _Refused(ValueError):
    """Why bytes are no palette: a phrase."""


def _read_gpl(file: BinaryIO) -> tuple[list[str], int]:
    lines = file.read().decode("utf-8-sig", "replace").splitlines()
    if not lines or lines[0].strip() != "GIMP Palette":
        raise _Refused("it does not begin with `GIMP Palette`")
    colours = []
    for number, line in enumerate(lines[1:], 2):
        if not line.strip() or line.lstrip().startswith("#") or re.match(r"(Name|Columns):", line):
            continue
        match = _COLOUR.fullmatch(line)
        levels = [int(level) for level in match.groups()[:3]] if match else [256]
        if max(levels) > 255:
            raise _Refused(f"line {number} is no colour")
        colours.append("#{:02x}{:02x}{:02x}".format(*levels))
    return colours, 0


def _read_kpl(file: BinaryIO) -> tuple[list[str], int]:
    with ZipFile(file) as archive:
        member = next((each for each in archive.infolist() if each.filename == "colorset.xml"), None)
        if member is None or member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise _Refused("it holds no colorset.xml")
        if member.file_size > LARGEST_FILE:
            raise _Refused("its colorset.xml is too large")
        with archive.open(member) as stream:
            text = stream.read(LARGEST_FILE + 1)
    models = list(_models(text))
    colours = [_srgb(model, values) for model, values in models]
    return [colour for colour in colours if colour is not None], colours.count(None)


def _models(text: bytes) -> Iterator[tuple[str, dict[str, str]]]:
    """The colours in a colorset.xml: each one's model, and its values. What might declare entities is refused."""
    found: list[tuple[str, dict[str, str]]] = []
    inside = False

    def start(name: str, values: dict[str, str]) -> None:
        nonlocal inside
        if inside and name not in ("Position", "ColorSetEntry"):
            found.append((name, values))
        inside = name == "ColorSetEntry" or (inside and name == "Position")

    def refuse(*_: object) -> None:
        raise _Refused("its colorset.xml declares a document type")

    parser = ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(text, True)
    except ExpatError as error:
        raise _Refused("its colorset.xml is no XML") from error
    return iter(found)


def _srgb(model: str, values: dict[str, str]) -> str | None:
    """A colour of Krita's as #rrggbb; None if it is not in sRGB, be it linear, or its greys."""
    space = values.get("space", "sRGB").lower()  # such as sRGB-elle-V2-srgbtrc.icc, or …-g10.icc for a linear one
    names = {"sRGB": "rgb", "RGB": "rgb", "Gray": "ggg"}.get(model)
    linear = "g10" in space or "linear" in space
    ours = linear or "srgb" in space if model == "Gray" else space.startswith(("srgb", "scrgb"))
    if names is None or not ours:
        return None
    try:
        channels = [float(values[name]) for name in names]
    except (KeyError, ValueError) as error:
        raise _Refused(f"a colour of {model} lacks a number") from error
    if not all(-1e6 < channel < 1e6 for channel in channels):
        raise _Refused("a colour is out of range")
    if linear:
        channels = [1.055 * max(c, 0) ** (1 / 2.4) - 0.055 if c > 0.0031308 else 12.92 * c for c in channels]
    return "#{:02x}{:02x}{:02x}".format(*(round(255 * min(max(c, 0.0), 1.0)) for c in channels))
