"""What a document remembers of its paintings, so that a saved one can be painted on later.

A result is one annotation of the document: its recipe, a small picture, and the `.impasto` file. A document may be
anybody's, so nothing in it is believed before it has been checked, and what is no result of ours is left alone.
"""

from __future__ import annotations

import itertools
import json
import re
import struct
import time
from typing import Any, cast

from ..changes import EVERYTHING, Change
from ..easel.notes import read_json
from ..easel.words import tr
from ..protocol import ProtocolError
from ..protocol.limits import LARGEST_SIDE
from ..protocol.messages import Flag, Plain, Text, Whole, checked_fields
from ..qt import QtCore, QtGui
from ..told import PaintRecipe
from . import annotations
from .open_documents import active_document, active_key, key_of, open_document

MOST_RESULTS, MOST_BYTES = 16, 64 << 20  # of a document; the oldest go first
MOST_RECIPE, MOST_THUMBNAIL = 1 << 18, 1 << 16  # bytes
THUMBNAIL = 128  # pixels of its longer side
ABOUT = "a painting by Impasto"
LAYERS = ("none", "regions", "passes")

_PREFIX, _NAME = "impasto/", re.compile(r"impasto/[0-9a-f]{16}")
_HEAD = struct.Struct("<8sII")  # what it is, bytes of the recipe and of the thumbnail; the painting is the rest
_MAGIC = b"IMPASTO1"

RECIPE = {
    "source": Text(200),  # the name of what was painted,
    "node": Text(60),  # its unique id,
    "visible": Flag(),  # and whether it was all that could be seen
    "style": Text(100),
    "values": Plain(),  # the style's
    "settings": Plain(200),  # what the user had chosen, see `Settings.painted`
    "layers": Text(words=LAYERS),
    "strokes": Whole(0, 1 << 40),  # that were painted
    "width": Whole(1, LARGEST_SIDE),
    "height": Whole(1, LARGEST_SIDE),
    "group": Text(60),  # the unique id of the group of layers
    "date": Whole(0, 1 << 40),
}


class Remembered:
    """One result: the name of its annotation, its recipe and its thumbnail (a PNG, or nothing)."""

    def __init__(self, name: str, recipe: PaintRecipe, thumbnail: bytes, size: int) -> None:
        self.name, self.recipe, self.thumbnail, self.size = name, recipe, thumbnail, size

    @property
    def title(self) -> str:
        """What it was made from and how."""
        return "{} \u2013 {}".format(self.recipe["source"], self.recipe["style"])

    def image(self) -> Any:
        """The thumbnail as an image, which may be null."""
        return read_png(self.thumbnail, THUMBNAIL)


def packed(recipe: PaintRecipe, thumbnail: bytes, painting: bytes) -> bytes:
    """A result as the bytes of an annotation."""
    text = json.dumps(recipe).encode("ascii")
    return _HEAD.pack(_MAGIC, len(text), len(thumbnail)) + text + thumbnail + painting


def png(image: Any) -> bytes:
    """An image as a PNG; nothing if it is null."""
    buffer = QtCore.QBuffer()
    image.save(buffer, "PNG")
    return buffer.data().data()


def read_png(data: bytes, most: int) -> Any:
    """A PNG as an image, null if it is none; one that claims more than `most` pixels a side is not even read."""
    buffer = QtCore.QBuffer()
    buffer.setData(data)
    reader = QtGui.QImageReader(buffer, b"png")
    size = reader.size()
    fits = size.isValid() and size.width() <= most and size.height() <= most
    return reader.read() if fits else QtGui.QImage()


def png_size(data: bytes) -> tuple[int, int]:
    """Width and height of a PNG, as its head says; 0, 0 if it is none."""
    buffer = QtCore.QBuffer()
    buffer.setData(data)
    size = QtGui.QImageReader(buffer, b"png").size()
    return (size.width(), size.height()) if size.isValid() else (0, 0)


def unpacked(name: str, data: bytes, size: int) -> Remembered:
    """A result from the first bytes of an annotation of `size` bytes. Raises ProtocolError if it is not one of ours."""
    try:
        magic, text, thumbnail = _HEAD.unpack_from(data)
    except struct.error as error:
        raise ProtocolError("damaged", "too short") from error
    begin = _HEAD.size + text
    if magic != _MAGIC or text > MOST_RECIPE or thumbnail > MOST_THUMBNAIL or begin + thumbnail > min(size, len(data)):
        raise ProtocolError("damaged", "no painting, or one of a newer Impasto")
    recipe = cast(PaintRecipe, checked_fields(read_json(data[_HEAD.size : begin]), RECIPE))
    return Remembered(name, recipe, data[begin : begin + thumbnail], size)


def results(document: Any) -> list[Remembered]:
    """What a document remembers, the newest first."""
    names = [name for name in annotations.names(document, _PREFIX) if _NAME.fullmatch(name)]
    found = []
    for name in sorted(names, reverse=True)[: 4 * MOST_RESULTS]:
        try:
            found.append(unpacked(name, *annotations.head(document, name, _HEAD.size + MOST_RECIPE + MOST_THUMBNAIL)))
        except ProtocolError:  # somebody else's
            continue
    return found[:MOST_RESULTS]


def _next_name(document: Any) -> str:
    """The name of a new result: of a number that grows with the day's time, also where that was set back."""
    names = filter(_NAME.fullmatch, annotations.names(document, _PREFIX))
    taken, now = {int(name[len(_PREFIX) :], 16) for name in names}, time.time_ns()
    least = max([now, *(each + 1 for each in taken)])
    number = next(each for each in itertools.count(least if least < 1 << 64 else now) if each not in taken)
    return f"{_PREFIX}{number:016x}"


class History:
    """The results of the active document, and the settings that a document brings with it."""

    def __init__(self, state: Any) -> None:
        self._state = state
        self.entries: list[Remembered] = []
        self.chosen = ""  # the name of one
        self.version = 0  # grows when the entries change
        self._document = ""
        self._settings: dict[str, dict[str, Any]] = {}  # of documents that were painted in
        self._compared: Any = None

    def look(self) -> None:
        """Krita may show another document now."""
        document = active_document()
        key = key_of(document)
        entries = [] if document is None else results(document)
        is_other = key != self._document
        if is_other:
            self._document = key
            if key and entries and key not in self._settings:
                self._settings[key] = self._state.settings.sound(entries[0].recipe["settings"])
            self._state.settings.use(self._settings.get(key))
        elif [(e.name, e.recipe) for e in entries] == [(e.name, e.recipe) for e in self.entries]:
            return
        self.entries = entries
        self.version += 1
        if self.entry() is None:
            self.chosen = ""
        self._state.tell(EVERYTHING if is_other else Change.RESULTS)

    def entry(self, name: str = "") -> Remembered | None:
        """The result of this name, or the chosen one."""
        return next((entry for entry in self.entries if entry.name == (name or self.chosen)), None)

    def current(self) -> Remembered | None:
        """The chosen one, or the newest."""
        return self.entry() or (self.entries[0] if self.entries else None)

    def wanted(self) -> Remembered | None:
        """The one to go on with: that whose group is active, else the current one."""
        active = annotations.active_groups()
        of_group = next((entry for entry in self.entries if entry.recipe["group"] in active), None)
        return of_group or self.current()

    def remember(self, key: str, recipe: PaintRecipe, thumbnail: bytes, painting: bytes) -> bool:
        """Keep a new result in a document, which may not be the active one; False if it is too large.

        key: the document's. Raises CanvasError if it was closed.
        """
        document = open_document(key)
        recipe = {**recipe, "date": int(time.time())}
        thumbnail = thumbnail if len(thumbnail) <= MOST_THUMBNAIL else b""
        data = packed(recipe, thumbnail, painting)
        if len(data) > MOST_BYTES:
            return False
        left = MOST_BYTES - len(data)
        for number, entry in enumerate(results(document), 2):
            left -= entry.size
            if left < 0 or number > MOST_RESULTS:
                annotations.forget(document, entry.name)
        annotations.keep(document, _next_name(document), ABOUT, data)
        self._settings[key] = self._state.settings.sound(recipe["settings"])
        if key == self._document:
            self._state.settings.use(self._settings[key])
        self.look()
        return True

    def painting(self, key: str, entry: Remembered) -> bytes:
        """Its `.impasto` file, as it is in the document of this key. Raises CanvasError if that was closed."""
        data = annotations.whole(open_document(key), entry.name)
        _, text, thumbnail = _HEAD.unpack_from(data)
        return data[_HEAD.size + text + thumbnail :]

    def raw(self, key: str, name: str) -> bytes:
        """A result as the document has it. Raises CanvasError if that was closed."""
        return annotations.whole(open_document(key), name)

    def put_raw(self, key: str, name: str, data: bytes) -> None:
        """A result as it was once."""
        annotations.keep(open_document(key), name, ABOUT, data)
        self.look()

    def revise(self, key: str, entry: Remembered, recipe: PaintRecipe, thumbnail: bytes, painting: bytes) -> None:
        """The same strokes look otherwise now, or lie in another group."""
        thumbnail = thumbnail if 0 < len(thumbnail) <= MOST_THUMBNAIL else entry.thumbnail
        annotations.keep(open_document(key), entry.name, ABOUT, packed(recipe, thumbnail, painting))
        self.look()

    def set_group(self, key: str, entry: Remembered, group: str) -> None:
        """Its layers are in another group now."""
        recipe: PaintRecipe = {**entry.recipe, "group": group}
        data = packed(recipe, entry.thumbnail, self.painting(key, entry))
        annotations.keep(open_document(key), entry.name, ABOUT, data)
        self.look()

    # --- what the user wants with one

    def choose(self, name: str) -> None:
        """This is the one the buttons are for."""
        self.chosen = name
        self._state.tell(Change.RESULTS)

    def remove(self, name: str) -> None:
        """Forget it; its layers stay."""
        document = active_document()
        if document is not None and self.entry(name) is not None:
            annotations.forget(document, name)
            self.look()

    def use_settings(self, name: str) -> None:
        """Paint as it was painted."""
        entry = self.entry(name)
        if entry is not None:
            for key, value in self._state.settings.sound(entry.recipe["settings"]).items():
                self._state.settings[key] = value
            self._state.tell(Change.STYLE)

    def show_alone(self, name: str) -> None:
        """Show the layers of one result and none of the others', to choose from them; layers that are gone stay so."""
        key = active_key()
        for entry in self.entries:
            if annotations.shown(key, entry.recipe["group"]) is not None:
                annotations.show(key, entry.recipe["group"], entry.name == name)

    def compare(self, name: str, without: bool) -> None:
        """Show the document without its layers (or with them, if they were hidden), and then as it was."""
        if not without:
            held, self._compared = self._compared, None
            if held is not None:
                annotations.show(*held)
            return
        key, entry = active_key(), self.entry(name)
        if not key or entry is None or self._compared is not None:
            return
        was = annotations.shown(key, entry.recipe["group"])
        if was is None:
            self._state.say(tr("The layers of this result are gone from the document; apply it first."))
            return
        self._compared = (key, entry.recipe["group"], was)
        annotations.show(key, entry.recipe["group"], not was)
