"""Which photos are meant: files, folders, patterns and lists; and what their paintings are called."""

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from glob import has_magic, iglob
from pathlib import Path

from impasto.engine.errors import ImpastoError

# What is taken for a photo in a folder; a file that is named itself may be called anything.
_PHOTOS = (
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif"),
    *(".heic", ".heif", ".hif"),
    *(".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".iiq", ".kdc", ".mef", ".mos", ".mrw", ".nef"),
    *(".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".sr2", ".srf", ".srw", ".x3f"),
)
_LONGEST_LIST = 64 << 20  # bytes of names on stdin
_STDIN = "-"


@dataclass(frozen=True)
class Photo:
    """One photo. inner: what its painting is called in the outputs' folder, without a suffix."""

    path: Path
    inner: Path


@dataclass
class Gathered:
    """The photos, each once; passed: how many files in the folders are none by their names."""

    photos: list[Photo] = field(default_factory=list)
    passed: int = 0


def gather(given: Iterable[str], out: Path, recursive: bool) -> Gathered:
    """All photos that are meant by names of files, of folders, by patterns, or by "-", a list of names on stdin.

    out: where paintings go; it is not looked into. recursive: look into folders in folders as well.
    Files that are not there are among them: they are reported with all that cannot be painted.

    Raises ImpastoError for a folder that cannot be read, a pattern nothing fits, and for no photos at all.
    """
    found, seen, places = Gathered(), set[str](), list[tuple[Path, Path]]()
    for path, inner in _all(given, out, recursive, found):
        if (real := os.path.realpath(path)) not in seen:
            seen.add(real)
            places.append((path, inner))
    if not places:
        passed = f"; {found.passed} files there are none" if found.passed else ""
        raise ImpastoError(f"there are no photos to paint{passed}; name files, folders or patterns such as '*.jpg'")
    found.photos = [Photo(path, inner) for (path, _), inner in zip(places, _names(places), strict=True)]
    return found


def _all(given: Iterable[str], out: Path, recursive: bool, found: Gathered) -> Iterator[tuple[Path, Path]]:
    for name in given:
        if name == _STDIN:
            for listed in _listed():
                yield from _meant(listed, out, recursive, found)
        else:
            yield from _meant(name, out, recursive, found)


def _meant(name: str, out: Path, recursive: bool, found: Gathered) -> Iterator[tuple[Path, Path]]:
    path = Path(name)
    if path.is_dir():
        if os.path.realpath(path) == os.path.realpath(out):
            raise ImpastoError(f"{out} is read and written at once; name another folder with -o")
        yield from _inside(path, path, out, recursive, found)
    elif has_magic(name) and not os.path.lexists(path):
        matches = sorted(iglob(name, recursive=True))  # noqa: PTH207 (Path.glob takes no absolute patterns)
        files = [Path(match) for match in matches if not Path(match).is_dir()]
        if not files:
            raise ImpastoError(f"no file fits {name}; check the pattern")
        yield from ((file, Path(file.name)) for file in files if not _is_in(file, out))
    else:
        yield path, Path(path.name)


def _inside(folder: Path, top: Path, out: Path, recursive: bool, found: Gathered) -> Iterator[tuple[Path, Path]]:
    try:
        with os.scandir(folder) as entries:
            all_of_it = sorted(((entry.name, entry.is_dir()) for entry in entries), key=lambda entry: entry[0])
    except OSError as error:
        raise ImpastoError(f"{folder} cannot be read ({error.strerror}); change its permissions") from error
    for name, is_folder in all_of_it:
        path = folder / name
        if name.startswith("."):
            continue
        if is_folder:
            if recursive and not path.is_symlink() and os.path.realpath(path) != os.path.realpath(out):
                yield from _inside(path, top, out, recursive, found)
        elif path.suffix.lower() in _PHOTOS:
            yield path, path.relative_to(top)
        else:
            found.passed += 1


def _is_in(path: Path, folder: Path) -> bool:
    return os.path.realpath(path.parent) == os.path.realpath(folder)


def _listed() -> list[str]:
    """Names on stdin, one a line, or between zero bytes, as `find -print0` writes them."""
    data = sys.stdin.buffer.read(_LONGEST_LIST + 1)
    if len(data) > _LONGEST_LIST:
        raise ImpastoError(f"the list on stdin has over {_LONGEST_LIST >> 20} MB; name folders instead")
    parts = data.split(b"\0") if b"\0" in data else data.splitlines()
    return [os.fsdecode(part) for part in parts if part.strip()]


def _names(places: list[tuple[Path, Path]]) -> list[Path]:
    """A name for each, no two alike, even on disks to which capitals are small letters.

    Where names are alike the photos' suffixes are added, then the names of their folders, as far as need be.
    """
    names, often = [inner.with_suffix("") for _, inner in places], Counter[str]()
    for attempt in range(1, 6):
        often = Counter(str(name).casefold() for name in names)
        if max(often.values()) == 1:
            return names
        for k, (path, inner) in enumerate(places):
            if often[str(names[k]).casefold()] > 1:
                folders = [part for part in path.absolute().parts[-attempt:-1] if part != path.anchor]
                suffix = f"-{path.suffix[1:].lower()}" if path.suffix else ""
                names[k] = inner.with_name("-".join([*folders, f"{inner.stem}{suffix}"]))
    twice = next(name for name in names if often[str(name).casefold()] > 1)
    raise ImpastoError(f"two of the photos would be called {twice}; rename one, or paint them in two batches")
