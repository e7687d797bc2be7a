"""What the paint is and how light falls on it, seen at once on a painting that is there; and a style of one's own."""

from __future__ import annotations

import math
from typing import Any

from ..changes import Change
from ..chosen_style import kinds_of
from ..easel.engine_words import about, error_words, named_as
from ..easel.words import tr
from ..guard import guarded, on
from ..link.connection import CONNECTED
from ..protocol import ProtocolError
from ..qt import QtCore, QtGui, QTimer, QtWidgets
from ..told import Changes, OfferedMedium
from ..work.looks import Relooking
from .parts import Box, button, calm, combo, form, named, text_label
from .pictures import SIDE, medium_icon
from .slider import Scale, SliderRow
from .style import StyleGallery

STEPS = 100  # of each slider
LET_GO = 600  # milliseconds without a change after which the user has let go
WIDE = 96  # pixels of a medium's picture


class LightDial(QtWidgets.QDial):
    """A ball in the light that is turned around it: what is up on the ball is up on the canvas."""

    def __init__(self) -> None:
        super().__init__()
        named(calm(self), tr("Light"), tr("Where the light comes from; drag it around"))
        self.setRange(0, 359)
        self.setWrapping(True)
        self.setFixedSize(SIDE, SIDE)

    def angle(self) -> float:
        """Degrees, counterclockwise from the right."""
        return float((270 - self.value()) % 360)

    def show_angle(self, angle: float) -> None:
        """Show it, without telling anybody that it changed."""
        blocked = self.blockSignals(True)
        self.setValue(round(270 - angle) % 360)
        self.blockSignals(blocked)
        self.update()

    @guarded
    def paintEvent(self, event: Any) -> None:
        """Qt calls it."""
        painter, middle, radius = QtGui.QPainter(self), self.width() / 2, self.width() / 2 - 5
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
        roles, palette = QtGui.QPalette.ColorRole, self.palette()
        angle = math.radians(self.angle())
        x, y = middle + 0.55 * radius * math.cos(angle), middle - 0.55 * radius * math.sin(angle)
        light = QtGui.QRadialGradient(QtCore.QPointF(x, y), 1.7 * radius)
        light.setColorAt(0, QtGui.QColor(250, 238, 205))
        light.setColorAt(0.45, QtGui.QColor(176, 150, 118))
        light.setColorAt(1, QtGui.QColor(46, 40, 44))
        painter.setBrush(light)
        edge = roles.Highlight if self.hasFocus() else roles.Mid
        painter.setPen(QtGui.QPen(palette.color(edge), 2 if self.hasFocus() else 1))
        painter.setOpacity(1.0 if self.isEnabled() else 0.4)
        painter.drawEllipse(QtCore.QPointF(middle, middle), radius, radius)
        painter.setPen(QtGui.QPen(palette.color(roles.Text), 2))
        far = radius + 3
        painter.drawPoint(QtCore.QPointF(middle + far * math.cos(angle), middle - far * math.sin(angle)))
        painter.end()


class LookBox(Box):
    """Media with pictures, sliders, the light, the ground, and the name of a style to keep all this as."""

    shows = Change.ENGINE | Change.STYLE | Change.PARAMETER | Change.WORK | Change.RESULTS | Change.PICTURES

    def __init__(self, state: Any) -> None:
        super().__init__(state)
        self._showing = False
        self._old = text_label()
        self._old.setText(tr("This engine paints flat strokes only; update it to choose what they are made of."))
        self.media = StyleGallery(WIDE, round(WIDE * 0.375))
        named(self.media, tr("Media"), tr("What the strokes are made of"))
        on(self.media.chosen, lambda name: self._change("medium/kind", name))
        self.sliders = {
            path: SliderRow(name, tip, _scale(low, high, digits), self._changing(path), self._back(path))
            for path, name, tip, low, high, digits in sliders()
        }
        self.pigments = combo(tr("Pigments"), tr("What colours are mixed of"))
        on(self.pigments.activated, lambda k: self._change("medium/pigments", self.pigments.itemData(k)))
        self._paints = QtWidgets.QWidget()
        paints = form()
        paints.setContentsMargins(0, 0, 0, 0)
        self._paints.setLayout(paints)
        paints.addRow(tr("Pigments"), self.pigments)
        self.dial = LightDial()
        on(self.dial.valueChanged, lambda _: self._change("light/angle", self.dial.angle()))
        self.ground = combo(
            tr("Ground"),
            tr("What it is painted on: its grain shows where paint is thin. Usual is what the medium is mostly on"),
        )
        self.ground.setMinimumContentsLength(2)
        on(self.ground.activated, lambda k: self._change("light/ground", self.ground.itemData(k)))
        light, beside = QtWidgets.QHBoxLayout(), form()
        light.addWidget(self.dial)
        beside.addRow(QtWidgets.QLabel(tr("Light")))
        beside.addRow(tr("Ground"), self.ground)
        light.addLayout(beside, 1)
        self._where = text_label()
        self.body = QtWidgets.QWidget()
        rows = QtWidgets.QVBoxLayout(self.body)
        rows.setContentsMargins(0, 0, 0, 0)
        for widget in (self.media, self._paints, *self.sliders.values()):
            rows.addWidget(widget)
        rows.addLayout(light)
        rows.addWidget(self._where)
        self.keeping = StyleKeeping(state)
        rows.addWidget(self.keeping)
        for widget in (self._old, self.body):
            self.rows.addWidget(widget)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(LET_GO)
        on(self._timer.timeout, self._let_go)
        for handle in (self.dial, *(row.slider for row in self.sliders.values())):
            on(handle.sliderReleased, self._let_go)

    # --- what the user does

    def _changing(self, path: str) -> Any:
        digits = next(each[-1] for each in sliders() if each[0] == path)
        return lambda value: self._change(path, round(float(value), 3) if digits else round(value))

    def _back(self, path: str) -> Any:
        return lambda: self._change(path, None)

    def _change(self, path: str, value: Any) -> None:
        if self._showing:
            return
        self.state.style.change(path, value)
        self.state.looks.changed()
        self._timer.start()

    def _let_go(self) -> None:
        handles = (self.dial, *(row.slider for row in self.sliders.values()))
        if any(handle.isSliderDown() for handle in handles):
            self._timer.start()  # the hand rests
        else:
            self._timer.stop()
            self.state.looks.settled()

    # --- what is shown

    def show_state(self) -> None:
        """See `Box`."""
        told = self.state
        if told.connection.state != CONNECTED or not told.style.known or self._showing:
            return
        parameters = told.style.look_parameters()
        self._old.setVisible(not parameters)
        self.body.setVisible(bool(parameters))
        if not parameters:
            return
        self._showing = True
        try:
            self._show(parameters)
        finally:
            self._showing = False

    def _show(self, parameters: dict[str, Any]) -> None:
        told, changes, media = self.state, self.state.style.changes(), media_offered(self.state)
        kind = changes.get("medium/kind", parameters["medium/kind"].value)
        shown = []
        for name, title, text in ((m["name"], m["title"], m.get("about") or m["title"]) for m in media):
            icon = medium_icon(told.viewer.picture(name))
            shown.append((name, named_as("medium", name, title), about("medium", name, text), icon))
        chosen = next((m for m in media if m["name"] == kind), None)
        self.media.show_pictures(shown, kind)
        usual = {} if chosen is None else chosen.get("parameters") or {}
        heeded = self._heeded(kind, media)
        for path, row in self.sliders.items():
            row.setVisible(path in parameters and path in heeded)
            if path not in parameters:
                continue
            value = changes.get(path, parameters[path].value)
            if value is None:
                value = usual.get(path.split("/")[1], {}).get("default") or 0.0
            row.show_value(value, path in changes)
            row.setEnabled(kind != "flat")
        for widget in (self.dial, self.ground):
            widget.setEnabled(kind != "flat")
        self.dial.show_angle(changes.get("light/angle", parameters["light/angle"].value))
        self._show_grounds(parameters["light/ground"], changes, usual)
        self._show_pigments(parameters.get("medium/pigments"), changes, heeded)
        busy = told.run.busy and not isinstance(told.run.work, Relooking)
        self._where.setText("" if busy else self._whereabouts())
        self.body.setEnabled(not busy)
        self.keeping.show_state()

    def _heeded(self, kind: str, media: list[OfferedMedium]) -> set[str]:
        """The settings that matter to media of the style; those of paint if none do, or the engine does not say."""
        kinds = {kind, *kinds_of(self.state.style.changed()["values"])}
        return {path for each in media if each["name"] in kinds for path in each.get("settings") or ()} or PAINT

    def _whereabouts(self) -> str:
        """Where changes show."""
        told = self.state
        if told.looks.aim is not None:
            return tr("Changes show on the painting that is there.")
        entry = told.history.wanted()
        if entry is not None and entry.recipe["style"] == told.settings["style"] and told.looks.other_sort(entry):
            return tr(
                "This is for the next painting: strokes that cover what is beneath do not become such as let it "
                "through, or the other way round. Paint again to see it."
            )
        return tr("This is for the next painting.")

    def _show_pigments(self, parameter: Any, changes: Changes, heeded: set[str]) -> None:
        sets = self.state.connection.hello["offers"].get("pigments") or []
        there = parameter is not None and bool(sets) and "medium/pigments" in heeded
        self._paints.setVisible(there)
        if not there:
            return
        entries = [
            (
                named_as("pigments", each["name"], each["title"]),
                each["name"],
                about("pigments", each["name"], each["about"]),
            )
            for each in sets
        ]
        if [self.pigments.itemData(k) for k in range(self.pigments.count())] != [name for _, name, _ in entries]:
            self.pigments.clear()
            for k, (text, name, tip) in enumerate(entries):
                self.pigments.addItem(text, name)
                self.pigments.setItemData(k, tip, QtCore.Qt.ItemDataRole.ToolTipRole)
        chosen = changes.get("medium/pigments", "" if parameter is None else parameter.value)
        self.pigments.setCurrentIndex(self.pigments.findData(chosen))

    def _show_grounds(self, parameter: Any, changes: Changes, usual: dict[str, Any]) -> None:
        own = grounds().get(str(usual.get("ground", {}).get("default", "")), "")
        as_medium = tr("Usual: {ground}").format(ground=own) if own else tr("Usual")
        entries = [(as_medium, None), *((grounds().get(name, name), name) for name in parameter.choices)]
        if [self.ground.itemText(k) for k in range(self.ground.count())] != [text for text, _ in entries]:
            self.ground.clear()
            for text, value in entries:
                self.ground.addItem(text, value)
        self.ground.setCurrentIndex(max(0, self.ground.findData(changes.get("light/ground", parameter.value))))


class StyleKeeping(QtWidgets.QWidget):
    """A name, and a button that keeps the style as it is now under it, where all of Impasto's programs find it."""

    def __init__(self, state: Any) -> None:
        super().__init__()
        self._state, self._replace = state, False
        rows = QtWidgets.QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        self.name = named(QtWidgets.QLineEdit(), tr("Name of my style"), tr("What the style will be called"))
        self.name.setPlaceholderText(tr("name of my style"))
        self.name.setMaxLength(64)
        self.name.setMinimumWidth(60)
        self.save = button(
            tr("Save as my style"), tr("Keep the style as it is now, to paint with it again"), self._keep
        )
        self._said = text_label()
        self.save.setMinimumWidth(1)
        for widget in (self.name, self.save, self._said):
            rows.addWidget(widget)
        on(self.name.textChanged, self._renamed)
        self._said.hide()

    def _renamed(self, text: str) -> None:
        self._replace = False
        self._said.hide()
        self.show_state()

    def show_state(self) -> None:
        """See `Box`."""
        lacks = self._state.connection.lacks("keep_style")
        self.save.setEnabled(bool(self.name.text().strip()) and not lacks)
        self.name.setEnabled(not lacks)
        text = tr("Replace it") if self._replace else tr("Save as my style")
        self.save.setText(text)
        tip = tr("Keep the style as it is now, to paint with it again")
        named(self.save, text, tr("This engine keeps no styles; update it.") if lacks else tip)

    def _keep(self) -> None:
        told, name = self._state, self.name.text().strip()
        values, settings = told.style.changed()["values"], told.settings
        values = {**values, "strokes": settings["strokes"] or values["strokes"], "description": ""}
        if settings["interest"] >= 0 and "interest" in values.get("attention", {}):
            values["attention"] = {**values["attention"], "interest": settings["interest"]}
        sliders = {"brush": settings["brush"], "looseness": settings["looseness"]}
        asked = told.connection.asked("keep_style", name=name, style=values, replace=self._replace, **sliders)
        asked(self._kept)

    def _kept(self, value: Any = None, error: Any = None) -> None:
        told = self._state
        if error is not None:
            self._replace = isinstance(error, ProtocolError) and error.code == "exists"
            words = tr("There is a style of this name; press again to replace it, or choose another name.")
            self._said.setText(words if self._replace else error_words(error))
            self._said.show()
            self.show_state()
            return
        style = value[0]["style"]
        self.name.clear()
        self._said.setText(tr("{name} is one of your styles now.").format(name=style["name"]))
        self._said.show()
        told.style.adopt(style)


def media_offered(state: Any) -> list[OfferedMedium]:
    """The media that the engine offers; none if it is too old to paint in others than flat."""
    offers = state.connection.hello.get("offers")
    there = bool(state.style.known) and state.style.look_parameters()
    return list(offers.get("media") or []) if there and isinstance(offers, dict) else []


def sliders() -> list[tuple[str, str, str, float, float, int]]:
    """Those there are: path of the parameter, name, tip, the ends, and digits after the point."""
    return [
        ("medium/bristles", tr("Bristles"), tr("To the left few and coarse, to the right many and fine"), 0.3, 3, 2),
        ("medium/wetness", tr("Wetness"), tr("To the right washes run, melt into each other and lose edges"), 0, 2, 2),
        ("medium/rims", tr("Rims"), tr("How dark washes dry at their rims"), 0, 2, 2),
        ("medium/granulation", tr("Granulation"), tr("How much pigment settles in the paper's hollows"), 0, 2, 2),
        ("medium/dryness", tr("Dryness"), tr("To the right the brush runs dry sooner"), 0, 2, 2),
        ("medium/line", tr("Line"), tr("How strongly the drawing shows"), 0, 2, 2),
        ("medium/border", tr("Border"), tr("How wide a margin of the paper is left bare"), 0, 0.2, 3),
        ("medium/spatter", tr("Spatter"), tr("How often the brush is flicked over the sheet"), 0, 100, 0),
        (
            "light/relief",
            tr("Relief"),
            tr("How strongly ridges, furrows and the paper's grain catch the light"),
            0,
            1.5,
            2,
        ),
        ("light/gloss", tr("Gloss"), tr("How wet the paint shines"), 0, 0.5, 2),
    ]


PAINT = {"medium/bristles", "medium/dryness", "light/relief", "light/gloss"}  # what matters to paint that covers


def grounds() -> dict[str, str]:
    """The grounds there are, in words."""
    return {"canvas": tr("Canvas"), "paper": tr("Paper"), "tooth": tr("Sanded paper"), "none": tr("Smooth")}


def _scale(low: float, high: float, digits: int) -> Scale:
    return Scale(
        (0, STEPS), lambda k: low + (high - low) * k / STEPS, lambda value: STEPS * (value - low) / (high - low),
        (low, high), digits,
    )  # fmt: skip
