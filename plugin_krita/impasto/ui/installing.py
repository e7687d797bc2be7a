"""No engine here yet, an old one, or one without regions: what is to be fetched, how it goes, what went wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..changes import Change
from ..easel import installing as steps
from ..easel.failing import size
from ..easel.uv import HOSTS, SIZE
from ..easel.words import tr
from ..qt import QtWidgets
from .parts import Box, button, named, text_label

FIRST, UPDATE, NEWER, REGIONS = "first", "update", "newer", "regions"  # what `EngineChoice.lacks` says


class InstallBox(Box):
    """Words, a bar, and at most two buttons; nothing at all if the engine is as it should be."""

    shows = Change.ENGINE

    def __init__(self, state: Any) -> None:
        super().__init__(state)
        self.text = text_label()
        self.bar = named(QtWidgets.QProgressBar(), tr("Progress"), tr("How much of the engine has been fetched"))
        self.bar.setRange(0, 1000)
        self.go = button(tr("Install the engine…"), tr("Go on with this step"), self._go)
        self.leave = button(tr("Not now"), tr("Leave it for now"), self._leave)
        line = QtWidgets.QHBoxLayout()
        line.addWidget(self.go, 1)
        line.addWidget(self.leave)
        for widget in (self.text, self.bar):
            self.rows.addWidget(widget)
        self.rows.addLayout(line)

    def show_state(self) -> None:
        """See `Box`."""
        installer, lacks = self.state.engine.installer, self.state.engine.lacks
        self.setVisible(bool(installer.step or installer.problem or lacks))
        if self.isHidden():
            return
        text, go, leave = self._step() if installer.step else self._offer(lacks)
        self.text.setText(text)
        for made, words in ((self.go, go), (self.leave, leave)):
            made.setText(words)
            made.setAccessibleName(words)
            made.setVisible(bool(words))
        done, total, _ = installer.progress
        self.bar.setVisible(installer.step in (steps.FETCHING, steps.INSTALLING))
        self.bar.setValue(1000 * done // total if total else 0)

    def _step(self) -> tuple[str, str, str]:
        """What is going on: words, and the two buttons'."""
        installer, looked = self.state.engine.installer, self.state.engine.installer.looked
        if installer.step == steps.SEEKING:
            return tr("Looking for a Python that fits."), "", tr("Stop")
        if installer.step == steps.PYTHON:
            words = tr(
                "There is no Python here that fits. One can be fetched for the engine alone, by uv: about {size} from "
                "{hosts}. Or install Python 3.13 from python.org, and try again."
            ).format(size=size(SIZE), hosts=", ".join(HOSTS))
            return words, tr("Fetch Python"), tr("Not now")
        if installer.step == steps.BRINGING:
            return tr("Fetching Python."), "", tr("Stop")
        if installer.step == steps.LOOKING:
            return tr("Looking what has to be fetched."), "", tr("Stop")
        if installer.step == steps.OFFERED:
            hosts = ", ".join(looked.get("hosts", [])) or tr("this computer")
            words = tr(
                "{missing} in {packages} packages are fetched from {hosts}. It takes {disk} on the disk, in {folder}, "
                "and can be removed again in the engine's settings."
            ).format(
                missing=size(looked["missing"]), packages=looked["packages"], hosts=hosts, disk=size(looked["disk"]),
                folder=looked["folder"].replace(str(Path.home()), "~"),
            )  # fmt: skip
            return words, tr("Fetch and install"), tr("Not now")
        if installer.step == steps.FETCHING:
            done, total, name = installer.progress
            words = tr("Fetching: {done} of {total} ({name}).")
            words = words.format(done=size(done), total=size(total), name=name.split("-")[0])
            return words if total else tr("Fetching."), "", tr("Stop")
        if installer.step == steps.INSTALLING:
            return tr("Installing. This takes half a minute."), "", ""
        return tr("Removing the engine."), "", ""

    def _offer(self, lacks: str) -> tuple[str, str, str]:
        """What there is to be done: words, and the two buttons'."""
        installer = self.state.engine.installer
        versions = {"there": installer.there.get("version", ""), "ours": installer.version}
        if installer.problem:
            return installer.problem, tr("Try again"), tr("Close")
        if lacks == FIRST:
            words = tr("What paints is a program beside Krita, the engine. It is not on this computer yet.")
            return words, tr("Install the engine…"), ""
        if lacks == UPDATE:
            words = tr("The engine is Impasto {there}, and this plugin comes with {ours}. Jobs and settings are kept.")
            return words.format(**versions), tr("Update the engine…"), ""
        if lacks == NEWER:
            words = tr("The engine is Impasto {there}, newer than this plugin ({ours}). Import the newer plugin, too.")
            return words.format(**versions), "", ""
        words = tr("Regions are found by their colours. With PyTorch they are found by what they are, as well.")
        return words, tr("Add regions…"), tr("Not now")

    def _go(self) -> None:
        installer = self.state.engine.installer
        if installer.step in (steps.OFFERED, steps.PYTHON):
            installer.agree()
        elif installer.problem:
            installer.look(installer.regions)
        else:
            installer.look(self.state.engine.lacks == REGIONS)

    def _leave(self) -> None:
        installer = self.state.engine.installer
        if (installer.step or installer.problem) and not installer.regions:
            installer.stop()
            return
        self.state.settings["without_regions"] = True
        installer.stop()
