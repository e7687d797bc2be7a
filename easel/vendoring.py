"""Finds the libraries that came with the plugin: those for this Python and this system."""

import platform
import sys
from pathlib import Path

VENDOR = Path(__file__).parent.parent / "vendor"


def folder_name():
    """The folder of pyzmq for this Python, such as zmq-311-linux-x86_64."""
    major, minor = sys.version_info[:2]
    python = "312" if (major, minor) >= (3, 12) else f"{major}{minor}"
    machine = platform.machine().lower()
    if sys.platform == "win32":
        system = "windows-amd64"
    elif sys.platform == "darwin":
        system = "macos"
    else:
        system = "linux-aarch64" if machine in ("aarch64", "arm64") else "linux-x86_64"
    return f"zmq-{python}-{system}"


def prepare(sockets=True):
    """Make them importable; sockets: pyzmq is needed. Raises ImportError with a sentence if this Python has none."""
    place = VENDOR / folder_name()
    for path in (place, VENDOR / "common"):
        if path.is_dir() and str(path) not in sys.path:
            sys.path.insert(0, str(path))
    if sockets and not place.is_dir():
        python = ".".join(str(number) for number in sys.version_info[:2])
        from .words import tr  # here, since the installer asks this file for the folder's name

        raise ImportError(
            tr(
                "Impasto has no libraries for Python {python} on {system} ({folder}); "
                "install it again from a newer Impasto."
            ).format(python=python, system=platform.system(), folder=folder_name())
        )
