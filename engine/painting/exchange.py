"""A painting in the parts that it is given away in and put together from: strokes, recipe, and what else belongs to it.

Formats of strokes (JSON, NPZ, SVG) differ only in how they write these down.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from impasto.engine.errors import ImpastoError
from impasto.engine.painting.archive import (
    FORMAT,
    LIMITS,
    VERSION,
    Refused,
    one_sentence,
    pack_arrays,
    pack_json,
    unpack_json,
)
from impasto.engine.painting.painting import Background, Painting, members_of, on_ground
from impasto.engine.painting.reading import put_together
from impasto.engine.painting.strokes import Strokes

OTHERS = ("mask.png", "underpainting.png", "tip.png", "regions.npz", "borders.npz", "refit.npz")
_OURS = ("format", "version", "engine", "strokes")  # of a recipe: what the file itself tells


@dataclass(frozen=True)
class Parts:
    """What a painting consists of for other programs.

    recipe: width, height, style, seed, background, softness, edge and regions, as JSON has them; others: members of
    its .impasto file, by name, see `OTHERS`; made_for: `digest` of the strokes that refitted colours were made for.
    """

    strokes: Strokes
    recipe: dict[str, Any]
    others: dict[str, bytes] = field(default_factory=dict)
    made_for: str = ""


def parts_of(painting: Painting, background: Background | None = None) -> Parts:
    """The parts of a painting, which is taken for finished; background: instead of its own, straight RGBA 0..1.

    Raises ImpastoError for a painting that cannot be.
    """
    try:
        members = dict(members_of(replace(on_ground(painting, background), checkpoint=None)))
    except Refused as reason:
        raise ImpastoError(f"the painting cannot be given away ({reason}); correct it first") from reason
    recipe = unpack_json(members["recipe.json"], "recipe.json")
    for name in _OURS:
        del recipe[name]
    others = {name: members[name] for name in OTHERS if name in members}
    return Parts(painting.strokes, recipe, others, digest(painting.strokes))


def painting_of(parts: Parts, path: Path) -> Painting:
    """The painting of its parts, which nobody vouches for; path: the file that errors name.

    Colours that were refitted for other strokes than these are left out. Raises ImpastoError, and nothing else, for
    whatever cannot be.
    """
    strokes = parts.strokes.validated(str(path))
    members = {name: data for name, data in parts.others.items() if name in OTHERS}
    if parts.made_for != digest(strokes):
        members.pop("refit.npz", None)
    recipe = {**parts.recipe, "format": FORMAT, "version": VERSION, "engine": "", "strokes": len(strokes)}
    unknown = "what belongs to its strokes cannot be unpacked"
    with one_sentence(path, "is damaged ({reason}); export it again", unknown=unknown):
        members |= {"recipe.json": pack_json(recipe), "strokes.npz": pack_arrays(vars(strokes))}
        return Painting(**put_together(_Held(members), path))


def digest(strokes: Strokes) -> str:
    """What tells whether these are the same strokes: the SHA-256 of their numbers, in hexadecimal."""
    found = hashlib.sha256()
    for array in (strokes.table, strokes.region, strokes.pass_index, strokes.id):
        found.update(array.tobytes())
    return found.hexdigest()


def to_text(others: Mapping[str, bytes]) -> dict[str, str]:
    """Members, packed by zlib, as Base64."""
    return {name: base64.b64encode(zlib.compress(data)).decode() for name, data in others.items()}


def from_text(others: Mapping[str, str]) -> dict[str, bytes]:
    """Members of what `to_text` gave. Raises Refused for what it cannot have given, or longer than a member may be."""
    members = {}
    for name in OTHERS:
        text = others.get(name)
        if text is None:
            continue
        try:
            unpacking = zlib.decompressobj()
            members[name] = unpacking.decompress(base64.b64decode(text, validate=True), LIMITS[name] + 1)
        except (binascii.Error, ValueError, zlib.error) as error:
            raise Refused(f"{name} is no Base64, or cannot be unpacked") from error
        if len(members[name]) > LIMITS[name]:
            raise Refused(f"{name} is larger than {LIMITS[name] >> 10} kB")
        if not unpacking.eof:
            raise Refused(f"{name} is cut short")
    return members


class _Held:
    """Members that are in memory."""

    def __init__(self, members: dict[str, bytes]) -> None:
        self._members = members

    @property
    def names(self) -> list[str]:
        """What each is called."""
        return list(self._members)

    def read(self, name: str, limit: int | None = None) -> bytes:
        """The bytes of one."""
        data = self._members.get(name)
        if data is None:
            raise Refused(f"{name} is missing")
        if len(data) > (LIMITS[name] if limit is None else limit):
            raise Refused(f"{name} is larger than {LIMITS[name] >> 10} kB")
        return data
