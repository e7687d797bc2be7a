"""Opening a file, and writing one so that it is there whole or not at all, with sentences for what fails."""

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from impasto.engine.errors import ImpastoError
from impasto.protocol.places import sync_folder

AnyPath = str | os.PathLike[str]


def open_input(path: AnyPath) -> BinaryIO:
    """Open a file for reading in binary.

    Raises ImpastoError if it is missing, a folder, a pipe or device, empty, or may not be read.
    """
    path = Path(path)
    try:
        info = path.stat()
        if stat.S_ISDIR(info.st_mode):
            raise ImpastoError(f"{path} is a folder; name a file in it")
        if not stat.S_ISREG(info.st_mode):  # opening a pipe would wait for ever
            raise ImpastoError(f"{path} is not a plain file; save what it holds to a file first")
        if info.st_size == 0:
            raise ImpastoError(f"{path} is empty; get a fresh copy of it")
        return path.open("rb")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ImpastoError(f"there is no file {path}; check its name and folder") from error
    except OSError as error:
        raise ImpastoError(f"{path} cannot be read ({error.strerror}); change its permissions") from error


def disk_trouble(error: BaseException | None) -> tuple[str, str]:
    """Why the engine's disk did not take something, in a few words, and what to do about it."""
    number = error.errno if isinstance(error, OSError) else None
    why = (error.strerror if isinstance(error, OSError) else "") or "it could not be written"
    if number in (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.ENOENT):
        return why, "see that the engine's folder is there and can be written"
    if number == errno.EFBIG:
        return why, "raise the limit of a file's size (ulimit -f), or ask for less"
    return why, "free space on the engine's disk"


def check_writable(path: AnyPath, overwrite: bool = False) -> None:
    """Make, without writing anything, every check of `path` that can be made before the work starts.

    Raises ImpastoError where the folder is missing or may not be written to, where `path` is a folder or
    write-protected, and where it exists although `overwrite` is False.
    """
    path = Path(path)
    target = _real(path)
    folder = target.parent
    try:
        if not folder.is_dir():
            raise ImpastoError(f"{path} cannot be written: there is no folder {folder}; create it first")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise ImpastoError(f"{path} cannot be written: {folder} is protected; choose another folder")
        mode = target.stat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise ImpastoError(f"{path} cannot be written ({error.strerror}); choose another name") from error
    if stat.S_ISDIR(mode):
        raise ImpastoError(f"{path} is a folder; add a file name to it")
    if not overwrite:
        raise _already_there(path)
    if not stat.S_ISREG(mode) or not os.access(target, os.W_OK):
        raise ImpastoError(f"{path} is write-protected or not a plain file; choose another name")


@contextmanager
def atomic_write(path: AnyPath, overwrite: bool = False) -> Iterator[BinaryIO]:
    """Yield a binary file that becomes `path` when the block ends well, and leaves no trace when it does not.

    The bytes go to a temporary file in the same folder, which is flushed to the disk and then takes the name
    in one step, which is flushed, too: nobody ever sees half a file, and an existing file stays as it was until it
    is replaced. A symbolic link is followed: the file it points to is replaced.

    Raises ImpastoError for all that `check_writable` refuses and for any OSError, the block's own included
    (a full disk shows up there). Any other exception of the block passes through.
    """
    path = Path(path)
    check_writable(path, overwrite)
    target = _real(path)
    temporary = target.with_name(f".impasto-{secrets.token_hex(8)}.tmp")
    try:
        # Not tempfile.mkstemp, whose files are private: this one gets the permissions any new file gets.
        with temporary.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if overwrite:
            _replace(temporary, target)
        else:
            _publish(temporary, target)
        sync_folder(target.parent)
    except OSError as error:
        reason = error.strerror or error
        raise ImpastoError(f"{path} could not be written ({reason}); free space or go elsewhere") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _already_there(path: Path) -> ImpastoError:
    return ImpastoError(f"{path} already exists; choose another name, or add --force to replace it")


def _replace(temporary: Path, target: Path) -> None:
    with suppress(OSError):  # there may be no old file, or a file system without permissions
        shutil.copymode(target, temporary)
    temporary.replace(target)


def _publish(temporary: Path, target: Path) -> None:
    """Give the file its name, unless someone else took the name meanwhile."""
    try:
        os.link(temporary, target)  # unlike a rename, this never replaces a file
    except FileExistsError as error:
        raise _already_there(target) from error
    except OSError:  # no hard links on FAT and some network drives: look again, then rename
        check_writable(target)
        temporary.replace(target)
