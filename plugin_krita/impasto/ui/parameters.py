"""All of a style's parameters, as rows made from what the engine says of them: see ..parameters, which has no Qt."""

from __future__ import annotations

import re
from typing import Any

from ..easel.engine_words import named_as, parameter_about, parameter_group, parameter_title
from ..easel.parameters import CHOICE, FLAG, LOOK, NUMBER, TEXT, WHOLE
from ..easel.words import tr
from ..guard import on
from ..qt import QtCore, QtGui, QtWidgets
from .parts import Box, Fold, button, calm, combo, embolden, named, tool


class Row(QtWidgets.QWidget):
    """One parameter: its name, bold if it was changed, what it is, and a button that sets it back."""

    changed = QtCore.pyqtSignal(str, object)  # its path and value

    def __init__(self, parameter: Any) -> None:
        super().__init__()
        self.parameter = parameter
        title, tip = parameter_title(parameter), parameter_about(parameter)
        self._name = QtWidgets.QLabel(title)
        self._name.setToolTip(tip)
        self.editor, self._put = _EDITORS[parameter.kind](parameter, self._tell)
        named(self.editor, title, tip or title)
        self._name.setBuddy(self.editor)
        self.editor.setMinimumWidth(60)
        back = tool(
            "reload-preset",
            tr("{name} as the style has it").format(name=title),
            lambda: self._tell(parameter.value),
            keep_room=True,
        )
        self._back = back
        line = QtWidgets.QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        self._name.setMinimumWidth(30)
        line.addWidget(self._name, 1)
        line.addWidget(self.editor, 1)
        line.addWidget(self._back)
        self.show_value(parameter.value)

    def show_value(self, value: Any) -> None:
        """Show it, without telling anybody that it changed."""
        blocked = self.editor.blockSignals(True)
        self._put(value)
        self.editor.blockSignals(blocked)
        is_changed = value != self.parameter.value
        embolden(self._name, is_changed)
        self._back.setVisible(is_changed)

    def _tell(self, value: Any) -> None:
        if self.parameter.kind == NUMBER and round(float(value), self.parameter.decimals) == self.parameter.value:
            value = self.parameter.value
        self.changed.emit(self.parameter.path, value)


class ParametersBox(Box):
    """The rows of a style, in folds as the engine groups them; made when they are first looked at.

    of: what is changed, `ChosenStyle` or what has its `plain`, `parameters`, `changes`, `change` and `reset`.
    """

    def __init__(self, state: Any, of: Any) -> None:
        super().__init__(state)
        self._of = of
        self.editors: dict[str, Row] = {}  # by path
        self.folds: dict[str, Any] = {}  # by group
        self._made_for: Any = None
        self._body: Any = None
        self._reset = button(tr("Reset all"), tr("Set everything back as the style has it"), of.reset)
        self.rows.addWidget(self._reset)

    def show_state(self) -> None:
        """See `Box`."""
        if not self.isVisibleTo(self.parentWidget()) or not self.state.style.known:
            return
        style = self._of.plain()
        if style != self._made_for:
            self._made_for = style
            self._make(self._of.parameters())
        changes = self._of.changes()
        for path, row in self.editors.items():
            row.show_value(changes.get(path, row.parameter.value))
        self._reset.setVisible(bool(changes))

    def _change(self, path: str, value: Any) -> None:
        self._of.change(path, value)
        if self._of is self.state.style and path.partition("/")[0] in LOOK:  # seen at once on a painting that is there
            self.state.looks.changed()
            self.state.looks.settled()

    def _make(self, parameters: list[Any]) -> None:
        opened = {group for group, fold in self.folds.items() if fold.is_open}
        if self._body is not None:
            self._body.hide()
            self._body.deleteLater()
        self._body, self.editors, self.folds = QtWidgets.QWidget(), {}, {}
        whole = QtWidgets.QVBoxLayout(self._body)
        whole.setContentsMargins(0, 0, 0, 0)
        places = {"": whole}
        for parameter in parameters:
            if parameter.group not in places:
                inside = QtWidgets.QWidget()
                places[parameter.group] = QtWidgets.QVBoxLayout(inside)
                places[parameter.group].setContentsMargins(8, 0, 0, 0)
                fold = self.folds[parameter.group] = Fold(
                    parameter_group(parameter), tr("More settings of the style"), inside, parameter.group in opened
                )  # fmt: skip
                whole.addWidget(fold)
            row = self.editors[parameter.path] = Row(parameter)
            on(row.changed, self._change)
            places[parameter.group].addWidget(row)
        self.rows.insertWidget(0, self._body)


def _number(parameter: Any, tell: Any) -> Any:
    box = QtWidgets.QSpinBox() if parameter.kind == WHOLE else QtWidgets.QDoubleSpinBox()
    calm(box)
    if isinstance(box, QtWidgets.QDoubleSpinBox):
        box.setDecimals(parameter.decimals)
    box.setRange(parameter.low, parameter.high)
    box.setStepType(QtWidgets.QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
    box.setKeyboardTracking(False)  # not at each letter
    on(box.valueChanged, tell)
    return box, box.setValue


def _flag(parameter: Any, tell: Any) -> Any:
    box = QtWidgets.QCheckBox()
    on(box.toggled, tell)
    return box, box.setChecked


def _choice(parameter: Any, tell: Any) -> Any:
    choices = [(named_as("choice", str(each), str(each).replace("_", " ")), each) for each in parameter.choices]
    box = combo(parameter_title(parameter), parameter_about(parameter), choices)
    on(box.activated, lambda k: tell(parameter.choices[k]))
    return box, lambda value: box.setCurrentIndex(parameter.choices.index(value))


def _text(parameter: Any, tell: Any) -> Any:
    line = QtWidgets.QLineEdit()
    if parameter.pattern:
        pattern = re.sub(r"^\^|\$$", "", parameter.pattern)  # Qt wants the whole anyway
        line.setValidator(QtGui.QRegularExpressionValidator(QtCore.QRegularExpression(pattern), line))
    on(line.editingFinished, lambda: parameter.allows(line.text()) and tell(line.text()))
    return line, line.setText


_EDITORS = {WHOLE: _number, NUMBER: _number, FLAG: _flag, CHOICE: _choice, TEXT: _text}
