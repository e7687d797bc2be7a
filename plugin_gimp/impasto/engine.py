"""The engine: found, started, and installed where there is none, in the steps that all plugins share."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from .easel import installing as steps
from .easel import vendoring
from .easel.failing import size
from .easel.installing import EngineInstaller
from .easel.own_engine import OwnEngine
from .easel.starting import EngineProcess, environment
from .easel.uv import HOSTS, SIZE
from .easel.version import plugin_version
from .easel.words import tr
from .image import ImageError
from .protocol import ProtocolError
from .protocol.client import Client
from .protocol.places import home
from .protocol.wires import PipeWire, SocketWire
from .toolkit import later
from .windows import Telling

TURN = 0.03  # seconds
PATIENCE = 60.0  # seconds in which an engine that was started is there
LOOK = 1.0  # seconds after which it is asked whether the engine still lives
_NO_WHEELS = ("win32", "darwin")  # systems on which GIMP's own Python may load no compiled packages


class EngineLink:
    """The way to this user's engine. `client` speaks with it; `own` says whether it lives."""

    def __init__(self, progress: Telling) -> None:
        self._progress, self.own = progress, OwnEngine()
        self.client: Any = None
        self._said = self._problem = ""
        self._looked = 0.0
        self._process = EngineProcess(later, self._heard, lambda: None, self._failed)

    def connect(self) -> Client:
        """A client of the engine; if there is none it is started, or installed once the user agrees.

        Raises ProtocolError and ImageError, which say what to do, and Stopped.
        """
        self._progress.say(tr("Looking for the engine."))
        if self.own.look() is None:
            self._start()
        try:
            self.client = Client(wire=self._wire(), name="gimp")
        except ProtocolError as error:
            raise _other_version() if error.code == "version" else error from error
        return self.client

    @property
    def key(self) -> str:
        """Its public key: jobs are its own."""
        found = self.own.look()
        return str(found["key"]) if found else ""

    def again(self) -> Client:
        """The same after it was lost; jobs are kept."""
        self.close()
        self._wait()
        return self.connect()

    def _wait(self) -> None:
        """Where this plug-in knows none to start, somebody else may start the engine again."""
        command, end = self._process.command(), time.monotonic() + PATIENCE
        while not (command and Path(command[0]).is_file()) and self.own.look() is None and time.monotonic() < end:
            self._progress.turn()
            time.sleep(TURN)

    def lives(self) -> bool:
        """Does it still run? Asked once a second."""
        if time.monotonic() - self._looked < LOOK:
            return True
        self._looked = time.monotonic()
        return self.own.lives(in_doubt=True)

    def close(self) -> None:
        """Hang up; jobs go on."""
        if self.client is not None:
            self.client.close()
            self.client = None

    def _wire(self) -> Any:
        """A socket of this process, where its Python loads pyzmq, else a relay of the engine's Python."""
        if sys.platform not in _NO_WHEELS:
            try:
                vendoring.prepare()
                import zmq  # noqa: F401

                return SocketWire
            except ImportError:
                pass
        command = self._process.command()
        if not command:
            raise ImageError(tr("The engine's Python is not known; run: impasto plugin install --editor gimp."))
        surroundings = environment(os.fspath(home()))
        return lambda key, address, folder: PipeWire([command[0], "-I", "-m"], surroundings, key, address, folder)

    # --- starting

    def _start(self) -> None:
        command = self._process.command()
        if not command or not Path(command[0]).is_file():
            Installation(self._progress).run()
        self._said, self._problem = "", ""
        self._progress.say(tr("Starting the engine."))
        self._process.start()
        end = time.monotonic() + PATIENCE
        while not self._problem:
            self._progress.turn()
            if not self._process.is_starting and self.own.look() is not None:
                return
            if time.monotonic() > end:
                self._problem = tr("The engine was started, but is not there. Its log (impasto serve logs) tells more.")
            time.sleep(TURN)
        raise ImageError(self._problem)

    def _heard(self, line: str) -> None:
        self._progress.say(tr("Starting the engine: {line}").format(line=line))

    def _failed(self, why: str) -> None:
        self._problem = why


class Installation:
    """No engine here: what is to be fetched is told first, then how it goes."""

    def __init__(self, progress: Telling) -> None:
        self._progress = progress
        self._installer = EngineInstaller(later, lambda: None, self._done)
        self._is_done = False

    def run(self) -> None:
        """All of it. Raises ImageError if there is nothing to be done, the user does not agree, or it fails."""
        if not self._installer.can:
            raise ImageError(tr("There is no engine here; run: impasto plugin install --editor gimp."))
        self._installer.look()
        try:
            while not self._is_done:
                self._progress.turn()
                if self._installer.problem:
                    raise ImageError(self._installer.problem)
                self._step(self._installer.step)
                time.sleep(TURN)
        finally:
            self._installer.stop()

    def _step(self, step: str) -> None:
        installer = self._installer
        done, total, name = installer.progress
        if step == steps.SEEKING:
            self._progress.say(tr("Looking for a Python that fits."))
        elif step == steps.PYTHON:
            words = tr(
                "There is no Python here that fits. One can be fetched for the engine alone, by uv: about {size} from "
                "{hosts}. Or install Python 3.13 from python.org, and try again."
            ).format(size=size(SIZE), hosts=", ".join(HOSTS))
            self._agree(words)
        elif step == steps.OFFERED:
            looked = installer.looked
            words = tr(
                "There is no engine here that paints. It can be installed now: {size} in {count} files from {hosts}, "
                "{disk} on the disk in {folder}."
            ).format(
                size=size(looked.get("missing", 0)), count=looked.get("packages", 0),
                hosts=", ".join(looked.get("hosts", [])), disk=size(looked.get("disk", 0)),
                folder=looked.get("folder", ""),
            )  # fmt: skip
            self._agree(words)
        elif step == steps.FETCHING:
            words = tr("Fetching {name}: {done} of {total}").format(name=name, done=size(done), total=size(total))
            if total:
                self._progress.say(words, done / total)
            else:  # it has only begun
                self._progress.say(tr("Fetching the engine."))
        else:
            self._progress.say(tr("Installing the engine."))

    def _agree(self, words: str) -> None:
        if not self._progress.ask(tr("Install Impasto's engine"), words, tr("Fetch and install"), tr("Not now")):
            raise ImageError(tr("Without an engine nothing is painted; try again and agree to install it."))
        self._installer.agree()

    def _done(self) -> None:
        self._is_done = True


def _other_version() -> ImageError:
    return ImageError(
        tr(
            "The engine that runs is of another version than this plugin, which is {ours}: they do not understand each "
            "other; bring the older one up to date, then end the engine and start it again."
        ).format(ours=plugin_version())
    )
