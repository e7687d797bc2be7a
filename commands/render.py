"""`impasto render`: the picture of a painting, at any size."""

import math
from pathlib import Path
from typing import Any

import click

from impasto.commands import options
from impasto.commands.exporting import EXPORTS, ExportWish, export_options
from impasto.commands.extras import Extras, write_extras
from impasto.commands.looks import LOOKS, LookWish, look_options
from impasto.commands.progress import Bar, announce
from impasto.engine.errors import ImpastoError


@click.command(short_help="Make a picture of a painting, at any size.")
@click.argument("painting", metavar="FILE.impasto", type=options.FILE)
@options.output
@options.size
@click.option("--scale", type=float, metavar="FACTOR", help="Size of the picture, as a multiple of the photo's.")
@click.option(
    "--background",
    type=options.Ground("black", "white", "transparent"),
    show_default="the painting's own",
    help="What lies under the strokes.",
)
@look_options
@click.option("--no-light", is_flag=True, help="The colours alone, without relief and gloss.")
@click.option(
    "--relief-map",
    type=options.FILE,
    metavar="FILE.png",
    help="Write how high the paint stands as well: 16 bits of grey, of which all are a hundredth of the longer side.",
)
@options.layers
@options.process
@options.distribution
@export_options
@options.threads
@options.quality
@options.force
def render(
    painting: Path,
    out: Path | None,
    size: int | None,
    scale: float | None,
    background: str | None,
    no_light: bool,
    relief_map: Path | None,
    layers: Path | None,
    process: Path | None,
    distribution: Path | None,
    threads: int | None,
    quality: int,
    force: bool,
    **said: Any,
) -> None:
    """Make a picture of a painting that was kept as .impasto, as large as you like: strokes stay sharp.

    Another medium and another light change nothing in FILE.impasto, and nothing is painted again.
    """
    look = LookWish(**{name: said[name] for name in LOOKS})
    extras = Extras(layers, process, distribution)
    exports = ExportWish(**{name: said[name] for name in EXPORTS})
    exports.check(out)
    if out is None and relief_map is None and not extras:
        raise click.UsageError(
            "name the picture to write with -o, or ask for --relief-map, --layers, --process or --distribution."
        )
    if scale is not None:
        if size is not None:
            raise click.UsageError("give --size or --scale, not both.")
        if not (math.isfinite(scale) and scale > 0):
            raise click.UsageError(f"--scale {scale} is not a number above 0.")
    from impasto.engine.export import check_result, write_result
    from impasto.engine.export.relief import check_relief, write_relief
    from impasto.engine.painting.painting import Painting

    if out is not None:
        if options.same_file(painting, out):
            raise ImpastoError(f"{out} is the painting itself; choose another name for the picture")
        check_result(out, force)
    if relief_map is not None:
        check_relief(relief_map, force)
        if out is not None and options.same_file(relief_map, out):
            raise ImpastoError(f"{out} is -o and --relief-map at once; choose another name for one")
    extras.check({"the painting": painting, "-o": out, "--relief-map": relief_map}, force)
    loaded = look.on(Painting.load(painting))
    if scale is not None:
        size = max(1, round(max(loaded.width, loaded.height) * scale))
    width, height = options.output_size(loaded.width, loaded.height, size)
    ground = _colour(background)
    _prepare()
    files = []
    if relief_map is not None:
        write_relief(loaded, relief_map, height, width, overwrite=force, threads=threads)
        files.append(relief_map)
    loaded = loaded.unlit(threads) if no_light else loaded
    if out is not None:
        teller = announce()
        write_result(
            loaded, out, height, width, background=ground, overwrite=force, quality=quality, threads=threads,
            plot=exports.plot, film=exports.film, told=teller.hear_written,
        )  # fmt: skip
        teller.clear()
        files.append(out)
    files += write_extras(loaded, extras, (width, height), background=ground, force=force, threads=threads)
    click.echo(f"rendered {painting} at {width} x {height} -> {', '.join(map(str, files))}", err=True)


def _prepare() -> None:
    from impasto.engine.painter.optimizer import try_step
    from impasto.engine.raster.cpu.raster import announcement, prepare_kernels

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
