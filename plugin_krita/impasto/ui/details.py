"""What a report of a fault needs: facts, the check of the installation, and how to take them along."""

from __future__ import annotations

from typing import Any

from ..easel.words import tr
from ..guard import on
from ..qt import QtCore, QtWidgets, copy_text
from ..report import report
from .parts import Box, button, named, text_label

LINES = 10  # seen at a time
NAME = "impasto-report.txt"


class DetailsBox(Box):
    """The text, which is made when it is looked at, and buttons to check, copy and save."""

    def __init__(self, state: Any) -> None:
        super().__init__(state)
        self.text = named(
            QtWidgets.QPlainTextEdit(), tr("Details"), tr("What a report of a fault needs; no pictures")
        )  # fmt: skip
        self.text.setReadOnly(True)
        self.text.setFixedHeight(LINES * self.text.fontMetrics().lineSpacing() + 12)
        self.said = text_label()
        self.check = button(
            tr("Check"), tr("Look whether all is there that painting needs; it may take half a minute"),
            self._check,
        )  # fmt: skip
        self.copy = button(tr("Copy"), tr("Copy these details"), self._copy)
        self.save = button(tr("Save"), tr("Save these details as one file, to attach to a report"), self._save)
        line = QtWidgets.QHBoxLayout()
        for widget in (self.check, self.copy, self.save):
            widget.setMinimumWidth(1)
            line.addWidget(widget)
        self.rows.addWidget(self.text)
        self.rows.addLayout(line)
        self.rows.addWidget(self.said)
        self.said.setVisible(False)
        on(state.checked, self.show_state)

    def show_state(self) -> None:
        """See `Box`."""
        text = report(self.state)
        if self.text.toPlainText() != text:
            self.text.setPlainText(text)
        at_work = self.state.doctor.is_at_work
        self.check.setEnabled(not at_work)
        self._say(tr("Checking; this may take half a minute.") if at_work else "")

    def save_to(self, path: str) -> None:
        """Write all of it into a file, whole or not at all."""
        file = QtCore.QSaveFile(path)
        data = report(self.state).encode("utf-8")
        is_open = file.open(QtCore.QIODevice.OpenModeFlag.WriteOnly)
        if is_open and file.write(data) == len(data) and file.commit():
            self._say(tr("Saved as {path}.").format(path=path))
        else:
            self._say(tr("{path} cannot be written; save it elsewhere.").format(path=path))

    def _check(self) -> None:
        self.state.doctor.look(self.state.engine.process.command(self.state.settings["python"]))

    def _copy(self) -> None:
        copy_text(report(self.state))

    def _save(self) -> None:
        folder = QtCore.QStandardPaths.StandardLocation.DocumentsLocation
        usual = QtCore.QDir(QtCore.QStandardPaths.writableLocation(folder)).filePath(NAME)
        path, _ = QtWidgets.QFileDialog.getSaveFileName(self, tr("Save the report"), usual)
        if path:
            self.save_to(path)

    def _say(self, words: str) -> None:
        self.said.setText(words)
        self.said.setVisible(bool(words))
