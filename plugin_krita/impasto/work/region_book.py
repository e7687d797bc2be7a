"""The regions of one document: how each is called and painted, and the planes they consist of.

Planes are grey pictures, smaller than the canvas and spread over it. Those that were found share each pixel; those that
are `over` them, the user's own, lie on top, in the order of the list. `rest` is the region that has what no other has.
"""

from __future__ import annotations

import copy
import uuid

from ..document.open_documents import open_document
from ..easel.words import tr
from ..qt import QImage, QtGui, scaled
from ..told import Changes

SIDE = 1024  # longer side of planes, pixels
SMALL = 256  # the same, of those that are only looked at
LONGEST_NAME = 60
_NOT_IN_NAMES = dict.fromkeys(map(ord, ":=,;/\\"), " ")  # the engine takes no such names
_GOLDEN = 0.618034  # of the circle of hues from one region to the next: they stay apart, however many there are


class MaskPlane:
    """A grey picture, and whether it lies over those that were found."""

    def __init__(self, image: QImage, over: bool) -> None:
        self.image, self.over = image, over
        self.id = uuid.uuid4().hex[:16]  # by which its document keeps it
        self._small: QImage | None = None

    @property
    def small(self) -> QImage:
        """The same, of a size to be looked at; made when it is needed, as it takes its time."""
        if self._small is None:
            width, height = self.image.width(), self.image.height()
            side = max(width, height, SMALL)
            self._small = scaled(self.image, max(1, width * SMALL // side), max(1, height * SMALL // side))
        return self._small


class RegionRow:
    """One entry of the list."""

    def __init__(self, key: int, name: str, planes: list[MaskPlane], rest: bool = False) -> None:
        self.key, self.name, self.planes, self.rest = key, name, planes, rest
        self.colour = "#8c8c8c" if rest else QtGui.QColor.fromHsvF(key * _GOLDEN % 1, 0.7, 0.95).name()
        self.visible = True  # painted, or left out
        self.style: str | None = None  # None: as everything
        self.medium: str | None = None  # that of its style
        self.detail = 1.0
        self.changes: Changes = {}  # of its style's parameters, by path; never changed in place

    def copied(self) -> RegionRow:
        """The same, to be changed."""
        made = copy.copy(self)
        made.planes = list(self.planes)
        return made


class RegionBook:
    """The regions of one document, back to front. Raises CanvasError if that was closed."""

    def __init__(self, key: str) -> None:
        self.key, self.canvas = key, canvas_of(key)
        self.size: tuple[int, int] = (0, 0)  # of planes
        self.base: list[MaskPlane] = []  # all that were found, also those whose region was removed
        self.entries: list[RegionRow] = []
        self.made = 0

    def copied(self) -> RegionBook:
        """Another one with the same planes, which can be changed while this one stays as it is."""
        made = copy.copy(self)
        made.base, made.entries = list(self.base), [entry.copied() for entry in self.entries]
        return made

    def entry(self, key: int) -> RegionRow:
        """A region by its key."""
        return next(entry for entry in self.entries if entry.key == key)

    def add(self, name: str, planes: list[MaskPlane]) -> None:
        """One more region, in front of all."""
        self.made += 1
        self.entries.append(RegionRow(self.made, self.unique(name), planes))

    def unique(self, name: str, but: RegionRow | None = None) -> str:
        """A name that the engine takes and no region has (but maybe that one): this, or with a number."""
        name = cleaned(name)
        taken, number, found = {e.name for e in self.entries if e is not but}, 1, name
        while found in taken:
            number += 1
            found = f"{name[: LONGEST_NAME - 5].strip()} {number}"
        return found

    def settle(self) -> None:
        """See that there is a rest if something is left for it, and none otherwise."""
        owned = {id(plane) for entry in self.entries if not entry.rest for plane in entry.planes}
        needed = bool(self.entries) and (not self.base or any(id(plane) not in owned for plane in self.base))
        rest = [entry for entry in self.entries if entry.rest]
        if needed and not rest:
            self.made += 1
            self.entries.insert(0, RegionRow(self.made, self.unique(tr("rest")), [], rest=True))
        elif not needed:
            self.entries = [entry for entry in self.entries if not entry.rest]
        if not any(entry.planes for entry in self.entries) and not self.base:
            self.entries = []

    def planes(self) -> tuple[list[MaskPlane], int]:
        """All planes as they lie over each other, and how many of them are over those that were found."""
        over = [plane for entry in self.entries for plane in entry.planes if plane.over]
        return [*self.base, *over], len(over)

    def owners(self, planes: list[MaskPlane]) -> tuple[list[list[int]], int]:
        """The numbers of each region's planes, and the number of the rest or -1."""
        numbers = {id(plane): number for number, plane in enumerate(planes)}
        rest = next((number for number, entry in enumerate(self.entries) if entry.rest), -1)
        return [[] if e.rest else [numbers[id(p)] for p in e.planes] for e in self.entries], rest


def canvas_of(key: str) -> tuple[int, int]:
    """Width and height of a document. Raises CanvasError if it was closed."""
    document = open_document(key)
    return document.width(), document.height()


def plane_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of planes for a canvas."""
    scale = min(1.0, SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def cleaned(text: str) -> str:
    """Any text as a region's name that the engine takes."""
    text = "".join(letter if letter.isprintable() else " " for letter in text.translate(_NOT_IN_NAMES))
    return " ".join(text.split())[:LONGEST_NAME].strip() or tr("region")
