"""Paintings that the engine holds, to show them in another look at once; and pictures of its media."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from ..easel.words import tr
from ..guard import on
from ..protocol import ProtocolError
from ..protocol.session import said_error
from ..qt import RGBA8888, QImage, QObject, Signal
from ..told import HeldTold
from .connection import CONNECTED, Connection

FEATURE = "show"


class HeldPaintings(QObject):
    """What is held and seen at the engine that is connected; all of it is gone with the connection."""

    pictured = Signal()  # there is a picture of another medium

    def __init__(self, connection: Connection, parent: Any = None) -> None:
        super().__init__(parent)
        self.pictures: dict[str, QImage] = {}  # of media
        self._connection = connection
        self._asked: set[str] = set()  # media
        self._handles: dict[str, HeldTold] = {}  # what `held` said, by the name of a painting
        self._serial = 0
        self._waiting: dict[tuple[str, int], Callable[..., None]] = {}  # by handle and serial, 0 for being held
        self._early: dict[tuple[str, int], tuple[Any, Any]] = {}  # events that came before somebody waited for them
        on(connection.viewed, self._hear)
        on(connection.changed, self._look)

    @property
    def can(self) -> bool:
        """Can the engine show paintings in another look?"""
        return self._connection.state == CONNECTED and not self._connection.lacks(FEATURE)

    def held(self, name: str, data: Callable[[], bytes]) -> Generator[Any, Any, HeldTold]:
        """Have a painting held, if it is not; what the engine said of it, with its `handle`.

        name: what tells it from others; data: gives its `.impasto` file. Raises ProtocolError.
        """
        if name not in self._handles:
            plane = yield self._connection.put(data())
            answer, _ = yield self._connection.asked("hold", painting=plane)
            header, _ = yield self._wait(answer["handle"], 0)
            self._handles[name] = header
        return self._handles[name]

    def shown(
        self, handle: str, size: tuple[int, int], look: dict[str, Any], draft: bool
    ) -> Generator[Any, Any, Any]:  # fmt: skip
        """A held painting in another look, as an image of this width and height; None if another was asked for since.

        Raises ProtocolError, with the code "handle" if it is held no longer.
        """
        self._serial += 1
        fields = {"handle": handle, "width": size[0], "height": size[1], "serial": self._serial, "draft": draft}
        waited = self._wait(handle, self._serial)
        yield self._connection.asked("show", **fields, **look)
        header, frames = yield waited
        if header["event"] == "superseded":
            return None
        data = b"".join(frames)
        if len(data) != 4 * size[0] * size[1]:
            raise ProtocolError("damaged", tr("a picture came incomplete"), tr("update the engine"))
        return QImage(data, size[0], size[1], 4 * size[0], RGBA8888).copy()

    def forget(self, name: str) -> None:
        """A painting is looked at no more, or has changed."""
        header = self._handles.pop(name, None)
        if header is not None:
            self._connection.tell("let_go", handle=header["handle"])

    def picture(self, medium: str) -> Any:
        """A medium's picture, or None as long as there is none; then it is asked for."""
        if medium not in self._asked and self.can:
            self._asked.add(medium)
            self._connection.tell("sample", medium=medium)
        return self.pictures.get(medium)

    def _wait(self, handle: str, serial: int) -> Callable[[Callable[..., None]], None]:
        """For a task to yield: it goes on with (header, frames) of the event that ends this, or a ProtocolError."""

        def begin(resume: Callable[..., None]) -> None:
            early = self._early.pop((handle, serial), None)
            if early is None:
                self._waiting[handle, serial] = resume
            else:
                _end(resume, early)

        return begin

    def _hear(self, header: dict[str, Any], frames: list[bytes]) -> None:
        event, handle = header.get("event"), header.get("handle")
        if event == "sample":
            image = QImage.fromData(bytes(frames[0]) if frames else b"", "PNG")
            if not image.isNull() and isinstance(header.get("medium"), str):
                self.pictures[header["medium"]] = image
                self.pictured.emit()
            return
        if event == "dropped":
            self._handles = {name: said for name, said in self._handles.items() if said["handle"] != handle}
        place = str(handle), header.get("serial") or 0
        resume = self._waiting.pop(place, None)
        if resume is not None:
            _end(resume, (header, frames))
        elif event != "dropped":
            self._early = {place: (header, frames)}  # the newest is enough

    def _look(self) -> None:
        if self._connection.state == CONNECTED:
            return
        self._handles, self._early = {}, {}
        self._asked = set(self.pictures)
        waiting, self._waiting = self._waiting, {}
        for resume in waiting.values():
            resume(error=ProtocolError("lost", tr("the connection to the engine is gone")))


def _end(resume: Callable[..., None], event: tuple[Any, Any]) -> None:
    failed = event[0]["event"] in ("not_shown", "dropped")
    resume(None if failed else event, said_error(event[0]) if failed else None)
