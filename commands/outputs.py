"""What painting leaves on the disk: previews and checkpoints on the way, picture and painting in the end."""

import os
import re
from collections.abc import Callable
from itertools import combinations, count, product
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from impasto.commands import options
from impasto.commands.exporting import ExportWish
from impasto.commands.progress import Silent
from impasto.engine.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.engine.painter.events import Checkpointed, Finished, Preview
    from impasto.engine.painting.painting import Painting

SUFFIX = ".impasto"


class Outputs(Protocol):
    """What painting reads and leaves, of what the command line asks for."""

    @property
    def photo(self) -> Path: ...  # noqa: D102
    @property
    def out(self) -> Path | None: ...  # noqa: D102
    @property
    def save(self) -> Path | None: ...  # noqa: D102
    @property
    def resume(self) -> Path | None: ...  # noqa: D102
    @property
    def detail_map(self) -> Path | None: ...  # noqa: D102
    @property
    def flow(self) -> Path | None: ...  # noqa: D102
    @property
    def preview(self) -> Path | None: ...  # noqa: D102
    @property
    def threads(self) -> int | None: ...  # noqa: D102
    @property
    def quality(self) -> int: ...  # noqa: D102
    @property
    def exports(self) -> ExportWish: ...  # noqa: D102
    @property
    def force(self) -> bool: ...  # noqa: D102


def check_files(wish: Outputs) -> None:
    """Check all that can be known of the outputs before anything is loaded, let alone painted.

    Raises ImpastoError for an output that cannot be written or is another of the files as well.
    """
    if wish.out is None and wish.save is None:
        raise click.UsageError("name the picture to write with -o, or the painting to keep with --save.")
    wish.exports.check(wish.out)
    from impasto.engine.export import check_result
    from impasto.engine.files import check_writable

    roles = {"the photo": wish.photo, "-o": wish.out, "--save": wish.save, "--resume": wish.resume}
    for (role, path), (other, same) in combinations(roles.items(), 2):
        in_place = (role, other) == ("--save", "--resume")
        if path is not None and same is not None and not in_place and options.same_file(path, same):
            raise ImpastoError(f"{same} is {role} and {other} at once; choose another name for one")
    for path, (role, guide) in product((wish.out, wish.save), (("detail map", wish.detail_map), ("flow", wish.flow))):
        if path is not None and guide is not None and options.same_file(path, guide):
            raise ImpastoError(f"{path} is the {role}; choose another name for what is written")
    if wish.out is not None:
        check_result(wish.out, wish.force)
    if wish.save is not None:
        if wish.save.suffix.lower() != SUFFIX:
            raise ImpastoError(f"{wish.save} cannot be a painting; give it the extension {SUFFIX}")
        check_writable(wish.save, wish.force or _goes_on_in_place(wish))


def free_name(picture: Path) -> Path:
    """A name for a painting beside its picture that nobody has taken."""
    for number in count(1):
        path = picture.with_name(f"{picture.stem}{'' if number == 1 else f'-{number}'}{SUFFIX}")
        if not os.path.lexists(path):
            return path
    raise AssertionError("numbers do not end")


class Keeper:
    """Writes one painting's files.

    size: width and height of the picture; rest: words of the command that goes on, after --resume.
    """

    def __init__(
        self,
        wish: Outputs,
        size: tuple[int, int],
        rest: list[str | Path | int | float],
        teller: Silent,
    ) -> None:
        """Make the folder of the previews, and count those that are there."""
        self._wish, self._size, self._rest, self._teller = wish, size, rest, teller
        self._may_replace = wish.force or _goes_on_in_place(wish)
        self._next_preview = 0 if wish.preview is None else _first_preview(wish.preview)
        self._warnings: set[str] = set()
        self._kept: Path | None = None

    def keep_preview(self, event: "Preview") -> None:
        """Write the next numbered picture."""
        from impasto.engine.pictures.io import save_picture

        assert self._wish.preview is not None
        path = _preview_path(self._wish.preview, self._next_preview)
        if self._tried(lambda: save_picture(path, event.pixels)):
            self._next_preview += 1
            self._teller.hear(event, file=path)

    def keep_checkpoint(self, event: "Checkpointed") -> None:
        """Write the unfinished painting to --save."""
        assert self._wish.save is not None
        path = self._wish.save
        if self._tried(lambda: self._save(event.painting, path)):
            self._teller.hear(event, file=path)

    def deliver(self, done: "Finished") -> list[Path]:
        """Write picture and painting, and return their names.

        The painting goes first: it is small, and all else can be made from it. Should one of the two fail or
        be stopped, the painting is kept beside the picture even if nobody asked for it there.
        """
        out, kept = self._wish.out, self._wish.save
        if kept is None and done.cancelled and out is not None:
            kept = free_name(out)
        trouble = None
        if kept is not None:
            try:
                self._save(done.painting, kept)
                self._kept = kept
            except ImpastoError as error:
                trouble = error  # the picture may go to another disk
        if out is not None:
            try:
                self._write_picture(done.painting, out)
            except (ImpastoError, MemoryError, KeyboardInterrupt):
                self._rescue(done, out)
                raise
        if trouble is not None:
            if out is not None:
                self._rescue(done, out)
            raise trouble
        return [path for path in (out, self._kept) if path is not None]

    def way_on(self, done: "Finished") -> str:
        """The command that makes the most of the painting that was kept."""
        assert self._kept is not None
        kept = options.plain_path(self._kept)
        if done.painting.checkpoint is not None:
            photo = options.plain_path(self._wish.photo)
            return f"go on with: {options.command_text('paint', photo, '--resume', kept, *self._rest)}"
        if self._wish.out is None:
            return "the painting is kept"
        command = options.command_text(
            "render", kept, "-o", options.plain_path(self._wish.out), "--size", max(self._size)
        )
        return f"the painting is kept; to make its picture: {command}"

    def _rescue(self, done: "Finished", out: Path) -> None:
        """One of the two could not be written: keep the painting beside the picture, and tell where."""
        if self._kept is None:
            kept = free_name(out)
            if self._tried(lambda: done.painting.save(kept)):
                self._kept = kept
        self._teller.clear()
        if self._kept is not None:
            click.echo(self.way_on(done), err=True)

    def _write_picture(self, painting: "Painting", out: Path) -> None:
        from impasto.engine.export import write_result

        width, height = self._size
        wish = self._wish
        write_result(
            painting, out, height, width, overwrite=wish.force, quality=wish.quality, threads=wish.threads,
            plot=wish.exports.plot, film=wish.exports.film, told=self._teller.hear_written,
        )  # fmt: skip

    def _save(self, painting: "Painting", path: Path) -> None:
        painting.save(path, overwrite=self._may_replace)
        self._may_replace = True  # from now on it is our own file

    def _tried(self, write: Callable[[], None]) -> bool:
        """Write something that is no reason to stop painting if it fails; then warn, once."""
        try:
            write()
        except ImpastoError as error:
            if str(error) not in self._warnings:
                self._warnings.add(str(error))
                self._teller.clear()
                click.echo(f"warning: {error}", err=True)
            return False
        return True


def _goes_on_in_place(wish: Outputs) -> bool:
    """Is --save the file of --resume? Then replacing it is what was asked for."""
    return wish.save is not None and wish.resume is not None and options.same_file(wish.save, wish.resume)


def _preview_path(folder: Path, number: int) -> Path:
    return folder / f"preview-{number:05}.png"


def _first_preview(folder: Path) -> int:
    """The number after those of the previews that are there; makes the folder if need be."""
    from impasto.engine.files import check_writable

    try:
        folder.mkdir(exist_ok=True)
        found = (re.fullmatch(r"preview-([0-9]{1,9})\.png", path.name) for path in folder.iterdir())
        number = max((int(match[1]) for match in found if match), default=0) + 1
        check_writable(_preview_path(folder, number))
        return number
    except OSError as error:
        reason = f"{folder} cannot hold previews ({error.strerror})"
        raise ImpastoError(f"{reason}; name another folder") from error
