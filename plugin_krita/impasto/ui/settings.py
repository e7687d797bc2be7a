"""The settings: which engine paints. A dialog that leaves the rest of Krita alone."""

from __future__ import annotations

from typing import Any

from ..easel.addresses import checked_address, checked_key, sentence
from ..easel.words import tr
from ..guard import guarded, on
from ..link.probing import Probe
from ..protocol import ProtocolError
from ..protocol.keys import own_keys
from ..protocol.places import home
from ..qt import QtWidgets, copy_text
from .focus import FocusRing
from .parts import button, form, named, text_label, tool


class SettingsDialog(QtWidgets.QDialog):
    """An engine on this computer, started by a program; or one elsewhere, with address, key and a test."""

    def __init__(self, state: Any, parent: Any = None) -> None:
        super().__init__(parent)
        self._state, self.probe, self._sure = state, None, False
        self.setWindowTitle(tr("Impasto: the engine"))
        self.setModal(False)
        self.setMinimumWidth(420)
        self.here = _choice(tr("An engine on this computer"), tr("A program on this computer paints"))
        self.there = _choice(tr("An engine on another computer"), tr("Layers go there to be painted, encrypted"))
        on(self.there.toggled, self._side)
        self.python = named(QtWidgets.QLineEdit(), tr("Started by"), tr("The program that starts the engine"))
        self.address = named(QtWidgets.QLineEdit(), tr("Address"), tr("Where that engine listens"))
        self.key = named(QtWidgets.QLineEdit(), tr("Its public key"), tr("By which Krita knows that it is that engine"))
        self.own = named(QtWidgets.QLineEdit(), tr("This Krita's key"), tr("By which that engine lets this Krita in"))
        usual = " ".join(state.engine.process.command())
        self.python.setPlaceholderText(usual or tr("not known: choose a Python with Impasto"))
        self.address.setPlaceholderText(tr("tcp://HOST:PORT"))
        self.key.setPlaceholderText(tr("40 letters, or the file server.key of that engine"))
        self.own.setReadOnly(True)
        self._local, self._remote = QtWidgets.QWidget(), QtWidgets.QWidget()
        rows = form()
        self._local.setLayout(rows)
        rows.addRow(
            tr("Started by"), _line(self.python, tool("folder", tr("Choose a Python or a program"), self._choose))
        )
        self.brought = text_label()
        self.add = button(tr("Add regions…"), tr("Fetch what finds regions by what they are"), self._add)
        self.remove = button(tr("Remove…"), tr("Take away the engine that this plugin has installed"), self._remove)
        rows.addRow(tr("Installed"), self.brought)
        rows.addRow("", _line(None, self.add, self.remove))
        self.test = button(tr("Test"), tr("Ask that engine whether it would paint"), self._test)
        rows = form()
        self._remote.setLayout(rows)
        rows.addRow(tr("Address"), self.address)
        find = tool("folder", tr("Choose the file server.key"), self._choose_key)
        rows.addRow(tr("Its public key"), _line(self.key, find))
        rows.addRow("", self.test)
        rows.addRow(tr("This Krita's key"), _line(self.own, tool("edit-copy", tr("Copy"), self._copy)))
        hint = text_label()
        hint.setText(tr(
            "An engine elsewhere has to know this Krita: copy its key into a file on that machine, and run there "
            "impasto serve --bind tcp://0.0.0.0:5570 --allow FILE."
        ))  # fmt: skip
        rows.addRow("", hint)
        self.said = text_label()
        self.save = button(tr("Save"), tr("Use this engine from now on"), self._save)
        whole = QtWidgets.QVBoxLayout(self)
        for widget in (self.here, self._local, self.there, self._remote, self.said):
            whole.addWidget(widget)
        self.ring = FocusRing(self)
        whole.addLayout(_line(None, self.save, button(tr("Close"), tr("Leave everything as it is"), self.close)))

    def show_settings(self) -> None:
        """Show what is set, beside the work."""
        settings = self._state.settings
        (self.there if settings["remote"] else self.here).setChecked(True)
        self.python.setText(settings["python"])
        self.address.setText(settings["address"])
        self.key.setText(settings["key"])
        self._say("")
        self._show_brought()
        try:
            self.own.setText(own_keys("client", home())[0])
            self.own.setCursorPosition(0)
        except ProtocolError as error:
            self._say(sentence(error))
        self._side()
        self.adjustSize()
        self.show()
        self.raise_()

    @guarded
    def closeEvent(self, closing: Any) -> None:
        """Qt calls it."""
        self._stop()
        super().closeEvent(closing)

    def _show_brought(self) -> None:
        """What this plugin has installed, and what can be done with it."""
        installer = self._state.engine.installer
        installer.refresh()
        there, idle = installer.there, installer.can and not installer.step
        with_regions = "regions" in there.get("extras", [])
        words = (
            tr("Impasto {version} with regions, in {folder}") if with_regions else tr("Impasto {version}, in {folder}")
        )
        self.brought.setText(words.format(**there) if there else tr("nothing by this plugin"))
        self.add.setVisible(bool(there) and not with_regions)
        self.remove.setVisible(bool(there))
        self.add.setEnabled(idle)
        self.remove.setEnabled(idle)
        self.remove.setText(tr("Remove…"))
        self._sure = False

    def _add(self) -> None:
        self._state.engine.installer.look(regions=True)
        self.close()

    def _remove(self) -> None:
        """Once it is pressed again: it ends an engine that may be painting."""
        if not self._sure:
            self._sure = True
            self.remove.setText(tr("Remove it"))
            self._say(tr("Press again to remove the engine. Paintings, jobs and settings stay."))
            return
        self._state.engine.installer.remove()
        self.close()

    def _side(self, *_: Any) -> None:
        self._local.setEnabled(not self.there.isChecked())
        self._remote.setEnabled(self.there.isChecked())

    def _say(self, text: str) -> None:
        self.said.setText(text)

    def _save(self) -> None:
        wanted = {"remote": self.there.isChecked(), "python": self.python.text().strip(),
                  "address": self.address.text().strip(), "key": self.key.text().strip()}  # fmt: skip
        if wanted["remote"]:
            try:
                wanted["address"], wanted["key"] = checked_address(wanted["address"]), checked_key(wanted["key"])
            except ProtocolError as error:
                self._say(sentence(error))
                return
        self._state.engine.choose(**wanted)
        self.close()

    def _test(self) -> None:
        self._stop()
        self.test.setEnabled(False)
        self._say(tr("Asking it."))
        self.probe = Probe(self.address.text(), self.key.text(), self)
        on(self.probe.ended, self._tested)

    def _tested(self, good: bool, words: str) -> None:
        self.test.setEnabled(True)
        self._say(words)

    def _stop(self) -> None:
        if self.probe is not None:
            self.probe.close()
            self.probe.deleteLater()
        self.probe = None
        self.test.setEnabled(True)

    def _choose(self) -> None:
        self._ask(tr("What starts the engine"), self.python)

    def _choose_key(self) -> None:
        self._ask(tr("The engine's public key"), self.key)

    def _ask(self, title: str, line: Any) -> None:
        """Let the user choose a file, without making the rest of Krita wait."""
        dialog = QtWidgets.QFileDialog(self, title)
        dialog.setFileMode(QtWidgets.QFileDialog.FileMode.ExistingFile)
        on(dialog.fileSelected, line.setText)
        on(dialog.finished, dialog.deleteLater)
        dialog.open()

    def _copy(self) -> None:
        copy_text(self.own.text())


def _choice(text: str, tip: str) -> Any:
    return named(QtWidgets.QRadioButton(text), text, tip)


def _line(first: Any, *others: Any) -> Any:
    """Widgets in a row, the first as wide as there is room for."""
    line = QtWidgets.QHBoxLayout()
    if first is None:
        line.addStretch(1)
    else:
        line.addWidget(first, 1)
    for widget in others:
        line.addWidget(widget)
    return line
