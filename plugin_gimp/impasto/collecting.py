"""Paintings that went on when GIMP had ended, or its image was closed: they come back into their images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .easel.words import tr
from .engine import EngineLink
from .image import ImageError
from .painting import LayerPainting
from .resume import NOTES, UNWANTED, forget_unwanted
from .toolkit import Gimp, Gio
from .windows import Telling


def waiting() -> list[dict[str, Any]]:
    """Notes of those that no GIMP looks after, the newest first. Asks no engine."""
    unwanted = UNWANTED.kept()
    return [note for note in NOTES.abandoned() if note["job"] not in unwanted]


def words_of(notes: list[dict[str, Any]]) -> str:
    """What to tell the user of them."""
    if len(notes) == 1:
        note = notes[0]
        return tr("A painting of “{name}” went on when GIMP had ended. Shall it be continued here?").format(
            name=Path(note["file"]).name or note["name"]
        )
    return tr("{count} paintings went on when GIMP had ended. Shall they be continued here?").format(count=len(notes))


def forget(notes: list[dict[str, Any]]) -> None:
    """The user does not want them; their engine hears of it when it is met next."""
    for note in notes:
        UNWANTED.add(note["job"], note["engine"])
        NOTES.take(note["job"]).let_go(drop=True)


def collect(progress: Telling, show: bool) -> list[Any]:
    """Continue all of them, one after the other; the images that they are in. show: new ones in windows.

    Raises ImageError and ProtocolError, which say what to do, and Stopped.
    """
    notes = waiting()
    if not notes:
        return []
    link, images = EngineLink(progress), []
    try:
        client = link.connect()
        forget_unwanted(client, link.key)
        known = {job["job"] for job in client.ask("list")["jobs"]}
        for note in notes:
            if note["engine"] != link.key:
                continue
            if note["job"] not in known:
                NOTES.take(note["job"]).let_go(drop=True)  # the engine has it no more
                continue
            image, is_new = _image_of(note)
            LayerPainting(link, progress).collect(note, image)
            if show and is_new:
                Gimp.Display.new(image)
            images.append(image)
    finally:
        link.close()
    return images


def _image_of(note: dict[str, Any]) -> tuple[Any, bool]:
    """The image of a painting, if it is open or its file is there, else a new one as large; and whether it is new."""
    path = note["file"]
    for image in Gimp.get_images():
        file = image.get_file() or image.get_imported_file()
        if path and file is not None and file.get_path() == path:
            return image, False
    if path and Path(path).is_file():
        try:
            found = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(path))
        except Exception as error:  # whatever a loader raises
            raise ImageError(tr("{path} cannot be opened ({error}).").format(path=path, error=error)) from error
        if found is not None:
            return found, True
    return Gimp.Image.new(note["width"], note["height"], Gimp.ImageBaseType.RGB), True
