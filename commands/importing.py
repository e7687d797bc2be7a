"""`impasto import`: strokes that another program has made or changed become a painting."""

from pathlib import Path

import click

from impasto.commands import options
from impasto.engine.errors import ImpastoError

SUFFIX = ".impasto"


@click.command("import", short_help="Make a painting of strokes from another program.")
@click.argument("source", metavar="FILE", type=options.FILE)
@click.option("-o", "--output", "out", type=options.FILE, metavar="FILE.impasto", required=True, help="The painting.")
@options.force
def import_strokes(source: Path, out: Path, force: bool) -> None:
    """Make a painting of the strokes in FILE: a .json, .npz or .svg that `-o` wrote and something has changed since.

    `impasto render` then makes a picture of it.
    """
    from impasto.engine.files import check_writable
    from impasto.engine.imports import read_painting

    if out.suffix.lower() != SUFFIX:
        raise ImpastoError(f"{out} cannot be a painting; give it the extension {SUFFIX}")
    if options.same_file(source, out):
        raise ImpastoError(f"{out} is the file to read; choose another name for the painting")
    check_writable(out, force)
    painting = read_painting(source)
    painting.save(out, overwrite=force)
    click.echo(f"imported {len(painting.strokes)} strokes of {source} -> {out}", err=True)
