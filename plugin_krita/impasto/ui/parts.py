"""What the docker's boxes have in common: narrow combo boxes, switches, sliders with a number, parts that fold away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..qt import HORIZONTAL, QtCore, QtWidgets

_arrows = getattr(QtCore.Qt, "ArrowType", QtCore.Qt)
_button_style = getattr(QtCore.Qt, "ToolButtonStyle", QtCore.Qt).ToolButtonTextBesideIcon


class Box(QtWidgets.QWidget):
    """A part of the docker, with rows from the top down; `show_model` makes it look as the model says."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        self.rows = QtWidgets.QVBoxLayout(self)
        self.rows.setContentsMargins(0, 0, 0, 0)

    def show_model(self) -> None:
        """Called whenever the model has changed."""


class Fold(QtWidgets.QWidget):
    """A box with a title that folds it away; it says when it was opened."""

    opened = QtCore.pyqtSignal(bool)

    def __init__(self, title: str, box: Any, open_at_first: bool = False) -> None:
        super().__init__()
        rows = QtWidgets.QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        self._button, self.box = QtWidgets.QToolButton(), box
        self._button.setText(title)
        self._button.setCheckable(True)
        self._button.setAutoRaise(True)
        self._button.setToolButtonStyle(_button_style)
        self._button.toggled.connect(self._fold)
        rows.addWidget(self._button)
        rows.addWidget(box)
        self._button.setChecked(open_at_first)
        self._fold(open_at_first)

    def _fold(self, open_now: bool) -> None:
        self._button.setArrowType(_arrows.DownArrow if open_now else _arrows.RightArrow)
        self.box.setVisible(open_now)
        self.opened.emit(open_now)


def combo(entries: Any = ()) -> Any:
    """A combo box of (text, value) entries that may be narrower than its longest one."""
    box = QtWidgets.QComboBox()
    box.setMinimumContentsLength(6)
    policies = getattr(QtWidgets.QComboBox, "SizeAdjustPolicy", QtWidgets.QComboBox)
    box.setSizeAdjustPolicy(policies.AdjustToMinimumContentsLengthWithIcon)
    for text, value in entries:
        box.addItem(text, value)
    return box


def switch(text: str, on: bool, toggled: Callable[[bool], None]) -> Any:
    """A check box."""
    box = QtWidgets.QCheckBox(text)
    box.setChecked(on)
    box.toggled.connect(toggled)
    return box


def slider(low: int, high: int, moved: Callable[[int], None]) -> Any:
    """A horizontal slider and a label for its number, in one row: (layout, slider, label)."""
    line, bar, label = QtWidgets.QHBoxLayout(), QtWidgets.QSlider(HORIZONTAL), QtWidgets.QLabel()
    bar.setRange(low, high)
    bar.valueChanged.connect(moved)
    line.addWidget(bar, 1)
    line.addWidget(label)
    return line, bar, label


def form() -> Any:
    """A form whose fields go below their names when it is narrow."""
    rows = QtWidgets.QFormLayout()
    rows.setRowWrapPolicy(getattr(QtWidgets.QFormLayout, "RowWrapPolicy", QtWidgets.QFormLayout).WrapLongRows)
    return rows


def text_label() -> Any:
    """A label of several lines."""
    label = QtWidgets.QLabel()
    label.setWordWrap(True)
    return label


def button(text: str, clicked: Callable[[], None]) -> Any:
    """A push button."""
    made = QtWidgets.QPushButton(text)
    made.clicked.connect(lambda: clicked())
    return made
