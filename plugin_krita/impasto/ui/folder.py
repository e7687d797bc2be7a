"""Which folder is to be painted, where to, and as what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..document import files
from ..document.open_documents import main_window
from ..easel.words import tr
from ..guard import on
from ..qt import QtWidgets
from .parts import named


class FolderDialog(QtWidgets.QDialog):
    """Asks once; `state.paint_folder` does it."""

    def __init__(self, state: Any) -> None:
        super().__init__(main_window())
        self._state = state
        self.setWindowTitle(tr("Paint a folder"))
        rows = QtWidgets.QFormLayout(self)
        self.folder = self._line(rows, tr("Pictures in"), tr("The folder of the pictures to paint"), self._chosen)
        self.into = self._line(rows, tr("Paint into"), tr("The folder that the paintings go to"), lambda: None)
        self.suffix = named(QtWidgets.QComboBox(), tr("Saved as"), tr("What each painting is saved as"))
        self.suffix.addItem(tr("Krita document (.kra)"), ".kra")
        self.suffix.addItem(tr("OpenRaster, for other programs (.ora)"), ".ora")
        rows.addRow(tr("Saved as"), self.suffix)
        self.words = QtWidgets.QLabel()
        self.words.setWordWrap(True)
        rows.addRow(self.words)
        kinds = QtWidgets.QDialogButtonBox.StandardButton
        self.buttons, self.paint = QtWidgets.QDialogButtonBox(kinds.Cancel), QtWidgets.QPushButton(tr("Paint"))
        self.buttons.addButton(self.paint, QtWidgets.QDialogButtonBox.ButtonRole.AcceptRole)
        rows.addRow(self.buttons)
        on(self.buttons.accepted, self._begin)
        on(self.buttons.rejected, lambda: self.reject())
        self.show_state()

    def _line(self, rows: Any, name: str, tip: str, chosen: Any) -> Any:
        line, button = named(QtWidgets.QLineEdit(), name, tip), QtWidgets.QPushButton("\u2026")
        named(button, tip, tip)

        def choose() -> None:
            found = QtWidgets.QFileDialog.getExistingDirectory(self, tip, line.text())
            if found:
                line.setText(found)
                chosen()

        on(button.clicked, lambda: choose())
        on(line.textChanged, lambda: self.show_state())
        row = QtWidgets.QHBoxLayout()
        row.addWidget(line, 1)
        row.addWidget(button)
        rows.addRow(name, row)
        return line

    def _chosen(self) -> None:
        """Propose a folder in it."""
        if self.folder.text():
            self.into.setText(str(Path(self.folder.text()) / tr("painted")))

    def show_state(self) -> None:
        """How many there are, and in which style they are painted."""
        count = len(files.pictures_in(self.folder.text())) if self.folder.text() else 0
        style = self._state.style.changed()["name"]
        words = tr("{count} pictures, as the docker is set now ({style}); what is there already is left alone.")
        self.words.setText(words.format(count=count, style=style))
        self.paint.setEnabled(bool(count and self.into.text()))

    def _begin(self) -> None:
        self.accept()
        self._state.paint_folder(self.folder.text(), self.into.text(), self.suffix.currentData())
