"""The style and how it is painted."""

from __future__ import annotations

import math
import random
from typing import Any

from ..changes import Change
from ..easel.engine_words import about, named_as
from ..easel.words import tr
from ..guard import guarded, on
from ..link.connection import CONNECTED
from ..qt import QtCore, QtWidgets
from ..told import OfferedStyle
from ..work.paint_job import effort
from .finding_style import FindingStyle
from .interest import InterestBox
from .parameters import ParametersBox
from .parts import Box, Fold, calm, combo, form, named, switch, tool
from .pictures import SIDE, die_icon, style_icon
from .slider import Scale, SliderRow

FEWEST, MOST_STROKES, MOST_TYPED = 50, 20_000, 1_000_000  # the ends of the slider; what the engine takes
STEPS = 400  # of the slider of strokes
HUNDREDTHS = 100  # of the other sliders
MOST_SEED = 2**31 - 1
_name = QtCore.Qt.ItemDataRole.UserRole  # what the engine calls it
# The whole cell shows which one is chosen, in the theme's own colours.
CHOSEN = """QListView::item { border-radius: 3px; padding: 3px 0px; }
QListView::item:selected { background: palette(highlight); color: palette(highlighted-text); }"""


class StyleGallery(QtWidgets.QListWidget):
    """Pictures with names, in as many columns as fit, and never scrolled. wide, high: of a picture, pixels.

    `chosen` says which one, by the engine's name.
    """

    chosen = QtCore.pyqtSignal(str)

    def __init__(self, wide: int = SIDE, high: int = SIDE) -> None:
        super().__init__()
        self._wide, self._high = wide, high
        named(self, tr("Styles"), tr("How it is painted"))
        self.setViewMode(QtWidgets.QListView.ViewMode.IconMode)
        self.setMovement(QtWidgets.QListView.Movement.Static)
        self.setResizeMode(QtWidgets.QListView.ResizeMode.Adjust)
        self.setIconSize(QtCore.QSize(wide, high))
        self.setStyleSheet(CHOSEN)
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * 0.9)  # so that the longer names fit
        self.setFont(font)
        self.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(QtCore.Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(QtCore.Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        on(self.currentItemChanged, lambda item, before: self._tell(item))

    def show_styles(self, styles: list[OfferedStyle], chosen: str) -> None:
        """Show these styles, with one of them chosen."""
        if self._names() != [style["name"] for style in styles]:
            entries = []
            for style in styles:
                shown = named_as("style", style["name"])
                tip = "{}\n{}".format(shown, about("style", style["name"], style["description"]))
                entries.append((style["name"], shown, tip, style_icon(style["name"], self.palette())))
            self._fill(entries)
        self._choose(chosen)

    def show_pictures(self, entries: list[tuple[str, str, str, Any]], chosen: str) -> None:
        """Show (name, what it is called, tip, icon) of each, with one of them chosen; a picture may come later."""
        if self._names() != [name for name, *_ in entries]:
            self._fill(entries)
        for item, (*_, icon) in zip(self._items(), entries):  # noqa: B905, Python 3.8
            if item.icon().isNull() and not icon.isNull():
                item.setIcon(icon)
        self._choose(chosen)

    def _names(self) -> list[str]:
        return [item.data(_name) for item in self._items()]

    def _items(self) -> list[QtWidgets.QListWidgetItem]:
        return [item for item in map(self.item, range(self.count())) if item is not None]

    def _tell(self, item: Any) -> None:
        if item is not None:
            self.chosen.emit(item.data(_name))

    def _fill(self, entries: list[tuple[str, str, str, Any]]) -> None:
        self.clear()
        for name, shown, tip, icon in entries:
            item = QtWidgets.QListWidgetItem(icon, shown)
            item.setData(_name, name)
            item.setToolTip(tip)
            self.addItem(item)
        self._fit()

    def _choose(self, chosen: str) -> None:
        for k, name in enumerate(self._names()):
            if name == chosen and self.currentRow() != k:
                self.setCurrentRow(k)

    @guarded
    def resizeEvent(self, resized: Any) -> None:
        """Qt calls it."""
        super().resizeEvent(resized)
        self._fit()

    def _fit(self) -> None:
        """As many columns as there is room for, and exactly as high as it takes."""
        wide = max((self.viewport() or self).width() - 2, self._wide)
        columns = max(1, min(wide // (self._wide + 24), max(self.count(), 1)))
        most = max(2 * SIDE, self._wide + 24)
        cell = QtCore.QSize(min(wide // columns, most), self._high + self.fontMetrics().height() + 16)
        if cell != self.gridSize():
            self.setGridSize(cell)
        columns = max(1, wide // cell.width())
        height = -(-self.count() // columns) * cell.height() + 2
        if height != self.height():
            self.setFixedHeight(height)


class StyleBox(Box):
    """Style, sliders, what is painted and what comes out, seed, switches, and all else of the style."""

    shows = Change.ENGINE | Change.STYLE | Change.PARAMETER | Change.WORK | Change.INTEREST

    def __init__(self, state: Any) -> None:
        super().__init__(state)
        self._showing = False
        self.gallery = StyleGallery()
        self.source = combo(
            tr("Paint"), tr("What is painted: the layer that is chosen, or all that is seen"),
            [(tr("Active layer"), False), (tr("Everything visible"), True)],
        )  # fmt: skip
        self.layers = combo(
            tr("Result"), tr("How the painting comes back: in one layer or in several"),
            [(tr("One layer"), "none"), (tr("A layer per region"), "regions"),
             (tr("A layer per region and pass"), "passes")],
        )  # fmt: skip
        self.effort = combo(tr("Effort"), "", [(text, name) for name, text, _ in efforts()])
        for place, (_, _, tip) in enumerate(efforts()):
            self.effort.setItemData(place, tip, QtCore.Qt.ItemDataRole.ToolTipRole)
        on(self.effort.activated, lambda k: self._keep("effort", self.effort.itemData(k)))
        on(self.gallery.chosen, self._style_chosen)
        on(self.source.activated, lambda k: self._keep("visible", self.source.itemData(k)))
        on(self.layers.activated, lambda k: self._keep("layers", self.layers.itemData(k)))
        self.strokes = SliderRow(
            tr("Strokes"), tr("How many brush strokes the painting is made of: few are bold, many are detailed"),
            Scale((0, STEPS), strokes_at, strokes_place, (1, MOST_TYPED)),
            lambda value: self._slid("strokes", round(value)), lambda: self._slid("strokes", 0),
        )  # fmt: skip
        self.brush = SliderRow(
            tr("Brush size"), tr("How large the strokes are, compared with the style's own"),
            Scale((-HUNDREDTHS, HUNDREDTHS), brush_at, lambda size: HUNDREDTHS * math.log2(size), (0.5, 2), 2, "× "),
            lambda value: self._slid("brush", value), lambda: self._slid("brush", 1.0),
        )  # fmt: skip
        self.looseness = SliderRow(
            tr("Looseness"), tr("To the left strokes keep close to the picture, to the right they are freer"),
            Scale((-HUNDREDTHS, HUNDREDTHS), lambda k: k / HUNDREDTHS, lambda value: HUNDREDTHS * value, (-1, 1), 2),
            lambda value: self._slid("looseness", value), lambda: self._slid("looseness", 0.0),
        )  # fmt: skip
        self.finding, self.interest = FindingStyle(state), InterestBox(state)
        for widget in (self.gallery, self.finding, self.strokes, self.brush, self.looseness, self.interest):
            self.rows.addWidget(widget)
        rows, line = form(), QtWidgets.QHBoxLayout()
        self.seed = named(
            calm(QtWidgets.QSpinBox()), tr("Seed"),
            tr("Another number gives another painting of the same kind; the same number gives the same one again"),
        )  # fmt: skip
        self.seed.setRange(0, MOST_SEED)
        self.seed.setMinimumWidth(60)
        on(self.seed.valueChanged, lambda value: self._keep("seed", value))
        self.die = tool("", tr("Another painting of the same kind"), self._roll)
        self.die.setIcon(die_icon(self.palette()))
        self.next = tool("list-add", tr("Seed +1: the next painting of the same kind"), self._next_seed)
        line.addWidget(self.seed, 1)
        line.addWidget(self.next)
        line.addWidget(self.die)
        rows.addRow(tr("Effort"), self.effort)
        rows.addRow(tr("Paint"), self.source)
        rows.addRow(tr("Result"), self.layers)
        rows.addRow(tr("Seed"), line)
        self.rows.addLayout(rows)
        self.switches = {}
        for name, text, tip in (
            ("regions", tr("Region by region"),
             tr("First find what is in the picture, and paint each part with strokes of its own")),
            ("preview", tr("Live preview"), tr("Watch the painting grow on the canvas")),
        ):  # fmt: skip
            self.switches[name] = switch(text, tip, state.settings[name], lambda on, name=name: self._keep(name, on))
            self.rows.addWidget(self.switches[name])
        self.parameters = ParametersBox(state, state.style)
        self.more = Fold(tr("More"), tr("Every other setting of the style"), self.parameters)
        on(self.more.opened, lambda _: self.parameters.show_state())
        self.rows.addWidget(self.more)

    def _keep(self, name: str, value: Any) -> None:
        if not self._showing:
            self.state.settings[name] = value

    def _slid(self, name: str, value: Any) -> None:
        self._keep(name, value)
        self.show_state()

    def _style_chosen(self, name: str) -> None:
        if name and not self._showing:
            self.state.settings["style"] = name
            self.state.settings["strokes"] = 0  # each style has its own number
            self.state.tell(Change.STYLE)

    def _roll(self) -> None:
        self.seed.setValue(random.randint(0, MOST_SEED))

    def _next_seed(self) -> None:
        self.seed.setValue((self.seed.value() + 1) % (MOST_SEED + 1))

    def _show_effort(self) -> None:
        lacks = self.state.connection.lacks("effort")
        self.effort.setCurrentIndex(self.effort.findData(effort(self.state)))
        self.effort.setEnabled(not lacks)
        tips = [tr("{name}: {tip}").format(name=text, tip=tip) for _, text, tip in efforts()]
        self.effort.setToolTip(
            tr("This engine knows no effort but Normal; update it to choose.") if lacks else "\n".join(tips)
        )

    def show_state(self) -> None:
        """See `Box`."""
        self._showing = True
        told, settings = self.state, self.state.settings
        if told.connection.state == CONNECTED and told.style.known:
            style = told.style.plain()
            self.gallery.show_styles(told.style.known, style["name"])
            strokes = settings["strokes"] or style["values"]["strokes"]
            self.strokes.show_value(strokes, settings["strokes"] != 0)
            changes = len(told.style.changes())
            self.more.set_title(tr("More ({count} changed)").format(count=changes) if changes else tr("More"))
            if self.more.is_open:
                self.parameters.show_state()
        brush, looseness = settings["brush"], settings["looseness"]
        self.brush.show_value(brush, brush != 1)
        self.looseness.show_value(looseness, looseness != 0)
        self._show_effort()
        self.finding.show_state()
        self.interest.show_state()
        self.source.setCurrentIndex(self.source.findData(settings["visible"]))
        self.layers.setCurrentIndex(self.layers.findData(settings["layers"]))
        self.seed.setValue(settings["seed"])
        for name, box in self.switches.items():  # a document may bring settings of its own
            box.setChecked(settings[name])
        self._showing = False


def efforts() -> list[tuple[str, str, str]]:
    """Those there are: what the engine calls each, what the list does, and what it buys and costs."""
    return [
        ("draft", tr("Draft"), tr("A quick look, in about half the time")),
        ("normal", tr("Normal"), tr("The usual time, and what most pictures need")),
        ("high", tr("High"), tr("Closer to the picture, in up to four times the time")),
    ]


def strokes_at(place: int) -> int:
    """The number of strokes at a place of the slider, which grows by the same share with each step; two digits."""
    exact = FEWEST * (MOST_STROKES / FEWEST) ** (place / STEPS)
    unit = 10 ** (int(math.log10(exact)) - 1)
    return int(min(max(round(exact / unit) * unit, FEWEST), MOST_STROKES))


def strokes_place(strokes: float) -> int:
    """The place on the slider of a number of strokes."""
    held = min(max(strokes, FEWEST), MOST_STROKES)
    return round(STEPS * math.log(held / FEWEST) / math.log(MOST_STROKES / FEWEST))


def brush_at(place: int) -> float:
    """The size of the brush at a place of the slider: from half to twice the style's."""
    return round(2.0 ** (place / HUNDREDTHS), 3)
