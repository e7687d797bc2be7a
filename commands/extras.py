"""What a painting is given away as besides its picture: folders of layers and of steps, a plot of its strokes."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from impasto.commands import options
from impasto.engine.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.engine.painting.painting import Background, Painting


@dataclass(frozen=True)
class Extras:
    """What --layers, --process and --distribution ask for."""

    layers: Path | None = None
    process: Path | None = None
    distribution: Path | None = None

    def __bool__(self) -> bool:
        """Is anything asked for?"""
        return any((self.layers, self.process, self.distribution))

    def check(self, others: dict[str, Path | None], force: bool) -> None:
        """Check, before anything is painted, all that can be known.

        others: what else is read or written, by what it is to the user ("the photo", "-o").

        Raises ImpastoError for what cannot be written or is one of the others.
        """
        if not self:
            return
        from impasto.engine.export.folders import check_folder
        from impasto.engine.pictures.io import check_output

        if self.layers is not None and self.process is not None and options.same_file(self.layers, self.process):
            raise ImpastoError(f"{self.layers} is --layers and --process at once; choose another name for one")
        if self.layers is not None:
            check_folder(self.layers, force)
        if self.process is not None:
            check_folder(self.process, force)
        if self.distribution is None:
            return
        for role, path in others.items():
            if path is not None and options.same_file(path, self.distribution):
                raise ImpastoError(f"{path} is {role} and --distribution at once; choose another name for one")
        check_output(self.distribution, force)


def write_extras(
    painting: "Painting",
    extras: Extras,
    size: tuple[int, int],
    *,
    background: "Background | None" = None,
    force: bool = False,
    threads: int | None = None,
) -> list[Path]:
    """Write what is asked for, and return the folders and files; size: width and height of the layers and steps.

    background: straight RGBA 0..1, instead of the painting's own.

    Raises ImpastoError if something exists, though `force` is False, or cannot be written.
    """
    width, height = size
    if extras.layers is not None or extras.process is not None:
        from impasto.engine.export.folders import write_layers, write_process
        from impasto.engine.export.stacks import stack_of

        stack = stack_of(painting, height, width, background=background, threads=threads)
        if extras.layers is not None:
            write_layers(extras.layers, stack, overwrite=force)
        if extras.process is not None:
            write_process(extras.process, stack, overwrite=force)
    if extras.distribution is not None:
        from impasto.engine.export.distribution import distribution
        from impasto.engine.pictures.io import save_picture

        save_picture(extras.distribution, distribution(painting, threads=threads), overwrite=force)
    return [path for path in (extras.layers, extras.process, extras.distribution) if path is not None]
