"""What the plugin knows and does: the state that the docker shows, and the one piece of work that goes on."""

from __future__ import annotations

from typing import Any

from .document import scratch
from .document.history import History
from .document.krita_document import CanvasError
from .link.connection import CONNECTED, Connection
from .link.engine_process import EngineProcess
from .parameters import parameters, sound, with_changes
from .protocol import ProtocolError
from .protocol.keys import is_key
from .qt import QObject, Signal
from .settings import Settings
from .work.paint_job import PaintJob
from .work.regions import DocumentRegions
from .work.repaint import PAINTINGS, Applying, PaintingOfSelection, Repainting
from .work.resume import Offers
from .work.segment import FromLayers, FromSelection, Layering, Segmenting
from .work.stages import IDLE, READING
from .work.steps import Task


class PluginState(QObject):
    """One for all windows."""

    changed = Signal()  # anything below
    progressed = Signal()  # how far the work is, and nothing else: many times a second
    finished = Signal(str)  # done, failed or cancelled
    saved = Signal()  # a document was saved, maybe as another file

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.settings = Settings()
        self.connection, self.engine = Connection(self), EngineProcess(self)
        self.stage, self.fraction, self.left, self.pass_text = IDLE, 0.0, None, ""
        self.message, self.details = "", ""
        self.engine_says = self.engine_problem = ""
        self.regions = DocumentRegions(self)
        self.work: Any = None
        self._task: Any = None
        self.history, self.offers = History(self), Offers(self)
        self.connection.changed.connect(self._connected)
        self.regions.changed.connect(self.changed)
        self.engine.said.connect(self._engine_said)
        self.engine.failed.connect(self._engine_failed)

    # --- what the docker shows

    @property
    def busy(self) -> bool:
        """Is something going on?"""
        return self.stage != IDLE

    @property
    def styles(self) -> list[dict[str, Any]]:
        """The styles the engine knows."""
        return self.connection.hello.get("styles", [])

    def style(self, plain: bool = False) -> dict[str, Any]:
        """The chosen style, or the first there is, with what was changed of it; plain: as the engine has it."""
        chosen = [s for s in self.styles if s["name"] == self.settings["style"]]
        found = (chosen or self.styles)[0]
        return found if plain else {**found, "values": with_changes(found["values"], self.changes())}

    def parameters(self) -> list[Any]:
        """What may be changed of the chosen style, but what it is called and what has a slider of its own."""
        style = self.style(plain=True)
        return parameters(self.connection.hello["parameters"], style["values"], (*style, "strokes"))

    def changes(self) -> dict[str, Any]:
        """What was changed of the chosen style, by parameter."""
        style = self.style(plain=True)
        kept = self.settings["changes"].get(style["name"])
        return sound(self.connection.hello["parameters"], style["values"], kept)

    def change(self, path: str, value: Any) -> None:
        """Change a parameter of the chosen style; with what the style itself says, or None, it is as it was."""
        style = self.style(plain=True)
        changes = sound(self.connection.hello["parameters"], style["values"], {**self.changes(), path: value})
        self.settings["changes"] = {**self.settings["changes"], style["name"]: changes}
        self.changed.emit()

    def reset_changes(self) -> None:
        """The chosen style as the engine has it."""
        name = self.style(plain=True)["name"]
        self.settings["changes"] = {k: v for k, v in self.settings["changes"].items() if k != name}
        self.changed.emit()

    @property
    def remote(self) -> Any:
        """(address, public key) of the engine elsewhere that is to paint, or None."""
        wanted = self.settings["address"], self.settings["key"]
        return wanted if self.settings["remote"] and wanted[0] and is_key(wanted[1]) else None

    # --- what the user wants

    def look_for_engine(self) -> None:
        """Begin to look for the engine that the settings mean, and never end; it may be called for each window."""
        self.connection.use(self.remote)
        self.connection.start()

    def start_engine(self) -> None:
        """Start the engine."""
        self.engine_says, self.engine_problem = "starting", ""
        self.say("")
        self.engine.start(self.settings["python"])

    def choose_engine(self, **values: Any) -> None:
        """Keep these settings of the engine, and use the one they mean."""
        if self.busy:
            self.say("Another engine can be chosen when this painting is done.")
            return
        for name, value in values.items():
            self.settings[name] = value
        self.engine_says = self.engine_problem = ""
        self.connection.use(self.remote)
        self.changed.emit()

    def paint(self) -> None:
        """Paint the active layer, or what the settings say."""
        self.begin(PaintJob)

    def paint_selection(self) -> None:
        """Paint what is selected."""
        self.begin(PaintingOfSelection)

    def repaint(self) -> None:
        """Paint what is selected anew over a painting that the document remembers."""
        self.begin(Repainting)

    def apply(self, name: str) -> None:
        """Add the layers of a result of the history to the document once more."""
        entry = self.history.entry(name)
        if entry is not None:
            self.begin(lambda state: Applying(state, entry))

    def go_on(self) -> None:
        """Go on with the painting that is offered."""
        note = self.offers.note
        if note is not None:
            self.begin(lambda state: PAINTINGS[note["kind"]](state, note))

    def segment(self) -> None:
        """Find the regions of the active layer."""
        self.begin(Segmenting)

    def segment_into_layers(self) -> None:
        """Cut the active layer into one for each region."""
        self.begin(Layering, alone=bool(self.regions.entries))

    def regions_from_layers(self) -> None:
        """Make regions of the user's own masks or layers."""
        self.begin(FromLayers, alone=True)

    def region_from_selection(self) -> None:
        """Make a region of the selection."""
        self.begin(FromSelection, alone=True)

    def begin(self, kind: Any, alone: bool = False) -> None:
        """Begin a piece of work: `kind(state)` has `steps` for a task, `cancel` and `close`. One at a time.

        alone: it needs no engine.
        """
        if self.busy:
            return
        self.say("")
        if self.connection.state != CONNECTED and not alone:
            self.say("The engine is not running; start it first.")
            self.finished.emit("failed")
            return
        self.work = kind(self)
        self.become(READING)  # once: Krita draws its whole window anew when the docker changes
        self._task = Task(self.work.steps(), self._failed)

    def cancel(self) -> None:
        """Stop what goes on; nothing of it stays."""
        if self.busy and not self.work.cancel():
            self._task.stop()
            self.end("cancelled")

    def close(self) -> None:
        """Krita is closing; what goes on in the engine does so."""
        if self._task is not None:
            self._task.stop()
        if self.work is not None:
            self.work.close("closing")
        scratch.close()
        self.connection.close()

    # --- what the work says

    def become(self, stage: str) -> None:
        """It has come to this stage."""
        self.stage = stage
        self.changed.emit()

    def hear(self, header: dict[str, Any]) -> None:
        """What the engine says of its progress."""
        event = header["event"]
        if event == "pass":
            self.pass_text = "pass {} of {}".format(header["index"], header["of"])
        elif event == "progress":
            self.fraction, self.left = header["fraction"], header["seconds_left"]
        elif event == "fitted":
            self.say(header["what"])
        self.progressed.emit()

    def say(self, text: str, details: str = "") -> None:
        """Tell the user."""
        self.message, self.details = text, details
        self.changed.emit()

    def end(self, how: str) -> None:
        """The work has ended: done, failed or cancelled."""
        work, self.work = self.work, None
        if work is not None:
            work.close(how)
        self.fraction, self.left, self.pass_text = 0.0, None, ""
        self.become(IDLE)
        self.offers.look()
        self.finished.emit(how)

    def trouble(self, problem: Exception, trace: str) -> None:
        """Tell the user what went wrong on the side; the work goes on."""
        known = isinstance(problem, (CanvasError, ProtocolError))
        self.say(str(problem) if known else f"This should not have happened: {problem}", trace)

    def _failed(self, problem: Exception, trace: str) -> None:
        self.trouble(problem, trace)
        self.end("failed")

    # --- the engine

    def _connected(self) -> None:
        if self.connection.state == CONNECTED:
            self.engine_says = self.engine_problem = ""
        self.changed.emit()

    def _engine_failed(self, why: str) -> None:
        self.engine_says, self.engine_problem = "", why
        self.changed.emit()

    def _engine_said(self, line: str) -> None:
        self.engine_says = line
        self.changed.emit()


_state: Any = None


def state() -> PluginState:
    """The one state."""
    global _state
    if _state is None:
        _state = PluginState()
    return _state
