"""Documents of files that nobody sees: opened, saved under another name, whole or not at all, and closed."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

from krita import InfoObject, Krita

from ..easel.words import tr
from ..guard import later
from ..planes import Plane
from ..qt import RGBA8888, QImage
from .open_documents import CanvasError, document_of, is_open, key_of

PICTURES = (
    ".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".kra", ".ora", ".psd", ".exr", ".heic", ".heif",
    ".avif", ".jxl", ".xcf", ".cr2", ".nef", ".arw", ".dng",
)  # fmt: skip
SUFFIXES = (".kra", ".ora")  # of what is written
PAUSE = 20  # milliseconds between two looks at whether a picture is written
PATIENCE = 30.0  # seconds until a picture has been drawn

_opened: dict[str, Any] = {}  # by keys: what Krita closes a document with when it goes; it is never used


def pictures_in(folder: str) -> list[Path]:
    """The pictures of a folder by their names, in the order of these; none of a folder that cannot be read."""
    try:
        found = [path for path in Path(folder).iterdir() if path.suffix.lower() in PICTURES and path.is_file()]
    except OSError:
        return []
    return sorted(path for path in found if not path.name.startswith("."))


def named(files: Sequence[Path], file: Path, into: Path, suffix: str) -> Path:
    """Where what is painted of a file goes: files that differ in their suffixes alone keep them in the name."""
    alike = [each for each in files if each.stem.lower() == file.stem.lower()]
    stem = file.stem if len(alike) == 1 else f"{file.stem}-{file.suffix[1:].lower()}"
    return into / f"{stem}{suffix}"


def make_folder(folder: Path) -> None:
    """Make it, if it is not there. Raises CanvasError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        words = tr("The folder {folder} cannot be made ({reason}); choose another.")
        raise CanvasError(words.format(folder=folder, reason=error.strerror)) from error


def shown_documents() -> list[str]:
    """The keys of all documents that have a view, the one in front first."""
    views = [view for window in Krita.instance().windows() for view in window.views()]
    keys = [key_of(Krita.instance().activeDocument()), *(key_of(view.document()) for view in views)]
    return list(dict.fromkeys(key for key in keys if key))


def opened(file: Path) -> str:
    """The key of a document of this file, which nobody sees. Raises CanvasError if Krita does not read it."""
    krita = Krita.instance()
    before = krita.batchmode()
    krita.setBatchmode(True)  # else Krita asks, and waits
    try:
        document = krita.openDocument(str(file))
    finally:
        krita.setBatchmode(before)
    if document is None:
        raise CanvasError(tr("Krita cannot read this file; open it to see why."))
    document.setBatchmode(True)
    key = key_of(document)
    _opened[key] = document
    return key


def settled(key: str) -> Generator[None, None, None]:
    """Wait until it is drawn."""
    until = time.monotonic() + PATIENCE
    while is_open(key) and not document_of(key).tryBarrierLock() and time.monotonic() < until:
        yield
    if is_open(key):
        document_of(key).unlock()


def saved(key: str, target: Path) -> Generator[None, None, None]:
    """Write it to a file that is not there yet: under another name first, so that it is never half there.

    Raises CanvasError if it was closed, or cannot be written.
    """
    yield
    document = document_of(key)
    if document is None:
        raise CanvasError(tr("The document was closed; open it again first."))
    part = target.with_name(f".impasto-{target.stem}{target.suffix}")
    document.waitForDone()
    if target.suffix == ".kra":
        written = document.saveAs(str(part))
    else:
        written = document.exportImage(str(part), InfoObject())
    try:
        if not written or not part.stat().st_size:
            raise OSError
        os.replace(part, target)  # noqa: PTH105 (Path.replace is the same, and this says what it does)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        words = tr("{file} cannot be written; free space, or choose another folder.")
        raise CanvasError(words.format(file=target)) from error


def written(
    pixels: Plane, width: int, height: int, target: Path
) -> Generator[Callable[[Callable[..., None]], None], None, None]:
    """Write pixels (RGBA, straight) as a PNG, whole or not at all, in a thread: packing them takes seconds at 4000².

    A task that is stopped meanwhile leaves the picture whole, too. Raises CanvasError if it cannot be written.
    """
    failed: list[bool] = []
    data: Any = pixels  # PyQt takes any buffer, and says bytes

    def write() -> None:
        part = Path(f"{target}.part")
        try:
            if not QImage(data, width, height, 4 * width, RGBA8888).save(str(part), "PNG"):
                raise OSError
            part.replace(target)
        except OSError:
            with contextlib.suppress(OSError):
                part.unlink()
            failed.append(True)

    thread = threading.Thread(target=write, daemon=True)  # Krita does not wait for it when it ends
    thread.start()
    while thread.is_alive():
        yield lambda resume: later(PAUSE, resume)
    if failed:
        raise CanvasError(tr("{file} cannot be written; free space, or choose another folder.").format(file=target))


def close(key: str) -> None:
    """Close it, whatever is in it."""
    document = document_of(key)
    if document is not None:
        document.setModified(False)  # else Krita asks whether to save it
        document.close()
    _opened.pop(key, None)
