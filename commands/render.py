"""`impasto render`: the picture of a painting, at any size."""

import math
from pathlib import Path

import click

from commands import options
from commands.progress import Bar, announce
from engine.errors import ImpastoError


@click.command(short_help="Make a picture of a painting, at any size.")
@click.argument("painting", metavar="FILE.impasto", type=options.FILE)
@click.option("-o", "--output", "out", required=True, type=options.FILE, metavar="FILE", help="The picture to write.")
@options.size
@click.option("--scale", type=float, metavar="FACTOR", help="Size of the picture, as a multiple of the photo's.")
@click.option(
    "--background",
    type=options.Ground("black", "white", "transparent"),
    show_default="the painting's own",
    help="What lies under the strokes.",
)
@options.threads
@options.quality
@options.force
def render(
    painting: Path,
    out: Path,
    size: int | None,
    scale: float | None,
    background: str | None,
    threads: int | None,
    quality: int,
    force: bool,
) -> None:
    """Make a picture of a painting that was kept as .impasto, as large as you like: strokes stay sharp."""
    if scale is not None:
        if size is not None:
            raise click.UsageError("give --size or --scale, not both.")
        if not (math.isfinite(scale) and scale > 0):
            raise click.UsageError(f"--scale {scale} is not a number above 0.")
    from engine.painting import Painting
    from engine.pictures import check_output, save_picture

    if options.same_file(painting, out):
        raise ImpastoError(f"{out} is the painting itself; choose another name for the picture")
    check_output(out, force)
    loaded = Painting.load(painting)
    if scale is not None:
        size = max(1, round(max(loaded.width, loaded.height) * scale))
    width, height = options.output_size(loaded.width, loaded.height, size)
    _prepare()
    pixels = loaded.render(height, width, threads=threads, background=_colour(background))
    save_picture(out, pixels, overwrite=force, quality=quality)
    click.echo(f"rendered {painting} at {width} x {height} -> {out}", err=True)


def _prepare() -> None:
    from engine.optimizer import try_step
    from engine.raster.cpu import announcement, prepare_kernels

    text, line = announcement(), announce()
    if text and isinstance(line, Bar):
        line.say(text)
    try:
        prepare_kernels(try_step)
    finally:
        line.clear()


def _colour(name: str | None) -> tuple[float, float, float, float] | None:
    if name is None:
        return None
    if name == "transparent":
        return 0.0, 0.0, 0.0, 0.0
    digits = {"black": "#000000", "white": "#ffffff"}.get(name, name)
    red, green, blue = (int(digits[k : k + 2], 16) / 255 for k in (1, 3, 5))
    return red, green, blue, 1.0
