"""Another look for a painting that is there: seen on the canvas while it is chosen, then painted in layers of its own.

The new layers take the place of those before, which are hidden: so it is one undo step, and undone, the old ones are
seen again. Layers that somebody has worked on are neither written to nor hidden: the new ones lie beside them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import Any, cast

from ..chosen_style import look_of
from ..document import annotations, delivered, krita_document, pen
from ..document.history import png
from ..document.open_documents import CanvasError, active_key, is_open, node_of
from ..easel.parameters import LOOK
from ..easel.words import tr
from ..guard import on
from ..protocol import ProtocolError
from ..qt import QImage, QtGui, QTimer, composition, scaled
from ..told import DoneTold, HeldTold, ResultLayer, StartedTold
from .region_book import canvas_of
from .repaint import Applying
from .stages import FETCHING, LOOKING, PAINTING
from .steps import Steps, Task

LARGEST, SMALLEST = 1024, 384  # pixels of the longer side of what is shown while a slider moves
QUICK = 0.5  # seconds that a picture may take, else the next is smaller
MOST_REPLACED = 30  # that are looked after
MOST_CUT = 1 << 16  # pixels that are cut before the windows get a turn
WATCHED = 250  # milliseconds between two looks for what was undone

Look = dict  # settings by name, of "medium" and of "light"


class Looks:
    """What the user wants a painting to look like, and which paintings got other layers by that."""

    def __init__(self, state: Any) -> None:
        self._state = state
        self._replaced: list[_Replaced] = []
        self._timer = QTimer()
        self._timer.setInterval(WATCHED)
        on(self._timer.timeout, self._watch)

    @property
    def aim(self) -> Any:
        """The remembered painting that a change of look is seen on at once, or None.

        It is the one that would be painted on, in the style that is chosen, its layers are there and the engine can.
        """
        told = self._state
        entry = told.history.wanted()
        if entry is None or not told.viewer.can or entry.recipe["style"] != told.settings["style"]:
            return None
        key, recipe = active_key(), entry.recipe
        width, height = canvas_of(key)
        same_shape = abs(width * recipe["height"] - height * recipe["width"]) <= max(width, height)
        if not same_shape or not annotations.shown(key, recipe["group"]) or self.other_sort(entry):
            return None
        return entry

    def other_sort(self, entry: Any) -> bool:
        """Would strokes that cover have to let the paper through, or the other way round? No look is so different."""
        style = self._state.style
        now = {**entry.recipe["values"], **style.look()}
        return style.absorbs(now) != style.absorbs(entry.recipe["values"])

    def changed(self) -> None:
        """The user has changed the look: show it, if there is something to show it on."""
        told, trying = self._state, self._trying
        if trying is not None and trying.key == active_key():
            trying.wish()
        elif trying is None and not told.run.busy and self.aim is not None:
            told.run.begin(Relooking)

    def settled(self) -> None:
        """The user has let go."""
        if self._trying is not None:
            self._trying.let_go()

    @property
    def _trying(self) -> Any:
        """The one change of look that goes on, or None."""
        return next((piece for piece in self._state.run.pieces if isinstance(piece, Relooking)), None)

    def replaced(self, record: _Replaced) -> None:
        """Layers took the place of others: look after what is undone."""
        self._replaced = [*self._replaced, record][-MOST_REPLACED:]
        self._timer.start()

    def close(self) -> None:
        """Krita is closing."""
        self._timer.stop()

    def _watch(self) -> None:
        self._replaced = [each for each in self._replaced if is_open(each.key)]
        for each in self._replaced[::-1]:  # in the order in which Krita undoes and does again
            each.undone(self._state.history)
        for each in self._replaced:
            each.done_again(self._state.history)
        if not self._replaced:
            self._timer.stop()


class _Replaced:
    """Layers that took the place of others. old, new: the unique ids of the groups; entry: the painting's name;
    before, after: how the document remembers it; hides: the old ones are hidden as long as the new ones are there."""

    def __init__(self, key: str, old: str, new: str, entry: str, before: bytes, after: bytes, hides: bool) -> None:
        self.key, self._old, self._new, self._entry = key, old, new, entry
        self._before, self._after, self._hides = before, after, hides
        self._there = True

    def undone(self, history: Any) -> None:
        """Has the step been undone?"""
        if self._there and node_of(self.key, self._new) is None:
            self._become(history, False, self._before)

    def done_again(self, history: Any) -> None:
        """Has it been done again?"""
        if not self._there and node_of(self.key, self._new) is not None:
            self._become(history, True, self._after)

    def _become(self, history: Any, there: bool, remembered: bytes) -> None:
        self._there = there
        if self._hides:
            annotations.show(self.key, self._old, not there)
        history.put_raw(self.key, self._entry, remembered)


class Relooking(Applying):
    """One change of look: as long as sliders move it is seen, then it is painted."""

    def __init__(self, state: Any) -> None:
        entry = state.looks.aim
        if entry is None:
            raise CanvasError(tr("The layers of this painting are gone from the document; apply it first."))
        super().__init__(state, entry)
        self.shown = 0  # pictures
        self.seconds = 0.0  # that the last one took, from the slider to the canvas
        self._wished, self._newest = time.monotonic(), 1  # when, and how many times
        self._over, self._waiting = False, None
        self._side = LARGEST
        self._hidden = False

    def wish(self) -> None:
        """The look that is wanted has changed."""
        self._wished, self._newest = time.monotonic(), self._newest + 1
        self._wake()

    def let_go(self) -> None:
        """It will not change any more."""
        self._over = True
        self._wake()

    def steps(self) -> Steps:
        """See `Piece`."""
        told, old = self._state, self._old
        self.become(LOOKING)
        self.source = yield from self._read()
        key, group = self.source.key, old.recipe["group"]
        self.source.node = group
        self.source.mask = yield from krita_document.selection_of(key)
        plain = yield from delivered.untouched(key, group)
        yield from pen.up()
        krita_document.prepare(self.source)
        held = yield from self._held()
        header = self._plan_by(held)
        self._making = Task(self._make(header), self.trouble)
        while not self._making.over:
            yield
        hides = plain and self.source.mask is None
        yield from self._live(held, hides)
        painted = self._newest
        fields = yield from self._fields()
        self.become(PAINTING)
        yield from self.job.begin(self.kind, **fields)
        done = cast(DoneTold, (yield from self.job.end()))
        self.become(FETCHING)
        if not (yield from self._deliver(done)):
            raise CanvasError(tr("The group of the painting was deleted; the painting can be added from the results."))
        self._hide(hides)
        painting = yield from self.job.fetched("result.impasto", done["painting"])
        self._revise(bytes(painting), hides)
        yield from delivered.note(key, self.result.group)
        if not plain:
            self.say(tr("The layers of this painting were worked on; its new look lies in a group beside them."))
        self.end("done")
        if self._newest != painted:  # the user went on meanwhile
            told.looks.changed()
            told.looks.settled()

    def close(self, how: str) -> None:
        """See `Piece`."""
        if how not in ("done", "closing") and self.result is not None:
            if self._hidden:
                annotations.show(self.source.key, self._old.recipe["group"], True)
            self.result.remove()
        super().close(how)

    # --- while it is chosen

    def _held(self) -> Generator[Any, Any, HeldTold]:
        history, key, old = self._state.history, self.source.key, self._old
        name = f"{key} {old.name} {old.recipe['group']}"
        return (yield from self._state.viewer.held(name, lambda: history.painting(key, old)))

    def _plan_by(self, held: HeldTold) -> StartedTold:
        """The layers that there will be, by what the engine knows of the painting, as `started` would tell them."""
        names = held["regions"] or [None]
        self._plan.own_passes = dict(zip(names, held["passes"]))  # noqa: B905, Python 3.8
        multiplied = held.get("layers") or {}
        if multiplied and self.source.mask is not None:
            self._plan.kind = "none"  # cut softly, each of the layers would darken what is below
        self._layered(self._old.recipe["values"])
        return {"event": "started", "regions": held["regions"], "layers": multiplied.get(self._plan.kind, [])}

    def _live(self, held: HeldTold, hides: bool) -> Generator[Any, Any, None]:
        """Show each look that is wanted, the newest only, until the user lets go."""
        seen = 0
        while not (self._over and seen == self._newest):
            self.result.keep_active()
            if seen == self._newest:
                yield self._wait
                continue
            wanted, begun = self._newest, self._wished
            size = self._size()
            try:
                image = yield from self._state.viewer.shown(held["handle"], size, self._look(), draft=True)
            except ProtocolError as problem:
                if problem.code != "handle":
                    raise
                held = yield from self._held()
                continue
            seen = wanted
            if image is None or not self.result.there:
                if not self.result.there:
                    raise CanvasError(tr("The new look was undone while it was chosen."))
                continue
            image = self._cut(image)
            self.result.hurry()
            yield from self.result.show(image, (0, 0, image.width(), image.height()))
            self._hide(hides)
            self.preview.image, self.shown = image, self.shown + 1
            self.seconds = time.monotonic() - begun
            self._fit(self.seconds)

    def _wait(self, resume: Callable[..., None]) -> None:
        self._waiting = resume

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting()

    def _size(self) -> tuple[int, int]:
        scale = min(1.0, self._side / max(self.source.width, self.source.height))
        return max(1, round(self.source.width * scale)), max(1, round(self.source.height * scale))

    def _fit(self, seconds: float) -> None:
        """Show the next one smaller if this took long, larger if there is time."""
        wanted = self._side * (QUICK / max(seconds, 0.02)) ** 0.5
        self._side = int(min(max(0.5 * (self._side + wanted), SMALLEST), LARGEST))

    def _hide(self, hides: bool) -> None:
        """What is replaced is hidden as soon as there is something in its place."""
        if hides and not self._hidden:
            self._hidden = True
            annotations.show(self.source.key, self._old.recipe["group"], False)

    def _look(self) -> Look:
        """What is to be different from how the painting was painted."""
        before, now = look_of(self._old.recipe["values"]), self._state.style.look()
        return {
            part: {name: now[part].get(name) for name in {*before[part], *now[part]}
                   if now[part].get(name) != before[part].get(name)}
            for part in LOOK
        }  # fmt: skip

    def _cut(self, image: QImage) -> QImage:
        """Only what is selected, if anything is."""
        if self.source.mask is None:
            return image
        painter = QtGui.QPainter(image)
        painter.setCompositionMode(composition("DestinationIn"))
        painter.drawImage(0, 0, annotations.mask_image(self.source, image.width(), image.height()))
        painter.end()
        return image

    # --- when it was chosen

    def _fields(self) -> Generator[Any, Any, dict[str, Any]]:
        fields = yield from super()._fields()
        look = self._look()
        self._made_in = self._state.style.look()
        return {**fields, **look}

    def _select(self, data: bytearray, layer: ResultLayer) -> Steps:
        """Leave of a layer's pixels only what is selected, row by row: to the bit nothing outside."""
        mask, across, width = self.source.mask, self.source.width, layer["width"]
        if mask is None:
            return
        for row in range(layer["height"]):
            place = slice(4 * width * row + 3, 4 * width * (row + 1), 4)
            begin = (layer["y"] + row) * across + layer["x"]
            alpha, part = data[place], mask[begin : begin + width]
            if any(alpha) and part != b"\xff" * width:
                data[place] = bytes((a * m + 127) // 255 for a, m in zip(alpha, part))  # noqa: B905, Python 3.8
            if row % (MOST_CUT // across + 1) == 0:
                yield

    def _revise(self, painting: bytes, hides: bool) -> None:
        """The document remembers it as it is now."""
        history, key, old = self._state.history, self.source.key, self._old
        look = {part: settings for part, settings in self._made_in.items() if settings}
        values = {name: value for name, value in old.recipe["values"].items() if name not in LOOK}
        style, settings = old.recipe["style"], old.recipe["settings"]
        changes = {path: v for path, v in self._state.style.changes().items() if path.split("/")[0] in LOOK}
        kept = settings.get("changes")
        kept = kept if isinstance(kept, dict) else {}
        own = kept.get(style)
        own = {path: v for path, v in own.items() if path.split("/")[0] not in LOOK} if isinstance(own, dict) else {}
        recipe = {
            **old.recipe, "group": self.result.group, "values": {**values, **look},
            "settings": {**settings, "changes": {**kept, style: {**own, **changes}}},
        }  # fmt: skip
        image, before = self.preview.image, history.raw(key, old.name)
        small = b"" if image is None or self.source.mask is not None else png(_small(image))
        history.revise(key, old, recipe, small, painting)
        record = _Replaced(
            key, old.recipe["group"], self.result.group, old.name, before, history.raw(key, old.name), hides
        )
        self._state.looks.replaced(record)

    def _remember(self, done: DoneTold) -> Steps:
        yield


def _small(image: QImage) -> QImage:
    scale = 128 / max(image.width(), image.height(), 128)
    return scaled(image, max(1, round(image.width() * scale)), max(1, round(image.height() * scale)))
