"""Where the daemon and its clients find each other and their keys, on every system, for one user."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from . import ProtocolError
from .lock import is_held

RUNTIME = "daemon.json"  # in the home: what a daemon says of itself
HOME = "IMPASTO_HOME"  # an environment variable: everything in one folder of the user's choice


class NoHome(ProtocolError, RuntimeError):
    """The system knows of no folder of this user's."""

    def __init__(self) -> None:
        super().__init__("home", "this user has no home folder", f"set {HOME} to a folder that can be written")


def home() -> Path:
    """The folder of keys, jobs and logs; made for this user alone if it is not there."""
    folder = home_path()
    private_folder(folder)
    return folder


def home_path() -> Path:
    """Where that folder is, or would be. Raises NoHome if the system knows of no folder of this user's."""
    if os.environ.get(HOME):
        return Path(os.environ[HOME])
    try:
        if sys.platform == "win32":
            return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "Impasto"
        if sys.platform == "darwin":
            return Path.home() / "Library" / "Application Support" / "Impasto"
        return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "impasto"
    except RuntimeError as error:
        raise NoHome from error


def private_folder(folder: Path) -> None:
    """Make a folder that only this user may enter, with those above it. Raises ProtocolError as `require_own` does."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ProtocolError(
            "home", f"the folder {folder} cannot be made ({error.strerror})",
            f"set {HOME} to a folder that can be written",
        ) from error  # fmt: skip
    require_own(folder)


def require_own(path: Path, secret: bool = False) -> None:
    """Raise ProtocolError "home" if others may write a file or folder of ours: they could paint as this user.

    secret: nor may they read it. As ssh does; where the system knows no owners (Windows), everything is fine.
    """
    if os.name == "nt":
        return
    try:
        found = path.stat()
    except OSError:  # whoever uses it will say so
        return
    if found.st_uid not in (0, os.geteuid()):
        raise ProtocolError("home", f"{path} belongs to another user", f"remove it, or set {HOME} to a folder of yours")
    if found.st_mode & (0o077 if secret else 0o022):
        how, mode = ("read", 600) if secret else ("write", 700 if path.is_dir() else 600)
        raise ProtocolError("home", f"others may {how} {path}, and paint as you", f"run chmod {mode} {path}")


def write_private(path: Path, text: str, new: bool = False, lasting: bool = False) -> None:
    """Write a file that only this user may read, whole or not at all.

    new: unless it is already there; lasting: it outlasts a power cut, for which an editor would have to wait.
    """
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(str(beside), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            if lasting:  # else a cut of the power may leave an empty file under a name that is believed
                os.fsync(file.fileno())
        if not new:
            beside.replace(path)
        elif os.name == "nt":
            beside.rename(path)  # which fails there, if somebody was faster
        else:
            _linked(beside, path)
        if lasting:
            sync_folder(path.parent)
    except FileExistsError:
        pass
    finally:
        if beside.exists():
            beside.unlink()


def sync_folder(folder: Path) -> None:
    """Make the names in a folder outlast a power cut, where the system lets one."""
    try:
        descriptor = os.open(str(folder), os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)


def _linked(beside: Path, path: Path) -> None:
    try:
        os.link(str(beside), str(path))
    except FileExistsError:
        raise
    except OSError:  # no links on this disk
        beside.replace(path)


def read_runtime(folder: Any = None) -> Any:
    """What the last daemon has written about itself (address, key, pid), or None; see `running`."""
    path = Path(folder or home()) / RUNTIME
    try:
        text = path.read_text(encoding="utf-8")
        found = json.loads(text)
    except (OSError, ValueError, RecursionError):
        return None
    good = isinstance(found, dict) and isinstance(found.get("address"), str) and isinstance(found.get("key"), str)
    return found if good and isinstance(found.get("pid"), int) else None


def machine() -> dict[str, str]:
    """What tells this machine from others that may see the same home: its id and network, or nothing, and its name.

    An id alone is not enough: containers of one image have the same.
    """
    import platform
    import uuid

    try:
        id = Path("/etc/machine-id").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        number = uuid.getnode()
        id = "" if number >> 40 & 1 else f"{number:012x}"  # else it is a random one, another each time
    return {"id": id[:64], "name": platform.node()[:100], "net": _network()}


def _network() -> str:
    """What tells the loopback of this process from any other's, containers included; nothing where nobody tells."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot[:64]} {Path('/proc/self/ns/net').stat().st_ino}"
    except (OSError, ValueError):
        return ""


def require_here(found: Any, folder: Any = None) -> None:
    """Raise ProtocolError "elsewhere" if the engine of a home, which wrote this of itself, runs on another machine.

    Its address would be one of this machine, where it is not. What one that has ended left behind is of no matter.
    """
    there, here = found.get("machine"), machine()
    if is_held(folder or home()) is False:
        return
    if not isinstance(there, dict) or not isinstance(there.get("id"), str):
        return
    its = there.get("net")
    if isinstance(its, str) and its and here["net"]:
        if its == here["net"]:
            return
    elif not here["id"] or there["id"] == here["id"] or len(there["id"]) != len(here["id"]):
        return  # of two kinds, as in a sandbox, tells nothing
    name = str(there.get("name", ""))[:100]
    raise ProtocolError(
        "elsewhere", f"an engine on the machine {name} has this home",
        f"set {HOME} to a folder of this machine's own, or end it there (impasto serve stop)",
    )  # fmt: skip


def running(folder: Any = None) -> Any:
    """What the daemon that runs has written about itself, or None. What one that was killed left is not believed."""
    place = Path(folder or home())
    found = read_runtime(place)
    if found is None:
        return None
    held = is_held(place)
    return found if (is_alive(found["pid"]) if held is None else held) else None


def is_alive(pid: int) -> bool:
    """Is there a process of this number here? Yes, if the system does not tell without harming it."""
    if os.name == "nt":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
