"""What to send along with a question when something went wrong: facts of the programs, never of the picture."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

from krita import Krita

from .easel.version import plugin_version
from .qt import QtCore

SECRET = ("address", "key")  # of the settings: whose engine it is


def report(state: Any) -> str:
    """Plain text: versions, the state of the engine, the settings, and the last lines that were said."""
    connection, hello = state.connection, state.connection.hello
    process = state.engine.process
    started = " ".join(process.command(state.settings["python"])) or "not known"
    settings = {name: value for name, value in state.settings.items() if name not in SECRET}
    facts = {
        "Impasto": plugin_version(),
        "Krita": f"{Krita.instance().version()}, Qt {QtCore.qVersion()}, Python {platform.python_version()}",
        "System": platform.platform(),
        "Engine": f"{connection.state}, version {hello.get('engine', '?')}, {hello.get('devices', [])}",
        "Started by": "elsewhere" if state.engine.remote else started,
        "Problem": connection.problem or "none",
        "Said": state.message or "nothing",
        "Settings": settings,
    }
    lines = [f"{name}: {value}" for name, value in facts.items()]
    if process.lines:
        lines += ["", "The engine's start:", *process.lines]
    if state.engine.installer.lines:
        lines += ["", "Installing it:", *state.engine.installer.lines]
    if state.details:
        lines += ["", state.details]
    if state.doctor.lines:
        lines += ["", "The installation:", *state.doctor.lines]
    return "\n".join(lines).replace(str(Path.home()), "~")
