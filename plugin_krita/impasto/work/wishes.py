"""What helps to make up one's mind: where a picture is looked at, a style from a picture, a style from words."""

from __future__ import annotations

import re
from typing import Any

from ..document import krita_document
from ..document.mask_math import grey
from ..document.open_documents import CanvasError
from ..easel.words import tr
from ..qt import RGBA8888, QImage, QObject, QtCore, QtGui, Signal
from ..told import InterestTold, StyledTold
from .asking import Asking
from .stages import LOOKING_FOR, SENDING
from .steps import Steps

LEARNED_SIDE = 1024  # pixels of a file that a style is learned from: more would show no more of its strokes
LONGEST = 40  # letters of a name made from a file's or a layer's


class FoundInterest(QObject):
    """The map that was found last, and the document it is of."""

    changed = Signal()

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._key, self._map = "", None

    def keep(self, key: str, image: Any) -> None:
        """Remember what was found in a document; None: nothing is to be seen any more."""
        self._key, self._map = key, image
        self.changed.emit()

    def of(self, key: str) -> Any:
        """The map of this document, a grey image, or None."""
        return self._map if key and key == self._key else None


class Interesting(Asking):
    """Find where the layer is looked at, and show it."""

    @property
    def what(self) -> str:
        """See `Piece`."""
        return tr("interest")

    def _asked(self) -> Steps:
        source = yield from krita_document.read_source(self._state.settings["visible"], self.come)
        self.become(SENDING)
        plane = yield self._state.connection.put(source.pixels, self.come)
        done: InterestTold = yield from self._answer(LOOKING_FOR, "interest", picture=source.described(plane))
        width, height = done["width"], done["height"]
        data = yield from self.job.fetched("interest.raw8", width * height)
        self._state.interest.keep(source.key, grey(data, width, height))
        if not done["found"]:
            self.say(tr("Nothing stands out in this picture, so strokes go where there is detail."))


class LearningStyle(Asking):
    """A style from the active layer, or from a picture file, kept as one of the user's own and chosen."""

    @property
    def what(self) -> str:
        """See `Piece`."""
        return tr("a style")

    def __init__(self, state: Any, path: str = "") -> None:
        super().__init__(state)
        self._path = path

    def _asked(self) -> Steps:
        state = self._state
        if self._path:
            image, title = read_file(self._path), QtCore.QFileInfo(self._path).completeBaseName()
            plane = yield state.connection.put(bytearray(krita_document.pixels_of(image)))
            picture = {
                "plane": plane, "width": image.width(), "height": image.height(), "channels": 4, "depth": "u8",
                "stride": 4 * image.width(), "space": "srgb",
            }  # fmt: skip
        else:
            source = yield from krita_document.read_source(False, self.come)
            plane, title = (yield state.connection.put(source.pixels)), source.name
            picture = source.described(plane)
        name = free_name(title, [style["name"] for style in state.style.known])
        texture = 1.0 if state.settings["learn_texture"] else 0.0
        done: StyledTold = yield from self._answer(LOOKING_FOR, "learn", picture=picture, name=name, texture=texture)
        kept, _ = yield state.connection.asked("keep_style", name=name, style=done["style"]["values"])
        state.style.adopt(kept["style"])
        self.say(tr("{name} is one of your styles now.").format(name=name))


class Suggesting(Asking):
    """A style for some words, kept as the one that is called so and chosen."""

    @property
    def what(self) -> str:
        """See `Piece`."""
        return tr("a style")

    def __init__(self, state: Any, words: str) -> None:
        super().__init__(state)
        self._words = words

    def _asked(self) -> Steps:
        state, name = self._state, tr("in words")
        done: StyledTold = yield from self._answer(LOOKING_FOR, "suggest", words=self._words)
        values = {**done["style"]["values"], "description": self._words[:300]}
        kept, _ = yield state.connection.asked("keep_style", name=name, style=values, replace=True)
        state.style.adopt(kept["style"])
        self.say(str(done.get("why", "")))


def read_file(path: str) -> QImage:
    """A picture file, no larger than need be. Raises CanvasError."""
    reader = QtGui.QImageReader(path)
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid() and max(size.width(), size.height()) > LEARNED_SIDE:
        keep = QtCore.Qt.AspectRatioMode.KeepAspectRatio
        size = size.scaled(LEARNED_SIDE, LEARNED_SIDE, keep)
        reader.setScaledSize(QtCore.QSize(max(1, size.width()), max(1, size.height())))
    image = reader.read()
    if image.isNull():
        raise CanvasError(tr("This file cannot be read as a picture; open it in Krita and choose its layer instead."))
    return image.convertToFormat(RGBA8888)


def free_name(title: str, taken: list[str]) -> str:
    """A name for a style that nobody has yet, from a title."""
    plain = " ".join(re.sub(r"[^\w .-]", " ", title).split()).strip(" .-")[:LONGEST].strip(" .-") or tr("my style")
    known, number, name = {each.casefold() for each in taken}, 1, plain
    while name.casefold() in known:
        number += 1
        name = f"{plain} {number}"
    return name
