"""From an .impasto file to what a painting is made of; nothing in the file is trusted."""

from __future__ import annotations

import stat
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from impasto.engine.errors import ImpastoError
from impasto.engine.painting.archive import (
    FORMAT,
    MAX_FILE,
    MAX_UNDERPAINTING_SIDE,
    TIP,
    VERSION,
    Archive,
    Recipe,
    Refused,
    unpack_arrays,
    unpack_image,
    unpack_json,
)
from impasto.engine.painting.refit import Refit
from impasto.engine.painting.region_masks import RegionMasks
from impasto.engine.painting.strokes import Strokes
from impasto.protocol.limits import LARGEST_MASK_SIDE


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What an unfinished painting's painter needs to go on; only the painter knows what it means.

    Attributes:
        state: a JSON object, at most 4 MB.
        arrays: named arrays of booleans, integers or floats, together at most 256 MB.
    """

    state: dict[str, Any]
    arrays: dict[str, NDArray[Any]]


class Members(Protocol):
    """The named parts that a painting's file consists of."""

    @property
    def names(self) -> list[str]:
        """What each is called."""
        ...

    def read(self, name: str, limit: int | None = None) -> bytes:
        """The bytes of one. Raises Refused if it is not there, or larger than it may be."""
        ...


def opened(path: Path) -> BinaryIO:
    """The file, open for reading. Raises ImpastoError if it is none that a painting could be in."""
    try:
        info = path.stat()
        if stat.S_ISDIR(info.st_mode):
            raise ImpastoError(f"{path} is a folder; name an .impasto file in it")
        if not stat.S_ISREG(info.st_mode):  # opening a pipe would wait for ever
            raise ImpastoError(f"{path} is not a plain file; name an .impasto file")
        if info.st_size > MAX_FILE:
            raise ImpastoError(f"{path} is larger than any painting; name an .impasto file")
        return path.open("rb")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ImpastoError(f"there is no file {path}; check its name and folder") from error
    except PermissionError as error:
        raise ImpastoError(f"{path} may not be read; change its permissions or copy it elsewhere") from error
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte in it
        raise ImpastoError(f"{str(path)!r} cannot be read ({error}); copy it elsewhere") from error


def read(file: BinaryIO, path: Path) -> dict[str, Any]:
    """What a file holds of a painting, by the names of its attributes. Raises as `Painting.load` tells, or Refused."""
    if file.read(4) != b"PK\3\4":
        raise _stranger(path)
    return put_together(Archive(file, MAX_FILE), path)


def put_together(archive: Members, path: Path) -> dict[str, Any]:
    """What members hold of a painting, as `read` tells; path: what errors name."""
    if "recipe.json" not in archive.names:
        raise _stranger(path)
    raw = unpack_json(archive.read("recipe.json"), "recipe.json")
    version = raw.get("version")
    if raw.get("format") != FORMAT:
        raise _stranger(path)
    if isinstance(version, int) and version > VERSION:
        raise ImpastoError(f"{path} was written by a newer Impasto (format {version}); update Impasto")
    recipe = Recipe.read(raw)
    refit = archive.read("refit.npz") if "refit.npz" in archive.names else None
    return {
        "strokes": _read_strokes(archive, recipe, path),
        "background": recipe.background,
        "mask": _read_image(archive, "mask.png", "L", LARGEST_MASK_SIDE),
        "underpainting": _read_image(archive, "underpainting.png", "RGB", MAX_UNDERPAINTING_SIDE),
        "tip": _read_tip(archive),
        "regions": _read_regions(archive, recipe),
        "checkpoint": _read_checkpoint(archive),
        "refit": None if refit is None else Refit.unpacked(refit, recipe.strokes),
        **recipe.model_dump(include={"width", "height", "style", "seed", "softness", "edge"}),
    }


def _stranger(path: Path) -> ImpastoError:
    return ImpastoError(f"{path} is not an Impasto painting; name a file that Impasto saved as .impasto")


def _read_strokes(archive: Members, recipe: Recipe, path: Path) -> Strokes:
    arrays = unpack_arrays(archive.read("strokes.npz"), "strokes.npz")
    names = [field.name for field in fields(Strokes)]
    if not arrays.keys() >= set(names):
        raise Refused("strokes.npz lacks an array")
    strokes = Strokes(**{name: arrays[name] for name in names}).validated(str(path))
    if recipe.regions and strokes.region.max(initial=0) >= len(recipe.regions):
        raise Refused("a stroke is of a region that is not there")
    if len(strokes) != recipe.strokes:
        raise Refused(f"recipe.json promises {recipe.strokes} strokes and there are {len(strokes)}")
    return strokes


def _read_regions(archive: Members, recipe: Recipe) -> RegionMasks | None:
    if not recipe.regions:
        return None
    masks = unpack_arrays(archive.read("regions.npz"), "regions.npz").get("masks")
    if masks is None:
        raise Refused("regions.npz lacks its masks")
    more = unpack_arrays(archive.read("borders.npz"), "borders.npz") if "borders.npz" in archive.names else {}
    try:
        return RegionMasks.of_arrays(masks, tuple(recipe.regions), more)
    except ImpastoError as error:
        raise Refused(str(error)) from error


def _read_image(archive: Members, name: str, mode: str, largest: int) -> NDArray[np.uint8] | None:
    return unpack_image(archive.read(name), name, mode, largest) if name in archive.names else None


def _read_tip(archive: Members) -> NDArray[np.uint8] | None:
    tip = _read_image(archive, "tip.png", "L", TIP[0])
    if tip is not None and tip.shape != TIP:
        raise Refused(f"tip.png is not {TIP[1]} x {TIP[0]} pixels")
    return tip


def _read_checkpoint(archive: Members) -> Checkpoint | None:
    if not {"checkpoint.json", "checkpoint.npz"} & set(archive.names):
        return None
    return Checkpoint(
        unpack_json(archive.read("checkpoint.json"), "checkpoint.json"),
        unpack_arrays(archive.read("checkpoint.npz"), "checkpoint.npz"),
    )
