"""The docker: boxes from the top down that show the state and tell it what the user wants; it knows nothing else."""

from __future__ import annotations

from typing import Any

from krita import DockWidget

from ..changes import EVERYTHING, Change
from ..document import pen
from ..document.open_documents import active_document
from ..easel.words import tr
from ..guard import guarded, later, on
from ..qt import QtWidgets
from ..state import state
from .engine import EngineBox
from .focus import FocusRing
from .guides import GuideBox
from .history import HistoryBox
from .installing import InstallBox
from .look import LookBox
from .offer import OfferBox
from .own_brush import OwnBrushBox
from .parts import Box, Fold, text_label
from .regions import RegionBox
from .run import RunBox
from .style import StyleBox
from .timeline import TimelineBox

DOCKER = "impasto_docker"


class Docker(DockWidget):
    """One per window; all of them show the one state."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle(tr("Impasto"))
        self.boxes: list[Box] = []
        try:
            self._fill(state())
        except Exception as problem:  # else Krita would have no docker, and a dialog
            words = text_label()
            words.setText(tr("This docker could not be made ({problem}); restart Krita, or install the plugin again.")
                          .format(problem=problem))  # fmt: skip
            self.setWidget(words)

    def _fill(self, told: Any) -> None:
        engine, run = EngineBox(told), RunBox(told)
        look, regions, history = LookBox(told), RegionBox(told), HistoryBox(told)
        first = [InstallBox(told), OfferBox(told), StyleBox(told)]
        brush, guides, film = OwnBrushBox(told), GuideBox(told), TimelineBox(told)
        self.boxes = [engine, *first, run, look, guides, regions, history, brush, film]
        body = QtWidgets.QWidget()
        rows = QtWidgets.QVBoxLayout(body)
        for box in first:
            rows.addWidget(box)
        rows.addWidget(
            Fold(tr("Paint and light"), tr("What strokes are made of, and how light falls on them"), look, True)
        )
        rows.addWidget(
            Fold(tr("Guides"), tr("Layers that say where strokes go and where they are fine; a palette"), guides)
        )
        fold = Fold(tr("Regions"), tr("What there is in the picture, and how each part of it is painted"), regions)
        on(fold.opened, lambda opened: self._show())
        rows.addWidget(fold)
        rows.addWidget(Fold(tr("Results"), tr("The paintings that this document remembers"), history, True))
        rows.addWidget(Fold(tr("My brush"), tr("The strokes of a result, painted with your own brushes"), brush))
        rows.addWidget(Fold(tr("Timeline"), tr("How a result came about, as an animated layer"), film))
        rows.addStretch(1)
        scroll = QtWidgets.QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        scroll.setWidget(body)
        whole = QtWidgets.QWidget()
        below = QtWidgets.QVBoxLayout(whole)
        below.setContentsMargins(0, 0, 0, 0)
        engine.rows.setContentsMargins(9, 9, 9, 0)
        run.rows.setContentsMargins(9, 0, 9, 9)
        below.addWidget(engine)  # is it ready? that, the button and the progress are always in sight
        below.addWidget(scroll, 1)
        below.addWidget(run)
        self.area, self.ring = scroll, FocusRing(whole)
        self._brought: set[tuple[str, bool]] = set()  # offers it was shown for: job, and was a picture open
        self.setWidget(whole)
        on(told.changed, self._show)
        on(told.differs, self._show)
        on(told.run.progressed, run.show_state)
        self._show()

    @guarded
    def canvasChanged(self, canvas: Any) -> None:
        """Krita calls it, maybe before the document is the active one."""
        later(0, self._look)

    @guarded
    def closeEvent(self, event: Any) -> None:
        """The user closes it; Krita only hides it."""
        note = state().offers.note
        if note is not None:
            self._brought |= {(note["job"], False), (note["job"], True)}
        super().closeEvent(event)

    def _look(self) -> None:
        pen.watch()
        state().history.look()
        state().regions.look()
        self._show()

    def _show(self, what: Change = EVERYTHING) -> None:
        for box in self.boxes:
            if box.shows & what:
                box.show_state()
        if Change.OFFER & what:
            self._bring()

    def _bring(self) -> None:
        """Come into sight when the user has to know: since 5.2, Krita hides the docker of a plugin that is new, and all
        dockers as long as no picture is open.

        Once ever, over the first picture; and for an offer, once on that page and once over a picture, since Krita may
        open one before anybody has seen the page.
        """
        told, window = state(), self.parentWidget()
        if window is None or not window.isVisible():
            return
        is_open = active_document() is not None
        note = told.offers.note
        is_new = is_open and not told.settings["introduced"]
        is_offer = note is not None and (note["job"], is_open) not in self._brought
        if is_new:
            told.settings["introduced"] = True
        if note is not None:
            self._brought.add((note["job"], is_open))
        if is_new or is_offer:
            self.show()
            self.raise_()
