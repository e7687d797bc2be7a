"""What the docker's boxes have in common: narrow combo boxes, switches, buttons, parts that fold away.

Every control has a tip, in the artist's words, and a name that a screen reader says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from krita import Krita

from ..changes import EVERYTHING
from ..guard import attempt, guarded, on
from ..qt import QObject, QtCore, QtWidgets


class Box(QtWidgets.QWidget):
    """A part of the docker, with rows from the top down; `show_state` makes it look as the state says.

    shows: what of the state it looks at.
    """

    shows = EVERYTHING

    def __init__(self, state: Any) -> None:
        super().__init__()
        self.state = state
        self.rows = QtWidgets.QVBoxLayout(self)
        self.rows.setContentsMargins(0, 0, 0, 0)

    def show_state(self) -> None:
        """Called whenever what it shows has changed."""


class Fold(QtWidgets.QWidget):
    """A box with a title that folds it away; it says when it was opened."""

    opened = QtCore.pyqtSignal(bool)

    def __init__(self, title: str, tip: str, box: QtWidgets.QWidget, open_at_first: bool = False) -> None:
        super().__init__()
        rows = QtWidgets.QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        self._button, self.box = named(QtWidgets.QToolButton(), title, tip), box
        self._button.setText(title)
        self._button.setCheckable(True)
        self._button.setAutoRaise(True)
        self._button.setToolButtonStyle(QtCore.Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        on(self._button.toggled, self._fold)
        rows.addWidget(self._button)
        rows.addWidget(box)
        self._button.setChecked(open_at_first)
        self._fold(open_at_first)

    def set_title(self, title: str) -> None:
        """Call it otherwise."""
        self._button.setText(title)
        self._button.setAccessibleName(title)

    @property
    def is_open(self) -> bool:
        """Is it?"""
        return self._button.isChecked()

    def open(self) -> None:
        """Unfold it."""
        self._button.setChecked(True)

    def _fold(self, open_now: bool) -> None:
        arrows = QtCore.Qt.ArrowType
        self._button.setArrowType(arrows.DownArrow if open_now else arrows.RightArrow)
        self.box.setVisible(open_now)
        self.opened.emit(open_now)


class _Calm(QObject):
    """Lets the wheel scroll the docker instead of changing what happens to be under it."""

    def eventFilter(self, a0: Any, a1: Any) -> bool:
        """Qt calls it."""
        return bool(attempt(self._swallowed, a0, a1))

    def _swallowed(self, watched: Any, happened: Any) -> bool:
        if happened.type() == QtCore.QEvent.Type.Wheel and not watched.hasFocus():
            happened.ignore()
            return True
        return False


_calm = _Calm()


Widget = TypeVar("Widget", bound=QtWidgets.QWidget)


def named(widget: Widget, name: str, tip: str) -> Widget:
    """The widget, with a name for who does not see it, and a tip for who wonders."""
    widget.setAccessibleName(name)
    widget.setToolTip(tip)
    return widget


def calm(widget: Widget) -> Widget:
    """The widget, deaf to the wheel as long as it was not clicked."""
    widget.setFocusPolicy(QtCore.Qt.FocusPolicy.StrongFocus)
    widget.installEventFilter(_calm)
    return widget


def embolden(label: QtWidgets.QWidget, bold: bool) -> None:
    """Bold is what was changed."""
    font = label.font()
    if font.bold() != bold:
        font.setBold(bold)
        label.setFont(font)


def tool(icon: str, tip: str, clicked: Callable[[], object], keep_room: bool = False) -> QtWidgets.QToolButton:
    """A small button with an icon of Krita's theme; keep_room: also while it is hidden."""
    made = named(QtWidgets.QToolButton(), tip, tip)
    made.setAutoRaise(True)
    made.setIcon(Krita.instance().icon(icon))
    on(made.clicked, lambda: clicked())
    if keep_room:
        policy = made.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        made.setSizePolicy(policy)
    return made


def combo(name: str, tip: str, entries: Iterable[tuple[str, Any]] = ()) -> QtWidgets.QComboBox:
    """A combo box of (text, value) entries that may be narrower than its longest one."""
    box = named(calm(QtWidgets.QComboBox()), name, tip)
    box.setMinimumContentsLength(6)
    box.setSizeAdjustPolicy(QtWidgets.QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    for text, value in entries:
        box.addItem(text, value)
    return box


def switch(text: str, tip: str, is_on: bool, toggled: Callable[[bool], None]) -> QtWidgets.QCheckBox:
    """A check box."""
    box = named(QtWidgets.QCheckBox(text), text, tip)
    box.setChecked(is_on)
    on(box.toggled, toggled)
    return box


def form() -> QtWidgets.QFormLayout:
    """A form whose fields go below their names when it is narrow."""
    rows = QtWidgets.QFormLayout()
    rows.setRowWrapPolicy(QtWidgets.QFormLayout.RowWrapPolicy.WrapLongRows)
    return rows


class Columns(QtWidgets.QWidget):
    """Buttons in two columns, or in one where the texts of two do not fit beside each other."""

    def __init__(self, buttons: Sequence[QtWidgets.QWidget]) -> None:
        super().__init__()
        self._buttons, self.count = buttons, 0
        self._grid = QtWidgets.QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        for widget in buttons:
            widget.setMinimumWidth(1)
        self._arrange(2)

    @guarded
    def resizeEvent(self, event: Any) -> None:
        """It is as wide as the docker."""
        wide = [max(widget.sizeHint().width() for widget in self._buttons[side::2]) for side in (0, 1)]
        self._arrange(2 if sum(wide) + self._grid.horizontalSpacing() <= self.width() else 1)

    def _arrange(self, count: int) -> None:
        if count != self.count:
            self.count = count
            for place, widget in enumerate(self._buttons):
                self._grid.addWidget(widget, place // count, place % count)


class Paragraph(QtWidgets.QLabel):
    """A label of several lines that is as high as they are: layouts in windows of their own cut it else."""

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)

    @guarded
    def setText(self, text: str) -> None:
        """Show another text."""
        super().setText(text)
        if self.isVisible():
            self._fit()

    @guarded
    def resizeEvent(self, resized: Any) -> None:
        """Qt calls it."""
        super().resizeEvent(resized)
        self._fit()

    def _fit(self) -> None:
        high = max(0, self.heightForWidth(self.width()))
        if high != self.minimumHeight():
            self.setMinimumHeight(high)


def text_label() -> Paragraph:
    """A label of several lines."""
    return Paragraph()


def button(text: str, tip: str, clicked: Callable[[], object]) -> QtWidgets.QPushButton:
    """A push button."""
    made = named(QtWidgets.QPushButton(text), text, tip)
    on(made.clicked, lambda: clicked())
    return made
