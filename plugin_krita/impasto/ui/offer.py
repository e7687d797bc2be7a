"""A painting that was going on when Krita closed is offered again."""

from __future__ import annotations

from typing import Any

from ..changes import Change
from ..easel.words import tr
from ..qt import QtCore, QtWidgets
from .parts import Box, button, text_label


class OfferBox(Box):
    """Shown as long as the engine has such a painting."""

    shows = Change.OFFER

    def __init__(self, state: Any) -> None:
        super().__init__(state)
        self._text = text_label()
        self._text.setTextFormat(QtCore.Qt.TextFormat.PlainText)
        self.rows.addWidget(self._text)
        line = QtWidgets.QHBoxLayout()
        line.addWidget(button(tr("Continue"), tr("Go on with that painting"), state.go_on))
        line.addWidget(button(tr("Forget"), tr("Give that painting up"), state.offers.forget))
        self.rows.addLayout(line)

    def show_state(self) -> None:
        """See `Box`."""
        note = self.state.offers.note
        self.setVisible(note is not None)
        if note is not None:
            words = (
                tr("A painting of {name} was going on when it was closed. It is done.")
                if self.state.offers.state == "done"
                else tr("A painting of {name} was going on when it was closed. The engine goes on with it.")
            )
            self._text.setText(words.format(name=note["name"]))
