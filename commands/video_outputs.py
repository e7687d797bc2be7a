"""What `impasto video` asks for, where its frames go, and what is told meanwhile."""

import hashlib
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from impasto.commands.looks import LookWish
from impasto.commands.progress import Bar, Silent, bar_text, columns, time_text
from impasto.commands.video_options import VideoRegions

if TYPE_CHECKING:
    from impasto.engine.motion.printing import Print
    from impasto.engine.motion.production import Framed

_PARTS = ".parts"  # of what the folder is called in which a film is made
_ENDS = 1 << 20  # bytes of a file's beginning and end by which it is known again


@dataclass(frozen=True)
class VideoWish:
    """What the command line asks for."""

    source: Path
    out: Path
    style: str
    overrides: tuple[str, ...]
    strokes: int | None
    seed: int
    size: int | None
    working_size: int
    effort: str
    rate: Fraction | None
    hold: int
    first: Fraction
    last: Fraction | None
    sound: Path | None
    silent: bool
    background: str | None
    save: Path | None
    max_pixels: int
    threads: int | None
    quality: int
    bits: int
    force: bool
    afresh: bool
    as_json: bool
    quiet: bool
    look: LookWish
    regions: VideoRegions


def parts_of(out: Path) -> Path:
    """The folder in which a film is made."""
    return out.with_name(out.name.replace("%", "") + _PARTS)


def prepare(teller: Silent) -> None:
    """Have all kernels ready, and say so if that takes long."""
    from impasto.engine.painter.optimizer import try_step
    from impasto.engine.raster.cpu.raster import announcement, prepare_kernels

    if (text := announcement()) and isinstance(teller, Bar):
        teller.say(text)
    prepare_kernels(try_step)


def summary(wish: VideoWish, frames: int) -> None:
    """Say what was made."""
    if not (wish.quiet or wish.as_json):
        files = ", ".join(str(path) for path in (wish.out, wish.save) if path is not None)
        click.echo(f"painted {wish.source}: {frames} frames -> {files}", err=True)


def tell(teller: Silent, event: "Framed") -> None:
    """One more frame is done."""
    if not isinstance(teller, Bar):
        teller.hear(event)
        return
    words = [f"frame {event.number}" + (f" of {event.of}" if event.of else "")]
    if event.seconds_left is not None:
        words.append(f"{time_text(event.seconds_left)} left")
    share = min(event.number / event.of, 1.0) if event.of else 0.0
    teller.say(bar_text(share, words, columns()))


def print_of(wish: VideoWish, folder: Path, size: tuple[int, int], rate: Fraction) -> "Print":
    """Where frames of a size (height, width) go."""
    from impasto.engine.motion.footage import is_pattern
    from impasto.engine.motion.printing import FilmPrint, NumberedPrint

    if is_pattern(wish.out):
        return NumberedPrint(wish.out, folder, quality=wish.quality)
    return FilmPrint(
        wish.out, folder, size, rate, quality=wish.quality, threads=wish.threads, overwrite=wish.force
    )  # fmt: skip


def sound_of(wish: VideoWish) -> Any:
    """The sound that goes with them; None for pictures, or if there is none."""
    from impasto.engine.motion.footage import is_pattern
    from impasto.engine.motion.reel import is_reel
    from impasto.engine.motion.sound import Sound

    path = wish.sound or wish.source
    if wish.silent or is_pattern(wish.out) or is_pattern(path) or is_reel(path):
        return None
    return Sound(path, wish.first, wish.last)


def ground_of(wish: VideoWish) -> tuple[float, float, float, float] | None:
    """What lies under the strokes, if that was said."""
    if wish.background is None:
        return None
    if wish.background == "transparent":
        return 0.0, 0.0, 0.0, 0.0
    digits = {"black": "#000000", "white": "#ffffff"}.get(wish.background, wish.background)
    red, green, blue = (int(digits[k : k + 2], 16) / 255 for k in (1, 3, 5))
    return red, green, blue, 1.0


def known(source: Path) -> list[Any]:
    """What tells a file from others: its size and a digest of its ends; of numbered pictures the pattern."""
    try:
        with source.open("rb") as file:
            digest = hashlib.sha256(file.read(_ENDS))
            size = file.seek(0, 2)
            file.seek(max(0, size - _ENDS))
            digest.update(file.read())
            return [size, digest.hexdigest()]
    except OSError:
        return [str(source)]
