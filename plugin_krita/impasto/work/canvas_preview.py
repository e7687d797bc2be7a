"""The engine's previews of a painting, shown in its first layer until the painting itself is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..protocol import ProtocolError
from ..protocol.session import PreviewCanvas
from ..qt import RGBA8888, QImage
from ..told import PreviewTold
from .steps import Task


class CanvasPreview:
    """What came of the preview. `image` is the newest as the engine sent it, or None; `count` how many came.

    cut: what of an image is to be shown (a null image is not shown); trouble: hears what went wrong, and its trace.
    """

    def __init__(self, cut: Callable[[QImage], QImage], trouble: Callable[[Exception, str], None]) -> None:
        self.count, self.image = 0, None
        self._cut, self._trouble = cut, trouble
        self._preview = PreviewCanvas()
        self._showing: Any = None

    def take(self, header: PreviewTold, frames: list[bytes], result: Any) -> None:
        """Put a part together with what there was, and show it in a result, if that has been made already."""
        try:
            pixels = self._preview.laid(header, frames)
        except ProtocolError as problem:
            self._trouble(problem, "")
            return
        self.count += 1
        width, height = self._preview.width, self._preview.height
        self.image: Any = QImage(bytes(pixels), width, height, 4 * width, RGBA8888).copy()
        self._show(result, (header["x"], header["y"], header["width"], header["height"]))

    def show_all(self, result: Any) -> None:
        """Show what came before there was a result to show it in."""
        if self.image is not None:
            self._show(result, (0, 0, self.image.width(), self.image.height()))

    def _show(self, result: Any, part: tuple[int, int, int, int]) -> None:
        if result is None or not result.group:
            return
        image = self._cut(self.image)
        if image.isNull():
            return
        if self._showing is not None and not self._showing.over:
            result.changed(part)
        else:
            self._showing = Task(result.show(image, part), self._trouble)
