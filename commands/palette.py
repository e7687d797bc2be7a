"""`impasto palette`: the colours of a picture, as a palette for this and other programs."""

from pathlib import Path

import click

from impasto.commands import options
from impasto.engine.errors import ImpastoError

SUFFIX = ".gpl"


@click.command(short_help="Take a palette from a picture.")
@click.argument("photo", type=options.FILE)
@click.option(
    "-n",
    "--colours",
    "count",
    type=click.IntRange(2, 256),
    default=8,
    show_default=True,
    metavar="NUMBER",
    help="How many colours, at most those that the picture has.",
)
@click.option(
    "-o", "--output", "out", type=options.FILE, metavar="FILE.gpl", help="Write them for GIMP, Krita and Inkscape."
)
@options.seed
@options.max_pixels
@options.force
@options.as_json
def palette(
    photo: Path, count: int, out: Path | None, seed: int, max_pixels: int, force: bool, as_json: bool
) -> None:  # fmt: skip
    """Find the colours that stand best for those of PHOTO, from dark to light; `paint --palette` takes the file.

    They are listed as #rrggbb, or with -o written.
    """
    from impasto.engine.files import check_writable
    from impasto.engine.pictures.io import load_picture
    from impasto.engine.styles.palette import of_picture, write_palette

    if out is not None:
        if out.suffix.lower() != SUFFIX:
            raise ImpastoError(f"{out} cannot be a palette; give it the extension {SUFFIX}")
        if options.same_file(photo, out):
            raise ImpastoError(f"{out} is the photo; choose another name for the palette")
        check_writable(out, force)
    colours = of_picture(load_picture(photo, max_pixels), count, seed)
    if out is not None:
        write_palette(out, colours, photo.stem, overwrite=force)
        click.echo(f"{len(colours)} colours of {photo} -> {out}", err=True)
    if as_json:
        click.echo(options.json_text(list(colours)))
    elif out is None:
        click.echo("\n".join(colours))
