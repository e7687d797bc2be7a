"""A slider with a number beside it that can be typed."""

from __future__ import annotations

from collections.abc import Callable

from ..easel.words import tr
from ..guard import on
from ..qt import QtCore, QtWidgets
from .parts import calm, embolden, named, tool


class Scale:
    """What the places of a slider mean.

    places: the first and the last; at: the value at a place; place: the other way round; ends: the smallest and the
    largest value that can be typed; decimals: of the number; prefix, suffix: around it.
    """

    def __init__(
        self, places: tuple[int, int], at: Callable[[int], float], place: Callable[[float], float],
        ends: tuple[float, float], decimals: int = 0, prefix: str = "", suffix: str = "",
    ) -> None:  # fmt: skip
        self.places, self.at, self.place = places, at, place
        self.ends, self.decimals, self.prefix, self.suffix = ends, decimals, prefix, suffix


class SliderRow(QtWidgets.QWidget):
    """A name, a number and a button that sets it back, over a slider; the name is bold if it is not as it was.

    tip: what it does, in the artist's words; changed: called with a value, slid or typed; back: sets it back.
    """

    def __init__(
        self, name: str, tip: str, scale: Scale, changed: Callable[[float], None], back: Callable[[], None]
    ) -> None:
        super().__init__()
        self._scale, self._changed = scale, changed
        rows, line = QtWidgets.QVBoxLayout(self), QtWidgets.QHBoxLayout()
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        self._name = QtWidgets.QLabel(name)
        self._name.setToolTip(tip)
        self._back = tool("reload-preset", tr("{name} as the style has it").format(name=name), back, keep_room=True)
        self.slider = named(calm(QtWidgets.QSlider(QtCore.Qt.Orientation.Horizontal)), name, tip)
        self.slider.setRange(*scale.places)
        on(self.slider.valueChanged, lambda place: changed(scale.at(place)))
        self.number = named(calm(QtWidgets.QDoubleSpinBox()), name, tip)
        self.number.setDecimals(scale.decimals)
        self.number.setRange(*scale.ends)
        self.number.setPrefix(scale.prefix)
        self.number.setSuffix(scale.suffix)
        self.number.setStepType(QtWidgets.QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
        self.number.setKeyboardTracking(False)  # not at each letter
        self.number.setMinimumWidth(72)
        self._name.setBuddy(self.number)
        on(self.number.valueChanged, changed)
        line.addWidget(self._name)
        line.addStretch(1)
        line.addWidget(self.number)
        line.addWidget(self._back)
        rows.addLayout(line)
        rows.addWidget(self.slider)

    def show_value(self, value: float, is_changed: bool) -> None:
        """Show a value, without telling anybody that it changed."""
        with QtCore.QSignalBlocker(self.slider), QtCore.QSignalBlocker(self.number):
            self.slider.setValue(round(self._scale.place(value)))
            self.number.setValue(value)
        self._back.setVisible(is_changed)
        embolden(self._name, is_changed)
