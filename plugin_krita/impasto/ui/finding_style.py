"""Other ways to a style: in words, or from a picture."""

from __future__ import annotations

from typing import Any

from ..easel.words import tr
from ..guard import on
from ..link.connection import CONNECTED
from ..qt import QAction, QtWidgets
from .parts import Box, named


class FindingStyle(Box):
    """A line for words, and a button with a menu: from this layer, or from a file."""

    def __init__(self, state: Any) -> None:
        super().__init__(state)
        self.words = named(
            QtWidgets.QLineEdit(), tr("Style in words"),
            tr("What it is to look like, such as: a stormy sea at night, palette knife. Enter chooses a style"),
        )  # fmt: skip
        self.words.setPlaceholderText(tr("or say it in words"))
        self.words.setMaxLength(300)
        self.words.setMinimumWidth(40)
        on(self.words.returnPressed, self._said)
        self.picture = named(
            QtWidgets.QPushButton(tr("From a picture")), tr("Style from a picture"),
            tr("A style with the colours and strokes of a painting"),
        )  # fmt: skip
        self.picture.setMinimumWidth(1)
        self.menu = QtWidgets.QMenu(self.picture)
        self.from_layer = self._action(tr("The active layer"), state.learn_style)
        self.from_file = self._action(tr("A file…"), self._choose)
        self.menu.addSeparator()
        self.texture = self._action(tr("With the texture of its strokes"), None)
        self.texture.setCheckable(True)
        self.texture.setToolTip(tr("Nearer to some paintings, and takes longer; needs PyTorch on the engine's side"))
        self.texture.setChecked(state.settings["learn_texture"])
        on(self.texture.toggled, self._keep_texture)
        self.picture.setMenu(self.menu)
        line = QtWidgets.QHBoxLayout()
        line.addWidget(self.words, 1)
        line.addWidget(self.picture)
        self.rows.addLayout(line)

    def _action(self, text: str, done: Any) -> Any:
        action = QAction(text, self.menu)
        if done is not None:
            on(action.triggered, lambda *_: done())
        self.menu.addAction(action)
        return action

    def _keep_texture(self, wanted: bool) -> None:
        self.state.settings["learn_texture"] = wanted

    def _said(self) -> None:
        if self.words.text().strip():
            self.state.suggest_style(self.words.text().strip())

    def _choose(self) -> None:
        """Let the user choose a file, without making the rest of Krita wait."""
        dialog = QtWidgets.QFileDialog(self, tr("A painting whose style is wanted"))
        dialog.setFileMode(QtWidgets.QFileDialog.FileMode.ExistingFile)
        on(dialog.fileSelected, self.state.learn_style)
        on(dialog.finished, dialog.deleteLater)
        dialog.open()

    def show_state(self) -> None:
        """See `Box`."""
        told = self.state
        ready = told.connection.state == CONNECTED and bool(told.style.known) and told.run.free
        keeps = not told.connection.lacks("keep_style")
        self.words.setEnabled(ready and keeps and not told.connection.lacks("suggest"))
        self.picture.setEnabled(ready and keeps and not told.connection.lacks("learn"))
