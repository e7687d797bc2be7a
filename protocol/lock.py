"""The lock of a home: whoever holds it is the engine there. The system lets go of it when that process ends, however it
ends, so that it alone says whether an engine runs; an address file or a pid may be of one that was killed."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Any

LOCK = "daemon.lock"
_HELD = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK)  # the last two are Windows'


def take(folder: Any) -> Any:
    """Take a home's lock: the open file that holds it until it is closed, or None if another process has it.

    Who only looks (`is_held`) has it for a moment, too: try more than once. Raises OSError where nothing can be locked.
    """
    return take_file(Path(folder) / LOCK)


def take_file(path: Path) -> Any:
    """The same of any file, which is made if it is not there."""
    file = path.open("a+b")
    try:
        if _locked(file):
            return file
    except OSError:
        file.close()
        raise
    file.close()
    return None


def take_folder(folder: Any) -> Any:
    """Take the lock of a folder itself, which no one can delete and make anew beside it: the descriptor that holds it.

    None if another process has it; -1 where folders cannot be locked.
    """
    try:
        descriptor = os.open(str(folder), os.O_RDONLY)
    except OSError:  # Windows opens none
        return -1
    try:
        if _locked(descriptor):
            return descriptor
    except OSError:
        os.close(descriptor)
        return -1
    os.close(descriptor)
    return None


def is_held(folder: Any) -> Any:
    """Does a process have a home's lock? None if that cannot be told, or if there is no lock file."""
    try:
        with (Path(folder) / LOCK).open("rb") as file:
            return not _locked(file, shared=True)
    except OSError:
        return None


def _locked(file, shared=False):
    """Is the file locked now, by this very call? Raises OSError for what is no lock of another's."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in _HELD:
            raise
        return False
    return True
