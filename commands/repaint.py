"""`impasto repaint`: a part of a painting is painted again; every other stroke stays as it is."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from impasto.commands import options
from impasto.commands.examples import EXAMPLE, ExampleWish, example_options
from impasto.commands.exporting import EXPORTS, ExportWish, export_options
from impasto.commands.looks import LookWish, medium, palette
from impasto.commands.outputs import Keeper, check_files
from impasto.commands.paint import carry_out
from impasto.commands.progress import Bar, Lines, announce
from impasto.commands.region_options import mask_of
from impasto.commands.stopping import STOPPED
from impasto.commands.wish import PhotoWish
from impasto.commands.wording import check_words, guide, style_words, worded
from impasto.engine.errors import ImpastoError
from impasto.protocol.limits import MOST_STROKES

if TYPE_CHECKING:
    from impasto.engine.painter.retry import RetryingPainter


@dataclass(frozen=True)
class RepaintWish(PhotoWish):
    """What the command line asks for of a part."""

    painting: Path
    mask: Path | None
    region: str | None
    resume: Path | None = None


@click.command(short_help="Paint a part of a painting again.")
@click.argument("painting", metavar="FILE.impasto", type=options.FILE)
@click.argument("photo", type=options.FILE)
@click.option(
    "--mask",
    type=options.FILE,
    metavar="FILE",
    help="What to paint again: a grey picture or one with alpha, white is inside.",
)
@click.option("--region", metavar="NAME", help="Paint this region of the painting again, instead of a mask.")
@options.output
@click.option("--save", type=options.FILE, metavar="FILE.impasto", help="Keep the new painting.")
@click.option("--style", metavar="NAME|FILE", show_default="the painting's", help="How to paint the part.")
@style_words
@guide
@example_options
@click.option("--set", "overrides", multiple=True, metavar="NAME=VALUE", help="Change one setting of the style.")
@medium
@palette
@options.interest
@options.detail_map
@options.flow
@options.brush
@options.looseness
@click.option(
    "--strokes",
    type=click.IntRange(1, MOST_STROKES),
    metavar="NUMBER",
    show_default="as dense as the painting is",
    help="How many strokes: exactly, but of lines (pen, pencil, charcoal) at most.",
)
@options.seed
@options.size
@options.working_size
@options.effort
@options.max_pixels
@options.preview
@options.preview_every
@export_options
@options.threads
@options.device
@options.quality
@options.force
@options.events_as_json
@options.quiet
@click.pass_context
def repaint(context: click.Context, **given: Any) -> None:
    """Paint a part of FILE.impasto again, from the same PHOTO: what a mask or a region of the painting shows.

    Strokes that the new ones hide are replaced; all others stay as they are, and outside the part no pixel changes.
    """
    look = LookWish(medium=given.pop("medium"), palette=given.pop("palette"))
    example = ExampleWish(**{name: given.pop(name) for name in EXAMPLE})
    exports = ExportWish(**{name: given.pop(name) for name in EXPORTS})
    wish = RepaintWish(**given, look=look, example=example, exports=exports)
    if (wish.mask is None) == (wish.region is None):
        raise click.UsageError("say what to paint again: --mask FILE or --region NAME.")
    check_words(wish)
    check_files(wish)
    example.check(wish.style, (wish.out, wish.save))
    for path, other in ((wish.out, wish.mask), (wish.save, wish.mask), (wish.out, wish.painting)):
        if path is not None and other is not None and options.same_file(path, other):
            raise ImpastoError(f"{path} is one of the files to read; choose another name")
    repainter, size = _begin(wish)
    teller = Lines(context.obj) if wish.as_json else announce(wish.quiet)
    keeper = Keeper(wish, size, [], teller)
    try:
        done = carry_out(repainter, context.obj, teller, keeper)
        if done.cancelled and isinstance(teller, Bar):
            teller.say("stopping, and keeping what is painted")
        files = keeper.deliver(done)
    finally:
        teller.clear()
    teller.hear(done, files=files)
    if not (wish.quiet or wish.as_json):
        verb = "stopped repainting" if done.cancelled else "repainted"
        click.echo(
            f"{verb} a part of {wish.painting}: {done.strokes} new strokes in {done.seconds:.1f} s, "
            f"{len(done.painting.strokes)} in all -> {', '.join(map(str, files))}",
            err=True,
        )
    if done.cancelled:
        context.exit(STOPPED)


def _begin(wish: RepaintWish) -> tuple["RetryingPainter", tuple[int, int]]:
    """The repainter, and the width and height of the picture to be."""
    import numpy as np

    from impasto.engine.export import check_result
    from impasto.engine.order import Order
    from impasto.engine.painting.painting import Painting
    from impasto.engine.pictures.io import load_picture
    from impasto.engine.styles import changed_style, validate_style, varied

    old = Painting.load(wish.painting)
    picture = load_picture(wish.photo, wish.max_pixels)
    size = options.output_size(picture.width, picture.height, wish.size)
    if wish.out is not None:
        check_result(wish.out, wish.force, size)
    if wish.mask is not None:
        mask, name = mask_of(wish.mask, picture, wish.max_pixels), "repaint"
    else:
        names = () if old.regions is None else old.regions.names
        if old.regions is None or wish.region not in names:
            known = f"it has {', '.join(names)}" if names else "it was painted as a whole; give a --mask"
            raise ImpastoError(f"there is no region {wish.region!r} in {wish.painting}; {known}")
        mask, name = old.regions.masks[names.index(wish.region)], wish.region
    wish, _ = worded(wish)
    changes = [*wish.overrides, *options.interest_of(wish.interest), *wish.look.overrides()]
    if wish.style is not None or wish.example.style_image is not None:
        style = wish.example.style(wish.style, changes, wish.max_pixels)
    else:
        style = changed_style(validate_style(old.style, f"the style in {wish.painting}"), changes)
    style = changed_style(style, wish.look.own_palette(style, picture))
    style = varied(style, wish.brush, wish.looseness)
    mask = np.ascontiguousarray(mask)
    order = Order(
        picture, style, strokes=wish.strokes, seed=wish.seed, working_size=wish.working_size, effort=wish.effort,
        threads=wish.threads, device=options.device_of(wish.device, wish.quiet or wish.as_json), painting=old,
        mask=mask, name=str(name), detail=options.read_detail_map(wish.detail_map, wish.max_pixels),
        flow=options.read_flow(wish.flow, wish.max_pixels),
    ).with_tip_read()  # fmt: skip
    return order.painter(preview_every=wish.preview_every if wish.preview else None), size
