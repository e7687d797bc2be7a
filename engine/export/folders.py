"""Layers and the course of a painting as folders of PNG pictures."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from impasto.engine.errors import ImpastoError
from impasto.engine.export.layers import Layer, Stack
from impasto.engine.export.png import Gallery
from impasto.engine.files import AnyPath, atomic_write, check_writable

_OURS = re.compile(r"((step|region)-)?[0-9]{2,}-.*\.png", re.DOTALL)
_BLENDING = {"normal": "", "multiply": "-multiply"}
_LONGEST = 120  # bytes of a name within a file's name; file systems take 255 in all


def layer_files(stack: Stack) -> list[str]:
    """The file names of the layers; sorted, they are in stacking order, back to front. They tell what is multiplied."""
    names = [_words(stack, layer) + _BLENDING[layer.blending] for layer in stack.layers]
    return [f"{number}-{name}.png" for number, name in _numbered(names, 0)]


def process_files(stack: Stack) -> tuple[list[str], list[str]]:
    """The file names of the steps and of the regions alone; each sorts in painting order."""
    kept = stack.painting.regions
    steps = [f"step-{number}-{name}.png" for number, name in _numbered([_words(stack, a) for a in stack.layers], 0)]
    regions = ["all-strokes"] if kept is None else [file_words(name) for name in kept.names]
    return steps, [f"region-{number}-{name}.png" for number, name in _numbered(regions, 1)]


def write_layers(folder: AnyPath, stack: Stack, *, overwrite: bool = False) -> list[Path]:
    """Write each layer as a PNG with alpha, as large as the canvas, into a folder, which is made if need be.

    Laid over each other in the order of their names, or multiplied if these say so, they are the painting. Returns
    their names.

    Raises ImpastoError if one exists, though `overwrite` is False, or cannot be written.
    """
    paths = _prepared(folder, layer_files(stack), overwrite)
    size = (stack.height, stack.width)
    with Gallery([size] * len(paths), stack.threads) as gallery:
        for top, bottom, _, parts in stack.bands():
            given = dict(parts)
            gallery.add((n, _spread(stack, n, given.get(n), top, bottom)) for n in range(len(paths)))
        _publish(gallery, paths, overwrite)
    return paths


def write_process(folder: AnyPath, stack: Stack, *, overwrite: bool = False) -> list[Path]:
    """Write how the painting came about into a folder, which is made if need be; returns the files' names.

    step-…: the painting after the ground and after each pass of each region; the last is the painting.
    region-…: each region alone, over transparency.

    Raises ImpastoError if one exists, though `overwrite` is False, or cannot be written.
    """
    steps, regions = process_files(stack)
    paths = _prepared(folder, [*steps, *regions], overwrite)
    with Gallery([(stack.height, stack.width)] * len(paths), stack.threads) as gallery:
        for _, _, pictures in stack.steps():
            gallery.add((n if region is None else len(steps) + region, rows) for region, n, rows in pictures)
        _publish(gallery, paths, overwrite)
    return paths


def check_folder(folder: AnyPath, overwrite: bool = False) -> None:
    """Refuse, without writing anything, what cannot become a folder of such pictures.

    Raises ImpastoError if it is a file, if the folder it is to be in is missing or protected, or if it holds layers or
    steps of a painting already, though `overwrite` is False.
    """
    folder = Path(folder)
    if not os.path.lexists(folder):
        check_writable(folder)
        return
    if not folder.is_dir():
        raise ImpastoError(f"{folder} is no folder; name another one")
    check_writable(folder / "picture.png", overwrite=True)
    try:
        found = sorted(path.name for path in folder.iterdir() if _OURS.fullmatch(path.name))
    except OSError as error:
        raise ImpastoError(f"{folder} cannot be read ({error.strerror}); name another folder") from error
    if found and not overwrite:
        raise ImpastoError(f"{folder} holds pictures already ({found[0]}); name another folder, or add --force")


def file_words(name: str) -> str:
    """A name without what file names cannot have anywhere, not too long; words are joined by "-"."""
    plain = re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "_", name))
    return plain.encode()[:_LONGEST].decode(errors="ignore") or "_"


def _words(stack: Stack, layer: Layer) -> str:
    kept = stack.painting.regions
    group = [] if kept is None or layer.region is None else [kept.names[layer.region]]
    return "-".join(map(file_words, [*group, layer.name]))


def _numbered(names: list[str], first: int) -> Iterator[tuple[str, str]]:
    """Each name with its number, in as many digits as the last one has, two at least."""
    digits = max(2, len(str(first + len(names) - 1)))
    return ((f"{number:0{digits}}", name) for number, name in enumerate(names, first))


def _prepared(folder: AnyPath, names: Iterable[str], overwrite: bool) -> list[Path]:
    check_folder(folder, overwrite)
    folder = Path(folder)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise ImpastoError(f"{folder} cannot hold pictures ({error.strerror}); name another folder") from error
    paths = [folder / name for name in names]
    for path in paths:
        check_writable(path, overwrite)
    return paths


def _publish(gallery: Gallery, paths: list[Path], overwrite: bool) -> None:
    gallery.end()
    for number, path in enumerate(paths):
        with atomic_write(path, overwrite) as file:
            for part in gallery.read(number):
                file.write(part)


def _spread(stack: Stack, number: int, part: NDArray[np.uint8] | None, top: int, bottom: int) -> NDArray[np.uint8]:
    """The rows top..bottom of a layer on the whole width of the canvas."""
    rows = np.zeros((bottom - top, stack.width, 4), np.uint8)
    if part is not None:
        y, x = stack.place(number, top)
        rows[y : y + part.shape[0], x : x + part.shape[1]] = part
    return rows
