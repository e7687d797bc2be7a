"""The plugin's state, which the docker shows, and what the user can ask for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from . import guard
from .changes import Change
from .chosen_style import ChosenStyle
from .document import scratch
from .document.brushes import why_not
from .document.history import History
from .document.open_documents import CanvasError, active_key, is_open
from .easel.addresses import sentence
from .easel.doctor import Doctor
from .easel.words import tr
from .guard import attempt, later, on
from .link.connection import Connection
from .link.engine_choice import EngineChoice
from .link.held import HeldPaintings
from .link.unwanted import UnwantedJobs
from .protocol import ProtocolError
from .qt import QObject, Signal
from .settings import Settings
from .work.animation import PaintingOfAnimation
from .work.guides import Guides
from .work.looks import Looks
from .work.many import PaintingFolder, paintings_of_all
from .work.own_brush import OwnBrush, Replaying
from .work.paint_job import PaintJob
from .work.regions import DocumentRegions
from .work.repaint import PAINTINGS, Applying, PaintingOfSelection, Repainting
from .work.resume import Offers
from .work.run import Run
from .work.seeds import SEEDS, PaintingOfSeed, Series
from .work.segment import FromLayers, FromSelection, Layering, Segmenting
from .work.shapes import Redrawing, Shaping
from .work.timeline import Filming
from .work.timeline import why_not as no_timeline
from .work.wishes import FoundInterest, Interesting, LearningStyle, Suggesting


class PluginState(QObject):
    """One for all windows: its parts, the message to the user, and the user's commands."""

    changed = Signal()  # anything here or in a part, as when another document comes to the front
    differs = Signal(object)  # only this (a `Change`), many times more often
    checked = Signal()  # the doctor has begun, or found something
    saved = Signal()  # a document was saved, maybe under another name

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._said: dict[str, tuple[str, str]] = {}  # text and details by document; "": whichever is in front
        self._faults: set[str] = set()  # where those that were said came from
        guard.tell(self.trouble)
        self.settings = Settings()
        self.connection = Connection(self)
        self.engine = EngineChoice(self)
        self.style = ChosenStyle(self)
        self.doctor = Doctor(later, self.checked.emit)
        self.unwanted = UnwantedJobs(self.connection)
        self.viewer = HeldPaintings(self.connection, self)
        self.run = Run(self)
        self.regions, self.interest = DocumentRegions(self), FoundInterest(self)
        self.own_brush, self.guides = OwnBrush(self), Guides(self)
        self.history, self.offers, self.looks = History(self), Offers(self), Looks(self)
        on(self.regions.changed, partial(self.tell, Change.REGIONS))
        on(self.interest.changed, partial(self.tell, Change.INTEREST))
        on(self.viewer.pictured, partial(self.tell, Change.PICTURES))

    def tell(self, what: Change) -> None:
        """This is different now."""
        self.differs.emit(what)

    # --- commands

    def paint(self) -> None:
        """Paint the active layer, or what the settings say."""
        self.run.begin(PaintJob)

    def paint_seeds(self) -> None:
        """Paint the active layer several times, by as many seeds."""
        series = Series()
        self.run.begin(*(partial(PaintingOfSeed, series=series, number=number) for number in range(SEEDS)))

    def paint_all(self) -> None:
        """Paint the chosen layer of every document that is open."""
        self.run.begin(*paintings_of_all(self))

    def paint_folder(self, folder: str, into: str, suffix: str) -> None:
        """Paint the pictures of a folder into documents on disk."""
        self.run.begin(lambda state: PaintingFolder(state, folder, into, suffix))

    def paint_animation(self, folder: str) -> None:
        """Paint all frames of the active layer, into a folder."""
        self.run.begin(lambda state: PaintingOfAnimation(state, folder))

    def paint_selection(self) -> None:
        """Paint what is selected."""
        self.run.begin(PaintingOfSelection)

    def repaint(self) -> None:
        """Paint what is selected again, over a painting that the document remembers."""
        self.run.begin(Repainting)

    def apply(self, name: str) -> None:
        """Add the layers of a result of the history to the document once more."""
        entry = self.history.entry(name)
        if entry is not None:
            self.run.begin(lambda state: Applying(state, entry))

    def shape(self) -> None:
        """Make the strokes of the result that is chosen, or the newest, shapes that can be edited."""
        self._of_result(Shaping)

    def redraw(self) -> None:
        """Paint the shapes that are chosen, as they are now."""
        self._of_result(Redrawing)

    def film(self, count: int, step: int, hold: int) -> None:
        """Put on the timeline how the result that is chosen, or the newest, came about."""
        reason = no_timeline()
        if reason:
            self.say(reason, key=active_key())
            return
        self._of_result(partial(Filming, count=count, step=step, hold=hold))

    def _of_result(self, kind: Callable[[Any, Any], Any]) -> None:
        entry = self.history.wanted()
        if entry is None:
            self.say(tr("This document remembers no painting; paint it first."), key=active_key())
            return
        self.run.begin(lambda state: kind(state, entry))

    def brush(self) -> None:
        """Paint the result that is chosen, or the newest, again with the user's brushes."""
        entry, reason = self.history.wanted(), why_not()
        if entry is None and not reason:
            reason = tr("This document remembers no painting; paint it first.")
        if reason or entry is None:
            self.say(reason, key=active_key())
            return
        self.run.begin(lambda state: Replaying(state, entry), alone=True)

    def go_on(self) -> None:
        """Go on with the painting that is offered."""
        note = self.offers.note
        if note is not None:
            self.run.begin(lambda state: PAINTINGS[note["kind"]](state, note))

    def segment(self) -> None:
        """Find the regions of the active layer."""
        self.run.begin(Segmenting)

    def segment_into_layers(self) -> None:
        """Cut the active layer into one for each region."""
        self.run.begin(Layering, alone=bool(self.regions.entries))

    def regions_from_layers(self) -> None:
        """Make regions of the user's own masks or layers."""
        self.run.begin(FromLayers, alone=True)

    def region_from_selection(self) -> None:
        """Make a region of the selection."""
        self.run.begin(FromSelection, alone=True)

    def look_for_interest(self) -> None:
        """Find where the layer is looked at, and show it."""
        self.run.begin(Interesting)

    def learn_style(self, path: str = "") -> None:
        """Make a style from a picture file, or from the active layer."""
        self.run.begin(lambda state: LearningStyle(state, path))

    def suggest_style(self, words: str) -> None:
        """Choose a style by what the user says."""
        self.run.begin(lambda state: Suggesting(state, words))

    def close(self) -> None:
        """Krita is closing."""
        for close in (
            self.looks.close,
            self.run.close,
            scratch.close,
            self.engine.installer.stop,
            self.connection.close,
        ):
            attempt(close)

    # --- the message

    @property
    def message(self) -> str:
        """What was said last of the document in front, else what was said last."""
        return self._heard[0]

    @property
    def details(self) -> str:
        """What is behind that: a trace, or nothing."""
        return self._heard[1]

    @property
    def _heard(self) -> tuple[str, str]:
        return self._said.get(active_key()) or self._said.get("") or ("", "")

    def say(self, text: str, details: str = "", key: str = "") -> None:
        """Tell the user. key: of the document that it is about; a message about all takes the place of one about this.

        Of documents that were closed nothing is remembered.
        """
        about = {one: said for one, said in self._said.items() if one and is_open(one)}
        if not key:
            about.pop(active_key(), None)
        elif "" in self._said:
            about[""] = self._said[""]
        self._said = {**about, key: (text, details)} if text and (not key or is_open(key)) else about
        self.tell(Change.MESSAGE)

    def hush(self) -> None:
        """What was said of the document in front, or of all, holds no longer."""
        self.say("")

    def trouble(self, problem: Exception, trace: str, say: Any = None) -> None:
        """Tell the user what went wrong, by `say` if that is given; it ends nothing. What a timer meets again and again
        is said once."""
        if isinstance(problem, (CanvasError, ProtocolError)):
            words, trace = sentence(problem), ""
        else:
            words = tr("This should not have happened: {problem}").format(problem=problem)
            place = trace.rstrip().rpartition("\n")[0]  # what was wrong may read otherwise each time
            if place in self._faults:
                return
            self._faults.add(place)
        if say is not None or (words, trace) != (self.message, self.details):
            (say or self.say)(words, trace)


_state: Any = None


def state() -> PluginState:
    """The one state."""
    global _state
    if _state is None:
        _state = PluginState()
    return _state
